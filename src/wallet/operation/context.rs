//! The facts around an operation.

use crate::policy::{Band, Environment};
use crate::wallet::kind::Kind;
use crate::wallet::link;

/// The facts around an operation, derived anew from the person's records for every input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Context {
    /// What the operation is; never changes.
    pub kind: Kind,
    /// The request is signed by the device's key inside a live session.
    pub signed: bool,
    /// What the client claims about its environment; it can only raise the requirement.
    pub environment: Environment,
    /// No payment has gone through this link before.
    pub first_payment: bool,
    /// The amount of the payment.
    pub amount: Band,
    /// The account's running total, this payment included.
    pub total: Band,
    /// Where the link stands that the operation names; `Absent` if it names none.
    pub link: link::State,
    /// The person has no other verified account that is open.
    pub person_free: bool,
    /// There is room for the operation's device among those that the account trusts, if it needs
    /// any. Journals from before it was a fact of its own lack it: there it was among the limits.
    #[cfg_attr(feature = "serde", serde(default = "has_room"))]
    pub device_free: bool,
}

/// What an older journal has: that there is room.
#[cfg(feature = "serde")]
const fn has_room() -> bool {
    true
}

impl Context {
    /// Everything as usual for this kind of operation: asked for in a session, in a normal
    /// environment, of a small amount, on a link that stands where such an operation finds it.
    pub const fn usual(kind: Kind) -> Self {
        let link = match kind {
            Kind::ApproveBinding | Kind::DeclineBinding => link::State::AwaitingApproval,
            Kind::Pay | Kind::EndLink => link::State::Active,
            _ => link::State::Absent,
        };
        Self {
            kind,
            signed: true,
            environment: Environment::Normal,
            first_payment: false,
            amount: Band::Small,
            total: Band::Small,
            link,
            person_free: true,
            device_free: true,
        }
    }
}
