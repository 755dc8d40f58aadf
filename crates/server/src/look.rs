//! What an operator asks of a store.

use std::sync::Arc;

use bindproof::limits::Limits;
use bindproof::wire::BindingId;
use bindproof_conformance::trace::line::Role as Recorded;
use bindproof_server::clock::{Clock, SystemClock};
use bindproof_server::config::{Config, Role};
use bindproof_server::key::Key;
use bindproof_server::store::Store;
use bindproof_server::{journal, operator, service};

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
    eprintln!("{} lines were written.", lines.map_err(line)?);
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
    for listed in listed {
        say_line(serde_json::to_string(&listed).map_err(line)?)?;
    }
    Ok(())
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
    let mut differ = 0;
    for one in &reconciled {
        let same = one.found == operator::Found::Same;
        differ += usize::from(!same);
        match json {
            true => say_line(serde_json::to_string(one).map_err(line)?)?,
            false if same => {}
            false => say_line(one.line())?,
        }
    }
    let open = reconciled.iter().filter(|one| one.is_open()).count();
    let all = reconciled.len();
    eprintln!("{all} bindings compared; {differ} differed, {open} are left to be looked at.");
    match open {
        0 => Ok(()),
        open => Err(format!("{open} bindings are not known to be the same on both sides")),
    }
}

pub async fn waiting(given: &Configured) -> Result<(), String> {
    let (_, store) = opened(given).await?;
    for queue in store.queues().await.map_err(line)? {
        let age_s = (SystemClock.now_ms() - queue.oldest_ms) / 1000;
        let (lane, waiting, dead) = (queue.lane, queue.waiting, queue.dead);
        say_line(format_args!(
            "{lane}: {waiting} wait, {dead} were given up, the oldest for {age_s} s"
        ))?;
    }
    Ok(())
}

pub async fn dead(given: &Configured) -> Result<(), String> {
    const LISTED: i64 = 1_000;
    let (_, store) = opened(given).await?;
    let dead = store.dead(LISTED).await.map_err(line)?;
    for due in &dead {
        let owed = &due.owed;
        let (slot, key) = (owed.slot.name(), owed.key);
        let (since_ms, times) = (owed.since_ms, owed.attempts);
        say_line(format_args!("{slot} {key} since {since_ms}, sent {times} times"))?;
    }
    say_line(format_args!("{} letters were given up.", dead.len()))
}

pub async fn resume(given: &Configured) -> Result<(), String> {
    let (_, store) = opened(given).await?;
    let resumed = store.resume(SystemClock.now_ms()).await.map_err(line)?;
    say_line(format_args!("{resumed} letters are sent again."))
}
