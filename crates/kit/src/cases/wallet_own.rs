//! Accounts that no bank has had made, and what a person's identity does to those that are there.

use bindproof::message::LinkStatus;
use bindproof::policy::Requirement;
use bindproof::refusal::Refusal;
use bindproof::wire::{AccountId, Action};

use super::wallet_pay::nothing_meets;
use super::wallet_step_up::{payment, ready, waiting};
use crate::case::cases;
use crate::oracle::Told;
use crate::play::{ACTIVE, Binding, Code, Given, Person, Phone, Play};
use crate::trouble::{Tried, Trouble};

cases! { Wallet:
    "wallet.recover-unnamed" recover_unnamed Must ["043", "048", "091"]
        "A recovery that names no account makes one for whoever proves who she is: banks find \
         it, and a link waits for her. A second one finds that account, and starts it afresh."
        "a second account for one person; a recovery by whoever names the account";
    "wallet.self-asserted" self_asserted Must ["013", "092", "103"]
        "An account that somebody set up and nobody verified is not the person's: no bank is \
         told of it, she is registered as if it were not there, and then it cannot become hers."
        "an account that is set up first and captures a person";
    "wallet.self-verified" self_verified Must ["013", "092", "052"]
        "An account that a person set up by herself is found by banks once she has proved who \
         she is; a registration is answered with it, and its link waits for her."
        "an account that stays nobody's";
    "wallet.hijacked-account" hijacked Must ["108", "044", "091"]
        "Who got into an account through a bank of his approves no other bank's link on it, and \
         when the person recovers nothing of his is left there."
        "a holder's link on an account that somebody else has";
    "wallet.condition-at-execution" condition Must ["012", "065"]
        "A payment that was asked for while little was required is refused when the sum of what \
         is in flight requires more than was proved."
        "a large payment in slices; the condition looked at once only";
    "wallet.identity-in-session" in_session Must ["068"]
        "A verification of identity and a new authenticator take a request that a device which \
         is signed in has signed; otherwise the right proof is refused."
        "a device that becomes the holder's unasked";
}

/// A link of this person at one of the banks, which waits for her.
async fn waits_for(
    play: &mut Play<'_>,
    bank: usize,
    person: Person,
    account: AccountId,
) -> Tried<Binding> {
    let binding = play.binding(bank, person);
    let told = play.ask_link(&binding, account).await?;
    let awaits = Told::Link(LinkStatus::AwaitingApproval);
    play.want("a link on an account that was there", told, awaits)?;
    Ok(binding)
}

/// Its holder approves a link, and it is active.
async fn approved(
    play: &mut Play<'_>,
    phone: &Phone,
    account: AccountId,
    binding: &Binding,
) -> Tried {
    let action = Action::ApproveBinding(binding.id);
    let challenge = play.challenged(phone, account, action).await?;
    let told = play.give(phone, &challenge, Given::approval(binding)).await?;
    play.over(phone, challenge, account, action, told, Told::Executed).await?;
    play.notice(binding, ACTIVE).await
}

async fn recover_unnamed(play: &mut Play<'_>) -> Tried {
    let ada = play.person();
    let (phone, other) = (play.phone(), play.phone());
    let account = play.recovered(&phone, ada).await?;
    let binding = waits_for(play, 0, ada, account).await?;
    approved(play, &phone, account, &binding).await?;
    let again = play.recovered(&other, ada).await?;
    if again != account {
        return Err(Trouble::wrong("a second recovery", account, again));
    }
    play.notice(&binding, LinkStatus::Ended).await?;
    nothing_meets(play, &phone, account).await
}

/// The account that banks are told is hers.
async fn found(play: &mut Play<'_>, person: Person, wanted: Option<AccountId>) -> Tried {
    let found = play.query(0, person).await?;
    if found == wanted {
        return Ok(());
    }
    let told = |account: Option<AccountId>| Told::Account(account);
    Err(Trouble::wrong("a bank asks for her account", told(wanted), told(found)))
}

/// A device verifies an identity; it has to come out so.
async fn verifies(
    play: &mut Play<'_>,
    phone: &Phone,
    account: AccountId,
    person: Person,
    wanted: Told,
) -> Tried {
    let challenge = play.challenged(phone, account, Action::VerifyIdentity).await?;
    let proof = Given { identity: Some(person), ..Given::NOTHING };
    let told = play.give(phone, &challenge, proof).await?;
    play.over(phone, challenge, account, Action::VerifyIdentity, told, wanted).await
}

async fn self_asserted(play: &mut Play<'_>) -> Tried {
    let (ada, thief) = (play.person(), play.phone());
    let asserted = play.set_up(&thief, ada).await?;
    found(play, ada, None).await?;
    let (_, account) = play.bound(0, ada).await?;
    let refused = Told::Refused(Refusal::AccountUnavailable);
    verifies(play, &thief, asserted, ada, refused).await?;
    found(play, ada, Some(account)).await
}

async fn self_verified(play: &mut Play<'_>) -> Tried {
    let (ada, phone) = (play.person(), play.phone());
    let account = play.set_up(&phone, ada).await?;
    found(play, ada, None).await?;
    verifies(play, &phone, account, ada, Told::Executed).await?;
    found(play, ada, Some(account)).await?;
    let binding = play.binding(0, ada);
    let registered = play.register(&binding).await?;
    if registered != account {
        return Err(Trouble::wrong("a registration", account, registered));
    }
    let told = play.ask_link(&binding, account).await?;
    play.want("its link", told, Told::Link(LinkStatus::AwaitingApproval))?;
    approved(play, &phone, account, &binding).await
}

async fn hijacked(play: &mut Play<'_>) -> Tried {
    // Whose phone it is nobody knows but the bank that he is with.
    let (thief, his, account) = ready(play).await?;
    let ada = Person { person: his.person };
    let bank = usize::from(play.kit.banks.len() > 1);
    let hers = waiting(play, bank, account, &his).await?;
    let action = Action::ApproveBinding(hers.id);
    for code in [Code::None, Code::Of(&his)] {
        let challenge = play.challenged(&thief, account, action).await?;
        let told = play.give(&thief, &challenge, Given { code, ..Given::TWO }).await?;
        let invalid = Told::Problem(Refusal::ChallengeInvalid);
        play.want("an approval without her code and contact", told, invalid)?;
    }
    let phone = play.phone();
    let recovered = play.recovered(&phone, ada).await?;
    if recovered != account {
        return Err(Trouble::wrong("her recovery", account, recovered));
    }
    play.notice(&his, LinkStatus::Ended).await?;
    nothing_meets(play, &thief, account).await?;
    let again = waits_for(play, bank, ada, account).await?;
    approved(play, &phone, account, &again).await
}

async fn condition(play: &mut Play<'_>) -> Tried {
    play.kit.line.leans_on_repetition(&play.kit.rules.timing)?;
    let (ada, phone) = (play.person(), play.phone());
    let account = play.recovered(&phone, ada).await?;
    let binding = waits_for(play, 0, ada, account).await?;
    approved(play, &phone, account, &binding).await?;
    let first = payment(&binding, 500);
    let challenge = play.challenged(&phone, account, first).await?;
    let told = play.give(&phone, &challenge, Given::TWO).await?;
    play.debit(&binding, challenge.operation).await?;
    play.over(&phone, challenge, account, first, told, Told::Executed).await?;
    // Each of two is small beside what was paid; both together are not.
    let half = payment(&binding, play.kit.rules.policy.bands().total_medium_from / 2 + 1);
    let one = play.challenged(&phone, account, half).await?;
    let other = play.challenged(&phone, account, half).await?;
    play.requires("a small payment", &one, Requirement::Possession)?;
    let desk = &play.kit.banks[binding.bank].listener.desk;
    desk.answer_nothing(binding.id, u32::MAX);
    let possession = Given { asserts: Some(false), ..Given::TWO };
    let sent = play.give(&phone, &one, possession.clone()).await?;
    play.debit_asked(&binding, one.operation).await?;
    let told = play.give(&phone, &other, possession).await?;
    let refused = Told::Refused(Refusal::StepUpRequired);
    play.over(&phone, other, account, half, told, refused).await?;
    desk.answer_nothing(binding.id, 0);
    play.debit(&binding, one.operation).await?;
    play.over(&phone, one, account, half, sent, Told::Executed).await
}

async fn in_session(play: &mut Play<'_>) -> Tried {
    let (phone, binding, account) = ready(play).await?;
    let ada = Person { person: binding.person };
    let refused = Told::Refused(Refusal::StepUpRequired);
    let identity = Given { identity: Some(ada), ..Given::NOTHING };
    let enrols = Given { enrols: true, ..Given::TWO };
    for (action, proof) in [(Action::VerifyIdentity, identity), (Action::AddAuthenticator, enrols)]
    {
        let wish = play.wish(&phone, play.operation(), account, action);
        let challenge = play.challenged_for(&phone, wish, false).await?;
        let told = play.give(&phone, &challenge, proof.clone()).await?;
        play.comes_out(&phone, wish, told, refused).await?;
    }
    let stranger = play.phone();
    verifies(play, &stranger, account, ada, refused).await?;
    let told = play.status(&binding).await?;
    play.want("the link is as it was", told, Told::Link(ACTIVE))?;
    verifies(play, &phone, account, ada, Told::Executed).await?;
    play.notice(&binding, LinkStatus::Ended).await
}
