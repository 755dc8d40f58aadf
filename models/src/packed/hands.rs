//! What is in a server instance's hands, as bits.

use std::fmt;

use bindproof::message::LinkStatus;
use bindproof::wallet::account::Account;
use bindproof::wallet::link::Link;

use super::bits::{Bits, Filled, Read};
use super::records::Reference;
use crate::action::Delivery;
use crate::network::{ToBank, ToWallet};
use crate::server::{Reply, Slot, Snapshot};

impl Bits for ToWallet {
    const WIDTH: u32 = 3;

    #[inline(always)]
    fn bits(&self) -> u64 {
        u64::from(self.bit().trailing_zeros())
    }

    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        Self::ALL[bits as usize]
    }
}

/// The number of an answer's bit, and whether it says suspended: where links are in flight the
/// revision tells, and here nothing is taken for granted.
impl Bits for ToBank {
    const WIDTH: u32 = 6;

    #[inline(always)]
    fn bits(&self) -> u64 {
        let suspended = matches!(self, Self::Link(LinkStatus::Suspended { .. }));
        u64::from(self.bit().trailing_zeros()) | u64::from(suspended) << 5
    }

    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        use LinkStatus::{Active, Suspended};
        let suspended = bits >> 5 == 1;
        match Self::from_bit((bits & 31) as u32) {
            Some(Self::Link(Active { bank_revision } | Suspended { bank_revision })) => {
                Self::Link(if suspended {
                    Suspended { bank_revision }
                } else {
                    Active { bank_revision }
                })
            }
            answer => answer.unwrap_or(Self::NotFound),
        }
    }
}

/// Which kind, the binding, and what it says of it.
impl Bits for Delivery {
    const WIDTH: u32 = 2 + Reference::WIDTH + ToBank::WIDTH;

    #[inline(always)]
    fn bits(&self) -> u64 {
        let (kind, binding, what) = match self {
            Self::Ask(binding) => (0, *binding, 0),
            Self::Leave(binding) => (1, *binding, 0),
            Self::ToWallet { binding, message, fresh } => {
                (2, *binding, Filled::default().put(message).put(fresh).word())
            }
            Self::ToBank { binding, answer } => (3, *binding, answer.bits()),
        };
        kind | Reference(binding).bits() << 2 | what << 4
    }

    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        let mut read = Read(bits >> 2);
        let Reference(binding) = read.take();
        match bits & 3 {
            0 => Self::Ask(binding),
            1 => Self::Leave(binding),
            2 => Self::ToWallet { binding, message: read.take(), fresh: read.take() },
            _ => Self::ToBank { binding, answer: read.take() },
        }
    }
}

impl Bits for Snapshot {
    const WIDTH: u32 = 1 + Link::WIDTH + Account::WIDTH + Reference::WIDTH;

    #[inline(always)]
    fn bits(&self) -> u64 {
        match self {
            Self::Bank(binding) => binding.bits() << 1,
            Self::Wallet { link, account, matched } => {
                1 | Filled::default().put(link).put(account).put(&Reference(*matched)).word() << 1
            }
        }
    }

    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        let mut read = Read(bits >> 1);
        if bits & 1 == 0 {
            return Self::Bank(read.take());
        }
        let (link, account, Reference(matched)) = (read.take(), read.take(), read.take());
        Self::Wallet { link, account, matched }
    }
}

impl Bits for Reply {
    const WIDTH: u32 = 1 + Reference::WIDTH + ToBank::WIDTH;

    #[inline(always)]
    fn bits(&self) -> u64 {
        let (kind, binding, what) = match self {
            Self::ToBank(binding, answer) => (0, *binding, answer.bits()),
            Self::ToClient(binding, told) => (1, *binding, told.bits()),
        };
        kind | Reference(binding).bits() << 1 | what << 3
    }

    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        let mut read = Read(bits >> 1);
        let Reference(binding) = read.take();
        match bits & 1 {
            0 => Self::ToBank(binding, read.take()),
            _ => Self::ToClient(binding, read.take()),
        }
    }
}

impl Bits for Slot {
    const WIDTH: u32 = 2 + Delivery::WIDTH + Snapshot::WIDTH;

    #[inline(always)]
    fn bits(&self) -> u64 {
        match self {
            Self::Empty => 0,
            Self::Committed(reply) => 1 | reply.bits() << 2,
            Self::Decided { delivery, seen, answered } => {
                2 | answered.bits() | Filled::default().put(delivery).put(seen).word() << 2
            }
        }
    }

    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        let mut read = Read(bits >> 2);
        match bits & 3 {
            0 => Self::Empty,
            1 => Self::Committed(read.take()),
            kind => Self::Decided { delivery: read.take(), seen: read.take(), answered: kind == 3 },
        }
    }
}

/// What is in a server instance's hands, in a word: a world holds it so, because most steps leave
/// it alone, and to tell a slot from another takes as many choices as to pack it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Held(u64);

impl Held {
    /// Nothing.
    pub const EMPTY: Self = Self(0);

    /// Whether there is nothing.
    #[inline]
    pub fn is_empty(self) -> bool {
        self == Self::EMPTY
    }

    /// What it is.
    #[inline]
    pub fn slot(self) -> Slot {
        Slot::from_bits(self.0)
    }

    #[inline]
    pub(super) const fn word(self) -> u64 {
        self.0
    }

    #[inline]
    pub(super) const fn from_word(word: u64) -> Self {
        Self(word)
    }
}

impl From<Slot> for Held {
    #[inline]
    fn from(slot: Slot) -> Self {
        Self(slot.bits())
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.slot().fmt(f)
    }
}
