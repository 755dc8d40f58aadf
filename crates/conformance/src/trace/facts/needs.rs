//! What an input cannot be compared without: the message that brought it, and the members of that
//! message on which a fact or a comparison with the other side rests. `docs/trace.md` has the same
//! in a table.

use bindproof::bank::binding;
use bindproof::journal::Event;
use bindproof::message::Message;
use bindproof::wallet::kind::Kind;
use bindproof::wallet::{link, operation};

use crate::key::Key;
use crate::trace::line::{Line, Received};

/// How many things a line leaves out without which its input is not compared: 1 for the message as
/// a whole, else the members that its message has to have.
pub fn left_out(event: &Event<Key>, line: &Line<Key>) -> u64 {
    match &line.received {
        _ if !is_brought(event) => 0,
        None => 1,
        Some(received) => missing(received),
    }
}

/// Whether a message brings this, and no deadline, order, or the server itself.
pub(super) const fn is_brought(event: &Event<Key>) -> bool {
    use {binding::Input as Bank, link::Input as Link, operation::Input as Wallet};
    match event {
        Event::Binding { input, .. } => {
            !matches!(input, Bank::InstrumentBlocked | Bank::InstrumentUnblocked | Bank::Expired(_))
        }
        Event::Debit { .. } => true,
        Event::Link { input, .. } => matches!(
            input,
            Link::RegistrationAsked(_)
                | Link::LinkAsked(_)
                | Link::SuspendAsked { .. }
                | Link::ResumeAsked { .. }
                | Link::EndAsked { .. }
                | Link::StatusAsked(_)
        ),
        Event::Operation { input, .. } => matches!(
            input,
            Wallet::Requested { .. } | Wallet::Answered { .. } | Wallet::DebitDecided { .. }
        ),
        Event::Device { .. } | Event::Lock { .. } => false,
    }
}

/// How many members a message lacks that it has to have. Which ones it may lack, because there is
/// nothing to say, the facts find out themselves.
fn missing(received: &Received<Key>) -> u64 {
    let r = received;
    let (request, from, key) = (r.request.is_some(), r.from.is_some(), r.key.is_some());
    let issued = r.issued_ms.is_some();
    let sent = [from, request, key];
    let has: &[bool] = match r.message {
        Message::BindRequest => {
            &[issued, r.instrument.is_some(), r.content.is_some(), r.consent.is_some()]
        }
        Message::AccountAnswer => &[from],
        Message::RegistrationAnswer | Message::LinkAnswer | Message::DebitAnswer => {
            &[from, request]
        }
        Message::LinkNotice => &sent,
        Message::DebitRequest => {
            &[from, request, key, r.binding.is_some(), r.amount_minor.is_some()]
        }
        Message::AccountRegistration => {
            &[from, request, key, issued, r.person.is_some(), r.consent.is_some()]
        }
        Message::LinkRequest => {
            &[from, request, key, issued, r.person.is_some(), r.account.is_some()]
        }
        Message::LinkSuspend | Message::LinkResume | Message::LinkEnd => {
            &[from, request, key, issued]
        }
        // It asks for no effect, and has no key.
        Message::LinkQuery => &[from, request, issued],
        Message::OperationRequest => return operation(received),
        Message::ChallengeAnswer => &[r.device.is_some(), r.signed.is_some()],
        _ => &[],
    };
    has.iter().filter(|has| !**has).count() as u64
}

/// The same of a request for an operation: what it has to name depends on its kind.
fn operation(received: &Received<Key>) -> u64 {
    let r = received;
    let has = [
        r.kind.is_some(),
        r.issued_ms.is_some(),
        r.content.is_some(),
        r.device.is_some(),
        r.signed.is_some(),
        r.environment.is_some(),
        r.binding.is_some() || !r.kind.is_some_and(Kind::names_link),
        r.amount_minor.is_some() || r.kind != Some(Kind::Pay),
        r.revoked_device.is_some() || r.kind != Some(Kind::RevokeDevice),
    ];
    has.iter().filter(|has| !**has).count() as u64
}
