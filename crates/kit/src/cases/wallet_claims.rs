//! What a client claims of where it is, and what the person reads before she approves.

use bindproof::policy::{Environment, Requirement};
use bindproof::wire::{AccountId, Action, Amount, Challenge, OperationRequest};

use super::wallet_step_up::{INVALID, payment, ready, waiting};
use crate::case::cases;
use crate::oracle::Told;
use crate::play::{Binding, Given, Play};
use crate::trouble::{Tried, Trouble};

cases! { Wallet:
    "wallet.environment" environment Must ["063"]
        "In an unknown environment a device that is signed in is asked for two factors, and one \
         does not do, where in a normal one the same is done as the policy says."
        "what a client claims of its environment not looked at";
    "wallet.words" words Must ["046", "133"]
        "What is to be approved has the payment's own amount, currency and payee in it, and is the \
         same to a stranger whether or not there is such an account."
        "another amount shown than is paid; words only where there is an account";
}

async fn environment(play: &mut Play<'_>) -> Tried {
    let (phone, binding, account) = ready(play).await?;
    for environment in [Environment::Unknown, Environment::Changed, Environment::Normal] {
        let waits = waiting(play, 0, account, &binding).await?;
        let decline = Action::DeclineBinding(waits.id);
        let calm = play.wish(&phone, play.operation(), account, decline);
        let wish = OperationRequest { environment, ..calm };
        let answered = play.ask(&phone, wish).await?;
        let Some(challenge) = answered.challenge else {
            play.want("declined at once", answered.told, Told::Executed)?;
            continue;
        };
        if challenge.required == Requirement::TwoFactor {
            let one = Given { asserts: Some(false), ..Given::TWO };
            let told = play.give(&phone, &challenge, one).await?;
            play.want("one factor where two are asked for", told, INVALID)?;
        }
        let told = play.give(&phone, &challenge, Given::TWO).await?;
        play.comes_out(&phone, wish, told, Told::Executed).await?;
    }
    Ok(())
}

/// A payment to somebody, in minor units.
fn pays(binding: &Binding, minor: u64, payee: &str) -> Tried<Action> {
    let unfit = |error: &dyn std::fmt::Display| Trouble::Undecided(error.to_string());
    let euro = "EUR".parse().map_err(|error| unfit(&error))?;
    let amount = Amount::new(minor, euro).map_err(|error| unfit(&error))?;
    let payee = payee.parse().map_err(|error| unfit(&error))?;
    Ok(Action::Pay { binding: binding.id, amount, payee })
}

async fn words(play: &mut Play<'_>) -> Tried {
    let (phone, binding, account) = ready(play).await?;
    for (minor, payee) in [(12_345, "corner-shop"), (20_067, "harbour-cafe")] {
        let pay = pays(&binding, minor, payee)?;
        let challenge = play.challenged(&phone, account, pay).await?;
        says(&challenge, minor, payee)?;
        let wish = play.wish(&phone, challenge.operation, account, pay);
        let again = play.ask(&phone, wish).await?;
        if again.challenge.is_some_and(|again| again.to_approve != challenge.to_approve) {
            let step = "what is to be approved, asked again";
            return Err(Trouble::wrong(step, challenge.to_approve.as_str(), "other words"));
        }
    }
    let nobody = AccountId::from_bytes(play.kit.line.world.uuid());
    for action in [Action::SignIn, Action::EndLink(binding.id), payment(&binding, 500)] {
        let stranger = play.phone();
        let real = play.challenged(&stranger, account, action).await?;
        let decoy = play.challenged(&stranger, nobody, action).await?;
        if real.to_approve != decoy.to_approve {
            let step = "what is to be approved where there is no account";
            let (real, decoy) = (real.to_approve, decoy.to_approve);
            return Err(Trouble::wrong(step, real.as_str(), decoy.as_str()));
        }
    }
    Ok(())
}

/// The words of a payment's challenge have its amount, its currency and its payee in them.
fn says(challenge: &Challenge, minor: u64, payee: &str) -> Tried {
    let words = challenge.to_approve.as_str();
    if numbers(words).contains(&minor.to_string()) && words.contains(payee) && euro(words) {
        return Ok(());
    }
    let (whole, cents) = (minor / 100, minor % 100);
    let wanted = format!("{whole}.{cents:02}, EUR and {payee} in it");
    Err(Trouble::wrong("what a payment's challenge says", wanted, words))
}

/// Euros, by their code or their sign.
fn euro(words: &str) -> bool {
    ["EUR", "€"].iter().any(|euro| words.contains(euro))
}

/// The digits of each number in a text, whatever separates thousands and cents.
fn numbers(text: &str) -> Vec<String> {
    let parts = text.split(|letter: char| !letter.is_ascii_digit() && !".,'".contains(letter));
    parts.map(|part| part.chars().filter(char::is_ascii_digit).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_its_digits_however_it_is_written() {
        for text in ["Pay 1,234.50 EUR to x", "€1'234.50", "1.234,50 EUR.", "123450 cents"] {
            assert!(numbers(text).contains(&"123450".to_owned()), "{text}");
        }
        assert!(!numbers("Pay 12.34 EUR, 50 times").contains(&"123450".to_owned()));
    }
}
