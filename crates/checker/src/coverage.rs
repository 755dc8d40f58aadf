//! What was exercised: every action, rule, refusal, message; hit, or explained.

use std::collections::BTreeMap;

use stateright::Model;

use crate::firing::Step;
use crate::verdict::Doubt;

/// Tells which things of a family one step exercised, by number.
type Hits<'m, M, T> = Box<dyn Fn(&M, &Step<'_, M, T>, &mut dyn FnMut(usize)) + Sync + 'm>;

/// A family of things that a check is to exercise.
pub struct Family<'m, M: Model, T> {
    pub(crate) name: String,
    pub(crate) names: Vec<String>,
    pub(crate) hits: Hits<'m, M, T>,
}

impl<'m, M: Model, T> Family<'m, M, T> {
    /// The family `name` of the things called `names`; `hits` tells which of them one step
    /// exercised, by their place in `names`.
    pub fn new(
        name: impl Into<String>,
        names: Vec<String>,
        hits: impl Fn(&M, &Step<'_, M, T>, &mut dyn FnMut(usize)) + Sync + 'm,
    ) -> Self {
        Self { name: name.into(), names, hits: Box::new(hits) }
    }
}

/// How often each thing of each family was exercised, in one check or several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Whether everything was looked at. What a check that was cut short did not see, it may only
    /// not have seen yet.
    pub complete: bool,
    families: BTreeMap<String, BTreeMap<String, u64>>,
}

impl Coverage {
    /// Nothing yet, in nothing that was cut short.
    pub const fn new() -> Self {
        Self { complete: true, families: BTreeMap::new() }
    }

    /// Knows of a family, though nothing may be in it.
    pub(crate) fn open(&mut self, family: &str) {
        self.families.entry(family.to_owned()).or_default();
    }

    pub(crate) fn add(&mut self, family: &str, thing: &str, count: u64) {
        let things = self.families.entry(family.to_owned()).or_default();
        *things.entry(thing.to_owned()).or_default() += count;
    }

    /// Adds what another check exercised.
    pub fn merge(&mut self, other: &Self) {
        self.complete &= other.complete;
        for (family, things) in &other.families {
            self.open(family);
            for (thing, count) in things {
                self.add(family, thing, *count);
            }
        }
    }

    /// The families, each with its things and how often each was exercised.
    pub fn families(&self) -> impl Iterator<Item = (&str, &BTreeMap<String, u64>)> {
        self.families.iter().map(|(name, things)| (name.as_str(), things))
    }

    /// How often a thing was exercised.
    pub fn count(&self, family: &str, thing: &str) -> u64 {
        self.families.get(family).and_then(|things| things.get(thing)).copied().unwrap_or(0)
    }

    /// What is wrong: things that were never exercised and that nothing in `explained` (family,
    /// thing, reason) explains; explanations of what was exercised after all, or of what is not
    /// there; a family without anything in it; and that not everything was looked at.
    pub fn doubts(&self, explained: &[(&str, &str, &str)]) -> Vec<Doubt> {
        let mut doubts = Vec::new();
        if !self.complete {
            doubts.push("coverage of a search that was cut short is not known".to_owned());
        }
        if self.families.is_empty() {
            doubts.push("no family is covered".to_owned());
        }
        for (family, things) in &self.families {
            if things.is_empty() {
                doubts.push(format!("family {family} has nothing in it"));
            }
            for (thing, count) in things {
                let reason = explained.iter().find(|(f, t, _)| f == family && t == thing);
                match (count, reason) {
                    (0, None) => doubts.push(format!("{family} {thing} never happens")),
                    (1.., Some((_, _, reason))) => doubts.push(format!(
                        "{family} {thing} happens, though it is said not to: {reason}"
                    )),
                    _ => {}
                }
            }
        }
        for (family, thing, _) in explained {
            if !self.families.get(*family).is_some_and(|things| things.contains_key(*thing)) {
                doubts.push(format!("{family} {thing} is explained and not known"));
            }
        }
        doubts.into_iter().map(Doubt::Coverage).collect()
    }
}
