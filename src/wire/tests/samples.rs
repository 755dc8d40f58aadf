//! Any value of every message.

use std::string::String;

use proptest::array::{uniform16, uniform32};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::bank::binding::REVISION_MAX;
use crate::message::{LinkStatus, Reason};
use crate::policy::{Environment, Requirement};
use crate::refusal::Refusal;
use crate::wire::*;

/// A message of which any value can be made.
pub trait Sample: Sized + 'static {
    /// Any value.
    fn sample() -> BoxedStrategy<Self>;
}

fn parsed<T: core::str::FromStr<Err: core::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

macro_rules! sampled_from_bytes {
    ($( $id:ident: $bytes:ident, )+) => { $(
        impl Sample for $id {
            fn sample() -> BoxedStrategy<Self> {
                $bytes(any::<u8>()).prop_map($id::from_bytes).boxed()
            }
        }
    )+ };
}

sampled_from_bytes! {
    BindingId: uniform16,
    AccountId: uniform16,
    OperationId: uniform16,
    ChallengeId: uniform16,
    RequestId: uniform16,
    BindingCode: uniform16,
    Secret: uniform32,
    DeviceKey: uniform32,
}

macro_rules! sampled_from_text {
    ($( $text:ident: $pattern:literal, )+) => { $(
        impl Sample for $text {
            fn sample() -> BoxedStrategy<Self> {
                $pattern.prop_map(|text: String| parsed(&text)).boxed()
            }
        }
    )+ };
}

sampled_from_text! {
    InstrumentRef: "[a-z][!-~]{0,63}",
    PersonRef: "[!-~]{1,64}",
    ContactRef: "[!-~]{1,64}",
    IdempotencyKey: "[!-~]{1,64}",
    Issuer: "[!-~]{1,64}",
    Payee: "[!-~]{1,64}",
    OneTimeCode: "[!-~]{1,16}",
    Opaque: "[!-~]{1,200}",
    Currency: "[A-Z]{3}",
}

impl Sample for Words<256> {
    fn sample() -> BoxedStrategy<Self> {
        "[ -~à-ÿ€中]{1,60}".prop_map(|text: String| parsed(&text)).boxed()
    }
}

impl Sample for Amount {
    fn sample() -> BoxedStrategy<Self> {
        let largest = (1u64 << 53) - 1;
        (1..=largest, Currency::sample())
            .prop_map(|(minor, currency)| Amount::new(minor, currency).unwrap())
            .boxed()
    }
}

impl Sample for IssuedAt {
    fn sample() -> BoxedStrategy<Self> {
        (0i64..1 << 53).prop_map(|ms| IssuedAt::new(ms).unwrap()).boxed()
    }
}

impl Sample for Consent {
    fn sample() -> BoxedStrategy<Self> {
        any::<(bool, bool)>().prop_map(|(bind, register)| Consent { bind, register }).boxed()
    }
}

impl Sample for LinkStatus {
    fn sample() -> BoxedStrategy<Self> {
        prop_oneof![
            Just(Self::Registered),
            Just(Self::AwaitingApproval),
            (0..=REVISION_MAX).prop_map(|bank_revision| Self::Active { bank_revision }),
            (0..=REVISION_MAX).prop_map(|bank_revision| Self::Suspended { bank_revision }),
            Just(Self::Ended),
            select(Reason::ALL).prop_map(|reason| Self::Refused { reason }),
        ]
        .boxed()
    }
}

impl Sample for Action {
    fn sample() -> BoxedStrategy<Self> {
        let pay = (BindingId::sample(), Amount::sample(), Payee::sample());
        prop_oneof![
            Just(Self::SignIn),
            BindingId::sample().prop_map(Self::ApproveBinding),
            BindingId::sample().prop_map(Self::DeclineBinding),
            pay.prop_map(|(binding, amount, payee)| Self::Pay { binding, amount, payee }),
            BindingId::sample().prop_map(Self::EndLink),
            Just(Self::AddAuthenticator),
            DeviceKey::sample().prop_map(Self::RevokeDevice),
            Just(Self::VerifyIdentity),
            Just(Self::Recover),
            Just(Self::CloseAccount),
        ]
        .boxed()
    }
}

impl Sample for Proof {
    fn sample() -> BoxedStrategy<Self> {
        (
            option::of(Opaque::sample()),
            option::of(OneTimeCode::sample()),
            option::of(BindingCode::sample()),
            option::of(Opaque::sample()),
            option::of(Opaque::sample()),
        )
            .prop_filter_map("something in it", |parts| {
                let (assertion, one_time_code, binding_code, identity, authenticator) = parts;
                let proof =
                    Proof { assertion, one_time_code, binding_code, identity, authenticator };
                (proof != Proof::default()).then_some(proof)
            })
            .boxed()
    }
}

impl Sample for BindCancel {
    fn sample() -> BoxedStrategy<Self> {
        prop_oneof![
            BindingId::sample().prop_map(Self::Binding),
            IdempotencyKey::sample().prop_map(Self::Request),
        ]
        .boxed()
    }
}

impl Sample for Standing {
    fn sample() -> BoxedStrategy<Self> {
        prop_oneof![
            option::of(BindingCode::sample()).prop_map(|code| Self::Pending { code }),
            option::of(BindingCode::sample()).prop_map(|code| Self::Active { code }),
            select(Reason::ALL).prop_map(Self::Refused),
            select(EndReason::ALL).prop_map(Self::Ended),
        ]
        .boxed()
    }
}

impl Sample for Debit {
    fn sample() -> BoxedStrategy<Self> {
        prop_oneof![Just(Self::Accepted), select(DebitReason::ALL).prop_map(Self::Refused)].boxed()
    }
}

impl Sample for Found {
    fn sample() -> BoxedStrategy<Self> {
        prop_oneof![AccountId::sample().prop_map(Self::Registered), Just(Self::Unregistered)]
            .boxed()
    }
}

impl Sample for Registered {
    fn sample() -> BoxedStrategy<Self> {
        prop_oneof![
            AccountId::sample().prop_map(Self::Created),
            AccountId::sample().prop_map(Self::Existing),
            select(Reason::ALL).prop_map(Self::Refused),
        ]
        .boxed()
    }
}

impl Sample for Settled {
    fn sample() -> BoxedStrategy<Self> {
        let refused = select(Refusal::ALL).prop_map(Self::Refused);
        prop_oneof![Just(Self::Executed), refused, Just(Self::Expired)].boxed()
    }
}

impl Sample for Environment {
    fn sample() -> BoxedStrategy<Self> {
        select(Environment::ALL).boxed()
    }
}

impl Sample for Requirement {
    fn sample() -> BoxedStrategy<Self> {
        // What needs nothing is not challenged.
        select(&Requirement::ALL[1..]).boxed()
    }
}

/// The only number of a byte in a message is that of a decision of the bank.
impl Sample for u8 {
    fn sample() -> BoxedStrategy<Self> {
        (1..=REVISION_MAX).boxed()
    }
}

/// Samples a struct field by field.
macro_rules! sampled_by_field {
    ($( $message:ident { $( $field:ident: $type:ty ),+ } )+) => { $(
        impl Sample for $message {
            fn sample() -> BoxedStrategy<Self> {
                ($( <$type>::sample(), )+)
                    .prop_map(|($( $field, )+)| $message { $( $field ),+ })
                    .boxed()
            }
        }
    )+ };
}

sampled_by_field! {
    BindRequest { instrument: InstrumentRef, consent: Consent, authentication: Opaque }
    UnbindRequest { binding: BindingId }
    BindingQuery { binding: BindingId }
    BindOutcome { binding: BindingId, standing: Standing }
    AccountQuery { person: PersonRef }
    AccountRegistration {
        binding: BindingId, person: PersonRef, registration: Opaque, contact: ContactRef,
        secret: Secret, consent: Consent
    }
    LinkRequest {
        binding: BindingId, account: AccountId, instrument: InstrumentRef, person: PersonRef,
        contact: ContactRef, secret: Secret
    }
    LinkSuspend { binding: BindingId, bank_revision: u8 }
    LinkResume { binding: BindingId, bank_revision: u8 }
    LinkEnd { binding: BindingId }
    LinkQuery { binding: BindingId }
    DebitAnswer { operation: OperationId, debit: Debit }
    AccountAnswer { found: Found }
    RegistrationAnswer { binding: BindingId, registered: Registered }
    LinkReport { binding: BindingId, status: LinkStatus }
    DebitRequest { binding: BindingId, operation: OperationId, amount: Amount }
    ChallengeAnswer { challenge: ChallengeId, device: DeviceKey, proof: Proof }
    Challenge {
        challenge: ChallengeId, operation: OperationId, required: Requirement,
        to_approve: Words<256>
    }
    OperationOutcome { operation: OperationId, settled: Settled }
}

impl Sample for LinkAnswer {
    fn sample() -> BoxedStrategy<Self> {
        LinkReport::sample().prop_map(LinkAnswer).boxed()
    }
}

impl Sample for LinkNotice {
    fn sample() -> BoxedStrategy<Self> {
        LinkReport::sample().prop_map(LinkNotice).boxed()
    }
}

impl Sample for OperationRequest {
    fn sample() -> BoxedStrategy<Self> {
        let fields = (
            OperationId::sample(),
            option::of(AccountId::sample()),
            AccountId::sample(),
            DeviceKey::sample(),
            Environment::sample(),
            Action::sample(),
        );
        fields
            .prop_map(|(operation, account, other, device, environment, action)| {
                let account = match action {
                    Action::Recover => account,
                    _ => Some(other),
                };
                OperationRequest { operation, account, device, environment, action }
            })
            .boxed()
    }
}

impl<M: Request + Sample> Sample for Envelope<M> {
    fn sample() -> BoxedStrategy<Self> {
        let fields =
            (RequestId::sample(), IdempotencyKey::sample(), IssuedAt::sample(), M::sample());
        fields
            .prop_map(|(request_id, key, issued_at, message)| Envelope {
                protocol: Version,
                request_id,
                idempotency_key: M::ASKS_EFFECT.then_some(key),
                issued_at,
                message,
            })
            .boxed()
    }
}

impl<M: Reply + Sample> Sample for Answer<M> {
    fn sample() -> BoxedStrategy<Self> {
        let fields = (RequestId::sample(), Issuer::sample(), M::sample());
        fields
            .prop_map(|(request_id, issuer, message)| Answer {
                protocol: Version,
                request_id,
                issuer,
                message,
            })
            .boxed()
    }
}
