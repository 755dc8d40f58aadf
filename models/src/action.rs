//! Everything that can happen in the world, one step at a time.

use bindproof::wallet::lock;
use serde::{Deserialize, Serialize};

use crate::network::{ToBank, ToWallet};

/// What reaches a server. These are the inputs that can be in a server's hands when it crashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// `BindRequest` for a binding reaches its bank.
    Ask(u8),
    /// `BindCancel` or `UnbindRequest` for a binding reaches its bank.
    Leave(u8),
    /// A bank's message about a binding reaches the wallet.
    ToWallet {
        /// The binding.
        binding: u8,
        /// The message.
        message: ToWallet,
        /// It was issued within the freshness window.
        fresh: bool,
    },
    /// A wallet's answer about a binding reaches its bank.
    ToBank {
        /// The binding.
        binding: u8,
        /// The answer.
        answer: ToBank,
    },
}

/// What somebody answers to a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The best that whoever runs the operation can give.
    Best,
    /// A wrong guess.
    Wrong,
    /// The binding code alone, in vain.
    CodeInVain,
    /// The holder's two factors, made for another operation.
    ProofOfAnother,
    /// Not signed by the operation's device.
    FromElsewhere,
}

/// The path of a device or of a binding's code, by their numbers, or the strangers'.
pub type PathOf = lock::PathOf<u8, u8>;

/// One thing that can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Somebody asks for a binding in the bank client.
    Ask(u8),
    /// Somebody gives up or ends a binding in the bank client.
    Leave(u8),
    /// A message reaches a server, which decides, commits and answers; `heard` says whether a
    /// client that waits hears the answer.
    Deliver {
        /// What arrives.
        delivery: Delivery,
        /// The answer reaches the client.
        heard: bool,
    },
    /// The wallet's notice of where a link stands reaches the bank; `receipted` says whether the
    /// receipt reaches the wallet.
    Notice {
        /// The binding.
        binding: u8,
        /// The receipt arrives.
        receipted: bool,
    },
    /// The bank blocks the instrument of a binding.
    Block(u8),
    /// The bank unblocks it.
    Unblock(u8),
    /// The bank asks the wallet where a link stands.
    Reconcile(u8),
    /// The bank's deadline for a binding passes.
    BankDeadline(u8),
    /// The wallet's deadline for an approval passes.
    ApprovalDeadline(u8),
    /// The bank client shows the next binding code.
    RenewCode(u8),

    /// Somebody starts an operation in the wallet client.
    Start(u8),
    /// `OperationRequest` reaches the wallet; `heard` as above.
    Request {
        /// The operation.
        operation: u8,
        /// The answer reaches the client.
        heard: bool,
    },
    /// An answer to an operation's challenge reaches the wallet.
    Answer {
        /// The operation.
        operation: u8,
        /// What is answered.
        answer: Answer,
    },
    /// The wallet executes an operation that is authenticated.
    Execute(u8),
    /// The deadline of a challenge or of an unspent proof passes.
    OperationDeadline(u8),
    /// `DebitRequest` reaches the bank.
    DebitRequest(u8),
    /// `DebitAnswer` reaches the wallet.
    DebitAnswer {
        /// The operation.
        operation: u8,
        /// The bank stands by it.
        accepted: bool,
    },
    /// A lock's time has passed.
    LockEnds(PathOf),
    /// The day has ended, on every path.
    DayEnds,
    /// A session has run out.
    SessionEnds {
        /// The account.
        account: u8,
        /// The device.
        device: u8,
    },
    /// A device has been trusted long enough.
    DeviceAges {
        /// The account.
        account: u8,
        /// The device.
        device: u8,
    },

    /// A stranger's client asks with the same key and another body.
    AskOtherBody(u8),
    /// A bank client asks where a binding stands.
    Status {
        /// The binding.
        binding: u8,
        /// It is the client's own.
        own: bool,
    },
    /// A stranger's client tries to end a binding that is not its own.
    LeaveForeign(u8),
    /// A hostile bank says what it likes about a binding, of its own or not.
    Hostile {
        /// The binding.
        binding: u8,
        /// The message.
        message: ToWallet,
        /// The account that it names.
        account: u8,
    },
    /// A hostile bank answers a debit that another bank was asked for.
    HostileDebitAnswer {
        /// The operation.
        operation: u8,
        /// It claims to stand by it.
        accepted: bool,
    },
    /// An attacker's operation that is over makes room for a new one.
    StartAnother(u8),

    /// A server instance takes a message and looks at its records.
    Take {
        /// The instance.
        slot: u8,
        /// What it took.
        delivery: Delivery,
    },
    /// A server instance commits what it decided.
    Commit(u8),
    /// A server instance answers.
    Reply {
        /// The instance.
        slot: u8,
        /// The answer reaches the client.
        heard: bool,
    },
    /// A server instance crashes; what was only in its hands is gone.
    Crash(u8),
}

/// Who makes a move. Quiescence, possibility and the game against the adversary depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mover {
    /// Happens if nothing else does: retries, deliveries, deadlines, executions.
    Obliged,
    /// The holder may, or time may; nobody counts on it.
    Optional,
    /// The adversary.
    Adversary,
}
