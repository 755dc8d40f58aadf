//! The steps by which the servers decide: the specification's own, with every control in force. A
//! program that is built with the feature `defects` can be told to decide without one, so that
//! whatever looks for that can be seen to find it.

#[cfg(not(feature = "defects"))]
pub use plain::{CONTROLS, binding, debit, link, operation};

#[cfg(feature = "defects")]
pub use chosen::{CONTROLS, binding, debit, link, operation};

#[cfg(not(feature = "defects"))]
mod plain {
    pub use bindproof::bank::binding::step as binding;
    pub use bindproof::bank::debit::step as debit;
    use bindproof::control::AllOn;
    pub use bindproof::wallet::link::step as link;
    pub use bindproof::wallet::operation::step as operation;

    /// Every control is in force.
    pub const CONTROLS: AllOn = AllOn;
}

#[cfg(feature = "defects")]
mod chosen {
    use bindproof::bank::{binding as bank_binding, debit as bank_debit};
    use bindproof::wallet::{link as wallet_link, operation as wallet_operation};

    use crate::defect::Chosen;

    /// Those controls are in force that were not switched off.
    pub const CONTROLS: Chosen = Chosen;

    /// A binding's step.
    pub fn binding(
        binding: bank_binding::Binding,
        input: bank_binding::Input,
    ) -> bank_binding::Decided {
        bank_binding::step_with(CONTROLS, binding, input)
    }

    /// A debit's step.
    pub fn debit(debit: bank_debit::Debit, input: bank_debit::Input) -> bank_debit::Decided {
        bank_debit::step_with(CONTROLS, debit, input)
    }

    /// A link's step.
    pub fn link(view: wallet_link::View, input: wallet_link::Input) -> wallet_link::Decided {
        wallet_link::step_with(CONTROLS, view, input)
    }

    /// An operation's step.
    pub fn operation(
        terms: wallet_operation::Terms<'_>,
        view: wallet_operation::View,
        input: wallet_operation::Input,
    ) -> wallet_operation::Decided {
        wallet_operation::step_with(CONTROLS, terms, view, input)
    }
}
