//! When a journal with another value is that of another legal run: rules that look at the value,
//! its line and the lines before, and not at what the checker says of it.

use bindproof::limits::Timing;
use bindproof::settings::SKEW_MS;
use serde_json::Value;

use crate::mutate::{Parsed, moves};
use crate::remove::needed;
use crate::values::is_taken_as_said;

/// A value that is another in some line.
struct Other<'a> {
    run: &'a [Parsed],
    /// The lines of its journal before it, its line, and where it stands there.
    before: &'a [Value],
    line: &'a Value,
    after: &'a [Value],
    leaf: &'a str,
    /// What it is now.
    now: &'a Value,
}

/// A rule by which another value is as good.
type Rule = fn(&Other<'_>) -> bool;

const RULES: &[(&str, Rule)] = &[
    ("What no journal holds is taken as said, and decides the same.", |o| is_taken_as_said(o.leaf)),
    ("Whoever asks about any binding that is not his is told the same.", |o| {
        let foreign = o.line.pointer("/entry/event/binding/input/status_asked/own");
        ["/entry/event/binding/id", "/person"].contains(&o.leaf)
            && foreign == Some(&Value::Bool(false))
            && !o.is_written("binding")
    }),
    ("Its time lies between those of the lines around it, as far as clocks may differ.", |o| {
        o.leaf == "/at_ms" && o.lies_between()
    }),
    ("A binding that only its cancel has begun has no body to compare another with.", |o| {
        let id = &o.line["entry"]["event"]["binding"]["id"];
        let begins = |line: &&Value| {
            line["entry"]["event"]["binding"]["id"] == *id
                && line["entry"]["decided"]["applied"] == "binding.asked"
        };
        ["/received/content", "/received/instrument"].contains(&o.leaf)
            && o.line.pointer("/entry/event/binding/input/asked").is_some()
            && !o.before.iter().any(|line| begins(&line))
    }),
    ("Nothing rests on it: the table of messages in docs/trace.md does not ask for it.", |o| {
        let message = o.line["received"]["message"].as_str().unwrap_or_default();
        let member = o.leaf.strip_prefix("/received/");
        member.is_some_and(|member| needed().get(message).is_some_and(|n| !n.contains(member)))
    }),
    ("What was there before is taken as the first line has it, and nothing rests on this.", |o| {
        o.line.get("entry").is_none()
    }),
    ("Its sender has no journal here now; the check is undecided, and says so.", |o| {
        let name = o.now.as_str().unwrap_or_default();
        let named = |journal: &Parsed| journal.header.contains(&format!("\"server\":\"{name}\""));
        o.leaf == "/received/from" && !o.run.iter().any(named)
    }),
    ("A repetition is answered from the record, signed or not.", |o| {
        o.leaf == "/received/signed" && !moves(o.line)
    }),
    ("The device is in no session, so that its signature counts for nothing.", |o| {
        let counts = o.line.pointer("/entry/event/operation/input/requested/context/signed");
        o.leaf == "/received/signed" && counts == Some(&Value::Bool(false))
    }),
    ("It names a link that is not there, as before.", |o| {
        let link = o.line.pointer("/entry/event/operation/input/requested/context/link");
        let absent = link.is_some_and(|link| link == "absent");
        o.leaf == "/received/binding" && absent && !o.is_written("link")
    }),
    ("The account is nobody's; whether somebody has another one is taken as said.", |o| {
        o.leaf.ends_with("/person_free") && o.is_nobodys()
    }),
    ("It is as fresh as it was.", |o| {
        let was = o.line.pointer(o.leaf);
        o.leaf == "/received/issued_ms"
            && was.is_some_and(|was| o.is_fresh(was) == o.is_fresh(o.now))
    }),
    ("No request has come by the strangers' path yet; its key is what the journal says.", |o| {
        let was = o.line.pointer(o.leaf);
        o.leaf == "/entry/event/operation/path" && was.is_some_and(|was| !o.is_path_known(was))
    }),
];

impl Other<'_> {
    /// Whether a record of this kind was written before under the key that stands there now.
    fn is_written(&self, kind: &str) -> bool {
        let mut after = self.before.iter().filter_map(|line| line["after"].as_array()).flatten();
        after.any(|touched| touched[kind]["key"] == *self.now)
    }

    /// Whether the time that stands there now is no earlier than a line of the same person before
    /// it, and no later than one after it, as far as clocks may differ.
    fn lies_between(&self) -> bool {
        let now = self.now.as_i64().unwrap_or(0);
        // The lines of one transaction have one time, and change it together.
        let of = |line: &&Value| {
            line["person"] == self.line["person"] && line["version"] != self.line["version"]
        };
        let at = |line: &Value| line["at_ms"].as_i64().unwrap_or(0);
        let mut before = self.before.iter().filter(of);
        let mut after = self.after.iter().filter(of);
        before.all(|line| at(line) <= now + SKEW_MS) && after.all(|line| at(line) >= now - SKEW_MS)
    }

    /// Whether a request of this time of issue is fresh when the line is decided.
    fn is_fresh(&self, issued_ms: &Value) -> bool {
        let at = |value: &Value| value.as_i64().unwrap_or(0);
        let age_ms = at(&self.line["at_ms"]) - at(issued_ms);
        let window_ms = i64::try_from(Timing::DEFAULT.freshness_ms).expect("short");
        (-SKEW_MS..=window_ms).contains(&age_ms)
    }

    /// Whether a request of the same person has come by this path before, or comes by it now.
    fn is_path_known(&self, path: &Value) -> bool {
        let mut lines = self.before.iter().chain([self.line]);
        lines.any(|line| {
            let event = &line["entry"]["event"]["operation"];
            line["person"] == self.line["person"]
                && event["input"].get("requested").is_some()
                && event["path"] == *path
        })
    }

    /// Whether nobody has verified the account of the operation.
    fn is_nobodys(&self) -> bool {
        let account = &self.line["entry"]["event"]["operation"]["account"];
        let after = self.before.iter().filter_map(|line| line["after"].as_array()).flatten();
        let mut own = after.filter(|touched| touched["account"]["key"] == *account);
        own.next_back()
            .is_some_and(|last| last["account"]["state"]["open"]["verified"] == Value::Bool(false))
    }
}

/// Why another value at a place in a line is as good, if it is.
pub fn reason(
    run: &[Parsed],
    at: usize,
    place: usize,
    (leaf, now): (&str, &Value),
) -> Option<&'static str> {
    let lines = &run[at].lines;
    let (before, line, after) = (&lines[..place], &lines[place], &lines[place + 1..]);
    let other = Other { run, before, line, after, leaf, now };
    RULES.iter().find(|(_, rule)| rule(&other)).map(|(reason, _)| *reason)
}
