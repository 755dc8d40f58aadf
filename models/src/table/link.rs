//! The wallet's link, against every account that it may hang on.

use bindproof::message::Reason;
use bindproof::policy::Origin;
use bindproof::wallet::account::Account;
use bindproof::wallet::link::{self, Input, Link, Request, State, View};

use super::render::{Decision, Entry, Layout, Machine, Place};

/// Every value of an account.
pub fn accounts() -> Vec<Account> {
    let mut accounts = vec![Account::Absent];
    for origin in Origin::ALL.iter().copied() {
        for (verified, authenticated) in
            [(true, true), (true, false), (false, true), (false, false)]
        {
            accounts.push(Account::Open { origin, verified, authenticated });
        }
    }
    accounts.push(Account::Closed);
    accounts
}

/// Where an account stands, as far as a link or an operation cares.
pub const fn standing(account: Account) -> &'static str {
    match account {
        Account::Absent => "absent",
        Account::Closed => "closed",
        _ if account.awaits_first_authentication() && account.is_verified() => {
            "registered by a bank, not yet authenticated"
        }
        _ if account.awaits_first_authentication() => {
            "registered by a bank, not yet authenticated, unverified"
        }
        _ if account.is_verified() => "verified",
        _ => "self-asserted",
    }
}

/// The node of a state.
pub const fn node(state: State) -> &'static str {
    match state {
        State::Absent => "absent",
        State::Matched => "matched",
        State::Registered => "registered",
        State::AwaitingApproval => "awaiting_approval",
        State::Active => "active",
        State::Suspended => "suspended",
        State::Ended => "ended",
        State::Refused(_) => "refused",
    }
}

/// Every state of a link.
pub fn states() -> impl Iterator<Item = State> {
    use State::{Absent, Active, AwaitingApproval, Ended, Matched, Registered, Suspended};
    [Absent, Matched, Registered, AwaitingApproval, Active, Suspended, Ended]
        .into_iter()
        .chain(Reason::ALL.iter().copied().map(State::Refused))
}

/// The view in words, and what has changed in it besides the link's state.
fn place(before: Option<View>, view: View) -> Place {
    let inside = match view.link.state {
        State::Refused(reason) if before.is_some() => reason.name(),
        State::Refused(_) => "R",
        _ => "",
    };
    let mut besides = String::new();
    if let Some(before) = before {
        if before.account != view.account {
            besides.push_str(", account ");
            besides.push_str(standing(view.account));
        }
        if before.link.bank_revision != view.link.bank_revision {
            besides.push_str(", at the revision asked");
        }
        match (before.link.code_spent, view.link.code_spent) {
            (false, true) => besides.push_str(", code spent"),
            (true, false) => besides.push_str(", code current"),
            _ => {}
        }
    }
    Place { node: node(view.link.state), inside: inside.to_owned(), besides }
}

/// Every input; of a request the one that is as it must be and each with one fact missing.
pub fn inputs() -> Vec<(String, Input)> {
    let right = Request {
        own: true,
        fresh: true,
        same_account: true,
        consent: true,
        account_matches: true,
        created_for: true,
        created_for_bank: true,
        may_wait: true,
    };
    let stranger = Request { created_for: false, created_for_bank: false, ..right };
    let common = [
        ("as it must be", right),
        ("another bank's", Request { own: false, ..right }),
        ("stale", Request { fresh: false, ..right }),
    ];
    let mut inputs: Vec<(String, Input)> = Vec::new();
    for (how, request) in common {
        inputs.push((format!("registration asked: {how}"), Input::RegistrationAsked(request)));
    }
    let without = Request { consent: false, ..right };
    for (how, request) in [("without consent", without), ("not created for it", stranger)] {
        inputs.push((format!("registration asked: {how}"), Input::RegistrationAsked(request)));
    }
    for (how, request) in common.into_iter().chain([
        ("account not the person's", Request { account_matches: false, ..right }),
        ("another account than its own", Request { same_account: false, ..right }),
        ("not created for it", stranger),
        ("created for the bank's other", Request { created_for_bank: true, ..stranger }),
        ("not created for it (too many wait)", Request { may_wait: false, ..stranger }),
    ]) {
        inputs.push((format!("link asked: {how}"), Input::LinkAsked(request)));
    }
    for (how, request) in common {
        for (which, revision) in [("newer", 2), ("not newer", 1)] {
            let name = format!("suspend asked: {how} ({which})");
            inputs.push((name, Input::SuspendAsked { request, revision }));
            let name = format!("resume asked: {how} ({which})");
            inputs.push((name, Input::ResumeAsked { request, revision }));
        }
        for (which, last) in [("last link", true), ("others live", false)] {
            inputs.push((format!("end asked: {how} ({which})"), Input::EndAsked { request, last }));
        }
        inputs.push((format!("status asked: {how}"), Input::StatusAsked(request)));
    }
    let rest = [
        ("approved", Input::Approved),
        ("declined", Input::Declined),
        ("ended by the holder", Input::EndedByHolder),
        ("account left", Input::AccountLeft),
        ("expired: last link", Input::Expired { last: true }),
        ("expired: others live", Input::Expired { last: false }),
        ("code: presented", Input::CodePresented),
        ("code: renewed", Input::CodeRenewed),
    ];
    inputs.extend(rest.map(|(name, input)| (name.to_owned(), input)));
    inputs
}

/// The wallet's link.
pub fn link() -> Machine {
    let mut entries = Vec::new();
    let inputs = inputs();
    for state in states() {
        for (input, what) in &inputs {
            for account in accounts() {
                for (code_spent, code) in [(false, "code current"), (true, "code spent")] {
                    let link = Link { state, bank_revision: 1, code_spent };
                    let view = View { link, account };
                    let after = |after| place(Some(view), after);
                    let decision = Decision::of(link::step(view, *what), after);
                    entries.push(Entry {
                        state: place(None, view),
                        input: input.clone(),
                        when: vec![format!("account {}", standing(account)), code.to_owned()],
                        decision: match state {
                            State::Refused(reason) => decision.with(reason.name(), "R"),
                            _ => decision,
                        },
                    });
                }
            }
        }
    }
    Machine {
        name: "link",
        about: "Every state, every account (for a registration the person's own, for the rest the \
                one it hangs on or that the request names), and every input, at the bank's \
                revision 1; of a request the one that is as it must be and each with one fact \
                missing.",
        layout: Layout::List,
        entries,
    }
}
