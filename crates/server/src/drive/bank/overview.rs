//! What a customer is shown of her instruments and bindings. It reads and decides nothing.

use bindproof::bank::binding::State;
use bindproof::wire::{BindingCode, BindingId, InstrumentRef, Standing};
use serde::{Deserialize, Serialize};

use super::BankDrive;
use crate::bank::Held;
use crate::codes;
use crate::record::Bindings;
use crate::store::StoreError;

/// A customer's instruments and bindings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BankOverview {
    /// The server's time, in milliseconds since 1970.
    pub now_ms: i64,
    /// Until when the codes below are the current ones, in milliseconds since 1970.
    pub codes_until_ms: i64,
    /// What she holds.
    pub instruments: Vec<InstrumentShown>,
    /// Every binding that she has asked for, in the order of their ids.
    pub bindings: Vec<BindingShown>,
}

/// An instrument as its holder sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstrumentShown {
    /// The bank's reference of it.
    pub instrument: InstrumentRef,
    /// What she calls it.
    pub label: String,
    /// The bank has blocked it.
    pub blocked: bool,
}

/// A binding as its holder sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BindingShown {
    /// Which.
    pub binding: BindingId,
    /// Of which instrument; none if only its cancel came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instrument: Option<InstrumentRef>,
    /// Where it stands, in the specification's own form.
    pub state: State,
    /// The current binding code, as long as there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<BindingCode>,
}

impl BankDrive<'_> {
    /// What this person is shown; `held` is what the books say that she holds.
    ///
    /// # Errors
    /// If a record cannot be read.
    pub fn overview(&self, held: &[Held]) -> Result<BankOverview, StoreError> {
        let now_ms = self.shard.now_ms();
        let mut instruments = Vec::new();
        for held in held {
            let (instrument, label) = (held.reference, held.label.clone());
            let blocked = self.is_blocked(instrument)?;
            instruments.push(InstrumentShown { instrument, label, blocked });
        }
        let bindings = self.shard.each::<Bindings>()?.into_iter().map(|(key, kept)| {
            let code = match self.standing(key, &kept) {
                Standing::Pending { code } | Standing::Active { code } => code,
                Standing::Refused(_) | Standing::Ended(_) => None,
            };
            let instrument = kept.refs.terms.map(|terms| terms.instrument);
            BindingShown { binding: key.into(), instrument, state: kept.state.state, code }
        });
        let codes_until_ms = (codes::period(now_ms) + 1).saturating_mul(codes::PERIOD_MS);
        Ok(BankOverview { now_ms, codes_until_ms, instruments, bindings: bindings.collect() })
    }
}
