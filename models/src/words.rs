//! Records in words, as short as they can be read.

use bindproof::bank::binding::{Binding, Outcome, State as Bank};
use bindproof::policy::{Origin, TrustAge};
use bindproof::wallet::account::Account;
use bindproof::wallet::device::Device;
use bindproof::wallet::link::{Link, State};
use bindproof::wallet::operation::Operation;
use bindproof::wallet::proof::{Demand, Factors};

/// "Active, revision 2".
pub fn binding(binding: Binding) -> String {
    let state = match binding.state {
        Bank::Ending(outcome) => format!("Ending ({})", how(outcome)),
        Bank::Closed(outcome) => format!("Closed ({})", how(outcome)),
        Bank::AwaitingApproval => "Awaiting approval".into(),
        state => format!("{state:?}"),
    };
    with_revision(state, binding.revision)
}

fn how(outcome: Outcome) -> String {
    match outcome {
        Outcome::Refused(reason) => format!("refused: {reason}"),
        Outcome::Cancelled => "cancelled".into(),
        Outcome::Expired => "expired".into(),
        Outcome::EndedByHolder => "ended by the holder".into(),
        Outcome::EndedByWallet => "ended by the wallet".into(),
    }
}

/// "Awaiting approval, code spent".
pub fn link(link: Link) -> String {
    let state = match link.state {
        State::AwaitingApproval => "Awaiting approval".into(),
        State::Refused(reason) => format!("Refused ({reason})"),
        state => format!("{state:?}"),
    };
    let spent = if link.code_spent { ", code spent" } else { "" };
    with_revision(state, link.bank_revision) + spent
}

fn with_revision(state: String, revision: u8) -> String {
    if revision == 0 { state } else { format!("{state}, revision {revision}") }
}

/// "Open, registered by a bank, verified, never authenticated".
pub fn account(account: Account) -> String {
    let Account::Open { origin, verified, authenticated } = account else {
        return format!("{account:?}");
    };
    let origin = match origin {
        Origin::SelfRegistered => "registered by its holder",
        Origin::BankRegistered => "registered by a bank",
    };
    let verified = if verified { "verified" } else { "self-asserted" };
    let authenticated = if authenticated { "authenticated" } else { "never authenticated" };
    format!("Open, {origin}, {verified}, {authenticated}")
}

/// "Trusted of late, in session, with an authenticator".
pub fn device(device: Device) -> String {
    let Device::Trusted { session, authenticator, age } = device else {
        return format!("{device:?}");
    };
    let age = match age {
        TrustAge::Aged => "Trusted",
        TrustAge::Recent => "Trusted of late",
    };
    let session = if session { ", in session" } else { "" };
    let authenticator = if authenticator { ", with an authenticator" } else { "" };
    format!("{age}{session}{authenticator}")
}

/// "Challenged for two factors, 2 tries left".
pub fn operation(operation: Operation) -> String {
    match operation {
        Operation::Challenged { demand, tries_left } => {
            format!("Challenged for {}, {tries_left} tries left", what(demand))
        }
        Operation::Authenticated { demand, .. } => format!("Authenticated by {}", what(demand)),
        Operation::Refused(refusal) => format!("Refused ({refusal})"),
        state => format!("{state:?}"),
    }
}

const fn what(demand: Demand) -> &'static str {
    match demand {
        Demand::Nothing | Demand::Factors(Factors::None) => "nothing",
        Demand::Decoy => "what nothing meets",
        Demand::Factors(Factors::Possession) => "possession",
        Demand::Factors(Factors::Two) => "two factors",
        Demand::CodeAndContact => "code and contact",
        Demand::CodeContactAndFactors => "code, contact and two factors",
        Demand::Identity => "identity",
    }
}
