//! What a journal says of a message that was received: ids and facts, nothing of a person and no
//! secret.

use bindproof::message::Message;
use bindproof::policy::Environment;
use bindproof::wire::{
    self, AccountRegistration, BindRequest, ChallengeAnswer, DebitRequest, Envelope, Issuer,
    LinkRequest, OperationRequest, PersonRef, RequestId,
};
use bindproof_conformance::trace::line::Received;

use crate::drive::bank::{Heard, instrument_key};
use crate::key::{Key, Person};

/// A message, as a journal has it.
pub type Note = Received<Key>;

/// A client's message of which nothing is looked at but its name.
pub fn of_client<M: wire::Request>(_: &Envelope<M>) -> Note {
    Note::new(M::NAME)
}

/// The same, with its time of issue.
fn issued<M: wire::Request>(envelope: &Envelope<M>) -> Note {
    Note { issued_ms: Some(envelope.issued_at.ms()), ..of_client(envelope) }
}

/// A message of another server whose age is not looked at.
pub fn of_server<M: wire::Request>(envelope: &Envelope<M>, from: Issuer) -> Note {
    let key = envelope.idempotency_key.as_ref().map(|key| key.as_str().to_owned());
    let request = Some(envelope.request_id.into());
    Note { request, from: Some(from.as_str().to_owned()), key, ..of_client(envelope) }
}

/// What a bank asks about a link.
pub fn of_bank<M: wire::Request>(envelope: &Envelope<M>, from: Issuer) -> Note {
    Note { issued_ms: issued(envelope).issued_ms, ..of_server(envelope, from) }
}

/// The answer of another server to this request.
pub fn answer(message: Message, request: RequestId, from: Issuer) -> Note {
    let request = Some(request.into());
    Note { request, from: Some(from.as_str().to_owned()), ..Note::new(message) }
}

/// A bind request; `digest` stands for its body.
pub fn bind_request(envelope: &Envelope<BindRequest>, digest: &str) -> Note {
    let asked = &envelope.message;
    Note {
        instrument: Some(instrument_key(asked.instrument)),
        content: Some(Key::derived("content", &[digest.as_bytes()])),
        consent: Some(asked.consent.is_given()),
        ..issued(envelope)
    }
}

/// A registration asked for by a bank.
pub fn registration(envelope: &Envelope<AccountRegistration>, from: Issuer) -> Note {
    let asked = &envelope.message;
    let consent = Some(asked.consent.is_given());
    Note { consent, person: Some(person(asked.person)), ..of_bank(envelope, from) }
}

/// A link asked for by a bank.
pub fn link_request(envelope: &Envelope<LinkRequest>, from: Issuer) -> Note {
    let asked = &envelope.message;
    let account = Some(asked.account.into());
    Note { account, person: Some(person(asked.person)), ..of_bank(envelope, from) }
}

/// A debit asked for by the wallet.
pub fn debit_request(envelope: &Envelope<DebitRequest>, from: Issuer) -> Note {
    let asked = &envelope.message;
    Note {
        binding: Some(asked.binding.into()),
        amount_minor: Some(asked.amount.minor()),
        ..of_server(envelope, from)
    }
}

/// An operation asked for by a wallet client; `signed` by its device's key.
pub fn operation_request(envelope: &Envelope<OperationRequest>, signed: bool) -> Note {
    let asked = asked(&envelope.message, signed);
    Note { issued_ms: issued(envelope).issued_ms, ..asked }
}

/// The same of a request that was taken for fresh when it came, and goes over to the person whose
/// it is at `at_ms`, with a challenge that is open until `until_ms`.
pub fn carried(
    request: &OperationRequest,
    signed: bool,
    at_ms: i64,
    until_ms: Option<i64>,
) -> Note {
    Note { issued_ms: Some(at_ms), until_ms, ..asked(request, signed) }
}

fn asked(asked: &OperationRequest, signed: bool) -> Note {
    // What the client says of its environment is no part of what is asked.
    let content = OperationRequest { environment: Environment::Normal, ..*asked };
    let content = serde_json::to_vec(&content).unwrap_or_default();
    let (binding, amount_minor, revoked) = match asked.action {
        wire::Action::ApproveBinding(binding)
        | wire::Action::DeclineBinding(binding)
        | wire::Action::EndLink(binding) => (Some(binding), None, None),
        wire::Action::Pay { binding, amount, .. } => (Some(binding), Some(amount.minor()), None),
        wire::Action::RevokeDevice(device) => (None, None, Some(device)),
        _ => (None, None, None),
    };
    Note {
        account: asked.account.map(Key::from),
        content: Some(Key::derived("content", &[&content])),
        kind: Some(asked.action.kind()),
        device: Some(Key::of_device_path(&asked.device)),
        signed: Some(signed),
        environment: Some(asked.environment),
        binding: binding.map(Key::from),
        revoked_device: revoked.map(|device| Key::of_device_path(&device)),
        amount_minor,
        ..Note::new(Message::OperationRequest)
    }
}

/// An answer to a challenge; `signed` by the key that it names.
pub fn challenge_answer(envelope: &Envelope<ChallengeAnswer>, signed: bool) -> Note {
    let device = Some(Key::of_device_path(&envelope.message.device));
    Note { device, signed: Some(signed), ..of_client(envelope) }
}

/// What the wallet answered a bank to this request.
pub fn heard(heard: &Heard, request: RequestId, wallet: Issuer) -> Note {
    let (message, account) = match heard {
        Heard::Account(found) => (
            Message::AccountAnswer,
            match found {
                wire::Found::Registered(account) => Some(*account),
                wire::Found::Unregistered => None,
            },
        ),
        Heard::Registered(registered) => (
            Message::RegistrationAnswer,
            match registered {
                wire::Registered::Created(account) | wire::Registered::Existing(account) => {
                    Some(*account)
                }
                wire::Registered::Refused(_) => None,
            },
        ),
        Heard::Link(_) | Heard::NotFound => (Message::LinkAnswer, None),
    };
    let note = answer(message, request, wallet);
    // A query leaves no trace, so that nobody could say which one was answered.
    let request = note.request.filter(|_| message != Message::AccountAnswer);
    Note { account: account.map(Key::from), request, ..note }
}

fn person(person: PersonRef) -> Key {
    Person::known(person).journal_key()
}
