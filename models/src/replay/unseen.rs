//! What no step can see, in words: what a crash would take from a server's hands, and what the
//! observer noted.

use super::memory::wrong;
use crate::drive::index;
use crate::server::{Reply, Slot, Snapshot, Told};
use crate::shown::Shown;
use crate::story;
use crate::words;
use crate::world::{Actor, Authentication, History, Wrong};

/// What an instance holds, if it holds anything.
pub fn slot(slot: Slot) -> Option<String> {
    match slot {
        Slot::Empty => None,
        Slot::Decided { delivery, seen, answered } => {
            let answered = if answered { ", and has answered already" } else { "" };
            let holds = story::delivery_name(delivery);
            Some(format!("took {holds}, saw {}{answered}", snapshot(seen)))
        }
        Slot::Committed(reply) => Some(format!("has committed, and is to answer {}", said(reply))),
    }
}

fn snapshot(seen: Snapshot) -> String {
    match seen {
        Snapshot::Bank(binding) => format!("the binding {}", words::binding(binding)),
        Snapshot::Wallet { link, account, matched } => {
            let persons = match index(matched) {
                Some(a) => format!("account {a} as the person's"),
                None => "no account as the person's".into(),
            };
            let (link, account) = (words::link(link), words::account(account));
            format!("the link {link}, its account {account}, and {persons}")
        }
    }
}

fn said(reply: Reply) -> String {
    match reply {
        Reply::ToBank(binding, answer) => format!("{} for binding {binding}", answer.name()),
        Reply::ToClient(binding, told) => {
            let told = match told {
                Told::Pending => "is pending",
                Told::Active => "is active",
                Told::Over => "is over",
                Told::Problem => "never began",
            };
            format!("that binding {binding} {told}")
        }
    }
}

/// What was noted about a binding.
pub fn of_binding<const B: usize, const O: usize, const A: usize, const D: usize>(
    history: &History<B, O, A, D>,
    b: usize,
) -> Vec<(String, String)> {
    let mut noted = Vec::new();
    let presented = match history.begun_on[b] {
        Authentication::Nobodys => None,
        Authentication::OfAnother => Some("another binding"),
        Authentication::OfThis => Some("it"),
    };
    if let Some(presented) = presented {
        let is = format!("was begun on the holder's authentication for {presented}");
        noted.push((format!("request for binding {b}"), is));
    }
    if let Some(account) = index(history.activated_on[b]) {
        noted.push((format!("link {b}"), format!("was activated on account {account}")));
    }
    if history.blocked[b] {
        noted.push((format!("instrument of binding {b}"), "blocked by its bank".into()));
    }
    let told = match (history.told_active[b], history.told_over[b]) {
        (false, false) => None,
        (true, false) => Some("active"),
        (false, true) => Some("over"),
        (true, true) => Some("active, and that it is over"),
    };
    if let Some(told) = told {
        noted.push((format!("binding {b}"), format!("the client was told that it is {told}")));
    }
    if history.code_leaked[b] {
        noted.push((format!("code of binding {b}"), "seen by the attacker".into()));
    }
    noted
}

/// What was noted about an operation.
pub fn of_operation<const B: usize, const O: usize, const A: usize, const D: usize>(
    history: &History<B, O, A, D>,
    o: usize,
) -> Option<String> {
    let by = match history.proved_by[o] {
        Actor::Nobody => None,
        Actor::Holder => Some("the holder"),
        Actor::Attacker => Some("the attacker"),
    };
    let mut noted = Vec::new();
    match (by, history.shown[o]) {
        (Some(by), shown) => noted.push(format!("proved by {by}, with {}", shown.words())),
        (None, Shown::Nothing) => {}
        (None, shown) => noted.push(format!("proved with {}", shown.words())),
    }
    match history.executions[o] {
        0 => {}
        1 => noted.push("executed once".into()),
        times => noted.push(format!("executed {times} times")),
    }
    if history.went_through[o] {
        noted.push("its bank was heard to stand by it".into());
    }
    (!noted.is_empty()).then(|| noted.join("; "))
}

/// What was noted about an account.
pub fn of_account<const B: usize, const O: usize, const A: usize, const D: usize>(
    history: &History<B, O, A, D>,
    a: usize,
) -> Option<&'static str> {
    history.reclaimed[a].then_some("the holder has proved her identity on it")
}

/// What was counted.
pub fn of_counts<const B: usize, const O: usize, const A: usize, const D: usize>(
    history: &History<B, O, A, D>,
) -> Vec<(String, String)> {
    let mut noted = Vec::new();
    if history.sent_total > 0 {
        let is = format!("{},000 in all", history.sent_total);
        noted.push(("sent for debit".to_owned(), is));
    }
    let mut count = |path: String, wrongs: Wrong| {
        if wrongs != Wrong::default() {
            noted.push((path, wrong(wrongs.run, wrongs.day)));
        }
    };
    count("the strangers' path".into(), history.strangers);
    for (d, wrongs) in history.devices.iter().enumerate() {
        count(format!("device {d}'s path"), *wrongs);
    }
    for (b, wrongs) in history.codes.iter().enumerate() {
        count(format!("the path of binding {b}'s code"), *wrongs);
    }
    noted
}
