//! The site's own service, asked over HTTP. Each question is signed by the server and each answer
//! by the site, tied to its question, in the same profile as between servers.

use bindproof::wire::{
    Amount, ChallengeId, ContactRef, InstrumentRef, Opaque, OperationId, PersonRef,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Asked, Books, Courier, Customers, Held, Identity, SiteError};
use crate::clock::World;
use crate::drive::bank::Holding;
use crate::http::client::{Asking, CallError, Outgoing};
use crate::http::observe::Trace;
use crate::signature::Signer;
use crate::signing::Registry;

/// The tag of a question to the site.
pub const TAG_HOOK: &str = "bindproof-hook";

/// Declares the questions with their answers.
macro_rules! hooks {
    ($(
        $(#[$meta:meta])*
        $hook:ident($path:literal) {
            $( $(#[$asked_meta:meta])* $asked:ident: $asked_type:ty, )*
        } -> $answer:ident {
            $( $(#[$told_meta:meta])* $told:ident: $told_type:ty, )*
        }
    )+) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $hook { $( $(#[$asked_meta])* pub $asked: $asked_type, )* }

        #[doc = concat!("What the site answers to [`", stringify!($hook), "`].")]
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $answer { $( $(#[$told_meta])* pub $told: $told_type, )* }

        impl Hook for $hook {
            const PATH: &'static str = $path;
            type Answer = $answer;
        }
    )+ };
}

/// A question to the site.
pub trait Hook: Serialize + DeserializeOwned + Send + Sync {
    /// Where it is posted.
    const PATH: &'static str;
    /// What the site answers.
    type Answer: Serialize + DeserializeOwned + Send;
}

hooks! {
    /// Whether a person is an instrument's holder.
    HoldingAsked("/holding") {
        /// Who.
        person: PersonRef,
        /// Of which.
        instrument: InstrumentRef,
    } -> HoldingTold {
        /// What the books say; none if she is not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        holding: Option<Holding>,
    }

    /// Whether the account behind an instrument covers an amount.
    CoverAsked("/covers") {
        /// Which.
        instrument: InstrumentRef,
        /// How much.
        amount: Amount,
        /// For which operation: the same each time that its debit is asked for.
        operation: OperationId,
    } -> CoverTold {
        /// It does.
        covers: bool,
    }

    /// What a person holds.
    HoldsAsked("/holds") {
        /// Who.
        person: PersonRef,
    } -> HoldsTold {
        /// In the order in which it is shown to her.
        instruments: Vec<Held>,
    }

    /// Whose session this is.
    SessionAsked("/session") {
        /// The token, as the customer's client sent it.
        token: String,
    } -> SessionTold {
        /// Whose; none if it does not hold.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<PersonRef>,
    }

    /// Whether the holder has just authenticated for a binding.
    FreshAsked("/authentication") {
        /// Who.
        person: PersonRef,
        /// Of which.
        instrument: InstrumentRef,
        /// What says so.
        authentication: Opaque,
    } -> FreshTold {
        /// Until when it has to be remembered that it was used; none if she has not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until_ms: Option<i64>,
    }

    /// A one-time code is to be brought to a contact.
    Delivery("/delivery") {
        /// To whom.
        contact: ContactRef,
        /// The code.
        code: String,
        /// The same each time that the same code is brought.
        key: String,
    } -> Delivered {
        /// It was.
        delivered: bool,
    }

    /// Whose identity this proves.
    IdentityAsked("/identity") {
        /// The evidence, as the person's client sent it.
        evidence: Opaque,
    } -> IdentityTold {
        /// Whose; none if nobody's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<PersonRef>,
    }
}

/// The site's own service.
pub struct Hooks {
    url: String,
    keys: Registry,
    signer: Signer,
    outgoing: Outgoing,
    world: World,
}

impl Hooks {
    /// The service at `url`, whose answers are signed by one of `keys`; it is asked by `signer`.
    pub fn new(url: String, keys: Registry, signer: Signer, world: World) -> Self {
        Self { url, keys, signer, outgoing: Outgoing::new(), world }
    }

    async fn ask<H: Hook>(&self, hook: H) -> Result<H::Answer, SiteError> {
        let fault = |why: String| SiteError { hook: H::PATH, why };
        let asked = async {
            let body = serde_json::to_vec(&hook)
                .map_err(|error| CallError::Unreadable(error.to_string()))?;
            let now_ms = self.world.now_ms();
            let trusted = |id: &str| self.keys.key(id, now_ms).map(|(_, key)| key);
            let asking = Asking {
                outgoing: &self.outgoing,
                world: &self.world,
                signer: &self.signer,
                tag: TAG_HOOK,
                trace: Trace::field(&self.world),
            };
            asking.post(&self.url, H::PATH, None, body, trusted).await
        };
        let answer = asked.await.map_err(|error| fault(error.to_string()))?;
        if answer.status != 200 {
            return Err(fault(format!("status {}", answer.status)));
        }
        serde_json::from_slice(&answer.body).map_err(|error| fault(error.to_string()))
    }
}

impl Books for Hooks {
    fn holding(&self, person: PersonRef, instrument: InstrumentRef) -> Asked<'_, Option<Holding>> {
        let hook = HoldingAsked { person, instrument };
        Box::pin(async move { Ok(self.ask(hook).await?.holding) })
    }

    fn covers(
        &self,
        instrument: InstrumentRef,
        amount: Amount,
        operation: OperationId,
    ) -> Asked<'_, bool> {
        let hook = CoverAsked { instrument, amount, operation };
        Box::pin(async move { Ok(self.ask(hook).await?.covers) })
    }

    fn holds(&self, person: PersonRef) -> Asked<'_, Vec<Held>> {
        Box::pin(async move { Ok(self.ask(HoldsAsked { person }).await?.instruments) })
    }
}

impl Customers for Hooks {
    fn person<'a>(&'a self, token: &'a str, _: i64) -> Asked<'a, Option<PersonRef>> {
        let hook = SessionAsked { token: token.to_owned() };
        Box::pin(async move { Ok(self.ask(hook).await?.person) })
    }

    fn is_fresh<'a>(
        &'a self,
        person: PersonRef,
        instrument: InstrumentRef,
        said: &'a Opaque,
        _: i64,
    ) -> Asked<'a, Option<i64>> {
        let hook = FreshAsked { person, instrument, authentication: *said };
        Box::pin(async move { Ok(self.ask(hook).await?.until_ms) })
    }
}

impl Courier for Hooks {
    fn deliver<'a>(
        &'a self,
        _: ChallengeId,
        contact: ContactRef,
        code: &'a str,
        key: &'a str,
    ) -> Asked<'a, bool> {
        let hook = Delivery { contact, code: code.to_owned(), key: key.to_owned() };
        Box::pin(async move { Ok(self.ask(hook).await?.delivered) })
    }
}

impl Identity for Hooks {
    fn proves<'a>(&'a self, evidence: &'a Opaque) -> Asked<'a, Option<PersonRef>> {
        let hook = IdentityAsked { evidence: *evidence };
        Box::pin(async move { Ok(self.ask(hook).await?.person) })
    }
}
