//! Two persons with devices: what is one's does nothing on the other's account.

use bindproof::message::LinkStatus;
use bindproof::refusal::Refusal;
use bindproof::wire::{AccountId, Action, Challenge};

use super::wallet_pay::pays;
use super::wallet_step_up::{INVALID, execute, payment, ready, waiting};
use crate::case::cases;
use crate::oracle::Told;
use crate::play::{ACTIVE, Given, Person, Phone, Play};
use crate::trouble::{Tried, Trouble};

cases! { Wallet:
    "wallet.anothers-link" anothers_link Must ["104", "107"]
        "Who is signed in on an account of her own neither pays through another's link, nor ends, \
         approves or declines it: not found. Its holder does."
        "a link that is looked up without its account";
    "wallet.anothers-authenticator" anothers_authenticator Must ["104", "111"]
        "Another person's authenticator, and one that nobody has enrolled, meets nothing on an \
         account, whichever device brings it; the account's own does."
        "authenticators that are looked up without their account";
    "wallet.anothers-identity" anothers_identity Must ["043", "104"]
        "Valid evidence of who somebody else is neither recovers a person's account nor verifies \
         her identity; her own does."
        "evidence of identity that is verified, and not compared";
    "wallet.identity-counts-nothing" identity_counts_nothing Must ["088", "043"]
        "Wrong evidence of identity, however often, closes no path: who has the right factors gets \
         in all the same."
        "a holder whom anybody locks out with worthless evidence";
    "wallet.anothers-device" anothers_device Must ["063", "084"]
        "A device that is signed in on its holder's account is an unknown one on another's; a \
         device that both have is revoked on the one account only."
        "trust in a device's key, whatever the account";
}

async fn anothers_link(play: &mut Play<'_>) -> Tried {
    let (hers, binding, account) = ready(play).await?;
    let waits = waiting(play, 0, account, &binding).await?;
    let (phone, own, other) = ready(play).await?;
    let own_waits = waiting(play, 0, other, &own).await?;
    for action in [
        payment(&binding, 500),
        Action::EndLink(binding.id),
        Action::ApproveBinding(waits.id),
        Action::DeclineBinding(waits.id),
    ] {
        let wish = play.wish(&phone, play.operation(), other, action);
        let told = play.ask(&phone, wish).await?.told;
        play.want("a link of another person", told, Told::Problem(Refusal::NotFound))?;
    }
    let told = play.status(&binding).await?;
    play.want("her link is as it was", told, Told::Link(ACTIVE))?;
    let told = play.status(&waits).await?;
    play.want("the other one waits", told, Told::Link(LinkStatus::AwaitingApproval))?;
    pays(play, &phone, &own, other, 500).await?;
    execute(play, &phone, other, Action::DeclineBinding(own_waits.id)).await?;
    pays(play, &hers, &binding, account, 500).await?;
    execute(play, &hers, account, Action::DeclineBinding(waits.id)).await
}

/// A device asks to sign in on an account, and gives two factors of this authenticator.
async fn signs_in_with(
    play: &mut Play<'_>,
    device: &Phone,
    account: AccountId,
    by: &Phone,
) -> Tried<(Challenge, Told)> {
    let challenge = play.challenged(device, account, Action::SignIn).await?;
    let told = play.give_with(device, &challenge, by).await?;
    Ok((challenge, told))
}

async fn anothers_authenticator(play: &mut Play<'_>) -> Tried {
    let (hers, binding, account) = ready(play).await?;
    let (his, own, other) = ready(play).await?;
    let (new, nobodys) = (play.phone(), play.phone());
    for (device, by) in [(&new, &his), (&his, &his), (&new, &nobodys)] {
        let (_, told) = signs_in_with(play, device, account, by).await?;
        play.want("a sign-in with another's authenticator", told, INVALID)?;
    }
    let pay = payment(&binding, 500);
    let challenge = play.challenged(&hers, account, pay).await?;
    let told = play.give_with(&hers, &challenge, &his).await?;
    play.want("her payment with another's authenticator", told, INVALID)?;
    let told = play.give(&hers, &challenge, Given::TWO).await?;
    play.debit(&binding, challenge.operation).await?;
    play.over(&hers, challenge, account, pay, told, Told::Executed).await?;
    pays(play, &his, &own, other, 500).await?;
    let (challenge, told) = signs_in_with(play, &new, account, &hers).await?;
    play.over(&new, challenge, account, Action::SignIn, told, Told::Executed).await
}

async fn anothers_identity(play: &mut Play<'_>) -> Tried {
    let (hers, binding, account) = ready(play).await?;
    let (his, own, other) = ready(play).await?;
    let (ada, eve, nobody) =
        (Person { person: binding.person }, Person { person: own.person }, play.person());
    let new = play.phone();
    let (recover, verify) = (Action::Recover, Action::VerifyIdentity);
    let recovery = play.challenged(&new, account, recover).await?;
    let verification = play.challenged(&hers, account, verify).await?;
    for another in [eve, nobody] {
        let identity = Given { identity: Some(another), ..Given::NOTHING };
        let enrols = Given { enrols: true, ..identity.clone() };
        let told = play.give(&new, &recovery, enrols).await?;
        play.want("a recovery by another's identity", told, INVALID)?;
        let told = play.give(&hers, &verification, identity).await?;
        play.want("a verification by another's identity", told, INVALID)?;
    }
    let told = play.status(&binding).await?;
    play.want("her link is as it was", told, Told::Link(ACTIVE))?;
    let proof = Given { identity: Some(ada), enrols: true, ..Given::NOTHING };
    let told = play.give(&new, &recovery, proof).await?;
    play.over(&new, recovery, account, recover, told, Told::Executed).await?;
    play.notice(&binding, LinkStatus::Ended).await?;
    pays(play, &his, &own, other, 500).await
}

async fn identity_counts_nothing(play: &mut Play<'_>) -> Tried {
    let (hers, binding, account) = ready(play).await?;
    let (_, own, _) = ready(play).await?;
    let eve = Person { person: own.person };
    let new = play.phone();
    for _ in 0..play.kit.rules.limits.run {
        for (device, action) in [(&new, Action::Recover), (&hers, Action::VerifyIdentity)] {
            let challenge = play.challenged(device, account, action).await?;
            let wrong = Given { identity: Some(eve), enrols: true, ..Given::NOTHING };
            play.give(device, &challenge, wrong).await?;
        }
    }
    pays(play, &hers, &binding, account, 500).await?;
    let (challenge, told) = signs_in_with(play, &new, account, &hers).await?;
    play.over(&new, challenge, account, Action::SignIn, told, Told::Executed).await
}

async fn anothers_device(play: &mut Play<'_>) -> Tried {
    let (hers, binding, account) = ready(play).await?;
    let waits = waiting(play, 0, account, &binding).await?;
    let (phone, own, other) = ready(play).await?;
    let own_waits = waiting(play, 0, other, &own).await?;
    execute(play, &phone, other, Action::DeclineBinding(own_waits.id)).await?;
    for action in [Action::DeclineBinding(waits.id), payment(&binding, 500)] {
        let wish = play.wish(&phone, play.operation(), account, action);
        let answered = play.ask(&phone, wish).await?;
        if answered.challenge.is_none() {
            let step = "a device of another account";
            return Err(Trouble::wrong(step, "a challenge", answered.told));
        }
    }
    let told = play.status(&waits).await?;
    play.want("the link waits", told, Told::Link(LinkStatus::AwaitingApproval))?;
    let (challenge, told) = signs_in_with(play, &phone, account, &hers).await?;
    play.over(&phone, challenge, account, Action::SignIn, told, Told::Executed).await?;
    execute(play, &phone, account, Action::DeclineBinding(waits.id)).await?;
    execute(play, &hers, account, Action::RevokeDevice(phone.device)).await?;
    pays(play, &phone, &own, other, 500).await?;
    super::wallet_pay::nothing_meets(play, &phone, account).await
}
