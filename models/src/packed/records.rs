//! The records of the specification and of the world, as bits. Counters keep all of theirs: with a
//! control switched off they may go where no limit keeps them.

use bindproof::bank::binding::{self, Binding};
use bindproof::bank::client;
use bindproof::bank::debit::Debit;
use bindproof::message::Reason;
use bindproof::policy::{Origin, TrustAge};
use bindproof::refusal::Refusal;
use bindproof::wallet::account::Account;
use bindproof::wallet::client as wallet_client;
use bindproof::wallet::device::Device;
use bindproof::wallet::link::{self, Link};
use bindproof::wallet::lock::{Closed, Lock, Path};
use bindproof::wallet::operation::Operation;
use bindproof::wallet::proof::{Demand, Factors};

use super::bits::{Bits, Filled, Read};
use crate::server::Told;
use crate::shown::Shown;
use crate::world::{Actor, Authentication, DebitMail, Mail, NONE, Wrong};

/// Enums without fields: how many bits, and every value in the order of its number.
macro_rules! numbered {
    ($( $enum:ty, $width:literal, $all:expr; )+) => { $(
        impl Bits for $enum {
            const WIDTH: u32 = $width;

            #[inline(always)]
            fn bits(&self) -> u64 {
                *self as u64
            }

            #[inline(always)]
            fn from_bits(bits: u64) -> Self {
                $all[bits as usize]
            }
        }
    )+ };
}

numbered! {
    client::State, 2, [Self::Idle, Self::Sent, Self::Leaving, Self::Settled];
    wallet_client::State, 2, [Self::Idle, Self::Sent, Self::Answering, Self::Settled];
    Debit, 2, [Self::Absent, Self::Accepted, Self::Refused];
    Reason, 3, Self::ALL;
    Refusal, 6, Self::ALL;
    Origin, 1, Self::ALL;
    TrustAge, 1, Self::ALL;
    Closed, 2, [Self::No, Self::ForRun, Self::ForDay];
    Path, 2, [Self::Strangers, Self::Device, Self::Code];
    Factors, 2, [Self::None, Self::Possession, Self::Two];
    Actor, 2, [Self::Nobody, Self::Holder, Self::Attacker];
    Authentication, 2, [Self::Nobodys, Self::OfAnother, Self::OfThis];
    Shown, 3, [
        Self::Nothing,
        Self::Possession,
        Self::TwoFactors,
        Self::Code,
        Self::CodeAndTwoFactors,
        Self::Identity,
    ];
    Told, 2, [Self::Pending, Self::Active, Self::Over, Self::Problem];
}

/// Records of several fields, one after the other.
macro_rules! record {
    ($( $record:ident { $($field:ident: $type:ty),+ } )+) => { $(
        impl Bits for $record {
            const WIDTH: u32 = $(<$type>::WIDTH +)+ 0;

            #[inline(always)]
            fn bits(&self) -> u64 {
                let Self { $($field),+ } = self;
                Filled::default()$(.put($field))+.word()
            }

            #[inline(always)]
            fn from_bits(bits: u64) -> Self {
                let mut read = Read(bits);
                Self { $($field: read.take()),+ }
            }
        }
    )+ };
}

record! {
    Binding { state: binding::State, revision: u8 }
    Link { state: link::State, bank_revision: u8, code_spent: bool }
    Lock { run: u8, day: u8, closed: Closed }
    Wrong { run: u8, day: u8 }
    Mail { sent: u8, owed: u8 }
    DebitMail { sent: bool, owed: bool, accepted: bool, refused: bool }
}

/// A value as it is.
#[derive(Clone, Copy)]
pub(super) struct Plain<T>(pub T);

impl<T: Bits> Bits for Plain<T> {
    const WIDTH: u32 = T::WIDTH;

    #[inline(always)]
    fn bits(&self) -> u64 {
        self.0.bits()
    }

    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        Self(T::from_bits(bits))
    }
}

/// A reference to an account or a binding, of which there are at most three.
#[derive(Clone, Copy)]
pub(super) struct Reference(pub u8);

/// The bits of a reference that is not set.
const UNSET: u64 = 3;

impl Bits for Reference {
    const WIDTH: u32 = 2;

    #[inline(always)]
    fn bits(&self) -> u64 {
        u64::from(self.0) & UNSET
    }

    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        Self(if bits == UNSET { NONE } else { bits as u8 })
    }
}

// All the bits of a reference that is not set are set, and no other reference has both.
const _: () = assert!(NONE as u64 & UNSET == UNSET);

/// How often something was done: not at all, once, or more often.
#[derive(Clone, Copy)]
pub(super) struct Times(pub u8);

impl Bits for Times {
    const WIDTH: u32 = 2;

    #[inline(always)]
    fn bits(&self) -> u64 {
        assert!(self.0 < 4, "counted no further than two");
        u64::from(self.0)
    }

    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        Self(bits as u8)
    }
}

// Below, the number of a variant and what its fields say are two matches, not one: the first is
// then arithmetic on the variant's own number, and the second a choice between two values. One
// match for both would be a jump, and a world has dozens of them.

impl Bits for binding::Outcome {
    const WIDTH: u32 = 3 + Reason::WIDTH;

    #[inline(always)]
    fn bits(&self) -> u64 {
        let number = match self {
            Self::Refused(_) => 0,
            Self::Cancelled => 1,
            Self::Expired => 2,
            Self::EndedByHolder => 3,
            Self::EndedByWallet => 4,
        };
        let reason = match self {
            Self::Refused(reason) => reason.bits(),
            _ => 0,
        };
        number | reason << 3
    }

    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        match bits & 7 {
            0 => Self::Refused(Bits::from_bits(bits >> 3)),
            1 => Self::Cancelled,
            2 => Self::Expired,
            3 => Self::EndedByHolder,
            _ => Self::EndedByWallet,
        }
    }
}

impl Bits for binding::State {
    const WIDTH: u32 = 4 + binding::Outcome::WIDTH;

    #[inline(always)]
    fn bits(&self) -> u64 {
        let number = match self {
            Self::Absent => 0,
            Self::Looking => 1,
            Self::Registering => 2,
            Self::Linking => 3,
            Self::AwaitingApproval => 4,
            Self::Active => 5,
            Self::Suspended => 6,
            Self::Ending(_) => 7,
            Self::Closed(_) => 8,
        };
        let outcome = match self {
            Self::Ending(outcome) | Self::Closed(outcome) => outcome.bits(),
            _ => 0,
        };
        number | outcome << 4
    }

    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        let outcome = || Bits::from_bits(bits >> 4);
        match bits & 15 {
            0 => Self::Absent,
            1 => Self::Looking,
            2 => Self::Registering,
            3 => Self::Linking,
            4 => Self::AwaitingApproval,
            5 => Self::Active,
            6 => Self::Suspended,
            7 => Self::Ending(outcome()),
            _ => Self::Closed(outcome()),
        }
    }
}

impl Bits for link::State {
    const WIDTH: u32 = 3 + Reason::WIDTH;

    #[inline(always)]
    fn bits(&self) -> u64 {
        let number = match self {
            Self::Absent => 0,
            Self::Matched => 1,
            Self::Registered => 2,
            Self::AwaitingApproval => 3,
            Self::Active => 4,
            Self::Suspended => 5,
            Self::Ended => 6,
            Self::Refused(_) => 7,
        };
        let reason = match self {
            Self::Refused(reason) => reason.bits(),
            _ => 0,
        };
        number | reason << 3
    }

    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        match bits & 7 {
            0 => Self::Absent,
            1 => Self::Matched,
            2 => Self::Registered,
            3 => Self::AwaitingApproval,
            4 => Self::Active,
            5 => Self::Suspended,
            6 => Self::Ended,
            _ => Self::Refused(Bits::from_bits(bits >> 3)),
        }
    }
}

impl Bits for Account {
    const WIDTH: u32 = 5;

    #[inline(always)]
    fn bits(&self) -> u64 {
        let number = match self {
            Self::Absent => 0,
            Self::Open { .. } => 1,
            Self::Closed => 2,
        };
        let open = match self {
            Self::Open { origin, verified, authenticated } => {
                Filled::default().put(origin).put(verified).put(authenticated).word()
            }
            _ => 0,
        };
        number | open << 2
    }

    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        let mut read = Read(bits >> 2);
        match bits & 3 {
            0 => Self::Absent,
            1 => Self::Open {
                origin: read.take(),
                verified: read.take(),
                authenticated: read.take(),
            },
            _ => Self::Closed,
        }
    }
}

impl Bits for Device {
    const WIDTH: u32 = 5;

    #[inline(always)]
    fn bits(&self) -> u64 {
        let number = match self {
            Self::Unknown => 0,
            Self::Trusted { .. } => 1,
            Self::Revoked => 2,
        };
        let trusted = match self {
            Self::Trusted { session, authenticator, age } => {
                Filled::default().put(session).put(authenticator).put(age).word()
            }
            _ => 0,
        };
        number | trusted << 2
    }

    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        let mut read = Read(bits >> 2);
        match bits & 3 {
            0 => Self::Unknown,
            1 => {
                Self::Trusted { session: read.take(), authenticator: read.take(), age: read.take() }
            }
            _ => Self::Revoked,
        }
    }
}

impl Bits for Demand {
    const WIDTH: u32 = 3;

    #[inline(always)]
    fn bits(&self) -> u64 {
        let number = match self {
            Self::Nothing => 0,
            Self::Decoy => 1,
            Self::CodeAndContact => 2,
            Self::CodeContactAndFactors => 3,
            Self::Identity => 4,
            Self::Factors(_) => 5,
        };
        let factors = if let Self::Factors(factors) = self { factors.bits() } else { 0 };
        number + factors
    }

    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        match bits {
            0 => Self::Nothing,
            1 => Self::Decoy,
            2 => Self::CodeAndContact,
            3 => Self::CodeContactAndFactors,
            4 => Self::Identity,
            _ => Self::Factors(Bits::from_bits(bits - 5)),
        }
    }
}

impl Bits for Operation {
    const WIDTH: u32 = 3 + Demand::WIDTH + u8::WIDTH;

    #[inline(always)]
    fn bits(&self) -> u64 {
        let number = match self {
            Self::Absent => 0,
            Self::Challenged { .. } => 1,
            Self::Authenticated { .. } => 2,
            Self::Debiting => 3,
            Self::Executed => 4,
            Self::Refused(_) => 5,
            Self::Expired => 6,
        };
        let demand = match self {
            Self::Challenged { demand, .. } | Self::Authenticated { demand, .. } => demand.bits(),
            _ => 0,
        };
        let tries =
            if let Self::Challenged { tries_left, .. } = self { tries_left.bits() } else { 0 };
        let path = if let Self::Authenticated { path, .. } = self { path.bits() } else { 0 };
        let refusal = if let Self::Refused(refusal) = self { refusal.bits() } else { 0 };
        number | demand << 3 | (tries | path | refusal) << 6
    }

    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        let demand = || Bits::from_bits(bits >> 3 & 7);
        let last = bits >> 6;
        match bits & 7 {
            0 => Self::Absent,
            1 => Self::Challenged { demand: demand(), tries_left: Bits::from_bits(last) },
            2 => Self::Authenticated { demand: demand(), path: Bits::from_bits(last) },
            3 => Self::Debiting,
            4 => Self::Executed,
            5 => Self::Refused(Bits::from_bits(last)),
            _ => Self::Expired,
        }
    }
}
