//! When a changed journal is that of another legal run: rules that look at what was changed, and
//! not at what the checker says of it.

use std::collections::BTreeSet;

use bindproof::limits::Timing;
use bindproof::settings::SKEW_MS;
use serde_json::Value;

use crate::mutate::{Parsed, moves};

/// A journal that stops where it might have.
pub const STOPPED: &str = "It stopped there, and no other server heard of what came after.";
/// A line that nobody misses.
pub const UNHEARD: &str = "A repetition or a refusal of which no other server heard is not missed.";
/// A line that begins what nothing goes on with.
pub const UNNAMED: &str =
    "What it wrote is named nowhere after it, and no other server heard of it.";
/// A message that never came.
pub const UNSENT: &str = "Its message may never have come: no other server heard of what it \
                          brought, and the rest is decided the same.";
/// Something that has not come to pass yet.
pub const NOT_YET: &str = "What a deadline or the server itself brings may be late: nothing that \
                           came after it is later than that.";
/// A question that is asked twice.
pub const AGAIN: &str = "What moves nothing may come again, be it under the same id of a request: \
                         its sender may have given two sendings one.";
/// Two lines that have nothing to do with each other.
pub const APART: &str = "Neither writes what the other names, and neither was waited for.";

/// Two lines of which one does nothing.
pub const IDLE: &str =
    "One of them moves nothing, and is decided so before the other and after it.";

/// Two lines that write different records.
pub const DISJOINT: &str = "They write nothing in common, and each is decided so before the other \
                            and after it.";

/// The record that a line is about, and those that its step saw beside it.
fn event(line: &Value) -> impl Iterator<Item = &Value> {
    let about = line["entry"]["event"].as_object().and_then(|kinds| kinds.values().next());
    about.and_then(Value::as_object).into_iter().flat_map(|members| members.values())
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// The keys of the records that a line writes.
pub fn written(line: &Value) -> BTreeSet<String> {
    let after = line["after"].as_array().into_iter().flatten();
    let touches = after.filter_map(Value::as_object).flat_map(|kinds| kinds.values());
    touches.filter_map(|touch| text(&touch["key"])).collect()
}

/// The keys that a line names: of its event, of its message, of what it writes and owes.
pub fn named(line: &Value) -> BTreeSet<String> {
    let received = line["received"].as_object().into_iter().flat_map(|members| members.values());
    let owed = line["commit"]["owed"].as_array().into_iter().flatten();
    let owed = owed.filter_map(|letter| text(&letter["about"]));
    let said = event(line).chain(received).filter_map(text);
    said.chain(owed).chain(written(line)).collect()
}

/// Whether no other server has heard of what these lines of one journal did: none has received a
/// message that they owe, an answer to a request that they took, an account that they made, or a
/// notice of a link that they moved.
pub fn is_unheard(run: &[Parsed], at: usize, gone: &[Value]) -> bool {
    let (mut owed, mut asked) = (BTreeSet::new(), BTreeSet::new());
    let (mut accounts, mut links) = (BTreeSet::new(), BTreeSet::new());
    let mut since_ms = i64::MAX;
    for line in gone {
        since_ms = since_ms.min(line["at_ms"].as_i64().unwrap_or(0));
        let letters = line["commit"]["owed"].as_array().into_iter().flatten();
        owed.extend(letters.filter_map(|letter| text(&letter["key"])));
        let answers = line["received"]["message"].as_str().is_some_and(|m| m.ends_with("_answer"));
        asked.extend(text(&line["received"]["request"]).filter(|_| !answers));
        for touched in line["after"].as_array().into_iter().flatten() {
            accounts.extend(text(&touched["account"]["key"]));
            links.extend(text(&touched["link"]["key"]));
        }
    }
    let heard = |line: &Value| {
        let received = &line["received"];
        let has = |set: &BTreeSet<String>, member: &str| {
            received[member].as_str().is_some_and(|name| set.contains(name))
        };
        let late = line["at_ms"].as_i64() >= Some(since_ms);
        let about = line["entry"]["event"]["binding"]["id"].as_str();
        let notice = received["message"] == "link_notice" && late;
        has(&owed, "key")
            || has(&asked, "request")
            || (received["message"] == "account_answer" && has(&accounts, "account"))
            || (notice && about.is_some_and(|about| links.contains(about)))
    };
    let others = run.iter().enumerate().filter(|(other, _)| *other != at);
    !others.flat_map(|(_, journal)| &journal.lines).any(heard)
}

/// Why a line may be missing, if it may.
pub fn dropped(run: &[Parsed], at: usize, line: &Value, later: &[Value]) -> Option<&'static str> {
    if !is_unheard(run, at, std::slice::from_ref(line)) {
        return None;
    }
    let own = || later.iter().filter(|other| other["person"] == line["person"]);
    let written = written(line);
    match moves(line) {
        _ if own().next().is_none() => Some(STOPPED),
        false if line["after"].as_array().is_none_or(Vec::is_empty) => Some(UNHEARD),
        _ if own().all(|other| named(other).is_disjoint(&written)) => Some(UNNAMED),
        _ if line.get("received").is_some() => Some(UNSENT),
        _ => {
            let late = |other: &Value| {
                other.get("received").is_some() && other["at_ms"].as_i64() > may_be_late(line)
            };
            (!own().any(late)).then_some(NOT_YET)
        }
    }
}

/// Until when a line that no message brought may be late: as far as clocks may differ, and what has
/// been proved is executed within its time.
fn may_be_late(line: &Value) -> Option<i64> {
    let executes = line.pointer("/entry/event/operation/input/executing").is_some();
    let times = Timing::DEFAULT;
    let by_ms = if executes { i64::try_from(times.authenticated_ms).ok()? } else { 0 };
    Some(line["at_ms"].as_i64()? + by_ms + SKEW_MS)
}

/// Why a line may be there twice, if it may.
pub fn doubled(line: &Value) -> Option<&'static str> {
    (!moves(line)).then_some(AGAIN)
}

/// Why two neighbours of one person may change places, if they may. That one which moves nothing
/// is decided in its new place as in its old one is for the steps to say.
pub fn swapped(a: &[Value], b: &[Value]) -> Option<&'static str> {
    let all = |lines: &[Value], of: fn(&Value) -> BTreeSet<String>| -> BTreeSet<String> {
        lines.iter().flat_map(of).collect()
    };
    let apart =
        all(a, written).is_disjoint(&all(b, named)) && all(b, written).is_disjoint(&all(a, named));
    let idle = |lines: &[Value]| {
        lines.iter().all(|line| !moves(line) && line["after"].as_array().is_none_or(Vec::is_empty))
    };
    match apart {
        true => Some(APART),
        false if idle(a) || idle(b) => Some(IDLE),
        false => all(a, written).is_disjoint(&all(b, written)).then_some(DISJOINT),
    }
}
