//! What a wallet does with what cannot be believed or read.

use bindproof::message::LinkStatus;
use bindproof::refusal::Refusal;
use bindproof::wire::{IdempotencyKey, LinkEnd, LinkQuery};
use bindproof_http::signature::Signer;
use ed25519_dalek::SigningKey;
use http_body_util::Full;
use hyper::body::Bytes;

use super::bank_wallet::CARD_NUMBER;
use crate::call::Stamp;
use crate::case::cases;
use crate::oracle::Told;
use crate::oracle::wallet::FromBank;
use crate::play::{ACTIVE, Binding, Play};
use crate::trouble::Tried;

cases! { Wallet:
    "wallet.signature-wrong" signature_wrong Must ["117"]
        "A request without a signature, signed by an unknown key, by another's key, or over \
         another body or path is signature_invalid, and changes nothing."
        "a signature that is not verified; a digest that is not compared";
    "wallet.signature-old" signature_old Must ["117"]
        "A signature that was made too long ago is refused."
        "an expired signature accepted";
    "wallet.signature-replayed" signature_replayed Must ["117", "123"]
        "The same bytes twice are refused; the same request signed afresh is answered."
        "a replayed nonce accepted";
    "wallet.replay-after-restart" replay_after_restart Must ["117", "119"]
        "A signature that was used before the server was started again is refused after it."
        "nonces only in memory";
    "wallet.malformed" malformed Must ["070", "071", "072"]
        "What is not JSON, has a member too many, another version, another message's name or \
         another key than its field is request_malformed, and changes nothing."
        "lenient reading";
    "wallet.card-number" card_number Must ["073"]
        "A link request whose instrument looks like a card's number is request_malformed, and \
         leaves nothing behind."
        "a card number that is kept";
}

async fn signature_wrong(play: &mut Play<'_>) -> Tried {
    let ada = play.person();
    let (binding, _) = play.bound(0, ada).await?;
    let signer = play.kit.banks[0].signer.clone();
    let invalid = Refusal::SignatureInvalid;
    let mut unsigned = end(play, &binding, &signer, &Stamp::default())?;
    unsigned.headers_mut().remove("signature");
    unsigned.headers_mut().remove("signature-input");
    play.refused("an end without a signature", unsigned, invalid).await?;
    let forged = SigningKey::from_bytes(&play.kit.line.world.bytes());
    let stranger = Signer::new("nobody-1".to_owned(), forged.clone());
    let request = end(play, &binding, &stranger, &Stamp::default())?;
    play.refused("an end signed by an unknown key", request, invalid).await?;
    let forger = Signer::new(signer.key_id().to_owned(), forged);
    let request = end(play, &binding, &forger, &Stamp::default())?;
    play.refused("an end signed in another's name", request, invalid).await?;
    let key = play.kit.line.key();
    let mut changed = end_under(play, &binding, &signer, &Stamp::default(), key)?;
    let unseen = play.binding(0, ada);
    let other = end_under(play, &unseen, &signer, &Stamp::default(), key)?;
    *changed.body_mut() = other.body().clone();
    play.refused("an end whose body was exchanged", changed, invalid).await?;
    let mut moved = query(play, &binding, &signer, &Stamp::default())?;
    let elsewhere = end(play, &binding, &signer, &Stamp::default())?;
    *moved.uri_mut() = elsewhere.uri().clone();
    play.refused("a query signed for another path", moved, invalid).await?;
    let told = play.status(&binding).await?;
    let active = Told::Link(ACTIVE);
    play.want("the link is as it was", told, active)?;
    let told = play.status(&unseen).await?;
    play.want("nothing is left", told, Told::Problem(Refusal::NotFound))
}

async fn signature_old(play: &mut Play<'_>) -> Tried {
    let ada = play.person();
    let (binding, _) = play.bound(0, ada).await?;
    let signer = play.kit.banks[0].signer.clone();
    let request = end(play, &binding, &signer, &Stamp::expired())?;
    play.refused("an end signed two minutes ago", request, Refusal::SignatureInvalid).await?;
    let told = play.status(&binding).await?;
    play.want("the link is as it was", told, Told::Link(ACTIVE))
}

async fn signature_replayed(play: &mut Play<'_>) -> Tried {
    let ada = play.person();
    let (binding, _) = play.bound(0, ada).await?;
    let signer = play.kit.banks[0].signer.clone();
    let request = query(play, &binding, &signer, &Stamp::default())?;
    play.accepted("a query", request.clone()).await?;
    play.refused("the same bytes again", request, Refusal::SignatureInvalid).await?;
    let nonce = crate::play::nonce(play);
    let stamp = Stamp { nonce: Some(nonce), ..Stamp::default() };
    let first = query(play, &binding, &signer, &stamp)?;
    play.accepted("a query with a nonce", first).await?;
    let second = query(play, &binding, &signer, &stamp)?;
    play.refused("another one with this nonce", second, Refusal::SignatureInvalid).await?;
    play.status(&binding).await.map(|_| ())
}

async fn replay_after_restart(play: &mut Play<'_>) -> Tried {
    let ada = play.person();
    let (binding, _) = play.bound(0, ada).await?;
    let signer = play.kit.banks[0].signer.clone();
    let request = query(play, &binding, &signer, &Stamp::default())?;
    play.accepted("a query", request.clone()).await?;
    play.restart().await?;
    play.refused("the same bytes again", request, Refusal::SignatureInvalid).await?;
    let told = play.status(&binding).await?;
    play.want("what was answered is there", told, Told::Link(ACTIVE))
}

async fn malformed(play: &mut Play<'_>) -> Tried {
    let ada = play.person();
    let binding = play.binding(0, ada);
    let signer = play.kit.banks[0].signer.clone();
    let key = play.kit.line.key();
    let (_, good) = play.kit.line.envelope(Some(key), 0, LinkEnd { binding: binding.id })?;
    let text = String::from_utf8(good).unwrap_or_default();
    let key = key.as_str().to_owned();
    let bad = [
        ("nothing", String::new()),
        ("half a body", "{".to_owned()),
        ("a list", "[]".to_owned()),
        ("a member too many", text.replacen('{', "{\"more\":1,", 1)),
        ("another version", text.replacen("bindproof/1", "bindproof/2", 1)),
        ("another message's name", text.replacen("link_end", "link_query", 1)),
        ("another key than its field", text.replacen(&key, "another", 1)),
        ("a time before time", text.replacen("\"issued_at\":", "\"issued_at\":-", 1)),
        ("a body of 70,000 bytes", "x".repeat(70_000)),
    ];
    for (what, body) in bad {
        let stamp = Stamp::default();
        let request =
            play.signed(&signer, &stamp, "/v1/link_end", Some(&key), body.into_bytes())?;
        play.refused(&format!("{what} for an end"), request, Refusal::RequestMalformed).await?;
    }
    let told = play.status(&binding).await?;
    let not_found = Told::Problem(Refusal::NotFound);
    play.want("nothing is left", told, not_found)?;
    play.end(&binding).await.map(|_| ())
}

async fn card_number(play: &mut Play<'_>) -> Tried {
    let ada = play.person();
    let binding = play.binding(0, ada);
    let account = play.register(&binding).await?;
    let FromBank::Link(asked) = play.link(&binding, account) else { return Ok(()) };
    let (signer, key) = (play.kit.banks[0].signer.clone(), play.kit.line.key());
    let (_, good) = play.kit.line.envelope(Some(key), 0, asked)?;
    let text = String::from_utf8(good).unwrap_or_default();
    for number in [CARD_NUMBER.to_owned(), CARD_NUMBER.replace('-', "")] {
        let body = text.replacen(binding.instrument.as_str(), &number, 1).into_bytes();
        let (stamp, path) = (Stamp::default(), "/v1/link_request");
        let request = play.signed(&signer, &stamp, path, Some(key.as_str()), body)?;
        play.refused("a card number", request, Refusal::RequestMalformed).await?;
    }
    let told = play.status(&binding).await?;
    let registered = Told::Link(LinkStatus::Registered);
    play.want("the link is as it was", told, registered)?;
    let told = play.ask_link(&binding, account).await?;
    play.want("a reference in its place", told, Told::Link(ACTIVE))
}

fn end(
    play: &Play<'_>,
    binding: &Binding,
    signer: &Signer,
    stamp: &Stamp,
) -> Tried<hyper::Request<Full<Bytes>>> {
    end_under(play, binding, signer, stamp, play.kit.line.key())
}

fn end_under(
    play: &Play<'_>,
    binding: &Binding,
    signer: &Signer,
    stamp: &Stamp,
    key: IdempotencyKey,
) -> Tried<hyper::Request<Full<Bytes>>> {
    let (_, body) = play.kit.line.envelope(Some(key), 0, LinkEnd { binding: binding.id })?;
    play.signed(signer, stamp, "/v1/link_end", Some(key.as_str()), body)
}

fn query(
    play: &Play<'_>,
    binding: &Binding,
    signer: &Signer,
    stamp: &Stamp,
) -> Tried<hyper::Request<Full<Bytes>>> {
    let (_, body) = play.kit.line.envelope(None, 0, LinkQuery { binding: binding.id })?;
    play.signed(signer, stamp, "/v1/link_query", None, body)
}
