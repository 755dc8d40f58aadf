//! What a wallet sends banks, and when it pays.

use bindproof::message::LinkStatus;
use bindproof::refusal::Refusal;
use bindproof::wire::{AccountId, Action};

use super::wallet_step_up::{execute, payment, ready};
use crate::case::cases;
use crate::oracle::Told;
use crate::play::{Binding, Code, Contact, Given, Phone, Play};
use crate::trouble::{Tried, Trouble};

cases! { Wallet:
    "wallet.suspended-pays-not" suspended Must ["015", "115"]
        "A payment through a suspended link is not sent for debit; once the link is resumed \
         another one is."
        "suspended link pays";
    "wallet.end-ends-operations" end_ends Must ["082", "113"]
        "What was asked for through a link ends with it: a right answer comes too late, and \
         nothing is sent for debit."
        "a challenge that outlives its link";
    "wallet.bank-refuses" bank_refuses Must ["094", "150"]
        "A payment that the bank refuses is refused."
        "paid although the bank refused";
    "wallet.debit-repeated" debit_repeated Must ["150", "147"]
        "A debit that the bank does not answer is asked for again, the same one, until it is \
         answered."
        "a payment that hangs for ever";
    "wallet.notice-repeated" notice_repeated Must ["128", "149"]
        "A notice that the bank does not receipt is sent again until it is."
        "a notice that is given up";
    "wallet.close-account" close Must ["057", "014", "037", "114", "131"]
        "Closing the account ends every link on it, each bank is notified, and nothing runs on \
         it any more, nor counts its device for anything; the person can be bound again."
        "a binding that outlives its account";
    "wallet.recover" recover Must ["043", "048", "091", "088"]
        "A recovery takes proof of identity and no older factor; it revokes the other devices \
         and ends every link."
        "a recovery by an old factor; devices that outlive it";
    "wallet.revoked-device" revoked Must ["036", "144", "014", "114"]
        "A revoked device's challenge is one that nothing meets."
        "a revoked key accepted";
    "wallet.restart" restart Must ["119", "123"]
        "What was answered before the server was started again is there after it, and what was \
         under way goes on."
        "answered before it is committed";
}

const INVALID: Told = Told::Problem(Refusal::ChallengeInvalid);

/// A payment that is executed.
pub(super) async fn pays(
    play: &mut Play<'_>,
    phone: &Phone,
    binding: &Binding,
    account: AccountId,
    minor: u64,
) -> Tried {
    let pay = payment(binding, minor);
    let challenge = play.challenged(phone, account, pay).await?;
    let told = play.give(phone, &challenge, Given::TWO).await?;
    play.debit(binding, challenge.operation).await?;
    play.over(phone, challenge, account, pay, told, Told::Executed).await
}

async fn suspended(play: &mut Play<'_>) -> Tried {
    let (phone, binding, account) = ready(play).await?;
    let pay = payment(&binding, 500);
    play.decide(&binding, 1, true).await?;
    let challenge = play.challenged(&phone, account, pay).await?;
    let told = play.give(&phone, &challenge, Given::TWO).await?;
    let refused = Told::Refused(Refusal::InvalidState);
    play.over(&phone, challenge, account, pay, told, refused).await?;
    if !play.debits(&binding)?.is_empty() {
        return Err(Trouble::wrong("the payment", "no debit request", "one"));
    }
    play.decide(&binding, 2, false).await?;
    pays(play, &phone, &binding, account, 600).await
}

async fn end_ends(play: &mut Play<'_>) -> Tried {
    let (phone, binding, account) = ready(play).await?;
    pays(play, &phone, &binding, account, 300).await?;
    let pay = payment(&binding, 20_000);
    let challenge = play.challenged(&phone, account, pay).await?;
    let (proof, offer) = play.proof(&phone, &challenge, &Given::TWO).await?;
    play.end(&binding).await?;
    let key = play.kit.line.key();
    let told = play.answer(&phone, &challenge, proof, offer, key, true).await?;
    play.want("a right answer, too late", told, Told::Problem(Refusal::ChallengeExpired))?;
    let wish = play.wish(&phone, challenge.operation, account, pay);
    let told = play.ask(&phone, wish).await?.told;
    play.want("what became of it", told, Told::Refused(Refusal::AccountUnavailable))?;
    let wish = play.wish(&phone, play.operation(), account, payment(&binding, 100));
    let told = play.ask(&phone, wish).await?.told;
    play.want("another payment", told, Told::Problem(Refusal::NotFound))
}

async fn bank_refuses(play: &mut Play<'_>) -> Tried {
    let (phone, binding, account) = ready(play).await?;
    play.kit.banks[binding.bank].listener.desk.refuse(binding.id);
    let pay = payment(&binding, 500);
    let challenge = play.challenged(&phone, account, pay).await?;
    let told = play.give(&phone, &challenge, Given::TWO).await?;
    play.debit(&binding, challenge.operation).await?;
    let refused = Told::Refused(Refusal::InstrumentUnavailable);
    play.over(&phone, challenge, account, pay, told, refused).await
}

async fn debit_repeated(play: &mut Play<'_>) -> Tried {
    play.kit.line.leans_on_repetition(&play.kit.rules.timing)?;
    let (phone, binding, account) = ready(play).await?;
    play.kit.banks[binding.bank].listener.desk.answer_nothing(binding.id, 2);
    pays(play, &phone, &binding, account, 500).await?;
    let debits = play.debits(&binding)?;
    if debits.len() >= 3 && debits.iter().all(|debit| *debit == debits[0]) {
        return Ok(());
    }
    Err(Trouble::wrong("the debit requests", "three times the same", format!("{debits:?}")))
}

async fn notice_repeated(play: &mut Play<'_>) -> Tried {
    play.kit.line.leans_on_repetition(&play.kit.rules.timing)?;
    let (phone, binding, account) = ready(play).await?;
    play.kit.banks[binding.bank].listener.desk.answer_nothing(binding.id, 2);
    execute(play, &phone, account, Action::EndLink(binding.id)).await?;
    let (mut since_ms, mut before) = (play.kit.line.world.now_ms(), 0);
    loop {
        let times = play.times_noticed(&binding, LinkStatus::Ended)?;
        if times >= 3 {
            return Ok(());
        }
        if times > before {
            (since_ms, before) = (play.kit.line.world.now_ms(), times);
        }
        if play.kit.line.is_late(since_ms) {
            let step = "a notice that is not receipted";
            return Err(Trouble::wrong(step, "three times", times));
        }
        tokio::time::sleep(crate::play::LOOK).await;
    }
}

async fn close(play: &mut Play<'_>) -> Tried {
    let (phone, binding, account) = ready(play).await?;
    execute(play, &phone, account, Action::CloseAccount).await?;
    play.notice(&binding, LinkStatus::Ended).await?;
    let told = play.status(&binding).await?;
    play.want("the link", told, Told::Link(LinkStatus::Ended))?;
    let challenge = play.challenged(&phone, account, Action::SignIn).await?;
    let told = play.give(&phone, &challenge, Given::TWO).await?;
    let revoked = Told::Problem(Refusal::DeviceUnknown);
    play.want("a sign-in on the closed account, by its device", told, revoked)?;
    let stranger = play.phone();
    let challenge = play.challenged(&stranger, account, Action::SignIn).await?;
    let guess = Given { contact: Contact::Wrong, ..Given::NOTHING };
    let told = play.give(&stranger, &challenge, guess).await?;
    play.want("one by a stranger", told, INVALID)?;
    let person = crate::play::Person { person: binding.person };
    let (_, other) = play.bound(0, person).await?;
    if other == account {
        return Err(Trouble::wrong("a new account", "a new id", other));
    }
    Ok(())
}

async fn recover(play: &mut Play<'_>) -> Tried {
    let (lost, binding, account) = ready(play).await?;
    let phone = play.phone();
    let challenge = play.challenged(&phone, account, Action::Recover).await?;
    let without = Given { enrols: true, ..Given::TWO };
    let told = play.give(&phone, &challenge, without).await?;
    play.want("a recovery without identity", told, INVALID)?;
    let person = crate::play::Person { person: binding.person };
    let proof = Given { identity: Some(person), enrols: true, ..Given::NOTHING };
    let told = play.give(&phone, &challenge, proof).await?;
    play.over(&phone, challenge, account, Action::Recover, told, Told::Executed).await?;
    play.notice(&binding, LinkStatus::Ended).await?;
    nothing_meets(play, &lost, account).await
}

/// A device that was revoked is challenged, and nothing meets the challenge.
pub(super) async fn nothing_meets(play: &mut Play<'_>, phone: &Phone, account: AccountId) -> Tried {
    let challenge = play.challenged(phone, account, Action::SignIn).await?;
    let wish = Given { code: Code::None, contact: Contact::None, ..Given::TWO };
    let told = play.give(phone, &challenge, wish).await?;
    match told {
        Told::Executed => Err(Trouble::wrong("a revoked device signs in", "nothing", told)),
        _ => Ok(()),
    }
}

async fn revoked(play: &mut Play<'_>) -> Tried {
    let (phone, _, account) = ready(play).await?;
    let other = play.phone();
    let challenge = play.challenged(&other, account, Action::SignIn).await?;
    let told = play.give_with(&other, &challenge, &phone).await?;
    play.over(&other, challenge, account, Action::SignIn, told, Told::Executed).await?;
    execute(play, &phone, account, Action::RevokeDevice(other.device)).await?;
    nothing_meets(play, &other, account).await
}

async fn restart(play: &mut Play<'_>) -> Tried {
    let (phone, binding, account) = ready(play).await?;
    play.restart().await?;
    let told = play.status(&binding).await?;
    play.want("the link", told, Told::Link(crate::play::ACTIVE))?;
    let pay = payment(&binding, 500);
    let challenge = play.challenged(&phone, account, pay).await?;
    let (proof, offer) = play.proof(&phone, &challenge, &Given::TWO).await?;
    play.restart().await?;
    let key = play.kit.line.key();
    let told = play.answer(&phone, &challenge, proof, offer, key, true).await?;
    play.debit(&binding, challenge.operation).await?;
    play.over(&phone, challenge, account, pay, told, Told::Executed).await
}
