//! A run as a file: in which scope, without which controls, what happens, and what it violates.
//! Whoever has the file can carry the run out again, step by step (see [`retold`]).

pub mod memory;
pub mod retold;
mod unseen;

#[cfg(test)]
mod endings;

use bindproof::control::Control;
use serde::{Deserialize, Serialize};

use crate::action::Action;
use crate::check::PANIC;
use crate::properties::ALL;
use crate::scopes::{BUILT_IN, BuiltIn};
use crate::two_worlds::{self, Move, PairRun, Variant};

/// The mark of a file of this shape. A file need not have it.
pub const FORMAT: &str = "bindproof.replay/1";

/// As many controls can be off at once (see [`crate::model::Without`]).
pub const OFF_MAX: usize = 2;

/// A run that can be carried out again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// The file says of what shape it is.
    pub marked: bool,
    /// The scope: the name of a built-in one, the path of a file, or only a name if `scope_text` is
    /// there.
    pub scope: String,
    /// The scope itself, as TOML.
    pub scope_text: Option<String>,
    /// The policy: `default`, the path of a file, or only a name if `policy_text` is there. The
    /// default policy if left out.
    pub policy: Option<String>,
    /// The policy itself, as TOML.
    pub policy_text: Option<String>,
    /// The controls that are switched off.
    pub without: Vec<Control>,
    /// The property that is violated at the end of the run; nothing is claimed if there is none.
    pub violates: Option<&'static str>,
    /// The state after this many actions is the one to which the last action leads back.
    pub loop_from: Option<usize>,
    /// What happens; nothing if it is a run of two worlds.
    pub actions: Vec<Action>,
    /// What happens in two worlds side by side, if `scope` is a pair.
    pub pair: Option<PairRun>,
}

/// Where the text of a replay's scope is.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// It is built in.
    BuiltIn(&'static BuiltIn),
    /// It is a pair of worlds, and built in.
    Pair(&'static Variant),
    /// It is in the replay file.
    Inline(&'a str),
    /// It is in this file.
    File(&'a str),
}

/// Why a text is no replay.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// The text has not the shape of one.
    #[error("{file}: {message}")]
    Malformed {
        /// The file.
        file: String,
        /// Where, and what is wrong.
        message: String,
    },
    /// It names something that is not there.
    #[error("{file}: {field}: there is no {what} `{name}`")]
    Unknown {
        /// The file.
        file: String,
        /// The field.
        field: &'static str,
        /// What kind of thing should have this name.
        what: &'static str,
        /// The name.
        name: String,
    },
}

/// The file's own shape. Names stay text, so that an unknown one can be told from a malformed file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    format: Option<String>,
    scope: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope_text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    policy: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    policy_text: Option<String>,
    #[serde(default)]
    without: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    violates: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    loop_from: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actions: Option<Vec<Action>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    moves: Option<Vec<Move>>,
}

impl Shape {
    /// What happens in two worlds side by side.
    fn pair(&self, file: &str, variant: &Variant) -> Result<PairRun, ReplayError> {
        let malformed = |message: String| ReplayError::Malformed { file: file.to_owned(), message };
        if self.actions.is_some() || self.loop_from.is_some() {
            let message = "a run of two worlds has moves, and neither actions nor loop_from";
            return Err(malformed(message.to_owned()));
        }
        let Some(name) = &self.kind else {
            return Err(malformed("missing field `kind`: of the stranger's operation".to_owned()));
        };
        let known = variant.kinds.iter().copied().find(|kind| kind.name() == *name);
        let kind = known.ok_or_else(|| ReplayError::Unknown {
            file: file.to_owned(),
            field: "kind",
            what: "kind of operation there",
            name: name.clone(),
        })?;
        let moves = self.moves.clone().ok_or_else(|| malformed("missing field `moves`".into()))?;
        Ok(PairRun { kind, moves })
    }
}

impl Replay {
    /// A run in a built-in scope, under the default policy.
    pub fn new(
        scope: &str,
        without: &[Control],
        violates: Option<&'static str>,
        actions: &[Action],
    ) -> Self {
        Self {
            marked: false,
            scope: scope.to_owned(),
            scope_text: None,
            policy: None,
            policy_text: None,
            without: without.to_vec(),
            violates,
            loop_from: None,
            actions: actions.to_vec(),
            pair: None,
        }
    }

    /// A run of a pair of worlds, under the default policy.
    pub fn of_pair(
        pair: &str,
        without: &[Control],
        violates: Option<&'static str>,
        run: PairRun,
    ) -> Self {
        Self { pair: Some(run), ..Self::new(pair, without, violates, &[]) }
    }

    /// Parses and validates a replay file. Whether its actions are possible shows when they are
    /// carried out.
    ///
    /// # Errors
    /// Names the file, and what in it is wrong.
    pub fn parse(file: &str, text: &str) -> Result<Self, ReplayError> {
        let malformed = |message: String| ReplayError::Malformed { file: file.to_owned(), message };
        let unknown = |field, what, name: &str| ReplayError::Unknown {
            file: file.to_owned(),
            field,
            what,
            name: name.to_owned(),
        };
        let shape: Shape =
            serde_json::from_str(text).map_err(|error| malformed(at_line(text, &error)))?;
        if let Some(format) = shape.format.as_deref().filter(|format| *format != FORMAT) {
            let message = format!("format: `{format}` is not known; this is {FORMAT}");
            return Err(malformed(message));
        }
        let control = |name: &String| {
            Control::from_name(name).ok_or_else(|| unknown("without", "control", name))
        };
        let without = shape.without.iter().map(control).collect::<Result<Vec<_>, _>>()?;
        if without.len() > OFF_MAX {
            let message = format!("without: at most {OFF_MAX} controls can be off at once");
            return Err(malformed(message));
        }
        let named = shape.violates.as_deref().filter(|name| !name.is_empty());
        let property = |name| property(name).ok_or_else(|| unknown("violates", "property", name));
        let pair = match two_worlds::find(&shape.scope).filter(|_| shape.scope_text.is_none()) {
            Some(variant) => Some(shape.pair(file, variant)?),
            None if shape.kind.is_some() || shape.moves.is_some() => {
                let message = "kind and moves are for a pair of worlds; scope names none";
                return Err(malformed(message.to_owned()));
            }
            None => None,
        };
        let actions = match shape.actions {
            None if pair.is_none() => return Err(malformed("missing field `actions`".to_owned())),
            actions => actions.unwrap_or_default(),
        };
        if let Some(from) = shape.loop_from.filter(|from| *from >= actions.len()) {
            let count = actions.len();
            let message = format!(
                "loop_from: no action is left after {from} of them; there are {count} in all"
            );
            return Err(malformed(message));
        }
        let replay = Self {
            marked: shape.format.is_some(),
            violates: named.map(property).transpose()?,
            scope: shape.scope,
            scope_text: shape.scope_text,
            policy: shape.policy,
            policy_text: shape.policy_text,
            without,
            loop_from: shape.loop_from,
            actions,
            pair,
        };
        if replay.source().is_none() {
            return Err(unknown("scope", "built-in scope", &replay.scope));
        }
        Ok(replay)
    }

    /// Where its scope is; nothing if it is only a name, and none that is built in.
    pub fn source(&self) -> Option<Source<'_>> {
        if let Some(text) = &self.scope_text {
            return Some(Source::Inline(text));
        }
        if let Some(variant) = two_worlds::find(&self.scope) {
            return Some(Source::Pair(variant));
        }
        let built_in = BUILT_IN.iter().find(|built_in| built_in.name == self.scope);
        let file = self.scope.contains(['/', '\\', '.']).then_some(Source::File(&self.scope));
        built_in.map(Source::BuiltIn).or(file)
    }

    /// The text of its file.
    ///
    /// # Errors
    /// Never in fact: everything in it has a shape in JSON.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        let shape = Shape {
            format: self.marked.then(|| FORMAT.to_owned()),
            scope: self.scope.clone(),
            scope_text: self.scope_text.clone(),
            policy: self.policy.clone(),
            policy_text: self.policy_text.clone(),
            without: self.without.iter().map(|control| control.name().to_owned()).collect(),
            violates: self.violates.map(str::to_owned),
            loop_from: self.loop_from,
            kind: self.pair.as_ref().map(|pair| pair.kind.name().to_owned()),
            actions: self.pair.is_none().then(|| self.actions.clone()),
            moves: self.pair.as_ref().map(|pair| pair.moves.clone()),
        };
        // By way of a value, so that the fields are in the order of the alphabet at every depth.
        Ok(serde_json::to_string_pretty(&serde_json::to_value(shape)?)? + "\n")
    }

    /// A name for its files, without an ending: scope, controls, property.
    pub fn file_stem(&self) -> String {
        let controls: Vec<&str> = self.without.iter().map(|control| control.name()).collect();
        let parts = [&self.scope, &controls.join("+"), self.violates.unwrap_or_default()];
        let plain = |letter: char| match letter {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '+' | '_' => letter,
            _ => '-',
        };
        let parts = parts.into_iter().filter(|part| !part.is_empty());
        let parts: Vec<String> = parts.map(|part| part.chars().map(plain).collect()).collect();
        parts.join("--")
    }
}

/// The property with this name, if there is one.
fn property(name: &str) -> Option<&'static str> {
    ALL.iter().map(|(_, known, _)| *known).chain([PANIC]).find(|known| *known == name)
}

/// "line 7, column 3: what is wrong", on one line.
fn at_line(text: &str, error: &serde_json::Error) -> String {
    let full = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let message = full.strip_suffix(&place).unwrap_or(&full).replace('\n', " ");
    // All the names that would do are no help.
    let message = match message.split_once(", expected one of ") {
        Some((what, names)) if names.len() > 160 => what.to_owned(),
        _ => message,
    };
    if error.line() == 0 {
        return message;
    }
    let source = text.lines().nth(error.line() - 1).unwrap_or_default().trim();
    let source: String = source.chars().take(60).collect();
    format!("line {}, column {}: {message} (in `{source}`)", error.line(), error.column())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{
  "actions": [
    { "ask": 0 },
    { "deliver": { "delivery": { "ask": 0 }, "heard": true } }
  ],
  "scope": "smoke",
  "violates": "tries-bounded",
  "without": ["waits-for-account"]
}"#;

    fn refused(from: &str, to: &str) -> String {
        assert!(GOOD.contains(from), "{from}");
        let parsed = Replay::parse("a.json", &GOOD.replace(from, to));
        parsed.expect_err("refused").to_string()
    }

    #[test]
    fn a_file_says_what_happens_and_what_it_violates() {
        let replay = Replay::parse("a.json", GOOD).expect("parses");
        assert_eq!(replay.violates, Some("tries-bounded"));
        assert_eq!(replay.without, [Control::WaitsForAccount]);
        assert_eq!(replay.actions.len(), 2);
        assert!(matches!(replay.source(), Some(Source::BuiltIn(found)) if found.name == "smoke"));
        assert_eq!(replay.file_stem(), "smoke--waits-for-account--tries-bounded");
    }

    #[test]
    fn what_is_written_is_what_was_read() {
        let mut replay = Replay::parse("a.json", GOOD).expect("parses");
        for _ in 0..2 {
            let text = replay.to_json().expect("serialises");
            assert_eq!(Replay::parse("a.json", &text), Ok(replay.clone()), "{text}");
            replay.marked = true;
            replay.scope = "my own/scope".into();
            replay.scope_text = Some("name = \"x\"\n".into());
            replay.policy = Some("mine".into());
            replay.policy_text = Some("version = 1\n".into());
            replay.loop_from = Some(1);
        }
        assert!(replay.file_stem().starts_with("my-own-scope--"));
    }

    const PAIR: &str = r#"{
  "kind": "pay",
  "moves": [
    { "hidden": { "ask": 0 } },
    { "both": { "start": 0 } }
  ],
  "scope": "pair-link"
}"#;

    #[test]
    fn a_run_of_two_worlds_has_moves_and_the_kind_of_the_strangers_operation() {
        let replay = Replay::parse("a.json", PAIR).expect("parses");
        assert!(matches!(replay.source(), Some(Source::Pair(found)) if found.name == "pair-link"));
        let pair = replay.pair.as_ref().expect("two worlds");
        let (hidden, both) = (Move::Hidden(Action::Ask(0)), Move::Both(Action::Start(0)));
        assert_eq!((pair.kind.name(), pair.moves.as_slice()), ("pay", &[hidden, both][..]));
        let text = replay.to_json().expect("serialises");
        assert!(!text.contains("actions"), "{text}");
        assert_eq!(Replay::parse("a.json", &text), Ok(replay));
        for (from, to, message) in [
            ("\"pay\"", "\"sign_in\"", "kind: there is no kind of operation there `sign_in`"),
            ("  \"kind\": \"pay\",\n", "", "missing field `kind`"),
            ("\"moves\"", "\"actions\"", "unknown variant `hidden`"),
            ("\"scope\"", "\"loop_from\": 0, \"scope\"", "neither actions nor loop_from"),
        ] {
            let refused = Replay::parse("a.json", &PAIR.replace(from, to)).expect_err("refused");
            assert!(refused.to_string().contains(message), "{refused}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_the_file_and_its_place() {
        let says = [
            ("\"smoke\"", "\"smokee\"", "a.json: scope: there is no built-in scope `smokee`"),
            ("waits-for-account", "waits", "a.json: without: there is no control `waits`"),
            ("tries-bounded", "bounded", "a.json: violates: there is no property `bounded`"),
            ("\"ask\": 0 },\n", "\"aks\": 0 },\n", "line 3, column 11: unknown variant `aks` (in"),
            ("\"heard\": true", "\"heard\": 7", "line 4, column "),
            ("\"violates\"", "\"shows\"", "a.json: line 7, column 9: unknown field `shows`"),
            ("\"scope\": \"smoke\",\n", "", "missing field `scope`"),
            ("\"smoke\"", "\"pair-link\"", "a run of two worlds has moves, and neither actions"),
            ("\"scope\"", "\"kind\": \"pay\",\n\"scope\"", "kind and moves are for a pair"),
            ("0 },\n", "0 }\n", "a.json: line 4, column "),
            ("\"scope\"", "\"loop_from\": 2,\n\"scope\"", "loop_from: no action is left after 2"),
            ("\"scope\"", "\"format\": \"x/2\",\n\"scope\"", "format: `x/2` is not known"),
            (
                "[\"waits-for-account\"]",
                "[\"waits-for-account\", \"own-decision\", \"proof-spent\"]",
                "without: at most 2 controls can be off at once",
            ),
        ];
        for (from, to, message) in says {
            let refused = refused(from, to);
            assert!(refused.contains(message), "{refused}");
            assert!(refused.starts_with("a.json: ") && refused.len() < 300, "{refused}");
        }
    }
}
