//! What a wallet tells who is not signed in.

use bindproof::refusal::Refusal;
use bindproof::wire::{AccountId, Action, BindingId, Challenge};

use super::wallet_step_up::{payment, ready, waiting};
use crate::case::cases;
use crate::oracle::Told;
use crate::play::{Binding, Contact, Given, Phone, Play};
use crate::trouble::{Tried, Trouble};

cases! { Wallet:
    "wallet.link-untold" link_untold Must ["143", "142", "081"]
        "To who is not signed in a link that is over, and one that never was, look like one that \
         is live: the same challenge, the same answer to a wrong proof. Who is signed in is told."
        "a live link told by a challenge, or its end by a problem";
    "wallet.end-untold" end_untold Must ["146"]
        "When a link ends, what was asked for through it by who is not signed in goes on looking \
         as it did, and even a right proof does not meet it any more."
        "an end told to a stranger by what becomes of a challenge";
    "wallet.strangers-leave-room" strangers_leave_room Must ["151", "099"]
        "However many operations strangers have under way on an account, its own device has room \
         for its own; and theirs are limited. A recovery takes no room and needs none."
        "the holder kept out by requests that anybody can make";
    "wallet.room-for-devices-untold" room_untold Must ["152", "081", "133"]
        "An account that trusts as many devices as it may challenges a stranger's sign-in like one \
         that is not there; who proves who she is, is told that there is no room."
        "an account, and how many devices it has, told by a limit";
}

const INVALID: Told = Told::Problem(Refusal::ChallengeInvalid);

async fn link_untold(play: &mut Play<'_>) -> Tried {
    let (phone, live, account) = ready(play).await?;
    let over = waiting(play, 0, account, &live).await?;
    play.end(&over).await?;
    let never = Binding { id: BindingId::from_bytes(play.kit.line.world.uuid()), ..live };
    let stranger = play.phone();
    let asks: [fn(&Binding) -> Action; 3] = [
        |binding| Action::EndLink(binding.id),
        |binding| Action::ApproveBinding(binding.id),
        |binding| payment(binding, 500),
    ];
    let mut open = Vec::new();
    for asked in asks {
        open.clear();
        for binding in [&live, &over, &never] {
            open.push(play.challenged(&stranger, account, asked(binding)).await?);
        }
        alike(&open)?;
    }
    let guess = Given { contact: Contact::Wrong, ..Given::NOTHING };
    for challenge in &open {
        let told = play.give(&stranger, challenge, guess.clone()).await?;
        play.want("a wrong answer, whatever it is about", told, INVALID)?;
    }
    // Her own device is nobody's until it signs.
    open.clear();
    for binding in [&live, &over] {
        let wish = play.wish(&phone, play.operation(), account, payment(binding, 500));
        open.push(play.challenged_for(&phone, wish, false).await?);
    }
    alike(&open)?;
    let wish = play.wish(&phone, play.operation(), account, payment(&over, 500));
    let told = play.ask(&phone, wish).await?.told;
    play.want("the same from who is signed in", told, Told::Problem(Refusal::NotFound))
}

/// All of them are told as one class.
fn alike(challenges: &[Challenge]) -> Tried {
    let Some(first) = challenges.first() else { return Ok(()) };
    match challenges.iter().find(|challenge| challenge.required != first.required) {
        None => Ok(()),
        Some(other) => {
            let step = "the challenge where there is no live link";
            Err(Trouble::wrong(step, first.required, other.required))
        }
    }
}

/// Both were told the same. The steps have said whether either is right: if the time of the one
/// challenge has passed and that of the other has not, nothing is known.
pub(super) fn told_alike(step: &str, told: Told, other: Told) -> Tried {
    let has_expired = [told, other].contains(&Told::Problem(Refusal::ChallengeExpired));
    match told == other {
        true => Ok(()),
        false if has_expired => {
            Err(Trouble::Undecided(format!("challenge_ms has passed: {step}, {told}, {other}")))
        }
        false => Err(Trouble::wrong(step, told, other)),
    }
}

async fn end_untold(play: &mut Play<'_>) -> Tried {
    let (phone, binding, account) = ready(play).await?;
    let wish = play.wish(&phone, play.operation(), account, payment(&binding, 500));
    let challenge = play.challenged_for(&phone, wish, false).await?;
    let (proof, offer) = play.proof(&phone, &challenge, &Given::TWO).await?;
    play.end(&binding).await?;
    let still = Told::Challenge(challenge.required);
    let told = play.ask_by(&phone, wish, false, 0).await?.told;
    play.want("asked again, once the link is over", told, still)?;
    let key = play.kit.line.key();
    let told = play.answer(&phone, &challenge, proof, offer, key, true).await?;
    play.want("a proof that would have met it", told, INVALID)?;
    let told = play.ask_by(&phone, wish, false, 0).await?.told;
    play.want("asked once more", told, still)
}

/// How often what has to be done while a challenge is open is tried.
const TIMES: usize = 3;

async fn strangers_leave_room(play: &mut Play<'_>) -> Tried {
    let challenge_ms = play.kit.rules.timing.challenge_ms;
    for _ in 0..TIMES {
        let (phone, binding, account) = ready(play).await?;
        let since_ms = play.now().from_ms;
        let tried = strangers_fill(play, &phone, &binding, account).await;
        let took_ms = (play.now().to_ms - since_ms).unsigned_abs();
        // Once the first challenge may be over there may be room again.
        if tried.is_ok() || took_ms < challenge_ms {
            return tried;
        }
    }
    let open = play.kit.rules.limits.operations_open_max;
    let why =
        format!("challenge_ms is {challenge_ms}, and {open} operations take longer to ask for");
    Err(Trouble::Undecided(why))
}

async fn strangers_fill(
    play: &mut Play<'_>,
    phone: &Phone,
    binding: &Binding,
    account: AccountId,
) -> Tried {
    let (stranger, most) = (play.phone(), play.kit.rules.limits.operations_open_max);
    for action in [Action::Recover, Action::SignIn] {
        for _ in 0..most {
            play.challenged(&stranger, account, action).await?;
        }
    }
    play.challenged(&stranger, account, Action::Recover).await?;
    let wish = play.wish(&stranger, play.operation(), account, Action::SignIn);
    let told = play.ask(&stranger, wish).await?.told;
    play.want("one more of a stranger", told, Told::Problem(Refusal::LimitExceeded))?;
    // Who only names her device is a stranger, too.
    let pay = play.wish(phone, play.operation(), account, payment(binding, 500));
    let told = play.ask_by(phone, pay, false, 0).await?.told;
    play.want("one in her device's name", told, Told::Problem(Refusal::LimitExceeded))?;
    let pay = play.wish(phone, play.operation(), account, payment(binding, 500));
    play.challenged_for(phone, pay, true).await.map(drop)
}

async fn room_untold(play: &mut Play<'_>) -> Tried {
    let (phone, _, account) = ready(play).await?;
    for _ in 1..play.kit.rules.limits.devices_per_account_max {
        signs_in(play, &phone, account, Told::Executed).await?;
    }
    let nobodys = AccountId::from_bytes(play.kit.line.world.uuid());
    let stranger = play.phone();
    let full = play.challenged(&stranger, account, Action::SignIn).await?;
    let nowhere = play.challenged(&stranger, nobodys, Action::SignIn).await?;
    alike(&[full, nowhere])?;
    signs_in(play, &phone, account, Told::Refused(Refusal::LimitExceeded)).await
}

/// A new device signs in with what this one has; it comes out so.
async fn signs_in(play: &mut Play<'_>, by: &Phone, account: AccountId, wanted: Told) -> Tried {
    let new = play.phone();
    let challenge = play.challenged(&new, account, Action::SignIn).await?;
    let told = play.give_with(&new, &challenge, by).await?;
    play.over(&new, challenge, account, Action::SignIn, told, wanted).await
}
