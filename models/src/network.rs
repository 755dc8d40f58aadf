//! What is in flight between the two servers, as bit masks.
//!
//! A message has two bits: *sent*, which means that a copy may arrive at any time, for ever, and
//! *owed*, which means that its sender still retries. So loss is never being delivered,
//! duplication is being delivered again, and reordering is being delivered in another order.

use bindproof::message::{LinkStatus, Reason};
use serde::{Deserialize, Serialize};

/// A message of a bank server to the wallet server about one binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToWallet {
    /// Has this person an account?
    AccountQuery,
    /// Register one.
    AccountRegistration,
    /// Link the binding to the account.
    LinkRequest,
    /// The binding is over.
    LinkEnd,
    /// Where does the link stand?
    LinkQuery,
    /// Decision number 1, 2 or 3: odd numbers suspend, even ones resume.
    Decision(u8),
}

impl ToWallet {
    /// Every message, in the order of its bits.
    pub const ALL: [Self; 8] = [
        Self::AccountQuery,
        Self::AccountRegistration,
        Self::LinkRequest,
        Self::LinkEnd,
        Self::LinkQuery,
        Self::Decision(1),
        Self::Decision(2),
        Self::Decision(3),
    ];

    /// Its bit in a mask.
    pub const fn bit(self) -> u8 {
        1 << match self {
            Self::AccountQuery => 0,
            Self::AccountRegistration => 1,
            Self::LinkRequest => 2,
            Self::LinkEnd => 3,
            Self::LinkQuery => 4,
            Self::Decision(revision) => 4 + revision,
        }
    }

    /// Its name in the protocol.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AccountQuery => "AccountQuery",
            Self::AccountRegistration => "AccountRegistration",
            Self::LinkRequest => "LinkRequest",
            Self::LinkEnd => "LinkEnd",
            Self::LinkQuery => "LinkQuery",
            Self::Decision(1) => "LinkSuspend 1",
            Self::Decision(2) => "LinkResume 2",
            Self::Decision(_) => "LinkSuspend 3",
        }
    }
}

/// An answer of the wallet server to a bank server about one binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToBank {
    /// The person has no account.
    Unregistered,
    /// The person has this account.
    Registered(u8),
    /// This account was made for the binding.
    Created(u8),
    /// This account was there.
    Existing(u8),
    /// The registration is decided against.
    RegistrationRefused(Reason),
    /// Where the link stands.
    Link(LinkStatus),
    /// There is no such link: a problem, not an answer.
    NotFound,
}

impl ToBank {
    /// Its bit in a mask.
    pub fn bit(self) -> u32 {
        1 << match self {
            Self::Unregistered => 0,
            Self::Registered(account) => 1 + u32::from(account),
            Self::Created(account) => 4 + u32::from(account),
            Self::Existing(account) => 7 + u32::from(account),
            Self::RegistrationRefused(why) => 10 + why as u32,
            Self::Link(LinkStatus::Registered) => 15,
            Self::Link(LinkStatus::AwaitingApproval) => 16,
            Self::Link(
                LinkStatus::Active { bank_revision } | LinkStatus::Suspended { bank_revision },
            ) => 17 + u32::from(bank_revision),
            Self::Link(LinkStatus::Ended) => 21,
            Self::Link(LinkStatus::Refused { reason: why }) => 22 + why as u32,
            Self::NotFound => 27,
        }
    }

    /// The answer that has this bit number, 0 to 27. An even revision is active, an odd one
    /// suspended: that is how banks count.
    #[inline]
    pub fn from_bit(number: u32) -> Option<Self> {
        // Looked up, because it is asked for often, and a choice among so many is slow.
        const BY_BIT: [ToBank; 28] = {
            let mut answers = [ToBank::NotFound; 28];
            let mut number = 0;
            while number < answers.len() {
                answers[number] = ToBank::of_bit(number);
                number += 1;
            }
            answers
        };
        BY_BIT.get(number as usize).copied()
    }

    const fn of_bit(number: usize) -> Self {
        match number {
            0 => Self::Unregistered,
            1..=3 => Self::Registered((number - 1) as u8),
            4..=6 => Self::Created((number - 4) as u8),
            7..=9 => Self::Existing((number - 7) as u8),
            10..=14 => Self::RegistrationRefused(Reason::ALL[number - 10]),
            15 => Self::Link(LinkStatus::Registered),
            16 => Self::Link(LinkStatus::AwaitingApproval),
            17 | 19 => Self::Link(LinkStatus::Active { bank_revision: (number - 17) as u8 }),
            18 | 20 => Self::Link(LinkStatus::Suspended { bank_revision: (number - 17) as u8 }),
            21 => Self::Link(LinkStatus::Ended),
            22..=26 => Self::Link(LinkStatus::Refused { reason: Reason::ALL[number - 22] }),
            _ => Self::NotFound,
        }
    }

    /// Every answer in `mask`.
    pub fn in_mask(mask: u32) -> impl Iterator<Item = Self> {
        let mut rest = mask;
        core::iter::from_fn(move || {
            if rest == 0 {
                return None;
            }
            let number = rest.trailing_zeros();
            rest &= rest - 1;
            Self::from_bit(number)
        })
    }

    /// Its name in the protocol, with what it says.
    pub fn name(self) -> String {
        match self {
            Self::Unregistered => "AccountAnswer: unregistered".into(),
            Self::Registered(account) => format!("AccountAnswer: account {account}"),
            Self::Created(account) => format!("RegistrationAnswer: created account {account}"),
            Self::Existing(account) => format!("RegistrationAnswer: existing account {account}"),
            Self::RegistrationRefused(why) => format!("RegistrationAnswer: refused, {why}"),
            Self::Link(status) => format!("LinkAnswer: {}", status_name(status)),
            Self::NotFound => "problem: not_found".into(),
        }
    }
}

/// A link's status in words.
pub fn status_name(status: LinkStatus) -> String {
    match status {
        LinkStatus::Registered => "registered".into(),
        LinkStatus::AwaitingApproval => "awaiting approval".into(),
        LinkStatus::Active { bank_revision: 0 } => "active".into(),
        LinkStatus::Active { bank_revision } => format!("active, revision {bank_revision}"),
        LinkStatus::Suspended { bank_revision } => format!("suspended, revision {bank_revision}"),
        LinkStatus::Ended => "ended".into(),
        LinkStatus::Refused { reason } => format!("refused, {reason}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_has_a_bit_of_its_own() {
        let mut seen = 0u8;
        for message in ToWallet::ALL {
            assert_eq!(seen & message.bit(), 0, "{message:?}");
            seen |= message.bit();
        }
        assert_eq!(seen, u8::MAX);
    }

    #[test]
    fn every_answer_comes_back_from_its_bit() {
        let all: Vec<ToBank> = (0..28).filter_map(ToBank::from_bit).collect();
        assert_eq!(all.len(), 28);
        for (number, answer) in all.iter().enumerate() {
            assert_eq!(answer.bit(), 1 << number, "{answer:?}");
        }
        assert_eq!(ToBank::in_mask(u32::MAX >> 4).count(), 28);
    }
}
