//! What a wallet does with what a device did not sign.

use bindproof::message::LinkStatus;
use bindproof::refusal::Refusal;
use bindproof::wire::{Action, ChallengeAnswer};
use bindproof_http::signature::Signer;
use ed25519_dalek::SigningKey;

use super::wallet_step_up::{payment, ready, waiting};
use crate::call::Stamp;
use crate::case::cases;
use crate::oracle::Told;
use crate::play::{Given, Phone, Play};
use crate::trouble::Tried;

cases! { Wallet:
    "wallet.device-signature-wrong" signature_wrong Must ["084", "086"]
        "A device's request or answer that is signed in its name by another key, by another \
         device, or over another body or path is signature_invalid, and changes nothing."
        "a device's key that is compared, and its signature not verified";
    "wallet.device-signature-old" signature_old Must ["084", "086"]
        "A device's signature that was made too long ago is refused."
        "an expired signature of a device accepted";
    "wallet.device-signature-replayed" signature_replayed Must ["084", "086", "109"]
        "The same bytes of a device twice are refused; the same request signed afresh is answered."
        "a replayed nonce of a device accepted";
}

const INVALID: Refusal = Refusal::SignatureInvalid;

/// Signs in a device's name by another key.
fn forger(play: &Play<'_>, phone: &Phone) -> Signer {
    let key = SigningKey::from_bytes(&play.kit.line.world.bytes());
    Signer::new(phone.device.to_string(), key)
}

async fn signature_wrong(play: &mut Play<'_>) -> Tried {
    let (phone, first, account) = ready(play).await?;
    let waits = waiting(play, 0, account, &first).await?;
    let (forger, thief) = (forger(play, &phone), play.phone());
    let decline = Action::DeclineBinding(waits.id);
    let wish = play.wish(&phone, play.operation(), account, decline);
    let (stamp, key) = (Stamp::default(), play.kit.line.key());
    let forged = play.by_device(&forger, &stamp, key, wish)?;
    play.refused("a request signed in the device's name", forged, INVALID).await?;
    let another = play.by_device(&thief.signer, &stamp, key, wish)?;
    play.refused("a request signed by another device", another, INVALID).await?;
    let asked = play.wish(&phone, play.operation(), account, payment(&first, 500));
    let mut changed = play.by_device(&phone.signer, &stamp, key, asked)?;
    *changed.body_mut() = play.by_device(&phone.signer, &stamp, key, wish)?.into_body();
    play.refused("a request whose body was exchanged", changed, INVALID).await?;
    let told = play.status(&waits).await?;
    play.want("the link waits", told, Told::Link(LinkStatus::AwaitingApproval))?;

    let pay = payment(&first, 500);
    let challenge = play.challenged(&phone, account, pay).await?;
    let (proof, offer) = play.proof(&phone, &challenge, &Given::TWO).await?;
    let answer = ChallengeAnswer { challenge: challenge.challenge, device: phone.device, proof };
    let forged = play.by_device(&forger, &stamp, key, answer)?;
    play.refused("an answer signed in the device's name", forged, INVALID).await?;
    let another = play.by_device(&thief.signer, &stamp, key, answer)?;
    play.refused("an answer signed by another device", another, INVALID).await?;
    let empty = ChallengeAnswer { proof: bindproof::wire::Proof::default(), ..answer };
    let mut changed = play.by_device(&phone.signer, &stamp, key, empty)?;
    *changed.body_mut() = play.by_device(&phone.signer, &stamp, key, answer)?.into_body();
    play.refused("an answer whose body was exchanged", changed, INVALID).await?;
    let mut moved = play.by_device(&phone.signer, &stamp, key, wish)?;
    *moved.body_mut() = play.by_device(&phone.signer, &stamp, key, answer)?.into_body();
    *moved.uri_mut() = play.by_device(&phone.signer, &stamp, key, answer)?.uri().clone();
    play.refused("an answer signed for another path", moved, INVALID).await?;

    let told = play.answer(&phone, &challenge, proof, offer, key, true).await?;
    play.debit(&first, challenge.operation).await?;
    play.over(&phone, challenge, account, pay, told, Told::Executed).await?;
    super::wallet_step_up::execute(play, &phone, account, decline).await
}

async fn signature_old(play: &mut Play<'_>) -> Tried {
    let (phone, first, account) = ready(play).await?;
    let waits = waiting(play, 0, account, &first).await?;
    let (stamp, key) = (Stamp::expired(), play.kit.line.key());
    let decline = Action::DeclineBinding(waits.id);
    let wish = play.wish(&phone, play.operation(), account, decline);
    let old = play.by_device(&phone.signer, &stamp, key, wish)?;
    play.refused("a request signed two minutes ago", old, INVALID).await?;
    let told = play.status(&waits).await?;
    play.want("the link waits", told, Told::Link(LinkStatus::AwaitingApproval))?;
    let pay = payment(&first, 500);
    let challenge = play.challenged(&phone, account, pay).await?;
    let (proof, offer) = play.proof(&phone, &challenge, &Given::TWO).await?;
    let answer = ChallengeAnswer { challenge: challenge.challenge, device: phone.device, proof };
    let old = play.by_device(&phone.signer, &stamp, key, answer)?;
    play.refused("an answer signed two minutes ago", old, INVALID).await?;
    let told = play.answer(&phone, &challenge, proof, offer, key, true).await?;
    play.debit(&first, challenge.operation).await?;
    play.over(&phone, challenge, account, pay, told, Told::Executed).await
}

async fn signature_replayed(play: &mut Play<'_>) -> Tried {
    let (phone, first, account) = ready(play).await?;
    let pay = payment(&first, 500);
    let challenge = play.challenged(&phone, account, pay).await?;
    let asked = play.sent_last()?;
    play.refused("the same bytes of a request again", asked, INVALID).await?;
    let wish = play.wish(&phone, challenge.operation, account, pay);
    let told = play.ask(&phone, wish).await?.told;
    play.want("the request signed afresh", told, Told::Challenge(challenge.required))?;
    let told = play.give(&phone, &challenge, Given::TWO).await?;
    let answered = play.sent_last()?;
    play.refused("the same bytes of an answer again", answered, INVALID).await?;
    play.debit(&first, challenge.operation).await?;
    play.over(&phone, challenge, account, pay, told, Told::Executed).await?;
    let stamp = Stamp { nonce: Some(crate::play::nonce(play)), ..Stamp::default() };
    let again = play.by_device(&phone.signer, &stamp, play.kit.line.key(), wish)?;
    play.accepted("the request with a nonce", again).await?;
    let again = play.by_device(&phone.signer, &stamp, play.kit.line.key(), wish)?;
    play.refused("another one with this nonce", again, INVALID).await
}
