//! What an operator asks of a store.

use std::sync::Arc;

use bindproof::limits::Limits;
use bindproof::wire::BindingId;
use bindproof_conformance::trace::line::Role as Recorded;
use bindproof_server::clock::{Clock, SystemClock};
use bindproof_server::config::{Config, Role};
use bindproof_server::key::Key;
use bindproof_server::operator::counted;
use bindproof_server::store::{Due, OwedRow, Store};
use bindproof_server::{journal, operator, service};
use serde::Serialize;

use crate::{Configured, Side, say, say_line};

/// Whatever it is, in one line.
fn line(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// The store that a configuration names, whatever server it is of.
async fn opened(given: &Configured) -> Result<(Config, Arc<dyn Store>), String> {
    let config = Config::read_for_store(&given.config).map_err(line)?;
    let store = service::existing_store(&config.store).await.map_err(line)?;
    Ok((config, store))
}

pub async fn verify(given: &Configured) -> Result<(), String> {
    let (config, store) = opened(given).await?;
    let rules = service::rules(&config).map_err(line)?;
    let verified = journal::verify_all(rules.terms(), &*store).await;
    let verified = verified.map_err(|(person, error)| match person {
        Some(person) => {
            let under = if error.is_of_rules() { under(&rules.limits) } else { String::new() };
            format!("the journal of {}: {error}{under}", person.as_str())
        }
        None => error.to_string(),
    })?;
    say_line(verified)
}

/// What a finding depends on that rests on what steps decide.
fn under(limits: &Limits) -> String {
    let limits = serde_json::to_string(limits).unwrap_or_default();
    format!(
        " (replayed under the limits {limits} and the policy of this configuration: of decisions \
         that were made under others it may say so although they are right)"
    )
}

/// The id of a binding, as pages and messages write it or as lists and logs do.
fn binding_of(text: &str) -> Result<BindingId, String> {
    let short = text.parse::<Key>().map(BindingId::from).ok();
    short.or_else(|| text.parse().ok()).ok_or_else(|| {
        format!(
            "--binding {text}: an id is 32 lower-case hexadecimal digits, as `bindings` lists it, \
             or those with hyphens, as a page shows it"
        )
    })
}

pub async fn show(given: &Configured, binding: &str, format: operator::Form) -> Result<(), String> {
    let (config, store) = opened(given).await?;
    let rules = service::rules(&config).map_err(line)?;
    let binding = binding_of(binding)?;
    let shown = operator::show(rules.terms(), &*store, binding, format).await.map_err(line)?;
    say(&shown)
}

pub async fn export(given: &Configured, side: Side) -> Result<(), String> {
    let (config, store) = opened(given).await?;
    let rules = service::rules(&config).map_err(line)?;
    let (role, asked) = match side {
        Side::Bank => (Recorded::Bank, operator::Side::Bank),
        Side::Wallet => (Recorded::Wallet, operator::Side::Wallet),
    };
    let found = operator::side(&*store, usize::MAX).await.map_err(line)?;
    if let Some(found) = found.filter(|found| *found != asked) {
        let (found, asked) = (found.name(), asked.name());
        return Err(format!(
            "this is the store of a {found}, and the journal of a {asked} is asked for"
        ));
    }
    let out = std::io::BufWriter::new(std::io::stdout());
    let lines = journal::export(&*store, (config.name.as_str(), role), &rules, out).await;
    let lines = lines.map_err(line)?;
    let were = if lines == 1 { "was" } else { "were" };
    eprintln!("{} {were} written.", counted(lines, "line"));
    Ok(())
}

pub async fn bindings(given: &Configured, offline: bool, json: bool) -> Result<(), String> {
    let (config, store) = opened(given).await?;
    let mut listed = operator::listed(&*store).await.map_err(line)?;
    let is_bank = listed.iter().any(|listed| listed.side == operator::Side::Bank);
    if is_bank && !offline {
        let bank = service::bank(&config).await.map_err(line)?;
        let reconciled = operator::reconcile(&bank, false).await.map_err(line)?;
        listed = reconciled.into_iter().map(|reconciled| reconciled.listed).collect();
    }
    if !json {
        return say(&operator::table(&listed, SystemClock.now_ms()));
    }
    say_json(listed)
}

pub async fn reconcile(given: &Configured, repairs: bool, json: bool) -> Result<(), String> {
    let (_, store) = opened(given).await?;
    if operator::side(&*store, usize::MAX).await.map_err(line)? == Some(operator::Side::Wallet) {
        return Err(operator::OperatorError::NotABank.to_string());
    }
    drop(store);
    let config = Config::read(&given.config, Role::Bank).map_err(line)?;
    let bank = service::bank(&config).await.map_err(line)?;
    let reconciled = operator::reconcile(&bank, repairs).await.map_err(line)?;
    let (mut differ, mut unknown) = (0, 0);
    for one in &reconciled {
        let same = one.found == operator::Found::Same;
        let known = one.found != operator::Found::NotKnown;
        differ += usize::from(known && !same);
        unknown += u64::from(!known);
        match json {
            true => say_line(serde_json::to_string(one).map_err(line)?)?,
            false if same => {}
            false => say_line(one.line())?,
        }
    }
    let open = reconciled.iter().filter(|one| one.is_open()).count();
    let all = counted(reconciled.len() as u64 - unknown, "binding");
    let are = if open == 1 { "is" } else { "are" };
    eprintln!("{all} compared; {differ} differed, {open} {are} left to be looked at.");
    if unknown > 0 {
        let unknown = counted(unknown, "binding");
        eprintln!("The wallet did not say how it stands with {unknown}.");
    }
    match open {
        0 => Ok(()),
        _ => {
            let open = counted(open as u64, "binding");
            Err(format!("{open} {are} not known to be the same on both sides"))
        }
    }
}

/// Says each as JSON, one a line.
fn say_json<T: Serialize>(all: impl IntoIterator<Item = T>) -> Result<(), String> {
    all.into_iter().try_for_each(|one| say_line(serde_json::to_string(&one).map_err(line)?))
}

pub async fn waiting(given: &Configured, json: bool) -> Result<(), String> {
    let (_, store) = opened(given).await?;
    let queues = store.queues().await.map_err(line)?;
    if json {
        return say_json(&queues);
    }
    if queues.is_empty() {
        return say_line("Nothing is owed.");
    }
    let now_ms = SystemClock.now_ms();
    for queue in queues {
        let (lane, waiting) = (queue.lane, counted(queue.waiting, "letter"));
        let (dead, oldest) = (queue.dead, operator::age(now_ms - queue.oldest_ms));
        let wait = if queue.waiting == 1 { "waits" } else { "wait" };
        let were = if dead == 1 { "was" } else { "were" };
        say_line(format_args!(
            "{lane}: {waiting} {wait}, {dead} {were} given up; the oldest is owed for {oldest}"
        ))?;
    }
    Ok(())
}

/// How many letters that were given up are listed at most.
const LISTED: i64 = 1_000;

/// A letter that was given up, for programs.
#[derive(Serialize)]
struct Given<'a> {
    letter: &'static str,
    about: String,
    person: &'a str,
    lane: &'a str,
    since_ms: i64,
    attempts: i64,
}

impl<'a> Given<'a> {
    fn of(due: &'a Due) -> Self {
        let OwedRow { key, lane, since_ms, attempts, .. } = &due.owed;
        Self {
            letter: due.owed.name(),
            about: key.to_string(),
            person: due.person.as_str(),
            lane,
            since_ms: *since_ms,
            attempts: *attempts,
        }
    }
}

pub async fn dead(given: &Configured, json: bool) -> Result<(), String> {
    let (_, store) = opened(given).await?;
    let all: i64 = store.queues().await.map_err(line)?.iter().map(|queue| queue.dead).sum();
    let dead = store.dead(LISTED).await.map_err(line)?;
    if json {
        if all > LISTED {
            eprintln!("{all} letters were given up; the first {LISTED} are listed.");
        }
        return say_json(dead.iter().map(Given::of));
    }
    for due in &dead {
        say_line(letter(due, SystemClock.now_ms()))?;
    }
    if all > LISTED {
        say_line(format_args!("The first {LISTED} are listed."))?;
    }
    let were = if all == 1 { "was" } else { "were" };
    let resume = if all == 0 { "" } else { " `outbox resume` has them sent again." };
    say_line(format_args!("{} {were} given up.{resume}", counted(all, "letter")))
}

/// A line about a letter: what it is, about what, to whom, since when, and how often it was sent.
fn letter(due: &Due, now_ms: i64) -> String {
    let OwedRow { key, lane, since_ms, attempts, .. } = &due.owed;
    let (name, person) = (due.owed.name(), due.person.as_str());
    let (since, age) = (operator::moment(*since_ms), operator::age(now_ms - since_ms));
    let times = counted(*attempts, "time");
    format!("{name} {key} of {person}, lane {lane}: since {since} UTC ({age}), sent {times}")
}

pub async fn resume(given: &Configured) -> Result<(), String> {
    let (_, store) = opened(given).await?;
    let resumed = store.resume(SystemClock.now_ms()).await.map_err(line)?;
    let are = if resumed == 1 { "is" } else { "are" };
    say_line(format_args!("{} {are} sent again.", counted(resumed, "letter")))
}
