//! Message vectors: whole runs, as each server would have them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bindproof::PROTOCOL;
use bindproof::journal::{Decided, Event};
use bindproof::policy::Policy;
use bindproof_models::action::Action;
use bindproof_models::capacity::{Job, in_capacity};
use bindproof_models::model::{Protocol, Without};
use bindproof_models::mutants;
use bindproof_models::properties::ALL;
use bindproof_models::replay::Replay;
use bindproof_models::scope::{Scope, ScopeError};
use bindproof_models::scopes::find as built_in;
use bindproof_models::story::sentence;
use serde_json::{Value, json};
use stateright::Model;

use super::answer::answer;
use super::find::{Found, Run};
use super::steps::{flag, requirements};
use super::targets::SCOPES;
use super::{File, MESSAGES, notes, text};
use crate::record::{Of, Recorder, Told, decide};
use crate::requirements as ids;

/// When runs begin, in milliseconds since 1970.
const START_MS: i64 = 1_700_000_000_000;

/// What a vector is called and what it is there for.
struct About {
    id: String,
    about: String,
    requirements: Vec<String>,
    flags: Vec<&'static str>,
}

/// The files of message vectors: of decisions, of behaviours, of guards, and of the attacks kept in
/// `replays`.
///
/// # Errors
/// If a built-in scope does not parse or fits no compiled capacity.
pub fn files(found: &Found, replays: &Path) -> Result<Vec<File>, ScopeError> {
    Ok(vec![decisions(found)?, behaviours(found)?, guards(found)?, attacks(replays)?])
}

fn scope(name: &str) -> Result<Scope, ScopeError> {
    let built_in = built_in(name)?;
    Scope::parse(built_in.file, built_in.text)
}

fn decisions(found: &Found) -> Result<File, ScopeError> {
    let mut vectors = Vec::new();
    for ((machine, decided), run) in &found.decisions {
        let how = match decided {
            Decided::Applied(_) => "applied",
            Decided::Replayed(_) => "repeated",
            Decided::Refused(_) => "refused",
        };
        let what = match decided {
            Decided::Applied(rule) | Decided::Replayed(rule) => rule.name(),
            Decided::Refused(refusal) => refusal.name(),
        };
        let about = About {
            id: format!("{machine}-{how}-{what}"),
            about: format!("The shortest run to where the {machine} decides: {decided}."),
            requirements: requirements(*decided),
            flags: vec![flag(*decided)],
        };
        vectors.extend(vector(run, about)?);
    }
    Ok(file("decisions", vectors))
}

fn behaviours(found: &Found) -> Result<File, ScopeError> {
    let mut vectors = Vec::new();
    for (behaviour, run) in &found.behaviours {
        let name = behaviour.0;
        let last = SCOPES[run.scope].0;
        let about = About {
            id: format!("behaviour-{name}"),
            about: format!("The shortest run to where this happens, in the scope {last}."),
            requirements: behaviour.requirements(),
            flags: vec![name],
        };
        vectors.extend(vector(run, about)?);
    }
    Ok(file("behaviours", vectors))
}

fn guards(found: &Found) -> Result<File, ScopeError> {
    let mut vectors = Vec::new();
    for (guard, run) in &found.guards {
        let decided = vector(
            run,
            About {
                id: format!("guard-{guard}"),
                about: "The shortest run to a step that would be another without this guard."
                    .into(),
                requirements: Vec::new(),
                flags: vec![guard],
            },
        )?;
        vectors.extend(decided.map(|(flags, vector)| (flags, with_requirements(vector))));
    }
    Ok(file("guards", vectors))
}

/// A vector with the requirements that its last step rests on.
fn with_requirements(mut vector: Value) -> Value {
    let lines = vector["steps"].as_array().into_iter().flatten().next_back();
    let lines = lines.and_then(|step| step["lines"].as_array()).into_iter().flatten();
    let decided = lines.filter_map(|line| {
        serde_json::from_value::<Decided>(line["entry"]["decided"].clone()).ok()
    });
    let mut all: Vec<String> = decided.flat_map(requirements).collect();
    all.sort();
    all.dedup();
    vector["requirements"] = json!(all);
    vector
}

/// A file of vectors, with notes to their flags.
fn file(name: &str, vectors: Vec<(Vec<&'static str>, Value)>) -> File {
    let flags: BTreeSet<&'static str> =
        vectors.iter().flat_map(|(flags, _)| flags.clone()).collect();
    let vectors: Vec<Value> = vectors.into_iter().map(|(_, vector)| vector).collect();
    let about = [
        ("format", json!(MESSAGES)),
        ("protocol", json!(PROTOCOL)),
        ("count", json!(vectors.len())),
        ("notes", notes(flags)),
    ];
    File { name: format!("messages/{name}.json"), text: text(&about, &vectors) }
}

fn vector(run: &Run, about: About) -> Result<Option<(Vec<&'static str>, Value)>, ScopeError> {
    let name = SCOPES[run.scope].0;
    let scope = scope(name)?;
    let flags = about.flags.clone();
    let carried = in_capacity(name, &scope, Carried { actions: &run.actions, about })?;
    Ok(carried.map(|vector| (flags, vector)))
}

/// A run that is written down.
struct Carried<'a> {
    actions: &'a [Action],
    about: About,
}

impl Job for Carried<'_> {
    /// The vector; none if servers cannot have this run.
    type Output = Option<Value>;

    fn run<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        self,
        scope: &Scope,
    ) -> Option<Value> {
        let nothing_off = Without::default();
        let model = Protocol::<B, O, A, D, S>::new(scope.clone(), Policy::DEFAULT, nothing_off);
        let decide = decide(model.terms());
        let mut recorder = Recorder::new(&model, &decide, 0, START_MS);
        for action in self.actions {
            if !recorder.can(*action) {
                return None;
            }
            recorder.act(*action);
        }
        Some(written(&model, &recorder, self.about))
    }
}

/// Whether servers can have this run.
pub fn can_have<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    actions: &[Action],
) -> bool {
    let decide = decide(model.terms());
    let mut recorder = Recorder::new(model, &decide, 0, START_MS);
    actions.iter().all(|action| {
        let can = recorder.can(*action);
        if can {
            recorder.act(*action);
        }
        can
    })
}

/// The vector of a run.
fn written<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    recorder: &Recorder<'_, B, O, A, D, S>,
    about: About,
) -> Value {
    let servers: BTreeSet<Of> = recorder.told().iter().map(|told| told.server).collect();
    let headers: BTreeMap<&str, Value> = servers
        .iter()
        .map(|of| recorder.header(*of))
        .map(|header| (header.server.as_str(), json!(header)))
        .collect();
    let steps: Vec<Value> = recorder
        .told()
        .iter()
        .map(|told| step(model, told, &recorder.header(told.server).server))
        .collect();
    json!({
        "id": about.id,
        "about": about.about,
        "requirements": about.requirements,
        "flags": about.flags,
        "scope": model.scope.name,
        "servers": headers,
        "steps": steps,
    })
}

fn step<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    told: &Told,
    server: &str,
) -> Value {
    let what = told.action.map_or_else(
        || "what was there before anything happens".to_owned(),
        |action| sentence(&model.scope, action),
    );
    let first = told.lines.first().zip(told.stepped.first());
    let account = first.and_then(|(line, _)| match line.entry?.event {
        Event::Link { account, .. } => account,
        _ => None,
    });
    let answer = first.and_then(|(line, stepped)| answer(line, stepped, account));
    let mut step = json!({ "what": what, "at": server, "lines": told.lines });
    if let Some(answer) = answer {
        step["answer"] = answer;
    }
    step
}

/// The attacks kept in a folder, each carried out against servers that lack nothing, up to where
/// one that lacks the guard would do something else. Those in two worlds side by side are none of
/// one run.
fn attacks(folder: &Path) -> Result<File, ScopeError> {
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .map(|files| files.filter_map(|file| Some(file.ok()?.path())).collect())
        .unwrap_or_default();
    paths.sort();
    let mut vectors = Vec::new();
    for path in paths {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let malformed = |message| ScopeError::Malformed { file: name.clone(), message };
        let replay = Replay::parse(&name, &text).map_err(|error| malformed(error.to_string()))?;
        if replay.pair.is_some() {
            continue;
        }
        let scope = scope(&replay.scope)?;
        let flags: Vec<&'static str> =
            replay.without.iter().map(|control| control.name()).collect();
        let violated = replay.violates.unwrap_or_default();
        let number =
            ALL.iter().find(|(_, known, _)| *known == violated).map(|(number, ..)| *number);
        // What has no number is the safety side of three that have one.
        let number =
            number.filter(|number| *number > 0).map_or(147, |number| 100 + u16::from(number));
        let mutant = mutants::all().find(|mutant| {
            mutant.controls.iter().map(|c| c.name()).eq(flags.iter().copied())
                && mutant.property == violated
        });
        let effect = mutant.map_or("", |mutant| mutant.about);
        let about = About {
            id: name.clone(),
            about: format!("Without the guard: {effect} Here it is there."),
            requirements: vec![ids::id(number)],
            flags: flags.clone(),
        };
        let withstood = Withstood { replay: &replay, about };
        if let Some(vector) = in_capacity(&replay.scope, &scope, withstood)? {
            vectors.push((flags, vector));
        }
    }
    Ok(file("attacks", vectors))
}

struct Withstood<'a> {
    replay: &'a Replay,
    about: About,
}

impl Job for Withstood<'_> {
    /// The vector; none if servers cannot have this run up to where the guard matters.
    type Output = Option<Value>;

    fn run<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        self,
        scope: &Scope,
    ) -> Option<Value> {
        let model =
            |without| Protocol::<B, O, A, D, S>::new(scope.clone(), Policy::DEFAULT, without);
        let own = model(Without::default());
        let lacking = model(Without::these(&self.replay.without));
        let decide = decide(own.terms());
        let mut recorder = Recorder::new(&own, &decide, 0, START_MS);
        for action in &self.replay.actions {
            let mut possible = Vec::new();
            own.actions(&recorder.world, &mut possible);
            if !possible.contains(action) || !recorder.can(*action) {
                return None;
            }
            let as_it_should = own.fire_with_records(&recorder.world, *action);
            let as_it_would = lacking.fire_with_records(&recorder.world, *action);
            recorder.act(*action);
            if as_it_should != as_it_would {
                return Some(written(&own, &recorder, self.about));
            }
        }
        None
    }
}
