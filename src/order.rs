//! Which state may follow which: the specification's words about the order of a life, against which
//! the steps, and what servers write, are checked. Staying as one is is always permitted.

use crate::bank::binding::State as Bank;
use crate::wallet::link::State as Link;
use crate::wallet::operation::Operation;

/// The life of a binding at the bank.
pub fn binding(before: Bank, after: Bank) -> bool {
    use Bank::{Absent, Active, AwaitingApproval, Closed, Ending, Linking, Looking};
    use Bank::{Registering, Suspended};
    before == after
        || matches!(
            (before, after),
            (Absent, Looking | Closed(_))
                | (Looking, Registering | Linking | Closed(_))
                | (Registering, Linking | Ending(_) | Closed(_))
                | (Linking, AwaitingApproval | Active | Ending(_) | Closed(_))
                | (AwaitingApproval, Active | Ending(_) | Closed(_))
                | (Active, Suspended | Ending(_) | Closed(_))
                | (Suspended, Active | Ending(_) | Closed(_))
                | (Ending(_), Closed(_))
        )
}

/// The life of a link at the wallet.
pub fn link(before: Link, after: Link) -> bool {
    use Link::{Absent, Active, AwaitingApproval, Ended, Matched, Refused, Registered, Suspended};
    before == after
        || matches!(
            (before, after),
            (Absent, Matched | Registered | AwaitingApproval | Ended | Refused(_))
                | (Matched, AwaitingApproval | Ended | Refused(_))
                | (Registered, Active | Ended)
                | (AwaitingApproval, Active | Ended | Refused(_))
                | (Active, Suspended | Ended)
                | (Suspended, Active | Ended)
        )
}

/// The life of an operation at the wallet.
pub fn operation(before: Operation, after: Operation) -> bool {
    use Operation::{Absent, Authenticated, Challenged, Debiting, Executed, Expired, Refused};
    before == after
        || matches!(
            (before, after),
            // Received and executed in one step when nothing is required.
            (Absent, Challenged { .. } | Debiting | Executed | Refused(_))
                | (Challenged { .. }, Challenged { .. } | Authenticated { .. })
                | (Challenged { .. }, Refused(_) | Expired)
                | (Authenticated { .. }, Debiting | Executed | Refused(_) | Expired)
                | (Debiting, Executed | Refused(_))
        )
}
