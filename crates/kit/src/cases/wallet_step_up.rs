//! What a wallet asks of a person, and what it takes as proof.

use bindproof::message::{LinkStatus, Reason};
use bindproof::policy::Requirement;
use bindproof::refusal::Refusal;
use bindproof::wire::{AccountId, Action, Amount, BindingId, Challenge};

use super::wallet_told::told_alike;
use crate::case::cases;
use crate::oracle::Told;
use crate::play::{ACTIVE, Binding, Code, Contact, Given, Phone, Play, wrong_code};
use crate::target::{SHORTLY_MS, TO_GO_MS};
use crate::trouble::{Tried, Trouble};

cases! { Wallet:
    "wallet.first-authentication" first_authentication Must ["045", "008", "009", "102"]
        "A first sign-in takes the binding code, the contact and a new authenticator; then a \
         small payment is challenged as the first one and executed once the bank stands by it."
        "first payment not challenged; an account that cannot be used";
    "wallet.wrong-code" wrong_code_case Must ["045", "058", "111"]
        "A wrong binding code, a missing one and one that was spent pass nothing."
        "wrong code accepted; a code that is good twice";
    "wallet.wrong-contact" wrong_contact Must ["045", "111"]
        "A wrong one-time code passes nothing."
        "one-time code not compared";
    "wallet.other-bindings-code" other_bindings_code Must ["045", "044"]
        "The code of another binding passes neither a first authentication nor an approval."
        "any genuine code taken";
    "wallet.before-first-authentication" before_first Must ["080"]
        "Before its first authentication an account does nothing else: what is asked for is \
         challenged, and nothing meets the challenge."
        "a payment before the first authentication";
    "wallet.approval" approval Must ["007", "044", "107", "120"]
        "A waiting link becomes active by its holder's approval, with the binding's code and \
         contact and her own two factors, and the bank is notified."
        "an approval that does nothing; no notice";
    "wallet.approval-needs-all" approval_needs_all Must ["044", "047", "076", "107"]
        "An approval without the code, the contact, or the second factor passes nothing, and \
         what is answered does not tell which it was."
        "approval without the account's own factors; the code alone";
    "wallet.declined" declined Must ["120", "053"]
        "A declined link is over: the bank is notified, and approves and links in vain."
        "declined link bound";
    "wallet.approval-expires" approval_expires Must ["120", "128"]
        "A link that nobody approves in time ends, and the bank is notified."
        "a link that waits for ever";
    "wallet.challenge-expires" challenge_expires Must ["083", "129"]
        "A challenge that is not met in time has expired, and an answer comes too late."
        "a challenge that lives for ever";
    "wallet.answer-from-another-device" other_device Must ["086", "110"]
        "An answer by another device, or by none, is signature_invalid, and counts for nothing."
        "device not compared";
    "wallet.proof-of-another-challenge" other_challenge Must ["046", "110"]
        "What an authenticator said to one challenge does not meet another, of another amount."
        "proof not bound to the amount";
    "wallet.weaker-factor" weaker_factor Must ["047", "111"]
        "An authenticator that does not know the person is one factor, and not two."
        "a weaker class taken for a stronger one";
    "wallet.tries" tries Must ["089", "040"]
        "A challenge takes so many wrong answers and no more."
        "wrong answers without a limit";
    "wallet.run" run Must ["040", "085", "087", "112", "114"]
        "Wrong answers in a row close the path, whatever challenge they answer; on the closed \
         path a right one is refused, too."
        "tries reset by a new challenge; lock checked only at start";
    "wallet.lock-at-execution" lock_apart Must ["039", "088"]
        "A stranger who closes the strangers' path keeps nobody else from anything."
        "a lock on the person";
    "wallet.operation-again" operation_again Must ["020", "098", "097", "109"]
        "An operation that is asked for again is told as it stands, with the same challenge; \
         with other content it is a conflict, and another device's is not found. Its proof counts \
         once."
        "an operation executed twice; foreign operations told";
    "wallet.no-such-account" no_such_account Must ["081", "142", "133", "145"]
        "To a stranger an account that is not there looks like one that is: the same challenge, \
         the same answers to wrong proofs."
        "existence disclosed by another error";
    "wallet.stale-operation" stale_operation Must ["099"]
        "A request that is too old begins no operation."
        "the date not checked";
    "wallet.unsigned-is-unknown" unsigned Must ["084", "063"]
        "A request that the device did not sign is one of an unknown device: it is challenged \
         where the signed one would be executed at once."
        "a device believed on its word";
}

async fn first_authentication(play: &mut Play<'_>) -> Tried {
    let (phone, binding, account) = ready(play).await?;
    let pay = payment(&binding, 500);
    let challenge = play.challenged(&phone, account, pay).await?;
    play.requires("a first payment", &challenge, Requirement::TwoFactor)?;
    let told = play.give(&phone, &challenge, Given::TWO).await?;
    play.debit(&binding, challenge.operation).await?;
    play.over(&phone, challenge, account, pay, told, Told::Executed).await
}

/// A person with an account that she has authenticated on, and her device.
pub(super) async fn ready(play: &mut Play<'_>) -> Tried<(Phone, Binding, AccountId)> {
    let ada = play.person();
    let (binding, account) = play.bound(0, ada).await?;
    let phone = play.phone();
    play.sign_in(&phone, account, &binding).await?;
    Ok((phone, binding, account))
}

/// A payment through a binding.
pub(super) fn payment(binding: &Binding, minor: u64) -> Action {
    let euro = "EUR".parse().expect("three letters");
    let amount = Amount::new(minor, euro).expect("a sum that can be paid");
    let payee = "corner-shop".parse().expect("a plain name");
    Action::Pay { binding: binding.id, amount, payee }
}

pub(super) const INVALID: Told = Told::Problem(Refusal::ChallengeInvalid);

async fn wrong_code_case(play: &mut Play<'_>) -> Tried {
    let ada = play.person();
    let (binding, account) = play.bound(0, ada).await?;
    let phone = play.phone();
    let challenge = play.challenged(&phone, account, Action::SignIn).await?;
    let good = Given::first(&binding);
    let wrong = Given { code: Code::Wrong(wrong_code(play)), ..good.clone() };
    let told = play.give(&phone, &challenge, wrong).await?;
    play.want("a wrong binding code", told, INVALID)?;
    let without = Given { code: Code::None, contact: Contact::None, ..good };
    let told = play.give(&phone, &challenge, without).await?;
    play.want("no binding code", told, INVALID)?;
    let challenge = play.challenged(&phone, account, Action::SignIn).await?;
    let contact = Contact::Read(play.one_time_code(binding.contact).await?);
    let good = Given { contact, ..Given::first(&binding) };
    // Once it is spent it stays so, and the next period has a code of its own.
    let code = Code::Wrong(play.code_of_period(&binding, 0).await);
    let spends = Given { contact: Contact::Wrong, ..good.clone() };
    let told = play.give(&phone, &challenge, spends).await?;
    play.want("the code with a wrong contact", told, INVALID)?;
    let told = play.give(&phone, &challenge, Given { code, ..good }).await?;
    play.want("the code that was spent", told, INVALID)
}

async fn wrong_contact(play: &mut Play<'_>) -> Tried {
    let ada = play.person();
    let (binding, account) = play.bound(0, ada).await?;
    let phone = play.phone();
    let challenge = play.challenged(&phone, account, Action::SignIn).await?;
    let wrong = Given { contact: Contact::Wrong, ..Given::first(&binding) };
    let told = play.give(&phone, &challenge, wrong).await?;
    play.want("a wrong one-time code", told, INVALID)
}

async fn other_bindings_code(play: &mut Play<'_>) -> Tried {
    let ada = play.person();
    let (first, account) = play.bound(0, ada).await?;
    let second = waiting(play, 0, account, &first).await?;
    let phone = play.phone();
    let challenge = play.challenged(&phone, account, Action::SignIn).await?;
    let other = Given { code: Code::Of(&second), ..Given::first(&first) };
    let told = play.give(&phone, &challenge, other).await?;
    play.want("another binding's code", told, INVALID)?;
    play.forget_codes(&Contact::Sent(first.contact));
    let told = play.give(&phone, &challenge, Given::first(&first)).await?;
    play.over(&phone, challenge, account, Action::SignIn, told, Told::Executed).await?;
    let third = waiting(play, 0, account, &first).await?;
    let action = Action::ApproveBinding(third.id);
    let challenge = play.challenged(&phone, account, action).await?;
    let other = Given { code: Code::Of(&first), ..Given::approval(&third) };
    let told = play.give(&phone, &challenge, other).await?;
    play.want("an approval with another binding's code", told, INVALID)
}

/// A second binding of the person whose first one this is; it waits for her approval.
pub(super) async fn waiting(
    play: &mut Play<'_>,
    bank: usize,
    account: AccountId,
    of: &Binding,
) -> Tried<Binding> {
    let second = play.binding(bank, crate::play::Person { person: of.person });
    let told = play.ask_link(&second, account).await?;
    play.want("a second link", told, Told::Link(LinkStatus::AwaitingApproval))?;
    Ok(second)
}

async fn before_first(play: &mut Play<'_>) -> Tried {
    let ada = play.person();
    let (binding, account) = play.bound(0, ada).await?;
    let phone = play.phone();
    let challenge = play.challenged(&phone, account, payment(&binding, 100)).await?;
    let proof = Given { contact: Contact::IfSent(binding.contact), ..Given::first(&binding) };
    let told = play.give(&phone, &challenge, proof).await?;
    play.want("the first authentication's proof for a payment", told, INVALID)
}

async fn approval(play: &mut Play<'_>) -> Tried {
    let (phone, first, account) = ready(play).await?;
    let bank = usize::from(play.kit.banks.len() > 1);
    let second = waiting(play, bank, account, &first).await?;
    let challenge = play.challenged(&phone, account, Action::ApproveBinding(second.id)).await?;
    let told = play.give(&phone, &challenge, Given::approval(&second)).await?;
    let action = Action::ApproveBinding(second.id);
    play.over(&phone, challenge, account, action, told, Told::Executed).await?;
    play.notice(&second, ACTIVE).await?;
    let told = play.status(&second).await?;
    play.want("the link is active", told, Told::Link(ACTIVE))
}

async fn approval_needs_all(play: &mut Play<'_>) -> Tried {
    let (phone, first, account) = ready(play).await?;
    let mut said = None;
    // A code is spent when it is presented, so each is tried on a binding of its own.
    for what in ["the code", "the contact", "two factors", "any factor"] {
        let second = waiting(play, 0, account, &first).await?;
        let good = Given::approval(&second);
        let given = match what {
            "the code" => Given { code: Code::None, ..good },
            "the contact" => Given { contact: Contact::None, ..good },
            "two factors" => Given { asserts: Some(false), ..good },
            _ => Given { asserts: None, ..good },
        };
        let challenge = play.challenged(&phone, account, Action::ApproveBinding(second.id)).await?;
        let told = play.give(&phone, &challenge, given).await?;
        play.want(&format!("an approval without {what}"), told, INVALID)?;
        let (found, first) = (play.said_last(), said.get_or_insert_with(|| play.said_last()));
        if found != *first {
            return Err(Trouble::wrong("which factor was wrong is not told", first, found));
        }
        let told = play.status(&second).await?;
        play.want("it waits", told, Told::Link(LinkStatus::AwaitingApproval))?;
        play.end(&second).await?;
    }
    let second = waiting(play, 0, account, &first).await?;
    let action = Action::ApproveBinding(second.id);
    let challenge = play.challenged(&phone, account, action).await?;
    let told = play.give(&phone, &challenge, Given::approval(&second)).await?;
    play.over(&phone, challenge, account, action, told, Told::Executed).await
}

async fn declined(play: &mut Play<'_>) -> Tried {
    let (phone, first, account) = ready(play).await?;
    let second = waiting(play, 0, account, &first).await?;
    let action = Action::DeclineBinding(second.id);
    execute(play, &phone, account, action).await?;
    let refused = LinkStatus::Refused { reason: Reason::Declined };
    play.notice(&second, refused).await?;
    let told = play.ask_link(&second, account).await?;
    play.want("the link, asked for again", told, Told::Link(refused))?;
    let wish = play.wish(&phone, play.operation(), account, Action::ApproveBinding(second.id));
    let told = play.ask(&phone, wish).await?.told;
    play.want("its approval, late", told, Told::Problem(Refusal::NotFound))
}

/// An operation by its device, with two factors if it is asked for them.
pub(super) async fn execute(
    play: &mut Play<'_>,
    phone: &Phone,
    account: AccountId,
    action: Action,
) -> Tried {
    let wish = play.wish(phone, play.operation(), account, action);
    let answered = play.ask(phone, wish).await?;
    let Some(challenge) = answered.challenge else {
        return play.want("an operation", answered.told, Told::Executed);
    };
    let told = play.give(phone, &challenge, Given::TWO).await?;
    play.over(phone, challenge, account, action, told, Told::Executed).await
}

async fn approval_expires(play: &mut Play<'_>) -> Tried {
    let time_ms = play.kit.rules.timing.approval_wallet_ms;
    play.kit.line.within_patience("approval_wallet_ms", time_ms)?;
    let (_, first, account) = ready(play).await?;
    let second = waiting(play, 0, account, &first).await?;
    // Since it is armed: what is counted from before, a late answer would hide.
    let since_ms = play.now().from_ms;
    for to_go_ms in TO_GO_MS {
        play.wait_until_before("approval_wallet_ms", since_ms, time_ms, to_go_ms).await;
        play.status(&second).await?;
    }
    play.wait("approval_wallet_ms", SHORTLY_MS).await;
    play.notice(&second, LinkStatus::Ended).await?;
    let told = play.ask_link(&second, account).await?;
    play.want("the link, asked for again", told, Told::Link(LinkStatus::Ended))
}

async fn challenge_expires(play: &mut Play<'_>) -> Tried {
    let time_ms = play.kit.rules.timing.challenge_ms;
    play.kit.line.within_patience("challenge_ms", time_ms)?;
    let (phone, _, account) = ready(play).await?;
    let (challenge, action) = strong(play, &phone, account).await?;
    let since_ms = play.now().from_ms;
    let (proof, offer) = play.proof(&phone, &challenge, &Given::TWO).await?;
    let wish = play.wish(&phone, challenge.operation, account, action);
    for to_go_ms in TO_GO_MS {
        play.wait_until_before("challenge_ms", since_ms, time_ms, to_go_ms).await;
        play.ask(&phone, wish).await?;
    }
    play.wait("challenge_ms", SHORTLY_MS).await;
    let key = play.kit.line.key();
    let told = play.answer(&phone, &challenge, proof, offer, key, true).await?;
    play.want("a right answer, too late", told, Told::Problem(Refusal::ChallengeExpired))?;
    let told = play.ask(&phone, wish).await?.told;
    play.want("what became of it", told, Told::Expired)
}

/// An operation that always takes two factors, and its challenge.
async fn strong(
    play: &mut Play<'_>,
    phone: &Phone,
    account: AccountId,
) -> Tried<(Challenge, Action)> {
    let action = Action::AddAuthenticator;
    Ok((play.challenged(phone, account, action).await?, action))
}

async fn other_device(play: &mut Play<'_>) -> Tried {
    let (phone, binding, account) = ready(play).await?;
    let challenge = play.challenged(&phone, account, payment(&binding, 500)).await?;
    let (proof, offer) = play.proof(&phone, &challenge, &Given::TWO).await?;
    let invalid = Told::Problem(Refusal::SignatureInvalid);
    let foreign = crate::oracle::wallet::Offer { from_its_device: false, ..offer.clone() };
    let thief = play.phone();
    let key = play.kit.line.key();
    let told = play.answer(&thief, &challenge, proof, foreign.clone(), key, true).await?;
    play.want("a right answer by another device", told, invalid)?;
    let key = play.kit.line.key();
    let told = play.answer(&phone, &challenge, proof, foreign, key, false).await?;
    play.want("a right answer by nobody", told, invalid)?;
    let key = play.kit.line.key();
    let told = play.answer(&phone, &challenge, proof, offer, key, true).await?;
    play.debit(&binding, challenge.operation).await?;
    let pay = payment(&binding, 500);
    play.over(&phone, challenge, account, pay, told, Told::Executed).await
}

async fn other_challenge(play: &mut Play<'_>) -> Tried {
    let (phone, binding, account) = ready(play).await?;
    let (small, large) = (payment(&binding, 500), payment(&binding, 20_000));
    let first = play.challenged(&phone, account, small).await?;
    let second = play.challenged(&phone, account, large).await?;
    let given = Given { made_for: Some(first.challenge), ..Given::TWO };
    let told = play.give(&phone, &second, given).await?;
    play.want("what was said to the small payment, for the large one", told, INVALID)?;
    let told = play.give(&phone, &second, Given::TWO).await?;
    play.debit(&binding, second.operation).await?;
    play.over(&phone, second, account, large, told, Told::Executed).await
}

async fn weaker_factor(play: &mut Play<'_>) -> Tried {
    let (phone, binding, account) = ready(play).await?;
    let pay = payment(&binding, 20_000);
    let challenge = play.challenged(&phone, account, pay).await?;
    let told = play.give(&phone, &challenge, Given { asserts: Some(false), ..Given::TWO }).await?;
    play.want("one factor for a large payment", told, INVALID)?;
    let told = play.give(&phone, &challenge, Given::TWO).await?;
    play.debit(&binding, challenge.operation).await?;
    play.over(&phone, challenge, account, pay, told, Told::Executed).await
}

async fn tries(play: &mut Play<'_>) -> Tried {
    let limits = play.kit.rules.limits;
    if limits.run < limits.tries {
        let why = format!("run is {}, and closes the path before the last try", limits.run);
        return Err(Trouble::Skipped(why));
    }
    let (phone, binding, account) = ready(play).await?;
    let pay = payment(&binding, 500);
    let challenge = play.challenged(&phone, account, pay).await?;
    for _ in 0..play.kit.rules.limits.tries {
        let wrong = Given { asserts: Some(false), ..Given::TWO };
        play.give(&phone, &challenge, wrong).await?;
    }
    let wish = play.wish(&phone, challenge.operation, account, pay);
    let told = play.ask(&phone, wish).await?.told;
    play.want("a challenge without tries", told, Told::Refused(Refusal::ChallengeLimitReached))
}

/// Wrong answers until the device's path is closed, each to a challenge of its own.
pub(super) async fn guess(
    play: &mut Play<'_>,
    phone: &Phone,
    account: AccountId,
    action: Action,
) -> Tried {
    for _ in 0..play.kit.rules.limits.run {
        let challenge = play.challenged(phone, account, action).await?;
        let wrong = Given { asserts: Some(false), ..Given::TWO };
        let told = play.give(phone, &challenge, wrong).await?;
        play.want("a wrong answer", told, play.wrong_once())?;
    }
    Ok(())
}

async fn run(play: &mut Play<'_>) -> Tried {
    let (phone, binding, account) = ready(play).await?;
    let open = play.challenged(&phone, account, payment(&binding, 500)).await?;
    guess(play, &phone, account, payment(&binding, 400)).await?;
    let told = play.give(&phone, &open, Given::TWO).await?;
    let locked = Told::Problem(Refusal::StepUpLocked);
    play.want("a right answer on the closed path", told, locked)?;
    let fresh = play.challenged(&phone, account, payment(&binding, 500)).await?;
    let told = play.give(&phone, &fresh, Given::TWO).await?;
    play.want("one to a new challenge", told, locked)
}

async fn lock_apart(play: &mut Play<'_>) -> Tried {
    let (phone, binding, account) = ready(play).await?;
    let thief = play.phone();
    for _ in 0..play.kit.rules.limits.run {
        let challenge = play.challenged(&thief, account, Action::SignIn).await?;
        let guess = Given { contact: Contact::Wrong, ..Given::NOTHING };
        play.give(&thief, &challenge, guess).await?;
    }
    let pay = payment(&binding, 500);
    let challenge = play.challenged(&phone, account, pay).await?;
    let told = play.give(&phone, &challenge, Given::TWO).await?;
    play.debit(&binding, challenge.operation).await?;
    play.over(&phone, challenge, account, pay, told, Told::Executed).await
}

async fn operation_again(play: &mut Play<'_>) -> Tried {
    let (phone, binding, account) = ready(play).await?;
    let (pay, other) = (payment(&binding, 500), payment(&binding, 600));
    let challenge = play.challenged(&phone, account, pay).await?;
    let wish = play.wish(&phone, challenge.operation, account, pay);
    let again = play.ask(&phone, wish).await?;
    play.want("asked again", again.told, Told::Challenge(challenge.required))?;
    let changed = play.wish(&phone, challenge.operation, account, other);
    let told = play.ask(&phone, changed).await?.told;
    play.want("another amount", told, Told::Problem(Refusal::IdempotencyConflict))?;
    let thief = play.phone();
    let theirs = play.wish(&thief, challenge.operation, account, pay);
    let told = play.ask(&thief, theirs).await?.told;
    play.want("another device's", told, Told::Problem(Refusal::NotFound))?;
    let (proof, offer) = play.proof(&phone, &challenge, &Given::TWO).await?;
    let (key, again) = (play.kit.line.key(), play.kit.line.key());
    let told = play.answer(&phone, &challenge, proof, offer.clone(), key, true).await?;
    play.debit(&binding, challenge.operation).await?;
    play.over(&phone, challenge, account, pay, told, Told::Executed).await?;
    let told = play.ask(&phone, wish).await?.told;
    play.want("once more, when it is over", told, Told::Executed)?;
    let told = play.answer(&phone, &challenge, proof, offer, again, true).await?;
    play.want("its proof once more", told, Told::Problem(Refusal::ChallengeExpired))
}

async fn no_such_account(play: &mut Play<'_>) -> Tried {
    let (_, binding, account) = ready(play).await?;
    let nobody = AccountId::from_bytes(play.kit.line.world.uuid());
    let guess = Given { contact: Contact::Wrong, ..Given::NOTHING };
    let unseen = BindingId::from_bytes(play.kit.line.world.uuid());
    for (there, missing) in [
        (Action::SignIn, Action::SignIn),
        (payment(&binding, 500), payment(&Binding { id: unseen, ..binding }, 500)),
        (Action::VerifyIdentity, Action::VerifyIdentity),
    ] {
        let stranger = play.phone();
        let real = play.challenged(&stranger, account, there).await?;
        let decoy = play.challenged(&stranger, nobody, missing).await?;
        if real.required != decoy.required {
            let step = "the challenge where there is no account";
            return Err(Trouble::wrong(step, real.required, decoy.required));
        }
        let told = play.give(&stranger, &real, guess.clone()).await?;
        let other = play.give(&stranger, &decoy, guess.clone()).await?;
        told_alike("a wrong answer where there is no account", told, other)?;
    }
    // What closes the one path closes the other.
    for _ in 0..play.kit.rules.limits.run {
        let stranger = play.phone();
        let real = play.challenged(&stranger, account, Action::SignIn).await?;
        let decoy = play.challenged(&stranger, nobody, Action::SignIn).await?;
        let told = play.give(&stranger, &real, guess.clone()).await?;
        let other = play.give(&stranger, &decoy, guess.clone()).await?;
        told_alike("a further one where there is no account", told, other)?;
    }
    Ok(())
}

async fn stale_operation(play: &mut Play<'_>) -> Tried {
    let (phone, binding, account) = ready(play).await?;
    let wish = play.wish(&phone, play.operation(), account, payment(&binding, 500));
    let window_ms = i64::try_from(play.kit.rules.timing.freshness_ms).unwrap_or(i64::MAX / 4);
    let told = play.ask_by(&phone, wish, true, window_ms + 60_000).await?.told;
    play.want("an old request", told, Told::Problem(Refusal::RequestStale))?;
    let told = play.ask(&phone, wish).await?.told;
    play.want("the same, fresh", told, Told::Challenge(Requirement::TwoFactor))
}

async fn unsigned(play: &mut Play<'_>) -> Tried {
    let (phone, first, account) = ready(play).await?;
    let second = waiting(play, 0, account, &first).await?;
    let decline = Action::DeclineBinding(second.id);
    let wish = play.wish(&phone, play.operation(), account, decline);
    let told = play.ask_by(&phone, wish, false, 0).await?.told;
    play.want("an unsigned request", told, Told::Challenge(Requirement::TwoFactor))?;
    execute(play, &phone, account, decline).await
}
