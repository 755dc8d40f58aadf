//! A state and a kind of input, in the words of the tables: what a step saw, without its facts.

use std::fmt;

use bindproof::bank::binding::{self, Binding};
use bindproof::bank::client;
use bindproof::bank::debit::{self, Debit};
use bindproof::message::{LinkStatus, Party};
use bindproof::wallet::client as wallet_client;
use bindproof::wallet::operation::{self, Waiting};
use bindproof::wallet::{device, link, lock};

use super::{bank, operation as operations, wallet};
use crate::views::Seen;

/// A state of a machine and a kind of input.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tuple {
    /// Whose machine it is.
    pub party: Party,
    /// The machine.
    pub machine: &'static str,
    /// The state, as the tables name it.
    pub state: String,
    /// The kind of input, as the tables name it.
    pub input: String,
}

/// The kind of an input of the tables: without its facts where they are facts about a request or
/// a proof, which come in many combinations, and as it is where there is nothing else to it.
pub fn kind<'a>(machine: &str, input: &'a str) -> &'a str {
    let Some((kind, _)) = input.split_once(": ") else { return input };
    match machine {
        "binding" if kind == "asked" => kind,
        "link" if kind.ends_with(" asked") => kind,
        "operation" if kind == "answered" => kind,
        _ => input,
    }
}

impl fmt::Display for Tuple {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}, on {}", self.machine, self.state, self.input)
    }
}

impl Tuple {
    /// What was seen, in the words of the tables.
    pub fn of(seen: Seen) -> Self {
        let (party, machine, state, input) = match seen {
            Seen::BankClient(state, input) => {
                (Party::BankClient, "request to bind", client_state(state), client_input(input))
            }
            Seen::Binding(binding, input) => {
                let state = bank::row(binding.state).to_string();
                (Party::BankServer, "binding", state, binding_input(binding, input))
            }
            Seen::Debit(debit, input) => {
                (Party::BankServer, "debit", debit_state(debit), debit_input(input).to_owned())
            }
            Seen::Link(view, input) => {
                let inside = matches!(view.link.state, link::State::Refused(_));
                let state = super::link::node(view.link.state);
                let state = if inside { format!("{state}(R)") } else { state.to_owned() };
                (Party::WalletServer, "link", state, link_input(input).to_owned())
            }
            Seen::Operation(view, input) => {
                let state = operations::row(view.operation).to_string();
                (Party::WalletServer, "operation", state, operation_input(input))
            }
            Seen::Device(device, input) => {
                let state = wallet::device_place(device).to_string();
                (Party::WalletServer, "device", state, device_input(input).to_owned())
            }
            Seen::Lock(lock, input) => {
                let input = match input {
                    lock::Input::LockEnded => "lock ended",
                    lock::Input::DayEnded => "day ended",
                };
                (Party::WalletServer, "lock", wallet::lock_place(lock).to_string(), input.into())
            }
            Seen::WalletClient(state, input) => {
                let state = match state {
                    wallet_client::State::Idle => "idle",
                    wallet_client::State::Sent => "sent",
                    wallet_client::State::Answering => "answering",
                    wallet_client::State::Settled => "settled",
                };
                let input = match input {
                    wallet_client::Input::Start => "start",
                    wallet_client::Input::Challenged => "challenged",
                    wallet_client::Input::Told => "told",
                };
                (Party::WalletClient, "request for an operation", state.into(), input.into())
            }
        };
        Self { party, machine, state, input }
    }
}

fn client_state(state: client::State) -> String {
    let name = match state {
        client::State::Idle => "idle",
        client::State::Sent => "sent",
        client::State::Leaving => "leaving",
        client::State::Settled => "settled",
    };
    name.to_owned()
}

fn client_input(input: client::Input) -> String {
    let name = match input {
        client::Input::Ask => "ask",
        client::Input::Leave => "leave",
        client::Input::Told(client::Outcome::Pending) => "told: pending",
        client::Input::Told(client::Outcome::Active) => "told: active",
        client::Input::Told(client::Outcome::Over) => "told: over",
    };
    name.to_owned()
}

fn binding_input(binding: Binding, input: binding::Input) -> String {
    use binding::Input;
    let whose = |own| if own { "its own" } else { "not its own" };
    let at = |revision| if revision == binding.revision { "this revision" } else { "another" };
    match input {
        Input::Asked(_) => "asked".into(),
        Input::LeaveAsked { own } => format!("leave asked: {}", whose(own)),
        Input::StatusAsked { own } => format!("status asked: {}", whose(own)),
        Input::AccountFound => "account: found".into(),
        Input::AccountMissing => "account: missing".into(),
        Input::AccountRegistered => "account: registered".into(),
        Input::RegistrationRefused(_) => "account: refused(R)".into(),
        Input::LinkHeard(LinkStatus::Registered) => "link: registered".into(),
        Input::LinkHeard(LinkStatus::AwaitingApproval) => "link: awaiting approval".into(),
        Input::LinkHeard(LinkStatus::Active { bank_revision }) => {
            format!("link: active at {}", at(bank_revision))
        }
        Input::LinkHeard(LinkStatus::Suspended { bank_revision }) => {
            format!("link: suspended at {}", at(bank_revision))
        }
        Input::LinkHeard(LinkStatus::Ended) => "link: ended".into(),
        Input::LinkHeard(LinkStatus::Refused { .. }) => "link: refused(R)".into(),
        Input::LinkNotFound => "link: not found".into(),
        Input::InstrumentBlocked => "instrument: blocked".into(),
        Input::InstrumentUnblocked => "instrument: unblocked".into(),
        Input::Expired(armed) => format!("expired: {}", bank::node(armed)),
    }
}

fn debit_state(debit: Debit) -> String {
    let name = match debit {
        Debit::Absent => "absent",
        Debit::Accepted => "accepted",
        Debit::Refused => "refused",
    };
    name.to_owned()
}

const fn debit_input(input: debit::Input) -> &'static str {
    match input {
        debit::Input { own: false, .. } => "asked: not its own",
        debit::Input { same_content: false, .. } => "asked: with other content",
        debit::Input { covered: true, .. } => "asked: covered",
        debit::Input { covered: false, .. } => "asked: not covered",
    }
}

const fn link_input(input: link::Input) -> &'static str {
    use link::Input;
    match input {
        Input::RegistrationAsked(_) => "registration asked",
        Input::LinkAsked(_) => "link asked",
        Input::SuspendAsked { .. } => "suspend asked",
        Input::ResumeAsked { .. } => "resume asked",
        Input::EndAsked { .. } => "end asked",
        Input::StatusAsked(_) => "status asked",
        Input::Approved => "approved",
        Input::Declined => "declined",
        Input::EndedByHolder => "ended by the holder",
        Input::AccountLeft => "account left",
        Input::Expired { last: true } => "expired: last link",
        Input::Expired { last: false } => "expired: others live",
        Input::CodePresented => "code: presented",
        Input::CodeRenewed => "code: renewed",
    }
}

fn operation_input(input: operation::Input) -> String {
    use operation::Input;
    match input {
        Input::Requested { context, .. } => format!("requested: {}", context.kind),
        Input::Executing(context) => format!("executing: {}", context.kind),
        Input::Answered { .. } => "answered".into(),
        Input::DebitDecided { own: false, .. } => "debit decided: by another bank".into(),
        Input::DebitDecided { accepted: true, .. } => "debit decided: accepted".into(),
        Input::DebitDecided { accepted: false, .. } => "debit decided: refused".into(),
        Input::TargetEnded(_) => "target ended".into(),
        Input::Expired(Waiting::ForAnswer) => "expired: waiting for the answer".into(),
        Input::Expired(Waiting::ForExecution) => "expired: waiting for execution".into(),
    }
}

const fn device_input(input: device::Input) -> &'static str {
    match input {
        device::Input::Revoked => "revoked",
        device::Input::AccountClosed => "account closed",
        device::Input::SessionEnded => "session ended",
        device::Input::Aged => "aged",
    }
}
