//! Wrong answers that are given at the same time.

use bindproof::refusal::Refusal;
use bindproof::wire::Challenge;

use super::wallet_step_up::{INVALID, payment, ready};
use crate::case::cases;
use crate::oracle::Told;
use crate::play::{Given, Play};
use crate::trouble::{Tried, Trouble};

cases! { Wallet:
    "wallet.tries-at-once" tries_at_once Must ["040", "089"]
        "Twice as many wrong answers to one challenge as it takes, all at once: each is counted, \
         and no more are compared than the tries. One fewer leaves room for the right one."
        "counts that are read and written apart";
    "wallet.run-at-once" run_at_once Must ["040", "087", "112"]
        "Twice as many wrong answers as a run, each to its own challenge and all at once: no more \
         are compared than close the path."
        "a path that is closed for who comes later, and for nobody who comes at once";
}

/// How often it is tried: who loses a count loses it now and then.
const TIMES: usize = 3;

/// One factor where two are asked for.
fn wrong() -> Given<'static> {
    Given { asserts: Some(false), ..Given::TWO }
}

/// So many of the answers were told this.
fn told_so(told: &[Told], wanted: Told) -> usize {
    told.iter().filter(|told| **told == wanted).count()
}

/// All of them were answers to challenges that were open.
///
/// # Errors
/// If one was over, nothing is known: the server was too slow.
fn all_open(play: &Play<'_>, told: &[Told]) -> Tried {
    if told_so(told, Told::Problem(Refusal::ChallengeExpired)) == 0 {
        return Ok(());
    }
    let challenge_ms = play.kit.rules.timing.challenge_ms;
    Err(Trouble::Undecided(format!("challenge_ms is {challenge_ms}, and has passed")))
}

async fn tries_at_once(play: &mut Play<'_>) -> Tried {
    let limits = play.kit.rules.limits;
    for _ in 0..TIMES {
        let (phone, binding, account) = ready(play).await?;
        let pay = payment(&binding, 500);
        let fewer = usize::from(limits.tries.min(limits.run).saturating_sub(1));
        let challenge = play.challenged(&phone, account, pay).await?;
        let told = play.give_at_once(&phone, vec![(challenge, wrong()); fewer]).await?;
        all_open(play, &told)?;
        if told_so(&told, INVALID) != fewer {
            return Err(Trouble::wrong("wrong answers at once", fewer, told_so(&told, INVALID)));
        }
        let told = play.give(&phone, &challenge, Given::TWO).await?;
        play.debit(&binding, challenge.operation).await?;
        play.over(&phone, challenge, account, pay, told, Told::Executed).await?;
        let challenge = play.challenged(&phone, account, payment(&binding, 20_000)).await?;
        let twice = 2 * usize::from(limits.tries);
        play.give_at_once(&phone, vec![(challenge, wrong()); twice]).await?;
    }
    Ok(())
}

async fn run_at_once(play: &mut Play<'_>) -> Tried {
    let run = play.kit.rules.limits.run;
    for _ in 0..TIMES {
        let (phone, binding, account) = ready(play).await?;
        let mut open: Vec<(Challenge, Given<'_>)> = Vec::new();
        for _ in 0..2 * run {
            let challenge = play.challenged(&phone, account, payment(&binding, 500)).await?;
            open.push((challenge, wrong()));
        }
        let told = play.give_at_once(&phone, open).await?;
        all_open(play, &told)?;
        let locked = told_so(&told, Told::Problem(Refusal::StepUpLocked));
        if locked != usize::from(run) {
            return Err(Trouble::wrong("answers on the closed path", run, locked));
        }
    }
    Ok(())
}
