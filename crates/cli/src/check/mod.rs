//! `bindproof check`.

mod closing;
pub mod json;
mod kept;
pub mod story;
mod summary;
mod text;

use std::path::PathBuf;

use bindproof::control::Control;
use bindproof::policy::Policy;
use bindproof_checker::Coverage;
use bindproof_models::check::Options;
use bindproof_models::check::cover::UNREACHED;
use bindproof_models::report::{Report, Verdict};

use crate::arguments::{CheckArguments, CheckFormat};
use crate::failure::{FINE, Failure, UNDECIDED, VIOLATED};
use crate::input;
use crate::output::Output;
use crate::progress::Progress;
use crate::save::Folder;
use crate::subject::Subject;
use crate::{names, stop, work};

/// What is to be checked, and how.
pub struct Plan {
    /// The scopes and pairs of worlds, in their order.
    pub scopes: Vec<Subject>,
    /// How many default scopes were left out because they do not ask for `property`.
    pub left_out: usize,
    /// The policy's name, and the policy.
    pub policy: (String, Policy),
    /// Threads in all: as many scopes at once, and if there are fewer, several a scope.
    pub threads: usize,
    /// Only this property.
    pub property: Option<&'static str>,
    /// The controls to switch off.
    pub without: Vec<Control>,
    /// At most this many states a scope.
    pub most: u64,
    /// Search one state of each orbit.
    pub symmetry: bool,
    /// Decide only what needs no graph.
    pub safety: bool,
    /// Every default scope is checked for everything, as the protocol is.
    pub whole: bool,
}

impl Plan {
    fn new(arguments: &CheckArguments) -> Result<Self, Failure> {
        let property = arguments.property.as_deref().map(names::property).transpose()?;
        let without = input::controls(&arguments.without)?;
        let policy = input::policy(arguments.policy.as_deref())?;
        let named = !arguments.scopes.is_empty();
        let mut scopes = if named {
            arguments
                .scopes
                .iter()
                .map(|name| Subject::named(name))
                .collect::<Result<Vec<_>, _>>()?
        } else {
            Subject::default()?
        };
        once_each(&mut scopes)?;
        if named {
            scopes.iter().try_for_each(|subject| subject.fits(&without))?;
        } else {
            // What nobody named is no reason to check nothing.
            scopes.retain(|subject| match subject.fits(&without) {
                Ok(()) => true,
                Err(why) => {
                    eprintln!("bindproof: left out: {why}");
                    false
                }
            });
        }
        for (asked, flag) in [(arguments.symmetry, "symmetry"), (arguments.safety, "safety")] {
            let pairs = scopes.iter().filter(|subject| matches!(subject, Subject::Pair(..)));
            let pairs: Vec<&str> = pairs.map(Subject::name).collect();
            if asked && !pairs.is_empty() {
                let pairs = pairs.join(", ");
                eprintln!("bindproof: --{flag} changes nothing for pairs of worlds: {pairs}");
            }
        }
        let before = scopes.len();
        if let Some(property) = property {
            if !scopes.iter().any(|subject| subject.asks(property)) {
                let asking = Subject::default()?;
                let asking = asking.iter().filter(|subject| subject.asks(property));
                let asking: Vec<&str> = asking.map(Subject::name).collect();
                let text = format!("{property} is not asked there, but in {}", asking.join(", "));
                return Err(Failure::Usage(text));
            }
            if !named {
                scopes.retain(|subject| subject.asks(property));
            }
        }
        Ok(Self {
            left_out: before - scopes.len(),
            threads: work::threads(arguments.threads),
            most: arguments.max_states.into(),
            symmetry: arguments.symmetry,
            safety: arguments.safety,
            whole: !named
                && !arguments.safety
                && property.is_none()
                && without.is_empty()
                && policy.1 == Policy::DEFAULT,
            scopes,
            policy,
            property,
            without,
        })
    }

    /// How many scopes are checked at once in fact.
    pub fn at_once(&self) -> usize {
        self.threads.min(self.scopes.len()).max(1)
    }

    /// On how many threads each scope is searched.
    pub fn threads_each(&self) -> usize {
        (self.threads / self.at_once()).max(1)
    }

    /// The names of the controls to switch off, if there are any.
    pub fn switched_off(&self) -> Option<String> {
        let names: Vec<&str> = self.without.iter().map(|control| control.name()).collect();
        (!names.is_empty()).then(|| names.join(" and "))
    }

    fn check(&self, subject: &Subject, progress: &Progress) -> Result<Report, Failure> {
        let line = progress.line(subject.name());
        let options = Options {
            without: &self.without,
            property: self.property,
            most: self.most,
            threads: self.threads_each(),
            symmetry: self.symmetry,
            safety: self.safety,
            progress: &|moment| line.show(moment),
            ..Options::under((&self.policy.0, &self.policy.1))
        };
        Ok(subject.check(&options)?)
    }
}

/// Leaves out what is named a second time. Two scopes of one name could not be told apart in what
/// is printed and kept.
///
/// # Errors
/// Wrong usage, if there are two.
fn once_each(scopes: &mut Vec<Subject>) -> Result<(), Failure> {
    let mut known: Vec<(String, String)> = Vec::new();
    let mut two = None;
    scopes.retain(|subject| {
        let (name, file) = (subject.name().to_owned(), subject.file().to_owned());
        let Some((_, first)) = known.iter().find(|(other, _)| *other == name) else {
            known.push((name, file));
            return true;
        };
        if *first != file {
            two = Some(format!("two scopes are called {name}: {first} and {file}"));
        }
        false
    });
    two.map_or(Ok(()), |two| Err(Failure::Usage(two)))
}

/// Checks the scopes and prints what was found.
///
/// # Errors
/// If what is asked for is not there or malformed, or the results cannot be written.
pub fn run(arguments: &CheckArguments, out: &mut Output) -> Result<u8, Failure> {
    let plan = Plan::new(arguments)?;
    let folder = |path: &PathBuf| Folder::open(path, arguments.policy.as_deref());
    let folder = arguments.save.as_ref().map(folder).transpose()?;
    let (json, mut reports) = (arguments.format == CheckFormat::Json, Vec::new());
    stop::on_interrupt();
    if !json {
        text::beginning(&plan, out)?;
    }
    let progress = Progress::new(arguments.progress);
    let job = |subject: &Subject| (subject.about().to_owned(), plan.check(subject, &progress));
    work::in_order(&plan.scopes, plan.threads, job, |(about, report)| {
        let report = report?;
        progress.aside(|| {
            if json { json::line(&report, out) } else { text::scope(&report, &about, out) }
        })?;
        if out.closed() {
            stop::stop();
        }
        reports.push(report);
        Ok(())
    })?;
    let uncovered = uncovered(&plan, &reports);
    if json {
        json::summary(&plan, &reports, &uncovered, out)?;
    } else {
        text::end(&plan, &reports, &uncovered, out)?;
    }
    match folder {
        Some(folder) => kept::keep(&plan, &reports, folder, json, out)?,
        None if !json => kept::hint(&reports, out)?,
        None => {}
    }
    Ok(exit_code(&reports, &uncovered))
}

/// What no scope brings about although nothing explains why, if everything was looked at.
fn uncovered(plan: &Plan, reports: &[Report]) -> Vec<String> {
    if !plan.whole {
        return Vec::new();
    }
    let mut coverage = Coverage::new();
    reports.iter().for_each(|report| coverage.merge(&report.coverage));
    coverage.doubts(UNREACHED).iter().map(ToString::to_string).collect()
}

/// Violated beats whatever is not complete, and only what is complete is fine.
fn exit_code(reports: &[Report], uncovered: &[String]) -> u8 {
    if reports.iter().any(|report| report.verdict == Verdict::Violated) {
        VIOLATED
    } else if reports.is_empty()
        || !uncovered.is_empty()
        || reports.iter().any(|report| report.verdict != Verdict::Exhausted)
    {
        UNDECIDED
    } else {
        FINE
    }
}
