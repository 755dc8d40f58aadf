//! When a journal with another value is that of another legal run: rules that look at the value,
//! its line and the lines before, and not at what the checker says of it.

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
        o.leaf == "/entry/event/binding/id"
            && foreign == Some(&Value::Bool(false))
            && !o.is_written("binding")
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
        o.leaf.ends_with("/context/person_free") && o.is_nobodys()
    }),
];

impl Other<'_> {
    /// Whether a record of this kind was written before under the key that stands there now.
    fn is_written(&self, kind: &str) -> bool {
        let mut after = self.before.iter().filter_map(|line| line["after"].as_array()).flatten();
        after.any(|touched| touched[kind]["key"] == *self.now)
    }

    /// Whether nobody has verified the account of the operation.
    fn is_nobodys(&self) -> bool {
        let account = &self.line["entry"]["event"]["operation"]["account"];
        let after = self.before.iter().filter_map(|line| line["after"].as_array()).flatten();
        let own = after.filter(|touched| touched["account"]["key"] == *account);
        own.last()
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
    let other = Other { run, before: &lines[..place], line: &lines[place], leaf, now };
    RULES.iter().find(|(_, rule)| rule(&other)).map(|(reason, _)| *reason)
}
