//! How one binding came to stand where it does: its decisions, drawn.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use bindproof::bank::binding::{self, Order as BankOrder};
use bindproof::journal::{Entry, Event};
use bindproof::wallet::link::{self, Order as LinkOrder};
use bindproof::wallet::operation::{self, Order as OperationOrder, Terms};
use bindproof::wire::{Action, BindingId};
use serde::Serialize;

use super::time::moment;
use super::{OperatorError, words};
use crate::drive::bank::BINDING;
use crate::drive::wallet::LINK;
use crate::journal::{Line, Ordered, walk};
use crate::key::{Key, Person};
use crate::record::{DebitRefs, OperationRefs, RecordKind};
use crate::store::{JournalRow, Row, Store};

/// How it is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// A line a message or decision.
    #[default]
    Text,
    /// A sequence diagram in the language of Mermaid.
    Mermaid,
}

/// Who speaks or is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    BankClient,
    Bank,
    Wallet,
    WalletClient,
}

impl Who {
    const ALL: [Self; 4] = [Self::BankClient, Self::Bank, Self::Wallet, Self::WalletClient];

    const fn name(self) -> &'static str {
        match self {
            Self::BankClient => "bank client",
            Self::Bank => "bank",
            Self::Wallet => "wallet",
            Self::WalletClient => "wallet client",
        }
    }

    const fn id(self) -> &'static str {
        match self {
            Self::BankClient => "bc",
            Self::Bank => "b",
            Self::Wallet => "w",
            Self::WalletClient => "wc",
        }
    }
}

/// One thing that is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Drawn {
    /// A message.
    Arrow(Who, Who, String),
    /// Something that a server notes for itself.
    Note(Who, String),
}

/// Draws what is in the journal about one binding.
///
/// # Errors
/// If there is no such binding, or its journal is not right.
pub async fn show(
    terms: Terms<'_>,
    store: &dyn Store,
    binding: BindingId,
    form: Form,
) -> Result<String, OperatorError> {
    let id = binding.to_string();
    let found = match store.find(BINDING, &id).await? {
        Some(found) => Some(found),
        None => store.find(LINK, &id).await?,
    };
    let person = found.ok_or(OperatorError::NoBinding(id))?.person;
    let journal = store.journal(&person).await?;
    let about = about(store, &person, &journal, binding).await?;
    let mut drawn = Vec::new();
    walk(terms, &journal, |line, ordered, _| {
        if let Some(entry) = &line.entry
            && about.contains(&subject(entry.event))
        {
            drawn.push((line.at_ms, draw(entry, ordered)));
        }
    })?;
    Ok(match form {
        Form::Text => text(&drawn),
        Form::Mermaid => mermaid(&drawn),
    })
}

/// Which record an event is about.
const fn subject(event: Event<Key>) -> Option<(RecordKind, Key)> {
    match event {
        Event::Binding { id, .. } => Some((RecordKind::Binding, id)),
        Event::Debit { operation, .. } => Some((RecordKind::Debit, operation)),
        Event::Link { id, .. } => Some((RecordKind::Link, id)),
        Event::Operation { id, .. } => Some((RecordKind::Operation, id)),
        Event::Device { .. } | Event::Lock { .. } => None,
    }
}

/// The records that are about one binding: itself, and the debits and operations that name it.
async fn about(
    store: &dyn Store,
    person: &Person,
    journal: &[JournalRow],
    binding: BindingId,
) -> Result<BTreeSet<Option<(RecordKind, Key)>>, OperatorError> {
    let mut names = BTreeSet::new();
    for row in journal {
        let line: Line = read(&row.line, || format!("line {} of a journal", row.sequence))?;
        names.extend(line.entry.and_then(|entry| subject(entry.event)));
    }
    let names: Vec<(RecordKind, Key)> = names.into_iter().collect();
    let mut about = BTreeSet::new();
    for row in store.load(person, &names).await?.rows {
        if names_it(&row, binding)? {
            about.insert(Some((row.kind, row.key)));
        }
    }
    Ok(about)
}

fn names_it(row: &Row, binding: BindingId) -> Result<bool, OperatorError> {
    let what = || format!("{} {}", row.kind.name(), row.key);
    Ok(match row.kind {
        RecordKind::Binding | RecordKind::Link => row.key == binding.into(),
        RecordKind::Debit => read::<DebitRefs>(&row.refs, what)?.binding == binding,
        RecordKind::Operation => match read::<OperationRefs>(&row.refs, what)?.request.action {
            Action::ApproveBinding(named)
            | Action::DeclineBinding(named)
            | Action::EndLink(named)
            | Action::Pay { binding: named, .. } => named == binding,
            _ => false,
        },
        _ => false,
    })
}

fn read<T: serde::de::DeserializeOwned>(
    form: &str,
    what: impl FnOnce() -> String,
) -> Result<T, OperatorError> {
    serde_json::from_str(form)
        .map_err(|error| OperatorError::Unreadable { what: what(), why: error.to_string() })
}

/// What one decision looks like: what brought it, what was decided, and what was sent because of
/// it.
fn draw(entry: &Entry<Key>, ordered: &[Ordered]) -> Vec<Drawn> {
    let (server, cause) = cause(entry.event);
    let mut drawn = vec![cause, Drawn::Note(server, entry.decided.to_string())];
    drawn.extend(ordered.iter().filter_map(|order| sent(*order)));
    drawn
}

/// The word for an input, without what was verified about it.
fn word(input: &impl Serialize) -> String {
    words(input).split(':').next().unwrap_or_default().to_owned()
}

fn cause(event: Event<Key>) -> (Who, Drawn) {
    use Who::{Bank, BankClient, Wallet, WalletClient};
    match event {
        Event::Binding { input, .. } => {
            use binding::Input;
            let from = match input {
                Input::Asked(_) | Input::LeaveAsked { .. } | Input::StatusAsked { .. } => {
                    Some((BankClient, word(&input)))
                }
                Input::AccountFound
                | Input::AccountMissing
                | Input::AccountRegistered
                | Input::RegistrationRefused(_)
                | Input::LinkHeard(_)
                | Input::LinkNotFound => Some((Wallet, words(&input))),
                Input::InstrumentBlocked | Input::InstrumentUnblocked | Input::Expired(_) => None,
            };
            (Bank, brought(from, Bank, &input))
        }
        Event::Debit { .. } => (Bank, Drawn::Arrow(Wallet, Bank, "debit_request".to_owned())),
        Event::Link { input, .. } => {
            use link::Input;
            let from = match input {
                Input::RegistrationAsked(_)
                | Input::LinkAsked(_)
                | Input::SuspendAsked { .. }
                | Input::ResumeAsked { .. }
                | Input::EndAsked { .. }
                | Input::StatusAsked(_) => Some((Bank, word(&input))),
                _ => None,
            };
            (Wallet, brought(from, Wallet, &input))
        }
        Event::Operation { input, .. } => {
            use operation::Input;
            let from = match input {
                Input::Requested { context, .. } => {
                    Some((WalletClient, format!("requested: {}", words(&context.kind))))
                }
                Input::Answered { .. } => Some((WalletClient, word(&input))),
                Input::DebitDecided { accepted, .. } => {
                    let said = if accepted { "accepted" } else { "refused" };
                    Some((Bank, format!("debit: {said}")))
                }
                _ => None,
            };
            (Wallet, brought(from, Wallet, &input))
        }
        // Neither is about one binding.
        Event::Device { input, .. } => (Wallet, brought(None, Wallet, &input)),
        Event::Lock { input, .. } => (Wallet, brought(None, Wallet, &input)),
    }
}

fn brought(from: Option<(Who, String)>, server: Who, input: &impl Serialize) -> Drawn {
    match from {
        Some((who, what)) => Drawn::Arrow(who, server, what),
        None => Drawn::Note(server, word(input)),
    }
}

fn sent(ordered: Ordered) -> Option<Drawn> {
    use Who::{Bank, BankClient, Wallet, WalletClient};
    let (from, to, what) = match ordered {
        Ordered::Binding(order) => match order {
            BankOrder::TellOutcome => (Bank, BankClient, word(&order)),
            BankOrder::StopSending | BankOrder::ArmDeadline(_) => return None,
            _ => (Bank, Wallet, words(&order)),
        },
        Ordered::Link(order) => match order {
            LinkOrder::AnswerCreated
            | LinkOrder::AnswerExisting
            | LinkOrder::AnswerRegistrationRefused(_)
            | LinkOrder::AnswerLinkRefused(_)
            | LinkOrder::AnswerLink
            | LinkOrder::OweNotice => (Wallet, Bank, words(&order)),
            _ => return None,
        },
        Ordered::Operation(order) => match order {
            OperationOrder::SendChallenge(_) | OperationOrder::TellOutcome => {
                (Wallet, WalletClient, words(&order))
            }
            OperationOrder::SendDebitRequest => (Wallet, Bank, words(&order)),
            _ => return None,
        },
    };
    Some(Drawn::Arrow(from, to, what))
}

fn text(drawn: &[(i64, Vec<Drawn>)]) -> String {
    let mut text = String::new();
    for (at_ms, drawn) in drawn {
        for (place, one) in drawn.iter().enumerate() {
            let at = if place == 0 { moment(*at_ms) } else { String::new() };
            let one = match one {
                Drawn::Arrow(from, to, what) => {
                    format!("{:>13} -> {:<13}  {what}", from.name(), to.name())
                }
                Drawn::Note(who, what) => format!("{:>13}  : {what}", who.name()),
            };
            // Writing to a text does not fail.
            let _ = writeln!(text, "{at:<23}  {one}");
        }
    }
    text
}

fn mermaid(drawn: &[(i64, Vec<Drawn>)]) -> String {
    let mut text = "sequenceDiagram\n".to_owned();
    let all = || drawn.iter().flat_map(|(_, drawn)| drawn);
    let takes_part = |who: Who| {
        all().any(|one| match one {
            Drawn::Arrow(from, to, _) => *from == who || *to == who,
            Drawn::Note(at, _) => *at == who,
        })
    };
    for who in Who::ALL.into_iter().filter(|who| takes_part(*who)) {
        let _ = writeln!(text, "    participant {} as {}", who.id(), who.name());
    }
    for one in all() {
        // A semicolon would end the statement.
        let _ = match one {
            Drawn::Arrow(from, to, what) => {
                writeln!(text, "    {}->>{}: {}", from.id(), to.id(), what.replace(';', ","))
            }
            Drawn::Note(who, what) => {
                writeln!(text, "    Note over {}: {}", who.id(), what.replace(';', ","))
            }
        };
    }
    text
}
