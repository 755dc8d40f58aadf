//! What a wallet takes for a proof that was made for something else.

use bindproof::wire::{AccountId, Action, BindingCode, Challenge, OneTimeCode};

use super::wallet_pay::pays;
use super::wallet_step_up::{INVALID, execute, payment, ready, waiting};
use crate::case::cases;
use crate::oracle::Told;
use crate::play::{Binding, Code, Contact, Given, Person, Phone, Play};
use crate::trouble::{Tried, Trouble};

cases! { Wallet:
    "wallet.one-time-code-of-another" other_one_time_code Must ["044", "046", "110"]
        "A one-time code that was sent with another challenge meets none, whether it went to \
         another contact or to the same one before; the one that was sent with it does."
        "any one-time code that was sent";
    "wallet.enrolment-of-another" other_enrolment Must ["046", "110"]
        "A new authenticator that was made for another challenge, or whose key did not sign that \
         it was made, is not enrolled; one that was made for this challenge is."
        "an authenticator that is enrolled unseen";
    "wallet.assertion-forged" forged_assertion Must ["046", "047", "111"]
        "What an authenticator said of one factor does not become two by changing the word, nor \
         does another key speak in its name."
        "what an authenticator says believed, and its signature not verified";
    "wallet.code-of-another-period" other_period Must ["044", "045"]
        "A binding code that is two periods old, or comes too early, is nobody's; the one before \
         the present one is still good."
        "a code that is good for ever";
    "wallet.code-spent-for-good" spent_for_good Must ["058"]
        "With a code that is presented every code up to that period is spent, and stays so in the \
         next one, whose own code is good."
        "a code that is good again when the next one comes";
    "wallet.revoked-authenticator" revoked_authenticator Must ["036"]
        "The authenticator of a revoked device meets nothing any more on another one, where it \
         did before."
        "a device revoked, and its authenticator kept";
}

/// An approval's challenge, and the one-time code that was sent with it.
async fn approval(
    play: &mut Play<'_>,
    phone: &Phone,
    account: AccountId,
    binding: &Binding,
) -> Tried<(Challenge, OneTimeCode)> {
    let challenge = play.challenged(phone, account, Action::ApproveBinding(binding.id)).await?;
    Ok((challenge, play.one_time_code(binding.contact).await?))
}

async fn other_one_time_code(play: &mut Play<'_>) -> Tried {
    let (phone, first, account) = ready(play).await?;
    // A code is spent when it is presented, so each is tried on a binding of its own.
    let (one, two) =
        (waiting(play, 0, account, &first).await?, waiting(play, 0, account, &first).await?);
    let (of_one, _) = approval(play, &phone, account, &one).await?;
    let (of_two, sent) = approval(play, &phone, account, &two).await?;
    let other = Given { contact: Contact::Other(sent), ..Given::approval(&one) };
    let told = play.give(&phone, &of_one, other).await?;
    play.want("a one-time code that went to another contact", told, INVALID)?;
    let own = Given { contact: Contact::Read(sent), ..Given::approval(&two) };
    let told = play.give(&phone, &of_two, own).await?;
    let action = Action::ApproveBinding(two.id);
    play.over(&phone, of_two, account, action, told, Told::Executed).await?;
    play.end(&one).await?;
    let three = waiting(play, 0, account, &first).await?;
    let (_, earlier) = approval(play, &phone, account, &three).await?;
    let (challenge, _) = approval(play, &phone, account, &three).await?;
    let other = Given { contact: Contact::Other(earlier), ..Given::approval(&three) };
    let told = play.give(&phone, &challenge, other).await?;
    play.want("a one-time code of an earlier challenge", told, INVALID)?;
    play.end(&three).await?;
    let four = waiting(play, 0, account, &first).await?;
    approval(play, &phone, account, &four).await?;
    let (challenge, sent) = approval(play, &phone, account, &four).await?;
    let own = Given { contact: Contact::Read(sent), ..Given::approval(&four) };
    let told = play.give(&phone, &challenge, own).await?;
    let action = Action::ApproveBinding(four.id);
    play.over(&phone, challenge, account, action, told, Told::Executed).await
}

async fn other_enrolment(play: &mut Play<'_>) -> Tried {
    let (_, binding, account) = ready(play).await?;
    let (new, other) = (play.phone(), play.phone());
    let ada = Person { person: binding.person };
    let recovers = Given { identity: Some(ada), enrols: true, ..Given::NOTHING };
    let first = play.challenged(&new, account, Action::Recover).await?;
    let second = play.challenged(&new, account, Action::Recover).await?;
    let made_before = Given { made_for: Some(first.challenge), ..recovers.clone() };
    let told = play.give(&new, &second, made_before).await?;
    play.want("an authenticator made for another challenge", told, INVALID)?;
    let (mut proof, mut offer) = play.proof(&new, &second, &recovers).await?;
    let said = proof.authenticator.map(|said| said.as_str().to_owned()).unwrap_or_default();
    let signature = said.split_once('.').map(|(_, signature)| signature).unwrap_or_default();
    proof.authenticator = format!("{}.{signature}", other.authenticator.public()).parse().ok();
    offer.enrolment = None;
    let key = play.kit.line.key();
    let told = play.answer(&new, &second, proof, offer, key, true).await?;
    play.want("an authenticator that did not sign", told, INVALID)?;
    let told = play.give(&new, &second, recovers).await?;
    play.over(&new, second, account, Action::Recover, told, Told::Executed).await
}

async fn forged_assertion(play: &mut Play<'_>) -> Tried {
    let (phone, binding, account) = ready(play).await?;
    let (pay, other) = (payment(&binding, 20_000), play.phone());
    let challenge = play.challenged(&phone, account, pay).await?;
    let one_factor = Given { asserts: Some(false), ..Given::TWO };
    for (step, given, from, to) in [
        ("one factor that is called two", one_factor, ".0.".to_owned(), ".1.".to_owned()),
        (
            "another key in the authenticator's name",
            Given { by: Some(&other), ..Given::TWO },
            other.authenticator.public(),
            phone.authenticator.public(),
        ),
    ] {
        let (mut proof, mut offer) = play.proof(&phone, &challenge, &given).await?;
        let said = proof.assertion.map(|said| said.as_str().to_owned()).unwrap_or_default();
        proof.assertion = said.replacen(&from, &to, 1).parse().ok();
        offer.asserted = None;
        let key = play.kit.line.key();
        let told = play.answer(&phone, &challenge, proof, offer, key, true).await?;
        play.want(step, told, INVALID)?;
    }
    let told = play.give(&phone, &challenge, Given::TWO).await?;
    play.debit(&binding, challenge.operation).await?;
    play.over(&phone, challenge, account, pay, told, Told::Executed).await
}

/// How long a few answers may take that have to find one period, in milliseconds.
const A_FEW_MS: i64 = 4_000;

/// How often what has to find one period is tried.
const TIMES: usize = 3;

fn takes_too_long() -> Trouble {
    Trouble::Undecided("a few answers take longer than a binding code lasts".to_owned())
}

async fn other_period(play: &mut Play<'_>) -> Tried {
    for _ in 0..TIMES {
        let ada = play.person();
        let (binding, account) = play.bound(0, ada).await?;
        let period = play.in_one_period(A_FEW_MS).await;
        let tried = codes_around(play, &binding, account).await;
        // What was under way when the period turned may have gone wrong for that alone.
        if tried.is_ok() || !play.has_turned(period) {
            return tried;
        }
    }
    Err(takes_too_long())
}

async fn codes_around(play: &mut Play<'_>, binding: &Binding, account: AccountId) -> Tried {
    let phone = play.phone();
    let challenge = play.challenged(&phone, account, Action::SignIn).await?;
    let contact = Contact::Read(play.one_time_code(binding.contact).await?);
    let good = Given { contact, ..Given::first(binding) };
    for (step, ago) in [("a code of two periods ago", 2), ("the code of the next period", -1)] {
        let code = Code::Wrong(play.code_of_period(binding, ago).await);
        let told = play.give(&phone, &challenge, Given { code, ..good.clone() }).await?;
        play.want(step, told, INVALID)?;
    }
    let before = Given { code: Code::Before(binding), ..good };
    let told = play.give(&phone, &challenge, before).await?;
    play.over(&phone, challenge, account, Action::SignIn, told, Told::Executed).await
}

async fn spent_for_good(play: &mut Play<'_>) -> Tried {
    for _ in 0..TIMES {
        let ada = play.person();
        let (binding, account) = play.bound(0, ada).await?;
        let phone = play.phone();
        let period = play.in_one_period(A_FEW_MS).await;
        match spends_two(play, &phone, account, &binding).await {
            Ok(spent) => return stays_spent(play, &phone, account, &binding, spent).await,
            Err(_) if play.has_turned(period) => {}
            Err(wrong) => return Err(wrong),
        }
    }
    Err(takes_too_long())
}

/// Spends the code before the present one, and with it that one, which is given back.
async fn spends_two(
    play: &mut Play<'_>,
    phone: &Phone,
    account: AccountId,
    binding: &Binding,
) -> Tried<BindingCode> {
    let challenge = play.challenged(phone, account, Action::SignIn).await?;
    let contact = Contact::Read(play.one_time_code(binding.contact).await?);
    let good = Given { contact, ..Given::first(binding) };
    let (code, now) = (Code::Before(binding), play.code_of_period(binding, 0).await);
    let spends = Given { code, contact: Contact::Wrong, ..good.clone() };
    let told = play.give(phone, &challenge, spends).await?;
    play.want("the code before, with a wrong contact", told, INVALID)?;
    let told = play.give(phone, &challenge, Given { code: Code::Wrong(now), ..good }).await?;
    play.want("the present one, spent with it", told, INVALID)?;
    Ok(now)
}

async fn stays_spent(
    play: &mut Play<'_>,
    phone: &Phone,
    account: AccountId,
    binding: &Binding,
    spent: BindingCode,
) -> Tried {
    play.next_code(binding).await;
    let challenge = play.challenged(phone, account, Action::SignIn).await?;
    let contact = Contact::Read(play.one_time_code(binding.contact).await?);
    let good = Given { contact, ..Given::first(binding) };
    let late = Given { code: Code::Wrong(spent), ..good.clone() };
    let told = play.give(phone, &challenge, late).await?;
    play.want("the same one in the next period", told, INVALID)?;
    let told = play.give(phone, &challenge, good).await?;
    play.over(phone, challenge, account, Action::SignIn, told, Told::Executed).await
}

async fn revoked_authenticator(play: &mut Play<'_>) -> Tried {
    let (hers, binding, account) = ready(play).await?;
    let other = play.phone();
    let challenge = play.challenged(&other, account, Action::SignIn).await?;
    let told = play.give_with(&other, &challenge, &hers).await?;
    play.over(&other, challenge, account, Action::SignIn, told, Told::Executed).await?;
    let action = Action::AddAuthenticator;
    let challenge = play.challenged(&other, account, action).await?;
    let adds = Given { by: Some(&hers), enrols: true, ..Given::TWO };
    let told = play.give(&other, &challenge, adds).await?;
    play.over(&other, challenge, account, action, told, Told::Executed).await?;
    pays(play, &other, &binding, account, 500).await?;
    let pay = payment(&binding, 20_000);
    let challenge = play.challenged(&hers, account, pay).await?;
    let told = play.give_with(&hers, &challenge, &other).await?;
    play.debit(&binding, challenge.operation).await?;
    play.over(&hers, challenge, account, pay, told, Told::Executed).await?;
    execute(play, &hers, account, Action::RevokeDevice(other.device)).await?;
    let challenge = play.challenged(&hers, account, pay).await?;
    let told = play.give_with(&hers, &challenge, &other).await?;
    play.want("a revoked device's authenticator", told, INVALID)?;
    let told = play.give(&hers, &challenge, Given::TWO).await?;
    play.debit(&binding, challenge.operation).await?;
    play.over(&hers, challenge, account, pay, told, Told::Executed).await
}
