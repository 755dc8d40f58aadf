//! A bank asks the wallet where each link stands, and has the protocol's own steps hear the answer.
//!
//! Nothing is decided here. What the wallet says goes through the step like any answer; what the
//! wallet has not heard, although the bank owes it no more, it is told once more.

use bindproof::bank::binding::{self, Binding};
use bindproof::message::LinkStatus;
use bindproof::refusal::Refusal;
use bindproof::wire::{
    self, BindingId, IdempotencyKey, LinkAnswer, LinkEnd, LinkQuery, LinkResume, LinkSuspend,
    RequestId,
};
use serde::Serialize;

use super::bindings::{Listed, Side, Theirs, listed, state};
use super::{OperatorError, words};
use crate::bank::Bank;
use crate::drive::bank::Heard;
use crate::hex;
use crate::http::client::{Replied, answered, call, problem_said};
use crate::received;
use crate::record::{Bindings, RecordKind};
use crate::store::StoreError;

/// What was found of one binding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// Both sides say the same.
    Same,
    /// They differ, and what will bring them together is on its way.
    UnderWay,
    /// They differ, and what would bring them together was given up: it is sent again once it is
    /// resumed.
    GivenUp,
    /// They differed, and say the same now; what was done.
    Repaired(String),
    /// They differ, and nothing was done about it, as nothing was to be.
    Differs,
    /// They differ, and nothing that may be done brings them together.
    Unresolved,
    /// It is not known what the other side says.
    NotKnown,
}

/// One binding, and what was found of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reconciled {
    /// The binding as it stood, with what the other side said.
    pub listed: Listed,
    /// What was found.
    pub found: Found,
    /// Where it stands here afterwards.
    pub after: String,
}

impl Reconciled {
    /// Whether somebody has to look at it.
    pub const fn is_open(&self) -> bool {
        matches!(self.found, Found::GivenUp | Found::Differs | Found::Unresolved | Found::NotKnown)
    }

    /// One line about it.
    pub fn line(&self) -> String {
        let Listed { binding, here, there, .. } = &self.listed;
        let there = match there {
            Theirs::Link(status) => words(status),
            Theirs::NotAsked => "not asked".to_owned(),
            Theirs::Unknown => "unknown".to_owned(),
            Theirs::Answered(what) => format!("answered {what}"),
            Theirs::NoAnswer(why) => why.clone(),
        };
        let found = match &self.found {
            Found::Same => "the same".to_owned(),
            Found::UnderWay => "under way".to_owned(),
            Found::GivenUp => {
                let letter = self.listed.owed.as_ref().map_or("a letter", |(name, _)| name);
                format!("GIVEN UP: {letter} is in the way until `outbox resume`")
            }
            Found::Repaired(how) => format!("{how}: now {}", self.after),
            Found::Differs => {
                "DIFFERS: `reconcile` without --look-only repairs what can be".to_owned()
            }
            Found::Unresolved => "UNRESOLVED".to_owned(),
            Found::NotKnown => "NOT KNOWN".to_owned(),
        };
        format!("{binding}  here {here}, there {there}  {found}")
    }
}

/// Asks for every binding, and repairs what can be repaired if `repairs`.
///
/// # Errors
/// If the store fails or is a wallet's.
pub async fn reconcile(bank: &Bank, repairs: bool) -> Result<Vec<Reconciled>, OperatorError> {
    let all = listed(&*bank.node.store).await?;
    if all.iter().any(|listed| listed.side == Side::Wallet) {
        return Err(OperatorError::NotABank);
    }
    let mut reconciled = Vec::with_capacity(all.len());
    for listed in all {
        reconciled.push(one(bank, listed, repairs).await?);
    }
    Ok(reconciled)
}

async fn one(bank: &Bank, mut listed: Listed, repairs: bool) -> Result<Reconciled, OperatorError> {
    let id = BindingId::from(listed.binding);
    let request;
    (request, listed.there) = ask(bank, None, LinkQuery { binding: id }).await;
    let before = binding_of(bank, &listed).await?;
    let said = match &listed.there {
        Theirs::Link(status) => Some(*status),
        Theirs::Unknown => None,
        Theirs::NotAsked | Theirs::Answered(_) | Theirs::NoAnswer(_) => {
            let after = words(&before.state);
            return Ok(Reconciled { listed, found: Found::NotKnown, after });
        }
    };
    let found = match (agree(before, said), &listed.owed) {
        (true, _) => Found::Same,
        (false, Some(_)) if listed.given_up => Found::GivenUp,
        (false, Some(_)) => Found::UnderWay,
        (false, None) if !repairs => Found::Differs,
        (false, None) => {
            let how = repair(bank, &listed, before, (request, said)).await?;
            listed_found(bank, &listed, how).await?
        }
    };
    let after = words(&binding_of(bank, &listed).await?.state);
    Ok(Reconciled { listed, found, after })
}

/// Whether what was done has brought the two together.
async fn listed_found(
    bank: &Bank,
    listed: &Listed,
    (how, said): (String, Option<LinkStatus>),
) -> Result<Found, OperatorError> {
    let after = binding_of(bank, listed).await?;
    Ok(if agree(after, said) { Found::Repaired(how) } else { Found::Unresolved })
}

/// Whether bank and wallet say the same; `None` is a link that the wallet does not know.
fn agree(binding: Binding, link: Option<LinkStatus>) -> bool {
    use LinkStatus as Link;
    use binding::State::{Absent, Active, AwaitingApproval, Closed, Looking, Suspended};
    match (binding.state, link) {
        (Absent | Closed(_) | Looking, None) => true,
        (Closed(_), Some(Link::Ended | Link::Refused { .. })) => true,
        (AwaitingApproval, Some(Link::AwaitingApproval)) => true,
        (Active, Some(Link::Active { bank_revision }))
        | (Suspended, Some(Link::Suspended { bank_revision })) => bank_revision == binding.revision,
        _ => false,
    }
}

/// Tells the wallet once more what it has not heard, and has the bank's step hear what it says.
async fn repair(
    bank: &Bank,
    listed: &Listed,
    before: Binding,
    (asked, said): (Option<RequestId>, Option<LinkStatus>),
) -> Result<(String, Option<LinkStatus>), OperatorError> {
    use LinkStatus as Link;
    use binding::State::{Active, Closed, Ending, Suspended};
    let binding = BindingId::from(listed.binding);
    let bank_revision = before.revision;
    let key = hex::encode(&bank.node.world.uuid()).parse().ok();
    let live = matches!(said, Some(Link::Active { .. } | Link::Suspended { .. }));
    let (told, (request, theirs)) = match before.state {
        Ending(_) | Closed(_) if !matches!(said, Some(Link::Ended | Link::Refused { .. })) => {
            ("told of the end once more, and ", ask(bank, key, LinkEnd { binding }).await)
        }
        Active if live && bank_revision > 0 => {
            let message = LinkResume { binding, bank_revision };
            ("told to resume once more, and ", ask(bank, key, message).await)
        }
        Suspended if live => {
            let message = LinkSuspend { binding, bank_revision };
            ("told to suspend once more, and ", ask(bank, key, message).await)
        }
        _ => ("", (asked, listed.there.clone())),
    };
    let Theirs::Link(status) = theirs else {
        return Ok((format!("{told}not answered"), said));
    };
    let heard = Heard::Link(status);
    let note = request.map(|request| received::heard(&heard, request, bank.wallet));
    let heard = bank.transact(&listed.person, &[], |drive| {
        note.iter().for_each(|note| drive.shard.receive(note.clone()));
        // What a refusal leaves behind is what was there before.
        drive.hear(binding, heard).map(|_| ())
    });
    heard.await?;
    Ok((format!("{told}heard"), Some(status)))
}

async fn binding_of(bank: &Bank, listed: &Listed) -> Result<Binding, OperatorError> {
    let loaded = bank.node.store.load(&listed.person, &[]).await?;
    let place = (RecordKind::Binding, listed.binding);
    let row = loaded.rows.iter().find(|row| (row.kind, row.key) == place);
    let gone = || StoreError::corrupt(format!("binding {}", listed.binding), "gone");
    state::<Bindings>(row.ok_or_else(gone)?)
}

/// What the wallet answers about a link, and to which request.
async fn ask<M: wire::Request>(
    bank: &Bank,
    key: Option<IdempotencyKey>,
    message: M,
) -> (Option<RequestId>, Theirs) {
    let Some(wallet) = bank.node.registry.peer(bank.wallet) else {
        return (None, Theirs::NoAnswer("no wallet is known".to_owned()));
    };
    match call::<_, LinkAnswer>(&bank.node, wallet, key, message).await {
        Ok((request, replied)) => (Some(request), theirs(replied)),
        Err(error) => {
            let there = answered(&error).map(Theirs::Answered);
            (None, there.unwrap_or_else(|| Theirs::NoAnswer(error.to_string())))
        }
    }
}

fn theirs(replied: Replied<LinkAnswer>) -> Theirs {
    match replied {
        Replied::Answer(LinkAnswer(report)) => Theirs::Link(report.status),
        Replied::Problem(Refusal::NotFound) => Theirs::Unknown,
        Replied::Problem(refusal) => Theirs::Answered(problem_said(refusal)),
    }
}

#[cfg(test)]
mod tests {
    use bindproof::bank::binding::{Outcome, State};

    use super::*;

    const fn binding(state: State, revision: u8) -> Binding {
        Binding { state, revision }
    }

    #[test]
    fn two_sides_agree_only_if_they_say_the_same_of_the_same_decision() {
        let active = |bank_revision| Some(LinkStatus::Active { bank_revision });
        let suspended = |bank_revision| Some(LinkStatus::Suspended { bank_revision });
        assert!(agree(binding(State::Active, 2), active(2)));
        assert!(!agree(binding(State::Active, 2), active(0)));
        assert!(!agree(binding(State::Active, 1), suspended(1)));
        assert!(agree(binding(State::Suspended, 1), suspended(1)));
        assert!(agree(binding(State::Closed(Outcome::Expired), 0), Some(LinkStatus::Ended)));
        assert!(agree(binding(State::Closed(Outcome::Expired), 0), None));
        assert!(!agree(binding(State::Closed(Outcome::Expired), 0), active(0)));
        assert!(!agree(binding(State::Active, 0), None));
        assert!(!agree(binding(State::Ending(Outcome::Expired), 0), None));
    }
}
