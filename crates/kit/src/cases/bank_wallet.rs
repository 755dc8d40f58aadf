//! What a wallet says to a bank: notices and debits.

use bindproof::message::{LinkStatus, Reason};
use bindproof::refusal::Refusal;
use bindproof::wire::{
    BindingId, Debit, DebitReason, EndReason, IdempotencyKey, LinkNotice, LinkReport, OperationId,
    Standing,
};
use bindproof_http::signature::Signer;
use ed25519_dalek::SigningKey;
use http_body_util::Full;
use hyper::body::Bytes;

use super::bank_binding::bound;
use crate::bankplay::BankPlay;
use crate::call::{By, Stamp};
use crate::case::cases;
use crate::oracle::Told;
use crate::oracle::bank::Sent;
use crate::trouble::{Tried, Trouble};
use crate::wallet_desk::Manner;

cases! { Bank:
    "bank.ended-by-wallet" ended_by_wallet Must ["028", "149"]
        "A link that is heard to be ended closes its binding; the notice is receipted, and \
         again."
        "an end that the bank does not hear";
    "bank.declined" declined Must ["028", "027"]
        "A link that the holder declined closes its binding as declined."
        "declined link bound";
    "bank.late-notice" late_notice Must ["027", "029", "120"]
        "A late word that the link is active neither revives a closed binding nor one that is \
         ending, and is receipted."
        "a late success after an end";
    "bank.own-decision" own_decision Must ["030", "115"]
        "While the bank has a binding suspended, the wallet's word that it is active changes \
         nothing: a debit is refused."
        "a late active answer that revives a suspended binding";
    "bank.not-found-ends-nothing" not_found Must ["026"]
        "A wallet that answers that it knows no such link ends nothing: the bank asks again."
        "a problem taken for a refusal";
    "bank.unknown-notice" unknown_notice Must ["017", "018"]
        "A notice or a debit about a binding that is not there is not found."
        "a debit of nothing";
    "bank.debit-once" debit_once Must ["032", "098"]
        "A debit is decided once: its repetition is answered the same, another amount under its \
         operation is a conflict, and what is not covered is refused."
        "a debit decided twice; a debit above what is covered";
    "bank.debit-of-another" debit_of_another Must ["098"]
        "An operation stands for one debit, whoever's binding it comes with: under the id of a \
         debit of hers another's is a conflict, decided or refused as hers was, and hers is \
         answered as before."
        "debits told apart by person, and money taken twice for one operation";
    "bank.debit-too-early" debit_early Must ["033"]
        "A debit before the bank knows the binding as active is pending, and decides nothing."
        "a debit refused for good because a notice is late";
    "bank.debit-not-active" debit_not_active Must ["034", "115"]
        "A debit for a binding that is suspended, ending or over is refused."
        "pay while the bank is ending";
    "bank.signature" signature Must ["117"]
        "A notice that is unsigned, signed by an unknown key or in another's name, over another \
         body, too long ago or for the second time is signature_invalid, and changes nothing."
        "a signature that is not verified; a replayed nonce; an expired signature accepted";
    "bank.malformed" malformed Must ["070", "071", "072", "073"]
        "What is not JSON, has a member too many, another version, another message's name or \
         another key than its field is request_malformed, and so is a card number for an \
         instrument; nothing changes."
        "lenient reading; a card number that is kept";
    "bank.session" session Must ["018", "118"]
        "A client's request without a session, or in one that is made up, is signature_invalid."
        "anybody taken for the holder";
}

const ACTIVE: LinkStatus = LinkStatus::Active { bank_revision: 0 };
const STANDS_ACTIVE: Standing = Standing::Active { code: None };
const ACCEPTED: Told = Told::Debit(Debit::Accepted);
const NOT_ACTIVE: Told = Told::Debit(Debit::Refused(DebitReason::BindingNotActive));

/// Looks like a card's number, and is nobody's.
pub(super) const CARD_NUMBER: &str = "4111-1111-1111-1111";

fn operation(play: &BankPlay<'_>) -> OperationId {
    OperationId::from_bytes(play.kit.line.world.uuid())
}

async fn ended_by_wallet(play: &mut BankPlay<'_>) -> Tried {
    let ada = play.client().await?;
    let binding = bound(play, &ada).await?;
    let ended = bindproof::wallet::link::Input::EndedByHolder;
    play.kit.listener.desk.step(binding, ended);
    for _ in 0..2 {
        let told = play.notify(binding, LinkStatus::Ended).await?;
        play.want("the notice of the end", told, Told::Receipt)?;
    }
    let (told, _) = play.query(&ada, binding).await?;
    play.want("the binding", told, Told::Standing(Standing::Ended(EndReason::EndedByWallet)))
}

async fn declined(play: &mut BankPlay<'_>) -> Tried {
    let ada = play.client().await?;
    play.kit.listener.desk.has_account(ada.person);
    let (binding, _) = play.begin(&ada, 0).await?;
    play.sent(ada.person, "a link request", Sent::is_link).await?;
    play.kit.listener.desk.step(binding, bindproof::wallet::link::Input::Declined);
    let status = LinkStatus::Refused { reason: Reason::Declined };
    let told = play.notify(binding, status).await?;
    play.want("the notice of the refusal", told, Told::Receipt)?;
    let (told, _) = play.query(&ada, binding).await?;
    play.want("the binding", told, Told::Standing(Standing::Refused(Reason::Declined)))
}

async fn late_notice(play: &mut BankPlay<'_>) -> Tried {
    let ada = play.client().await?;
    let binding = bound(play, &ada).await?;
    play.kit.listener.desk.treat(ada.person, Manner::Silent);
    play.unbind(&ada, binding).await?;
    let ended = Told::Standing(Standing::Ended(EndReason::EndedByHolder));
    for manner in [Manner::Silent, Manner::Honest] {
        // Once one is acknowledged no more may come.
        let seen = play.times_sent(ada.person, |sent| sent == Sent::End);
        play.kit.listener.desk.treat(ada.person, manner);
        let told = play.notify(binding, ACTIVE).await?;
        play.want("a late notice", told, Told::Receipt)?;
        let (told, _) = play.query(&ada, binding).await?;
        play.want("the binding", told, ended)?;
        play.sent_times(ada.person, "the end", seen + 1, |sent| sent == Sent::End).await?;
    }
    let told = play.notify(binding, ACTIVE).await?;
    play.want("one more", told, Told::Receipt)?;
    let (told, _) = play.query(&ada, binding).await?;
    play.want("the binding", told, ended)?;
    let id = operation(play);
    let told = play.debit(binding, id, 100, true).await?;
    play.want("a debit", told, NOT_ACTIVE)
}

async fn own_decision(play: &mut BankPlay<'_>) -> Tried {
    let ada = play.client().await?;
    let binding = bound(play, &ada).await?;
    play.block(&ada, ada.instruments[0], true).await?;
    play.sent(ada.person, "suspension 1", |sent| sent == Sent::Suspend(1)).await?;
    for bank_revision in [0, 2, 200] {
        let told = play.notify(binding, LinkStatus::Active { bank_revision }).await?;
        play.want("a notice", told, Told::Receipt)?;
    }
    let id = operation(play);
    let told = play.debit(binding, id, 100, true).await?;
    play.want("a debit", told, NOT_ACTIVE)?;
    play.block(&ada, ada.instruments[0], false).await?;
    let id = operation(play);
    let told = play.debit(binding, id, 100, true).await?;
    play.want("a debit once the block is lifted", told, ACCEPTED)
}

async fn not_found(play: &mut BankPlay<'_>) -> Tried {
    let ada = play.client().await?;
    play.kit.listener.desk.has_account(ada.person);
    let (binding, _) = play.begin(&ada, 0).await?;
    play.sent(ada.person, "a link request", Sent::is_link).await?;
    play.kit.listener.desk.treat(ada.person, Manner::KnowsNothing);
    let told = play.kit.listener.desk.step(binding, bindproof::wallet::link::Input::Approved);
    let Told::Link(status) = told else {
        return Err(Trouble::wrong("the link at the kit's wallet", "a status", told));
    };
    play.notify(binding, status).await?;
    play.until(&ada, binding, STANDS_ACTIVE).await?;
    play.block(&ada, ada.instruments[0], true).await?;
    play.sent_times(ada.person, "suspension 1", 2, |sent| sent == Sent::Suspend(1)).await?;
    let (told, _) = play.query(&ada, binding).await?;
    play.want("the binding", told, Told::Standing(STANDS_ACTIVE))?;
    play.kit.listener.desk.treat(ada.person, Manner::Honest);
    play.sent_times(ada.person, "suspension 1", 3, |sent| sent == Sent::Suspend(1)).await
}

async fn unknown_notice(play: &mut BankPlay<'_>) -> Tried {
    let nothing = BindingId::from_bytes(play.kit.line.world.uuid());
    let not_found = Told::Problem(Refusal::NotFound);
    let told = play.notify(nothing, ACTIVE).await?;
    play.want("a notice about nothing", told, not_found)?;
    let id = operation(play);
    let told = play.debit(nothing, id, 100, true).await?;
    play.want("a debit of nothing", told, not_found)?;
    let ada = play.client().await?;
    let binding = bound(play, &ada).await?;
    let told = play.notify(binding, ACTIVE).await?;
    play.want("one about a binding", told, Told::Receipt)
}

async fn debit_once(play: &mut BankPlay<'_>) -> Tried {
    let ada = play.client().await?;
    let binding = bound(play, &ada).await?;
    let (first, second) = (operation(play), operation(play));
    for _ in 0..2 {
        let told = play.debit(binding, first, 100, true).await?;
        play.want("a debit", told, ACCEPTED)?;
    }
    let told = play.debit(binding, first, 200, true).await?;
    play.want("another amount", told, Told::Problem(Refusal::IdempotencyConflict))?;
    let not_covered = Told::Debit(Debit::Refused(DebitReason::NotCovered));
    for _ in 0..2 {
        let told = play.debit(binding, second, ada.covers_minor + 1, false).await?;
        play.want("more than is covered", told, not_covered)?;
    }
    play.block(&ada, ada.instruments[0], true).await?;
    let told = play.debit(binding, first, 100, true).await?;
    play.want("the first, once the instrument is blocked", told, ACCEPTED)
}

async fn debit_of_another(play: &mut BankPlay<'_>) -> Tried {
    let (ada, ben) = (play.client().await?, play.client().await?);
    let (hers, his) = (bound(play, &ada).await?, bound(play, &ben).await?);
    let (accepted, refused) = (operation(play), operation(play));
    let conflict = Told::Problem(Refusal::IdempotencyConflict);
    let not_covered = Told::Debit(Debit::Refused(DebitReason::NotCovered));
    let told = play.debit(hers, accepted, 100, true).await?;
    play.want("a debit", told, ACCEPTED)?;
    let told = play.debit(hers, refused, ada.covers_minor + 1, false).await?;
    play.want("more than is covered", told, not_covered)?;
    for id in [accepted, refused] {
        let told = play.debit(his, id, 100, true).await?;
        play.want("another's under its operation", told, conflict)?;
    }
    let told = play.debit(hers, accepted, 100, true).await?;
    play.want("the same debit again", told, ACCEPTED)?;
    let id = operation(play);
    let told = play.debit(his, id, 100, true).await?;
    play.want("another's under its own operation", told, ACCEPTED)
}

async fn debit_early(play: &mut BankPlay<'_>) -> Tried {
    let ada = play.client().await?;
    play.kit.listener.desk.has_account(ada.person);
    let (binding, _) = play.begin(&ada, 0).await?;
    play.sent(ada.person, "a link request", Sent::is_link).await?;
    let id = operation(play);
    let told = play.debit(binding, id, 100, true).await?;
    play.want("a debit too early", told, Told::Problem(Refusal::BindingPending))?;
    play.kit.listener.desk.step(binding, bindproof::wallet::link::Input::Approved);
    play.notify(binding, ACTIVE).await?;
    let told = play.debit(binding, id, 100, true).await?;
    play.want("the same, once it is active", told, ACCEPTED)
}

async fn debit_not_active(play: &mut BankPlay<'_>) -> Tried {
    let ada = play.client().await?;
    let binding = bound(play, &ada).await?;
    play.block(&ada, ada.instruments[0], true).await?;
    let id = operation(play);
    let told = play.debit(binding, id, 100, true).await?;
    play.want("a debit of a suspended binding", told, NOT_ACTIVE)?;
    play.block(&ada, ada.instruments[0], false).await?;
    let told = play.debit(binding, id, 100, true).await?;
    play.want("the same one, resumed", told, NOT_ACTIVE)?;
    play.kit.listener.desk.treat(ada.person, Manner::Silent);
    play.unbind(&ada, binding).await?;
    let id = operation(play);
    let told = play.debit(binding, id, 100, true).await?;
    play.want("a debit of an ending binding", told, NOT_ACTIVE)
}

async fn signature(play: &mut BankPlay<'_>) -> Tried {
    let ada = play.client().await?;
    let binding = bound(play, &ada).await?;
    let (own, invalid) = (play.kit.signer.clone(), Refusal::SignatureInvalid);
    let mut unsigned = notice(play, &own, binding, &Stamp::default())?;
    unsigned.headers_mut().remove("signature");
    unsigned.headers_mut().remove("signature-input");
    play.refused("a notice without a signature", unsigned, invalid).await?;
    let forged = SigningKey::from_bytes(&play.kit.line.world.bytes());
    let stranger = Signer::new("nobody-1".to_owned(), forged.clone());
    let request = notice(play, &stranger, binding, &Stamp::default())?;
    play.refused("a notice signed by an unknown key", request, invalid).await?;
    let forger = Signer::new(own.key_id().to_owned(), forged);
    let request = notice(play, &forger, binding, &Stamp::default())?;
    play.refused("a notice signed in another's name", request, invalid).await?;
    let key = play.kit.line.key();
    let mut changed = notice_under(play, &own, binding, &Stamp::default(), key)?;
    let unseen = BindingId::from_bytes(play.kit.line.world.uuid());
    let other = notice_under(play, &own, unseen, &Stamp::default(), key)?;
    *changed.body_mut() = other.body().clone();
    play.refused("a notice whose body was exchanged", changed, invalid).await?;
    let request = notice(play, &own, binding, &Stamp::expired())?;
    play.refused("a notice signed two minutes ago", request, invalid).await?;
    let (told, _) = play.query(&ada, binding).await?;
    play.want("the binding is as it was", told, Told::Standing(STANDS_ACTIVE))?;
    let nonce = bindproof_http::hex::encode(&play.kit.line.world.bytes::<16>());
    let stamp = Stamp { nonce: Some(nonce), ..Stamp::default() };
    let nothing = BindingId::from_bytes(play.kit.line.world.uuid());
    let request = notice(play, &own, nothing, &stamp)?;
    play.refused("a notice about nothing", request.clone(), Refusal::NotFound).await?;
    play.refused("the same bytes again", request, invalid).await
}

/// A notice that the link of a binding has ended.
fn notice(
    play: &BankPlay<'_>,
    signer: &Signer,
    binding: BindingId,
    stamp: &Stamp,
) -> Tried<hyper::Request<Full<Bytes>>> {
    notice_under(play, signer, binding, stamp, play.kit.line.key())
}

fn notice_under(
    play: &BankPlay<'_>,
    signer: &Signer,
    binding: BindingId,
    stamp: &Stamp,
    key: IdempotencyKey,
) -> Tried<hyper::Request<Full<Bytes>>> {
    let line = &play.kit.line;
    let message = LinkNotice(LinkReport { binding, status: LinkStatus::Ended });
    let (_, body) = line.envelope(Some(key), 0, message)?;
    line.prepare(&By::Server(signer), stamp, "/v1/link_notice", Some(key.as_str()), body)
}

async fn session(play: &mut BankPlay<'_>) -> Tried {
    let ada = play.client().await?;
    let binding = bound(play, &ada).await?;
    let line = &play.kit.line;
    let query = |by: &By<'_>| {
        let (_, body) = line.envelope(None, 0, bindproof::wire::BindingQuery { binding })?;
        line.prepare(by, &Stamp::default(), "/v1/binding_query", None, body)
    };
    let made_up = format!("{}x", ada.token);
    let bad = [("no session", query(&By::Nobody)?), ("made up", query(&By::Session(&made_up))?)];
    for (what, request) in bad {
        play.refused(&format!("a question in {what}"), request, Refusal::SignatureInvalid).await?;
    }
    let (told, _) = play.query(&ada, binding).await?;
    play.want("a question in her session", told, Told::Standing(STANDS_ACTIVE))
}

async fn malformed(play: &mut BankPlay<'_>) -> Tried {
    let ada = play.client().await?;
    let binding = bound(play, &ada).await?;
    let line = &play.kit.line;
    let key = line.key();
    let message = LinkNotice(LinkReport { binding, status: LinkStatus::Ended });
    let (_, good) = line.envelope(Some(key), 0, message)?;
    let text = String::from_utf8(good).unwrap_or_default();
    let key = key.as_str().to_owned();
    let bad = [
        ("half a body", "{".to_owned()),
        ("a member too many", text.replacen('{', "{\"more\":1,", 1)),
        ("another version", text.replacen("bindproof/1", "bindproof/2", 1)),
        ("another message's name", text.replacen("link_notice", "link_query", 1)),
        ("another key than its field", text.replacen(&key, "another", 1)),
        ("a binding that is no id", text.replacen(&binding.to_string(), "binding-1", 1)),
    ];
    for (what, body) in bad {
        let (by, path) = (By::Server(&play.kit.signer), "/v1/link_notice");
        let request = line.prepare(&by, &Stamp::default(), path, Some(&key), body.into_bytes())?;
        let step = format!("{what} for a notice");
        play.refused(&step, request, Refusal::RequestMalformed).await?;
    }
    let asking = play.asking(&ada, 1).await?;
    let (_, good) = line.envelope(Some(asking.key), 0, asking.request)?;
    let text = String::from_utf8(good).unwrap_or_default();
    let card = text.replacen(asking.request.instrument.as_str(), CARD_NUMBER, 1);
    let (by, field) = (By::Session(&ada.token), Some(asking.key.as_str()));
    let request =
        line.prepare(&by, &Stamp::default(), "/v1/bind_request", field, card.into_bytes())?;
    play.refused("a card number", request, Refusal::RequestMalformed).await?;
    let (told, _) = play.query(&ada, binding).await?;
    play.want("the binding is as it was", told, Told::Standing(STANDS_ACTIVE))
}
