//! Why something is not there: files of `[[reason]]` tables, each with what is `missing`, of which
//! `ids`, and the `reason`. A MUST that lacks something without a reason is a fault, as is a reason
//! for what is there.

use std::collections::BTreeMap;

use crate::requirements::spec::{Level, Specification};

/// The reasons of one file.
#[derive(Debug, Default)]
pub struct Reasons {
    /// What may be missing.
    kinds: &'static [&'static str],
    /// By requirement and what it lacks.
    of: BTreeMap<(String, String), String>,
    faults: Vec<String>,
}

impl Reasons {
    /// Reads a file in which these may be missing.
    ///
    /// # Panics
    /// If it is no TOML.
    pub fn parse(text: &str, kinds: &'static [&'static str]) -> Self {
        let table: toml::Table = text.parse().unwrap_or_else(|why| panic!("reasons: {why}"));
        let mut reasons = Self { kinds, ..Self::default() };
        for name in table.keys().filter(|name| *name != "reason") {
            reasons.faults.push(format!("{name:?} means nothing"));
        }
        let entries = table.get("reason").and_then(toml::Value::as_array);
        for entry in entries.into_iter().flatten() {
            reasons.take(entry);
        }
        reasons
    }

    fn take(&mut self, entry: &toml::Value) {
        let list = |name: &str| {
            let values = entry.get(name).and_then(toml::Value::as_array).into_iter().flatten();
            values.filter_map(toml::Value::as_str).map(str::to_owned).collect::<Vec<_>>()
        };
        let reason = entry.get("reason").and_then(toml::Value::as_str).unwrap_or_default().trim();
        let (missing, ids) = (list("missing"), list("ids"));
        if missing.is_empty() || ids.is_empty() || reason.is_empty() {
            let of = ids.join(", ");
            self.faults.push(format!("{of}: a reason, its ids or what is missing is empty"));
        }
        for kind in &missing {
            if !self.kinds.contains(&kind.as_str()) {
                self.faults.push(format!("{kind:?} is nothing that can be missing"));
            }
            for id in &ids {
                let before = self.of.insert((id.clone(), kind.clone()), reason.to_owned());
                if before.is_some() {
                    self.faults.push(format!("there are two reasons why {id} has no {kind}"));
                }
            }
        }
    }

    /// Everything that is wrong, one sentence each; `has` says whether a requirement has something.
    pub fn faults(
        &self,
        specification: &Specification,
        has: impl Fn(&str, &str) -> bool,
    ) -> Vec<String> {
        let mut faults = self.faults.clone();
        for (id, _) in self.of.keys() {
            if !specification.knows(id) {
                faults.push(format!("{id} is unknown"));
            }
        }
        for requirement in &specification.requirements {
            let id = requirement.id.as_str();
            for kind in self.kinds {
                let given = self.of.contains_key(&(id.to_owned(), (*kind).to_owned()));
                let must = requirement.level == Some(Level::Must);
                match (has(id, kind), given) {
                    (true, true) => faults.push(format!("{id} has a {kind} and needs no reason")),
                    (false, false) if must => {
                        let text = &requirement.text;
                        faults.push(format!("{id} has no {kind}, and no reason why: {text}"));
                    }
                    _ => {}
                }
            }
        }
        faults
    }

    /// Why a requirement lacks what it lacks, as a cell of a table; empty if it lacks nothing.
    pub fn cell(&self, id: &str) -> String {
        let mut said: Vec<(&str, Vec<&str>)> = Vec::new();
        for kind in self.kinds {
            let Some(reason) = self.of.get(&(id.to_owned(), (*kind).to_owned())) else { continue };
            match said.iter_mut().find(|known| known.0 == reason.as_str()) {
                Some((_, kinds)) => kinds.push(kind),
                None => said.push((reason, vec![kind])),
            }
        }
        let words = |(reason, kinds): (&str, Vec<&str>)| {
            let reason = reason.replace('|', "\\|");
            format!("no {}: {reason}", kinds.join(", no "))
        };
        said.into_iter().map(words).collect::<Vec<_>>().join("<br>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requirements::spec::parse;

    const SPEC: &str = "- [BIND-001] A bank MUST ask.\n- [BIND-002] It SHOULD be quick.\n";

    /// The faults of a file about a specification of which nothing has an `x` and all a `y`.
    fn faults(text: &str) -> Vec<String> {
        Reasons::parse(text, &["x", "y"]).faults(&parse(SPEC), |_, kind| kind == "y")
    }

    fn entry(missing: &str, id: &str, reason: &str) -> String {
        format!("[[reason]]\nmissing = [{missing}]\nids = [\"{id}\"]\nreason = \"{reason}\"\n")
    }

    /// There is one fault, and it says this.
    fn only(faults: &[String], says: &str) {
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].contains(says), "{faults:?}");
    }

    #[test]
    fn a_must_that_lacks_something_has_a_reason_or_is_a_fault() {
        only(&faults(""), "BIND-001 has no x, and no reason why: A bank MUST ask.");
        assert_eq!(faults(&entry("\"x\"", "BIND-001", "why")), Vec::<String>::new());
    }

    #[test]
    fn a_reason_that_is_not_needed_not_known_empty_or_given_twice_is_a_fault() {
        let good = entry("\"x\"", "BIND-001", "why");
        let with = |more: &str| faults(&format!("{good}{more}"));
        only(&with(&entry("\"y\"", "BIND-001", "why")), "BIND-001 has a y and needs no reason");
        only(&with(&entry("\"x\"", "BIND-009", "why")), "BIND-009 is unknown");
        only(&with(&entry("\"x\"", "BIND-001", "why")), "two reasons why BIND-001 has no x");
        only(&with(&entry("\"z\"", "BIND-002", "why")), "\"z\" is nothing that can be missing");
        only(&with(&entry("", "BIND-002", "why")), "BIND-002: a reason, its ids or what");
        only(&faults(&entry("\"x\"", "BIND-001", " ")), "BIND-001: a reason, its ids or what");
        only(&with("[[excuse]]\n"), "\"excuse\" means nothing");
    }

    #[test]
    fn one_reason_for_two_things_is_said_once() {
        let both = Reasons::parse(&entry("\"x\", \"y\"", "BIND-001", "a|b"), &["x", "y"]);
        assert_eq!(both.cell("BIND-001"), "no x, no y: a\\|b");
        let text = entry("\"x\"", "BIND-001", "a") + &entry("\"y\"", "BIND-001", "b");
        let apart = Reasons::parse(&text, &["x", "y"]);
        assert_eq!(apart.cell("BIND-001"), "no x: a<br>no y: b");
        assert_eq!(apart.cell("BIND-002"), "");
    }
}
