//! Bodies of the servers' own, which are no messages of the protocol.

use bindproof::wire::{
    AccountId, BindingId, ChallengeId, DeviceKey, InstrumentRef, Issuer, Opaque, OperationId,
    PersonRef,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::development::Message;

/// Declares bodies.
macro_rules! bodies {
    ($(
        $(#[$meta:meta])*
        $body:ident { $( $(#[$member_meta:meta])* $member:ident: $type:ty, )* }
    )+) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $body { $( $(#[$member_meta])* pub $member: $type, )* }
    )+ };
}
bodies! {
    /// Nothing to say.
    Nothing {}

    /// The account of which binding?
    AccountOf {
        /// The binding.
        binding: BindingId,
    }

    /// The account of a binding.
    AccountNamed {
        /// The account.
        account: AccountId,
    }

    /// How is a challenge answered with an authenticator?
    InvitationAsked {
        /// The challenge.
        challenge: ChallengeId,
        /// The device of its operation.
        device: DeviceKey,
    }

    /// What does an account hold?
    OverviewAsked {
        /// The account.
        account: AccountId,
        /// The device that is signed in to it.
        device: DeviceKey,
    }

    /// A person begins to set up an account by herself.
    RegistrationInvitationAsked {
        /// Her device.
        device: DeviceKey,
    }

    /// What she needs in order to make the authenticator.
    RegistrationInvitation {
        /// The account that she is going to have.
        account: AccountId,
        /// As in the answer to `/v1/invitation`.
        invitation: Value,
    }

    /// A person sets up an account by herself.
    RegistrationAsked {
        /// The account that she was named.
        account: AccountId,
        /// Her device.
        device: DeviceKey,
        /// The authenticator, made for this account.
        authenticator: Opaque,
    }

    /// On which account did a recovery run?
    RecoveryAsked {
        /// The recovery.
        operation: OperationId,
        /// Its device.
        device: DeviceKey,
    }

    /// An instrument is to be blocked, or no longer.
    Block {
        /// Whose.
        person: PersonRef,
        /// Which.
        instrument: InstrumentRef,
        /// It is to be blocked.
        blocked: bool,
    }

    /// Whether an instrument is blocked from now on.
    Blocked {
        /// It is.
        blocked: bool,
    }

    /// A customer opens a session, in development.
    SessionAsked {
        /// Who.
        person: PersonRef,
    }

    /// A session is open.
    SessionOpened {
        /// Its token.
        token: String,
    }

    /// A customer authenticates for binding an instrument, in development.
    AuthenticationAsked {
        /// Which.
        instrument: InstrumentRef,
    }

    /// What says that she has.
    Authenticated {
        /// It is said in the request to bind.
        authentication: String,
    }

    /// A customer has one of her own instruments blocked, in development.
    OwnBlock {
        /// Which.
        instrument: InstrumentRef,
        /// It is to be blocked.
        blocked: bool,
    }

    /// What a bank's app knows before anybody has signed in.
    AboutBank {
        /// The bank.
        name: Issuer,
        /// Where the wallet's app is.
        wallet: String,
        /// Who may sign in.
        customers: Vec<CustomerNamed>,
    }

    /// A customer.
    CustomerNamed {
        /// Her reference.
        person: PersonRef,
        /// What she is called.
        name: String,
    }

    /// What the wallet's app knows before anybody has signed in.
    AboutWallet {
        /// The wallet.
        name: Issuer,
        /// The origin of the pages that can make passkeys; empty if none can.
        passkeys: String,
        /// The banks.
        banks: Vec<BankNamed>,
    }

    /// A bank.
    BankNamed {
        /// Its name.
        name: Issuer,
        /// Where its app is.
        url: String,
    }

    /// A person is vouched for, in development.
    IdentityAsked {
        /// Who she is said to be.
        person: PersonRef,
    }

    /// Evidence of who a person is.
    IdentityVouched {
        /// It is said in the answer to a challenge.
        evidence: Opaque,
    }

    /// What was sent to contacts, the newest first.
    Inbox {
        /// The messages.
        messages: Vec<Message>,
    }
}
