//! `bindproof mutants`.

mod json;
mod markdown;
mod text;

use std::path::PathBuf;

use bindproof::policy::Policy;
use bindproof_models::check::Options;
use bindproof_models::mutants::{self as model, Mutant, MutantReport, all};
use bindproof_models::properties::ALL;
use bindproof_models::report::{PropertyReport, PropertyVerdict, Report, Verdict};

use crate::arguments::{MutantsArguments, MutantsFormat, ProgressFormat};
use crate::distance;
use crate::failure::{FINE, Failure, UNDECIDED, VIOLATED};
use crate::input;
use crate::output::Output;
use crate::progress::Progress;
use crate::save::Folder;
use crate::subject::Subject;
use crate::{stop, work};

/// What became of a mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The property that guards the control noticed.
    Killed,
    /// It did not.
    Survived,
    /// The search was cut before it could be said, or the run that shows it does not do so again.
    Undecided,
}

impl Fate {
    /// Of the mutant in this report.
    pub const fn of(report: &MutantReport) -> Self {
        if report.killed {
            Self::Killed
        } else if report.truncated || report.run.is_some() {
            Self::Undecided
        } else {
            Self::Survived
        }
    }

    /// The word in tables and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Killed => "killed",
            Self::Survived => "survived",
            Self::Undecided => "undecided",
        }
    }
}

/// What was asked, and what was found.
pub struct Matrix {
    /// Every mutant was asked for.
    pub complete: bool,
    /// The mutants, in their order.
    pub reports: Vec<MutantReport>,
}

impl Matrix {
    /// Each property with how many mutants it kills.
    pub fn kills(&self) -> impl Iterator<Item = (&'static str, usize)> {
        ALL.iter().map(|(_, name, _)| {
            let kills = |report: &&MutantReport| report.killed_by.iter().any(|(by, _)| by == name);
            (*name, self.reports.iter().filter(kills).count())
        })
    }

    /// Whether it is known which properties kill nothing: only if every mutant was looked at to the
    /// end.
    pub fn knows_idle(&self) -> bool {
        self.complete && self.count(Fate::Undecided) == 0
    }

    /// The properties that kill nothing: they may be true of anything.
    pub fn idle(&self) -> Vec<&'static str> {
        let knows = self.knows_idle();
        let idle = self.kills().filter(|(_, kills)| knows && *kills == 0);
        idle.map(|(name, _)| name).collect()
    }

    /// How many mutants met this fate.
    pub fn count(&self, fate: Fate) -> usize {
        self.reports.iter().filter(|report| Fate::of(report) == fate).count()
    }

    fn exit_code(&self) -> u8 {
        if self.count(Fate::Survived) > 0 {
            VIOLATED
        } else if self.reports.is_empty() || self.count(Fate::Undecided) > 0 {
            UNDECIDED
        } else if self.idle().is_empty() {
            FINE
        } else {
            VIOLATED
        }
    }
}

/// The length of the expected property's shortest run, in steps.
pub fn shortest(report: &MutantReport) -> Option<usize> {
    report.killed_by.iter().find(|(name, _)| *name == report.expected).map(|(_, steps)| *steps)
}

/// Switches controls off and prints who noticed.
///
/// # Errors
/// If a name or the policy is wrong, or the results cannot be written.
pub fn run(arguments: &MutantsArguments, out: &mut Output) -> Result<u8, Failure> {
    let chosen = chosen(&arguments.names)?;
    let (policy, rules) = input::policy(arguments.policy.as_deref())?;
    let threads = work::threads(arguments.threads);
    let folder = |path: &PathBuf| Folder::open(path, arguments.policy.as_deref());
    let folder = arguments.save.as_ref().map(folder).transpose()?;
    let progress = Progress::new(ProgressFormat::Text);
    stop::on_interrupt();
    let baseline = baseline(&chosen, (&policy, &rules), threads, &progress)?;
    if stop::stopped() {
        let why = "cut short by interrupt, before any mutant was looked at: nothing is claimed";
        return none(arguments.format, (UNDECIDED, why), out);
    }
    let worst = baseline.iter().map(|report| report.verdict).reduce(Verdict::and);
    let worst = baseline.iter().find(|report| Some(report.verdict) == worst);
    if let Some(report) = worst.filter(|report| report.verdict != Verdict::Exhausted) {
        let code = if report.verdict == Verdict::Violated { VIOLATED } else { UNDECIDED };
        return none(arguments.format, (code, &unsound(report)), out);
    }
    if arguments.format == MutantsFormat::Text {
        text::beginning(&baseline, &policy, out)?;
    }
    let mut reports = Vec::new();
    let job = |mutant: &&Mutant| {
        let line = progress.line(&mutant.name());
        let options =
            Options { progress: &|moment| line.show(moment), ..Options::under((&policy, &rules)) };
        model::run(mutant, &options)
    };
    work::in_order(&chosen, threads, job, |report| {
        let report = report?;
        if arguments.format == MutantsFormat::Json {
            progress.aside(|| json::line(&report, out))?;
        }
        if out.closed() {
            stop::stop();
        }
        reports.push(report);
        Ok(())
    })?;
    let matrix = Matrix { complete: arguments.names.is_empty(), reports };
    match arguments.format {
        MutantsFormat::Text => text::end(&matrix, out)?,
        MutantsFormat::Markdown => out.write(&markdown::page(&matrix))?,
        MutantsFormat::Json => {
            json::summary(&matrix, (matrix.exit_code(), text::closing(&matrix).1), out)?;
        }
    }
    if let Some(folder) = folder {
        keep(&chosen, &matrix, (&policy, &rules), folder, |line| match arguments.format {
            MutantsFormat::Text => out.line(&format!("\n{line}")),
            // Stdout is for the page or the objects alone.
            _ => {
                eprintln!("{line}");
                Ok(())
            }
        })?;
    }
    Ok(matrix.exit_code())
}

/// Says that nothing is known of any mutant, and why. Answers with the exit code.
fn none(format: MutantsFormat, (code, why): (u8, &str), out: &mut Output) -> Result<u8, Failure> {
    if format == MutantsFormat::Json {
        let nothing = Matrix { complete: false, reports: Vec::new() };
        json::summary(&nothing, (code, why.to_owned()), out)?;
    }
    eprintln!("bindproof: {why}");
    Ok(code)
}

/// Keeps the shortest attack on each mutant.
fn keep(
    chosen: &[&Mutant],
    matrix: &Matrix,
    policy: (&str, &Policy),
    mut folder: Folder,
    mut tell: impl FnMut(&str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    for (mutant, report) in chosen.iter().zip(&matrix.reports) {
        let Some(run) = &report.run else { continue };
        let subject = Subject::named(mutant.scope)?;
        folder.keep(&subject, policy, mutant.controls, mutant.property, run)?;
    }
    if let Some(line) = folder.told() {
        tell(&line)?;
    }
    folder.end()
}

/// The mutants of these controls, or all; in their own order.
fn chosen(names: &[String]) -> Result<Vec<&'static Mutant>, Failure> {
    let is = |mutant: &Mutant, name: &str| {
        mutant.name() == name || mutant.controls.iter().any(|control| control.name() == name)
    };
    for name in names {
        if !all().any(|mutant| is(mutant, name)) {
            let known: Vec<String> = all().map(Mutant::name).collect();
            let known = known.iter().map(String::as_str);
            return Err(Failure::Usage(distance::unknown("mutant", name, known)));
        }
    }
    let wanted = |mutant: &&Mutant| names.is_empty() || names.iter().any(|name| is(mutant, name));
    Ok(all().filter(wanted).collect())
}

/// Checks every scope that is used with every control on. What is noticed in a scope that is not
/// sound to begin with says nothing about a control.
fn baseline(
    chosen: &[&Mutant],
    policy: (&str, &Policy),
    threads: usize,
    progress: &Progress,
) -> Result<Vec<Report>, Failure> {
    let mut scopes: Vec<&str> = Vec::new();
    for mutant in chosen {
        if !scopes.contains(&mutant.scope) {
            scopes.push(mutant.scope);
        }
    }
    let scopes = scopes.into_iter().map(Subject::named).collect::<Result<Vec<_>, _>>()?;
    let job = |subject: &Subject| {
        let line = progress.line(&format!("{} (every control on)", subject.name()));
        let options = Options { progress: &|moment| line.show(moment), ..Options::under(policy) };
        subject.check(&options)
    };
    let mut reports = Vec::new();
    work::in_order(&scopes, threads, job, |report| {
        reports.push(report?);
        Ok(())
    })?;
    Ok(reports)
}

/// Why a scope is no base for mutants.
fn unsound(report: &Report) -> String {
    let said = |verdict: PropertyVerdict| {
        let is = |property: &&PropertyReport| property.verdict == verdict;
        let names: Vec<&str> = report.properties.iter().filter(is).map(|p| p.name).collect();
        (!names.is_empty()).then(|| format!("{}: {}", verdict.name(), names.join(", ")))
    };
    let why = [
        report.cut_by.as_ref().map(|cut_by| format!("cut short by {cut_by}")),
        said(PropertyVerdict::Violated),
        said(PropertyVerdict::Unreached),
        said(PropertyVerdict::Undecided),
        report.pinned_differs.clone(),
    ];
    format!(
        "scope {} is no base for mutants; with every control on: {}",
        report.scope,
        why.into_iter().flatten().collect::<Vec<_>>().join("; ")
    )
}
