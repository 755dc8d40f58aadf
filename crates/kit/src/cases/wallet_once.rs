//! What comes twice, or at once.

use bindproof::message::LinkStatus;
use bindproof::refusal::Refusal;
use bindproof::wire::Action;
use bindproof_http::codes;

use super::wallet_pay::pays;
use super::wallet_step_up::{INVALID, payment, ready};
use crate::case::cases;
use crate::oracle::Told;
use crate::play::{Given, How, Play};
use crate::trouble::{Tried, Trouble};

cases! { Wallet:
    "wallet.repeated-answer" repeated_answer Must ["123", "040"]
        "An answer that is repeated under its key is answered as before, and a wrong one counted \
         once; another answer under that key is a conflict."
        "a repetition counted again";
    "wallet.first-authentication-twice" twice Must ["093"]
        "Of two first authentications that were asked for at once the first is executed; the \
         second, as right as that, executes nothing, and its device is nobody's."
        "a second device that the first authentication's proof lets in";
    "wallet.registered-at-once" at_once Must ["103", "052"]
        "Two registrations of one person at the same time make one account."
        "two accounts of one person";
    "wallet.debit-outlives-link" outlives Must ["090", "094"]
        "A payment that was sent for debit is decided: it is executed when the bank stands by it, \
         although its link is suspended, and ended, meanwhile."
        "a payment decided when its answer comes; paid and told as refused";
}

/// How often what has to meet is tried.
const TIMES: usize = 4;
/// The longest end of a period of codes that is waited for, in milliseconds.
const LATE_MS: u64 = 12_000;

async fn twice(play: &mut Play<'_>) -> Tried {
    for _ in 0..TIMES {
        if at_the_end_of_a_period(play).await? {
            return Ok(());
        }
    }
    Err(Trouble::Undecided("a first authentication takes longer than a code lasts".to_owned()))
}

/// Two first authentications; whether the second one had a code of its own in time.
async fn at_the_end_of_a_period(play: &mut Play<'_>) -> Tried<bool> {
    let ada = play.person();
    let (binding, account) = play.bound(0, ada).await?;
    let (phone, other) = (play.phone(), play.phone());
    // The second one needs a code of its own, which comes with the next period.
    let left_ms = LATE_MS.min(play.kit.rules.timing.challenge_ms / 2);
    let period = play.late_in_period(i64::try_from(left_ms).unwrap_or(i64::MAX)).await;
    let first = play.challenged(&phone, account, Action::SignIn).await?;
    let (proof, offer) = play.proof(&phone, &first, &Given::first(&binding)).await?;
    let second = play.challenged(&other, account, Action::SignIn).await?;
    let key = play.kit.line.key();
    let told = play.answer(&phone, &first, proof, offer, key, true).await?;
    play.over(&phone, first, account, Action::SignIn, told, Told::Executed).await?;
    if codes::period(play.server_now().to_ms) != period {
        return Ok(false);
    }
    play.next_code(&binding).await;
    let told = play.give(&other, &second, Given::first(&binding)).await?;
    let refused = Told::Refused(Refusal::StepUpRequired);
    play.over(&other, second, account, Action::SignIn, told, refused).await?;
    let challenge = play.challenged(&other, account, payment(&binding, 500)).await?;
    let told = play.give(&other, &challenge, Given::TWO).await?;
    let invalid = Told::Problem(Refusal::ChallengeInvalid);
    play.want("a payment by the second device", told, invalid)?;
    pays(play, &phone, &binding, account, 500).await?;
    Ok(true)
}

async fn at_once(play: &mut Play<'_>) -> Tried {
    let bank = usize::from(play.kit.banks.len() > 1);
    for _ in 0..TIMES {
        let ada = play.person();
        let (one, other) = (play.binding(0, ada), play.binding(bank, ada));
        let said =
            [(How::of(0), play.registration(&one)), (How::of(bank), play.registration(&other))];
        let told = play.say_at_once(said).await?;
        let account = |told| match told {
            Told::Created(account) | Told::Existing(account) => Some(account),
            _ => None,
        };
        if account(told[0]).is_none() || account(told[0]) != account(told[1]) {
            return Err(Trouble::wrong("two registrations at once", told[0], told[1]));
        }
    }
    Ok(())
}

async fn outlives(play: &mut Play<'_>) -> Tried {
    play.kit.line.leans_on_repetition(&play.kit.rules.timing)?;
    let (phone, binding, account) = ready(play).await?;
    let desk = &play.kit.banks[binding.bank].listener.desk;
    desk.answer_nothing(binding.id, u32::MAX);
    let pay = payment(&binding, 500);
    let challenge = play.challenged(&phone, account, pay).await?;
    let told = play.give(&phone, &challenge, Given::TWO).await?;
    play.debit_asked(&binding, challenge.operation).await?;
    play.decide(&binding, 1, true).await?;
    let ended = play.end(&binding).await?;
    play.want("the end of the link", ended, Told::Link(LinkStatus::Ended))?;
    desk.answer_nothing(binding.id, 0);
    play.debit(&binding, challenge.operation).await?;
    play.over(&phone, challenge, account, pay, told, Told::Executed).await
}

async fn repeated_answer(play: &mut Play<'_>) -> Tried {
    let ada = play.person();
    let (binding, account) = play.bound(0, ada).await?;
    let phone = play.phone();
    let challenge = play.challenged(&phone, account, Action::SignIn).await?;
    let (proof, offer) = play.proof(&phone, &challenge, &Given::first(&binding)).await?;
    let key = play.kit.line.key();
    let mut told = play.answer(&phone, &challenge, proof, offer.clone(), key, true).await?;
    if told == Told::Executed {
        // What is told again names the request that it is told to.
        told = play.answer(&phone, &challenge, proof, offer, key, true).await?;
    }
    play.over(&phone, challenge, account, Action::SignIn, told, Told::Executed).await?;
    let pay = payment(&binding, 500);
    let challenge = play.challenged(&phone, account, pay).await?;
    let key = play.kit.line.key();
    let wrong = Given { asserts: Some(false), ..Given::TWO };
    let (proof, offer) = play.proof(&phone, &challenge, &wrong).await?;
    for _ in 0..2 * play.kit.rules.limits.tries {
        let told = play.answer(&phone, &challenge, proof, offer.clone(), key, true).await?;
        play.want("the same wrong answer", told, INVALID)?;
    }
    let told = play.give_under(&phone, &challenge, Given::TWO, key).await?;
    play.want("another answer under its key", told, Told::Problem(Refusal::IdempotencyConflict))?;
    let told = play.give(&phone, &challenge, Given::TWO).await?;
    play.debit(&binding, challenge.operation).await?;
    play.over(&phone, challenge, account, pay, told, Told::Executed).await
}
