//! What wrong answers close, and for whom.

use bindproof::refusal::Refusal;
use bindproof::wire::{AccountId, Action, Challenge};

use super::wallet_step_up::{guess, payment, ready};
use crate::case::cases;
use crate::oracle::Told;
use crate::play::{Contact, Given, Phone, Play};
use crate::trouble::{Tried, Trouble};

cases! { Wallet:
    "wallet.code-path" code_path Must ["038"]
        "Strangers who guess at a first authentication close their path, and not the one of who \
         has the binding's code."
        "a first authentication that strangers can shut";
    "wallet.strangers-run" strangers_run Must ["141"]
        "A right answer of one stranger gives the others no new guesses: their run goes on, and \
         closes their path."
        "a run of guesses that somebody's success ends";
    "wallet.run-and-day" run_and_day Must ["041", "112"]
        "A right answer of a device ends its run of wrong ones; the day's count goes on, and \
         closes the path."
        "a day's count that a success resets; a run that nothing ends";
    "wallet.identity-passes-locks" identity_passes Must ["087", "088", "114"]
        "On a path that is closed a verification of identity is looked at all the same, and \
         executed."
        "a holder who is locked out for ever";
}

const INVALID: Told = Told::Problem(Refusal::ChallengeInvalid);
const LOCKED: Told = Told::Problem(Refusal::StepUpLocked);

/// A stranger's wrong answer to a sign-in.
async fn wrong_sign_in(play: &mut Play<'_>, thief: &Phone, account: AccountId) -> Tried {
    let challenge = play.challenged(thief, account, Action::SignIn).await?;
    let wrong = Given { contact: Contact::Wrong, ..Given::NOTHING };
    let told = play.give(thief, &challenge, wrong).await?;
    play.want("a stranger's wrong answer", told, play.wrong_once())
}

async fn code_path(play: &mut Play<'_>) -> Tried {
    let ada = play.person();
    let (binding, account) = play.bound(0, ada).await?;
    let (thief, phone) = (play.phone(), play.phone());
    for _ in 0..play.kit.rules.limits.run {
        wrong_sign_in(play, &thief, account).await?;
        // Hers is to be told apart from the codes that these challenges send her.
        play.one_time_code(binding.contact).await?;
    }
    let challenge = play.challenged(&thief, account, Action::SignIn).await?;
    play.one_time_code(binding.contact).await?;
    let wrong = Given { contact: Contact::Wrong, ..Given::NOTHING };
    let told = play.give(&thief, &challenge, wrong).await?;
    play.want("the strangers' path", told, LOCKED)?;
    play.sign_in(&phone, account, &binding).await
}

/// A sign-in on another device, with the two factors of a device that the account knows.
async fn sign_in_by(
    play: &mut Play<'_>,
    other: &Phone,
    account: AccountId,
    by: &Phone,
) -> Tried<(Challenge, Told)> {
    let challenge = play.challenged(other, account, Action::SignIn).await?;
    let told = play.give_with(other, &challenge, by).await?;
    Ok((challenge, told))
}

async fn strangers_run(play: &mut Play<'_>) -> Tried {
    let (phone, _, account) = ready(play).await?;
    let (thief, second, third) = (play.phone(), play.phone(), play.phone());
    for _ in 1..play.kit.rules.limits.run {
        wrong_sign_in(play, &thief, account).await?;
    }
    let (challenge, told) = sign_in_by(play, &second, account, &phone).await?;
    play.over(&second, challenge, account, Action::SignIn, told, Told::Executed).await?;
    wrong_sign_in(play, &thief, account).await?;
    let (_, told) = sign_in_by(play, &third, account, &phone).await?;
    play.want("a right answer once the run is full", told, LOCKED)
}

async fn run_and_day(play: &mut Play<'_>) -> Tried {
    let limits = play.kit.rules.limits;
    let most = limits.tries.min(limits.run).saturating_sub(1);
    if most == 0 {
        return Err(Trouble::Skipped("the first wrong answer closes a path".to_owned()));
    }
    let (phone, binding, account) = ready(play).await?;
    let pay = payment(&binding, 500);
    let mut left = limits.day;
    while left > 0 {
        let challenge = play.challenged(&phone, account, pay).await?;
        let wrong = left.min(most);
        for _ in 0..wrong {
            let told =
                play.give(&phone, &challenge, Given { asserts: Some(false), ..Given::TWO }).await?;
            play.want("a wrong answer", told, INVALID)?;
        }
        left -= wrong;
        let told = play.give(&phone, &challenge, Given::TWO).await?;
        if left == 0 {
            return play.want("a right answer once the day is full", told, LOCKED);
        }
        play.debit(&binding, challenge.operation).await?;
        play.over(&phone, challenge, account, pay, told, Told::Executed).await?;
    }
    Ok(())
}

async fn identity_passes(play: &mut Play<'_>) -> Tried {
    let (phone, binding, account) = ready(play).await?;
    guess(play, &phone, account, payment(&binding, 400)).await?;
    let pay = play.challenged(&phone, account, payment(&binding, 500)).await?;
    let told = play.give(&phone, &pay, Given::TWO).await?;
    play.want("a payment on the closed path", told, LOCKED)?;
    let challenge = play.challenged(&phone, account, Action::VerifyIdentity).await?;
    let person = crate::play::Person { person: binding.person };
    let proof = Given { identity: Some(person), ..Given::NOTHING };
    let told = play.give(&phone, &challenge, proof).await?;
    play.over(&phone, challenge, account, Action::VerifyIdentity, told, Told::Executed).await
}
