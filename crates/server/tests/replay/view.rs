//! What of a world of the model is a server's: the bank's records, and the wallet's.
//!
//! Both scopes that are replayed have one person, one bank and one binding, so the worlds are of
//! the smallest capacity, and everything here is about binding 0.

use bindproof::bank::binding::Binding;
use bindproof::message::LinkStatus;
use bindproof::wallet::account::Account;
use bindproof::wallet::device::Device;
use bindproof::wallet::link::Link;
use bindproof::wallet::lock::Lock;
use bindproof::wallet::operation::Operation;
use bindproof_models::action::{Action, Answer, Delivery};
use bindproof_models::capacity::Small;
use bindproof_models::model::Protocol;
use bindproof_models::network::{ToBank, ToWallet};
use bindproof_models::world::NONE;

/// A world of the smallest capacity.
pub type World = Small;
/// The model of a scope in such worlds.
pub type Model = Protocol<1, 2, 2, 2, 0>;
/// How many operations, accounts and devices there can be.
pub const MOST: usize = 2;

/// The bank's records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BankView {
    /// The binding.
    pub binding: Binding,
    /// The number of the account that the wallet named for it.
    pub account: u8,
    /// What is owed to the wallet, by [`ToWallet::bit`].
    pub owed: u8,
}

/// The wallet's records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WalletView {
    /// The accounts.
    pub accounts: [Account; MOST],
    /// The binding for which each was created.
    pub created_for: [u8; MOST],
    /// The devices, by account.
    pub devices: [[Device; MOST]; MOST],
    /// The link.
    pub link: Link,
    /// The account that it hangs on.
    pub link_account: u8,
    /// The operations.
    pub operations: [Operation; MOST],
    /// The account that each runs on.
    pub operation_account: [u8; MOST],
    /// The lock of all who are not known.
    pub strangers: Lock,
    /// The locks of the devices.
    pub device_locks: [Lock; MOST],
    /// The lock of the binding's code.
    pub code_lock: Lock,
    /// A notice of where the link stands is owed.
    pub notice: bool,
}

impl BankView {
    /// The bank's records in this world.
    pub const fn of(world: &World) -> Self {
        Self {
            binding: world.bindings[0],
            account: world.binding_account[0],
            owed: world.to_wallet[0].owed,
        }
    }

    /// Whether there is a binding that waits for nothing any more.
    pub fn has_settled(&self) -> bool {
        self.binding != Binding::ABSENT && !self.binding.state.waits()
    }
}

impl WalletView {
    /// The wallet's records in this world.
    pub const fn of(world: &World) -> Self {
        Self {
            accounts: world.accounts,
            created_for: world.created_for,
            devices: world.devices,
            link: world.links[0],
            link_account: world.link_account[0],
            operations: world.operations,
            operation_account: world.operation_account,
            strangers: world.strangers,
            device_locks: world.device_locks,
            code_lock: world.code_locks[0],
            notice: world.notices[0],
        }
    }
}

/// What reaches the bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ToTheBank {
    /// A request to bind; with the body that its key stood for before, or another.
    Ask { same_body: bool },
    /// A cancel or an end; from its own client, or another.
    Leave { own: bool },
    /// A query; from its own client, or another.
    Status { own: bool },
    /// An answer of the wallet.
    Hear(ToBank),
    /// A notice of the wallet.
    Notice(LinkStatus),
    /// The deadline of the binding passes.
    Deadline,
}

/// What reaches the wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ToTheWallet {
    /// A message of the bank, and the account that a request for a link names.
    Message { message: ToWallet, account: u8 },
    /// The deadline of the approval passes.
    ApprovalDeadline,
    /// The deadline of an operation passes.
    OperationDeadline(u8),
    /// A request for an operation.
    Request(u8),
    /// An answer to its challenge; `asked` says that the bank's client shows the binding's code.
    Answer { operation: u8, answer: Answer, asked: bool },
    /// An operation that is authenticated is executed.
    Execute(u8),
    /// The bank's receipt of the notice.
    Receipt,
}

/// What reaches a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Input {
    /// The bank.
    Bank(ToTheBank),
    /// The wallet.
    Wallet(ToTheWallet),
}

/// What an action brings to servers. What only a client does brings nothing yet, and neither does
/// the bank's question where a link stands, which changes nothing at the bank.
pub fn inputs(world: &World, action: Action) -> Vec<Input> {
    use Input::{Bank, Wallet};
    let asked = world.clients[0] != bindproof::bank::client::State::Idle;
    match action {
        Action::Ask(_) | Action::Leave(_) | Action::Start(_) | Action::Reconcile(_) => Vec::new(),
        Action::Deliver { delivery, .. } => vec![match delivery {
            Delivery::Ask(_) => Bank(ToTheBank::Ask { same_body: true }),
            Delivery::Leave(_) => Bank(ToTheBank::Leave { own: true }),
            Delivery::ToWallet { message, fresh, .. } => {
                assert!(fresh, "nothing arrives late in these scopes");
                let links = message == ToWallet::LinkRequest;
                let account = if links { world.binding_account[0] } else { NONE };
                Wallet(ToTheWallet::Message { message, account })
            }
            Delivery::ToBank { answer, .. } => Bank(ToTheBank::Hear(answer)),
        }],
        Action::Notice { receipted, .. } => {
            let status = world.links[0].status();
            let heard = status.map(|status| Bank(ToTheBank::Notice(status)));
            let receipt = receipted.then_some(Wallet(ToTheWallet::Receipt));
            heard.into_iter().chain(receipt).collect()
        }
        Action::BankDeadline(_) => vec![Bank(ToTheBank::Deadline)],
        Action::ApprovalDeadline(_) => vec![Wallet(ToTheWallet::ApprovalDeadline)],
        Action::Request { operation, .. } => vec![Wallet(ToTheWallet::Request(operation))],
        Action::Answer { operation, answer } => {
            vec![Wallet(ToTheWallet::Answer { operation, answer, asked })]
        }
        Action::Execute(o) => vec![Wallet(ToTheWallet::Execute(o))],
        Action::OperationDeadline(o) => vec![Wallet(ToTheWallet::OperationDeadline(o))],
        Action::AskOtherBody(_) => vec![Bank(ToTheBank::Ask { same_body: false })],
        Action::Status { own, .. } => vec![Bank(ToTheBank::Status { own })],
        Action::LeaveForeign(_) => vec![Bank(ToTheBank::Leave { own: false })],
        other => panic!("{other:?} happens in none of the scopes that are replayed"),
    }
}
