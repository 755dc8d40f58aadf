//! What a person can do in the wallet client.

use crate::named::named;

named! {
    /// The kind of an operation. It is part of the operation's identity and never changes.
    pub enum Kind {
        /// Open a session on a device; on a bank-registered account also its first authentication.
        SignIn = "sign_in",
        /// Let a binding into an existing account, with the binding's code.
        ApproveBinding = "approve_binding",
        /// Keep a binding out.
        DeclineBinding = "decline_binding",
        /// Pay through a link.
        Pay = "pay",
        /// End a link from the wallet's side.
        EndLink = "end_link",
        /// Enrol an authenticator on the operation's device.
        AddAuthenticator = "add_authenticator",
        /// Revoke another device of the account.
        RevokeDevice = "revoke_device",
        /// Turn a self-asserted account into the person's verified one.
        VerifyIdentity = "verify_identity",
        /// Start afresh by proving identity, whatever was lost.
        Recover = "recover",
        /// Close the account and end every link on it.
        CloseAccount = "close_account",
    }
}

impl Kind {
    /// Whether the operation names a link (its target is a binding id).
    pub const fn names_link(self) -> bool {
        matches!(self, Self::ApproveBinding | Self::DeclineBinding | Self::Pay | Self::EndLink)
    }

    /// Whether a success gives trust to the operation's device. No other operation does.
    pub const fn gives_trust(self) -> bool {
        matches!(self, Self::SignIn | Self::Recover)
    }

    /// Whether the operation belongs to the person, and to no account: it looks for her account
    /// anew for every input, and outlives the one that it began on.
    pub const fn is_the_persons(self) -> bool {
        matches!(self, Self::Recover)
    }

    /// Whether identity proved to the wallet itself is what the operation rests on.
    pub const fn proves_identity(self) -> bool {
        matches!(self, Self::VerifyIdentity | Self::Recover)
    }
}
