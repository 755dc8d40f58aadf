//! What a bank's clients ask for, and how a binding comes about and ends.

use bindproof::message::Reason;
use bindproof::refusal::Refusal;
use bindproof::settings::SKEW_MS;
use bindproof::wire::{BindingId, EndReason, Standing};
use bindproof_http::codes;

use crate::bankplay::{Asking, BankPlay, Client};
use crate::case::cases;
use crate::oracle::Told;
use crate::oracle::bank::Sent;
use crate::trouble::{Tried, Trouble};
use crate::wallet_desk::Manner;

cases! { Bank:
    "bank.new-account" new_account Must ["001", "002", "005", "101", "124"]
        "A holder binds an instrument: the bank asks for her account, has one registered, asks \
         for the link on the account that was answered, and the binding is active; its code is \
         the one that bank and wallet derive."
        "bound without an account; a code that the wallet cannot know";
    "bank.existing-account" existing_account Must ["002", "005", "106"]
        "With an account that is there the bank asks for the link on it, waits for the \
         approval, and the binding is active when the wallet says so."
        "active before it is approved";
    "bank.says-what-is-so" says_what_is_so Must ["104", "105"]
        "Of two bindings of one holder each is registered and linked with her, the contact that \
         the bank has verified, its own instrument and her consent."
        "another's contact or instrument; a holder who changes on the way";
    "bank.same-request-again" same_request Must ["023", "123"]
        "A request that comes again under its key is answered from the binding; with another \
         body it is a conflict."
        "two bindings of one request; same key, other body accepted";
    "bank.consent" consent Must ["010", "105"]
        "A request without consent, to the binding or to a registration, begins nothing."
        "bound without consent";
    "bank.authentication" authentication Must ["010", "105"]
        "A request without an authentication for this very binding begins nothing: neither a \
         made-up one, nor one for another instrument, nor one that was used."
        "an authentication used twice";
    "bank.holder" holder Must ["010", "104"]
        "Another person's instrument cannot be bound."
        "the holder not compared";
    "bank.stale" stale Must ["010", "022", "122"]
        "A request that is too old begins nothing; the same one, fresh, does."
        "the date not checked";
    "bank.strongest-refusal" strongest Must ["074", "075"]
        "Of everything that is wrong with a request the strongest is answered, with its status, \
         whether to ask again and what to do next; once that is mended, the next one is."
        "the first thing found wrong answered, whatever else is";
    "bank.already-bound" already_bound Must ["011"]
        "An instrument that is bound, or whose binding is ending, cannot be bound again; once \
         that is over it can."
        "two bindings of one instrument";
    "bank.at-once" at_once Must ["011", "023", "123"]
        "The same request twice at once begins one binding, and of two requests for one \
         instrument at once one begins a binding and the other is refused."
        "two bindings of one instrument, because neither request saw the other";
    "bank.foreign-client" foreign_client Must ["018", "118"]
        "Who asks about another's binding, or wants to end it, is told that there is none, as \
         for one that is not there."
        "another's binding told or ended";
    "bank.foreign-cancel" foreign_cancel Must ["018", "019", "118"]
        "Who cancels another's request ends nothing of hers: by its binding's id there is none, \
         and by its key it is a request of the canceller's own."
        "anybody cancels; keys that are everybody's";
    "bank.cancel-overtakes" cancel_overtakes Must ["019"]
        "A cancel that comes before its request leaves a cancelled binding, which the request \
         finds."
        "cancelled binding bound";
    "bank.cancel-under-way" cancel_under_way Must ["031", "128"]
        "A cancel while the wallet is being asked ends the binding, and the wallet is told \
         until it acknowledges."
        "closed at once, with half a binding left at the wallet";
    "bank.unbind" unbind Must ["031", "055", "149"]
        "The holder ends an active binding: the wallet is told again and again until it \
         acknowledges."
        "an end that is given up";
    "bank.block" block Must ["024", "054", "106"]
        "A block of an active binding's instrument suspends it, and lifting the block resumes \
         it, each told to the wallet by its number."
        "a suspension that the wallet never hears";
    "bank.block-before-active" block_early Must ["024"]
        "A block before the binding is active ends it as refused."
        "a blocked instrument bound";
    "bank.setup-expires" setup_expires Must ["025", "125"]
        "A binding whose wallet never answers expires."
        "a binding that is pending for ever";
    "bank.after-restart" after_restart Must ["119", "125"]
        "What was begun before the server was started again comes about after it."
        "answered before it is committed";
}

const PENDING: Standing = Standing::Pending { code: None };
const ACTIVE: Standing = Standing::Active { code: None };

/// A binding that has become active.
pub(super) async fn bound(play: &mut BankPlay<'_>, client: &Client) -> Tried<BindingId> {
    let (binding, _) = play.begin(client, 0).await?;
    play.until(client, binding, ACTIVE).await?;
    Ok(binding)
}

async fn new_account(play: &mut BankPlay<'_>) -> Tried {
    let ada = play.client().await?;
    let binding = bound(play, &ada).await?;
    play.sent(ada.person, "an account query", |sent| sent == Sent::Query).await?;
    play.sent(ada.person, "a registration", |sent| sent == Sent::Registration).await?;
    play.sent(ada.person, "a link request", Sent::is_link).await?;
    let from_ms = play.kit.line.world.now_ms();
    let (_, outcome) = play.query(&ada, binding).await?;
    let to_ms = play.kit.line.world.now_ms();
    let Some(secret) = play.kit.listener.desk.secret(binding) else {
        return Err(Trouble::wrong("the registration", "a secret of the codes", "none"));
    };
    // Periods are those of the bank's clock.
    let mut periods = codes::period(from_ms - SKEW_MS)..=codes::period(to_ms + SKEW_MS);
    let shown = outcome.and_then(|outcome| outcome.code);
    if periods.any(|period| shown == Some(codes::binding_code(&secret, binding, period))) {
        return Ok(());
    }
    Err(Trouble::wrong("the code that the holder is shown", "the current one", "another, or none"))
}

async fn existing_account(play: &mut BankPlay<'_>) -> Tried {
    let ada = play.client().await?;
    play.kit.listener.desk.has_account(ada.person);
    let (binding, _) = play.begin(&ada, 0).await?;
    play.sent(ada.person, "a link request", Sent::is_link).await?;
    if play.times_sent(ada.person, |sent| sent == Sent::Registration) > 0 {
        return Err(Trouble::wrong("the account is there", "no registration", "one"));
    }
    let (told, _) = play.query(&ada, binding).await?;
    play.want("it waits for approval", told, Told::Standing(PENDING))?;
    approve(play, binding).await?;
    play.until(&ada, binding, ACTIVE).await.map(|_| ())
}

async fn same_request(play: &mut BankPlay<'_>) -> Tried {
    let ada = play.client().await?;
    let (binding, asking) = play.begin(&ada, 0).await?;
    let (_, again) = play.ask(&ada, &asking).await?;
    same_binding(binding, again.map(|outcome| outcome.binding))?;
    let mut other = asking;
    other.request.instrument = play.asking(&ada, 1).await?.request.instrument;
    let (told, _) = play.ask(&ada, &other).await?;
    play.want("another body", told, Told::Problem(Refusal::IdempotencyConflict))?;
    play.until(&ada, binding, ACTIVE).await?;
    let (_, again) = play.ask(&ada, &asking).await?;
    same_binding(binding, again.map(|outcome| outcome.binding))
}

fn same_binding(wanted: BindingId, found: Option<BindingId>) -> Tried {
    if found == Some(wanted) {
        return Ok(());
    }
    Err(Trouble::wrong("the same request again", wanted, format!("{found:?}")))
}

/// A request that is refused with this, and the same one as it should be.
async fn refused(play: &mut BankPlay<'_>, client: &Client, bad: Asking, wanted: Refusal) -> Tried {
    let (told, _) = play.ask(client, &bad).await?;
    play.want("the request", told, Told::Problem(wanted))
}

async fn consent(play: &mut BankPlay<'_>) -> Tried {
    let ada = play.client().await?;
    for (bind, register) in [(false, true), (true, false)] {
        let mut asking = play.asking(&ada, 0).await?;
        asking.request.consent = bindproof::wire::Consent { bind, register };
        refused(play, &ada, asking, Refusal::ConsentMissing).await?;
    }
    bound(play, &ada).await.map(|_| ())
}

async fn authentication(play: &mut BankPlay<'_>) -> Tried {
    let ada = play.client().await?;
    let missing = Refusal::HolderNotAuthenticated;
    let mut made_up = play.asking(&ada, 0).await?;
    made_up.request.authentication = "made.up".parse().expect("a plain text");
    made_up.authenticated = false;
    refused(play, &ada, made_up, missing).await?;
    let mut other = play.asking(&ada, 0).await?;
    other.request.authentication = play.asking(&ada, 1).await?.request.authentication;
    other.authenticated = false;
    refused(play, &ada, other, missing).await?;
    let (binding, asking) = play.begin(&ada, 0).await?;
    play.until(&ada, binding, ACTIVE).await?;
    over(play, &ada, binding).await?;
    let used = Asking { key: play.kit.line.key(), authenticated: false, ..asking };
    refused(play, &ada, used, missing).await?;
    again(play, &ada).await
}

/// The holder ends a binding, and the wallet acknowledges it. The bank may not have heard that yet.
async fn over(play: &mut BankPlay<'_>, client: &Client, binding: BindingId) -> Tried {
    let told = play.unbind(client, binding).await?;
    play.want("an end", told, Told::Standing(Standing::Ended(EndReason::EndedByHolder)))?;
    play.sent(client.person, "the end", |sent| sent == Sent::End).await
}

async fn holder(play: &mut BankPlay<'_>) -> Tried {
    let (ada, eve) = (play.client().await?, play.client().await?);
    let hers = ada.instruments.first().copied();
    let hers = hers.ok_or_else(|| Trouble::Skipped("the customer holds nothing".to_owned()))?;
    let mut stolen = play.asking(&eve, 0).await?;
    stolen.request.instrument = hers;
    stolen.request.authentication = play.authentication(&eve, hers).await?;
    stolen.holder = false;
    refused(play, &eve, stolen, Refusal::HolderMismatch).await?;
    bound(play, &ada).await.map(|_| ())
}

async fn stale(play: &mut BankPlay<'_>) -> Tried {
    let ada = play.client().await?;
    let asking = play.asking(&ada, 0).await?;
    let window_ms = i64::try_from(play.kit.rules.timing.freshness_ms).unwrap_or(i64::MAX / 4);
    let old = Asking { ago_ms: window_ms + 60_000, ..asking };
    refused(play, &ada, old, Refusal::RequestStale).await?;
    let (told, _) = play.ask(&ada, &asking).await?;
    play.want("the same, fresh", told, Told::Standing(PENDING))
}

async fn strongest(play: &mut BankPlay<'_>) -> Tried {
    let (ada, eve) = (play.client().await?, play.client().await?);
    let good = play.asking(&ada, 0).await?;
    let hers = good.request.instrument;
    let window_ms = i64::try_from(play.kit.rules.timing.freshness_ms).unwrap_or(i64::MAX / 4);
    let mut bad = Asking { ago_ms: window_ms + 60_000, authenticated: false, ..good };
    bad.holder = false;
    bad.request.consent = bindproof::wire::Consent { bind: false, register: false };
    bad.request.authentication = "made.up".parse().expect("a plain text");
    refused(play, &eve, bad, Refusal::RequestStale).await?;
    bad = Asking { ago_ms: 0, key: play.kit.line.key(), ..bad };
    refused(play, &eve, bad, Refusal::ConsentMissing).await?;
    bad = Asking { key: play.kit.line.key(), ..bad };
    bad.request.consent = good.request.consent;
    refused(play, &eve, bad, Refusal::HolderNotAuthenticated).await?;
    bad = Asking { key: play.kit.line.key(), authenticated: true, ..bad };
    bad.request.authentication = play.authentication(&eve, hers).await?;
    refused(play, &eve, bad, Refusal::HolderMismatch).await?;
    let (told, _) = play.ask(&ada, &good).await?;
    play.want("a request with nothing wrong", told, Told::Standing(PENDING))
}

async fn already_bound(play: &mut BankPlay<'_>) -> Tried {
    let ada = play.client().await?;
    let (binding, _) = play.begin(&ada, 0).await?;
    let second = play.asking(&ada, 0).await?;
    refused(play, &ada, second, Refusal::AlreadyBound).await?;
    play.until(&ada, binding, ACTIVE).await?;
    play.kit.line.leans_on_repetition(&play.kit.rules.timing)?;
    play.kit.listener.desk.treat(ada.person, Manner::Silent);
    let told = play.unbind(&ada, binding).await?;
    play.want("an end", told, Told::Standing(Standing::Ended(EndReason::EndedByHolder)))?;
    let third = play.asking(&ada, 0).await?;
    refused(play, &ada, third, Refusal::AlreadyBound).await?;
    play.kit.listener.desk.treat(ada.person, Manner::Honest);
    again(play, &ada).await
}

/// Binds again, as soon as the end of what was before has been heard.
async fn again(play: &mut BankPlay<'_>, client: &Client) -> Tried {
    let since_ms = play.kit.line.world.now_ms();
    loop {
        let asking = play.asking(client, 0).await?;
        let (told, outcome) = play.ask(client, &asking).await?;
        if let Some(outcome) = outcome {
            return play.until(client, outcome.binding, ACTIVE).await.map(|_| ());
        }
        if play.kit.line.is_late(since_ms) {
            return Err(Trouble::wrong("binding again", "a new binding", told));
        }
        tokio::time::sleep(crate::play::LOOK).await;
    }
}

async fn foreign_client(play: &mut BankPlay<'_>) -> Tried {
    let (ada, eve) = (play.client().await?, play.client().await?);
    let binding = bound(play, &ada).await?;
    let nothing = BindingId::from_bytes(play.kit.line.world.uuid());
    let not_found = Told::Problem(Refusal::NotFound);
    for id in [nothing, binding] {
        let (told, _) = play.query(&eve, id).await?;
        play.want("another client's question", told, not_found)?;
        let told = play.unbind(&eve, id).await?;
        play.want("another client's end", told, not_found)?;
    }
    play.until(&ada, binding, ACTIVE).await.map(|_| ())
}

async fn foreign_cancel(play: &mut BankPlay<'_>) -> Tried {
    let (ada, eve) = (play.client().await?, play.client().await?);
    play.kit.listener.desk.has_account(ada.person);
    let (binding, asking) = play.begin(&ada, 0).await?;
    play.sent(ada.person, "a link request", Sent::is_link).await?;
    // The same both times: a key stands for one body.
    let hers = Asking { key: asking.key, ..play.asking(&eve, 0).await? };
    foreign_cancels(play, &eve, binding, &hers).await?;
    let (told, _) = play.query(&ada, binding).await?;
    play.want("the binding that waits", told, Told::Standing(PENDING))?;
    approve(play, binding).await?;
    play.until(&ada, binding, ACTIVE).await?;
    foreign_cancels(play, &eve, binding, &hers).await?;
    play.until(&ada, binding, ACTIVE).await.map(|_| ())
}

/// Somebody cancels what is another's, by its id and by its key, and asks under this key herself.
async fn foreign_cancels(
    play: &mut BankPlay<'_>,
    eve: &Client,
    binding: BindingId,
    hers: &Asking,
) -> Tried {
    let told = play.cancel_binding(eve, binding).await?;
    play.want("another's cancel, by the id", told, Told::Problem(Refusal::NotFound))?;
    let cancelled = Told::Standing(Standing::Ended(EndReason::Cancelled));
    let (told, outcome) = play.cancel(eve, hers.key).await?;
    play.want("another's cancel, by the key", told, cancelled)?;
    own_binding(binding, outcome.map(|outcome| outcome.binding))?;
    let (told, outcome) = play.ask(eve, hers).await?;
    play.want("another's request under the key, cancelled before", told, cancelled)?;
    own_binding(binding, outcome.map(|outcome| outcome.binding))
}

/// What is told under a key that another uses, too, is about another binding than hers.
fn own_binding(others: BindingId, found: Option<BindingId>) -> Tried {
    if found != Some(others) {
        return Ok(());
    }
    Err(Trouble::wrong("one key of two clients", "a binding of each", "one binding"))
}

async fn at_once(play: &mut BankPlay<'_>) -> Tried {
    for _ in 0..2 {
        let ada = play.client().await?;
        let asking = play.asking(&ada, 0).await?;
        let told = play.ask_at_once(&ada, [&asking, &asking]).await?;
        let (_, again) = play.ask(&ada, &asking).await?;
        let binding = again.map(|outcome| outcome.binding);
        for outcome in told.into_iter().filter_map(|(_, outcome)| outcome) {
            if Some(outcome.binding) != binding {
                return Err(Trouble::wrong("one request twice at once", "one binding", "two"));
            }
        }
        let rivals = [play.asking(&ada, 1).await?, play.asking(&ada, 1).await?];
        let told = play.ask_at_once(&ada, [&rivals[0], &rivals[1]]).await?;
        for (_, outcome) in told {
            if let Some(outcome) = outcome {
                play.query(&ada, outcome.binding).await?;
            }
        }
    }
    Ok(())
}

/// The holder approves a link at the kit's wallet, which tells the bank.
async fn approve(play: &mut BankPlay<'_>, binding: BindingId) -> Tried {
    let told = play.kit.listener.desk.step(binding, bindproof::wallet::link::Input::Approved);
    let Told::Link(status) = told else {
        return Err(Trouble::wrong("the link at the kit's wallet", "a status", told));
    };
    let told = play.notify(binding, status).await?;
    play.want("the notice of the approval", told, Told::Receipt)
}

async fn says_what_is_so(play: &mut BankPlay<'_>) -> Tried {
    let ada = play.client().await?;
    bound(play, &ada).await?;
    play.begin(&ada, 1).await?;
    for card in ada.instruments.iter().take(2) {
        let what = format!("a link request for {}", card.as_str());
        let is_it = |sent| matches!(sent, Sent::Link { instrument, .. } if instrument == *card);
        play.sent(ada.person, &what, is_it).await?;
    }
    Ok(())
}

async fn cancel_overtakes(play: &mut BankPlay<'_>) -> Tried {
    let ada = play.client().await?;
    let asking = play.asking(&ada, 0).await?;
    let cancelled = Told::Standing(Standing::Ended(EndReason::Cancelled));
    let (told, _) = play.cancel(&ada, asking.key).await?;
    play.want("a cancel that comes first", told, cancelled)?;
    let (told, _) = play.ask(&ada, &asking).await?;
    play.want("its request, late", told, cancelled)?;
    bound(play, &ada).await.map(|_| ())
}

async fn cancel_under_way(play: &mut BankPlay<'_>) -> Tried {
    let ada = play.client().await?;
    play.kit.listener.desk.has_account(ada.person);
    let cancelled = Told::Standing(Standing::Ended(EndReason::Cancelled));
    let (first, asking) = play.begin(&ada, 0).await?;
    play.sent_about(&ada, first, "a link request", Sent::is_link).await?;
    let (told, _) = play.cancel(&ada, asking.key).await?;
    play.want("a cancel, by the key", told, cancelled)?;
    play.sent_about(&ada, first, "the end", |sent| sent == Sent::End).await?;
    let (second, _) = play.begin(&ada, 1).await?;
    play.sent_about(&ada, second, "a link request", Sent::is_link).await?;
    let told = play.cancel_binding(&ada, second).await?;
    play.want("a cancel, by the id", told, cancelled)?;
    play.sent_about(&ada, second, "the end", |sent| sent == Sent::End).await
}

async fn unbind(play: &mut BankPlay<'_>) -> Tried {
    let ada = play.client().await?;
    let binding = bound(play, &ada).await?;
    play.kit.listener.desk.treat(ada.person, Manner::Silent);
    let ended = Told::Standing(Standing::Ended(EndReason::EndedByHolder));
    let told = play.unbind(&ada, binding).await?;
    play.want("an end", told, ended)?;
    play.sent_times(ada.person, "the end", 3, |sent| sent == Sent::End).await?;
    play.kit.listener.desk.treat(ada.person, Manner::Honest);
    play.sent_times(ada.person, "the end", 4, |sent| sent == Sent::End).await?;
    let told = play.unbind(&ada, binding).await?;
    play.want("an end, once more", told, ended)?;
    again(play, &ada).await
}

async fn block(play: &mut BankPlay<'_>) -> Tried {
    let ada = play.client().await?;
    let binding = bound(play, &ada).await?;
    let card = ada.instruments[0];
    play.block(&ada, card, true).await?;
    play.sent(ada.person, "suspension 1", |sent| sent == Sent::Suspend(1)).await?;
    play.block(&ada, card, false).await?;
    play.sent(ada.person, "resumption 2", |sent| sent == Sent::Resume(2)).await?;
    play.block(&ada, card, true).await?;
    play.sent(ada.person, "suspension 3", |sent| sent == Sent::Suspend(3)).await?;
    over(play, &ada, binding).await?;
    let asking = play.asking(&ada, 0).await?;
    refused(play, &ada, asking, Refusal::InstrumentUnavailable).await?;
    play.block(&ada, card, false).await?;
    again(play, &ada).await
}

async fn block_early(play: &mut BankPlay<'_>) -> Tried {
    let ada = play.client().await?;
    play.kit.listener.desk.has_account(ada.person);
    let (binding, _) = play.begin(&ada, 0).await?;
    play.sent(ada.person, "a link request", Sent::is_link).await?;
    play.block(&ada, ada.instruments[0], true).await?;
    let refused = Standing::Refused(Reason::InstrumentUnavailable);
    play.until(&ada, binding, refused).await?;
    play.sent(ada.person, "the end", |sent| sent == Sent::End).await
}

async fn setup_expires(play: &mut BankPlay<'_>) -> Tried {
    play.kit.line.within_patience("setup_ms", play.kit.rules.timing.setup_ms)?;
    let ada = play.client().await?;
    play.kit.listener.desk.treat(ada.person, Manner::Silent);
    let (binding, _) = play.begin(&ada, 0).await?;
    let expired = Standing::Ended(EndReason::Expired);
    play.until(&ada, binding, expired).await?;
    play.kit.listener.desk.treat(ada.person, Manner::Honest);
    again(play, &ada).await
}

async fn after_restart(play: &mut BankPlay<'_>) -> Tried {
    play.kit.line.leans_on_repetition(&play.kit.rules.timing)?;
    let ada = play.client().await?;
    play.kit.listener.desk.treat(ada.person, Manner::Silent);
    let began_ms = play.now().from_ms;
    let (binding, asking) = play.begin(&ada, 0).await?;
    play.restart().await?;
    let (timing, took_ms) = (&play.kit.rules.timing, play.now().to_ms - began_ms);
    let needs_ms = timing.longest_retry_ms.saturating_add(took_ms.unsigned_abs());
    if needs_ms > timing.setup_ms {
        let why = format!("setup_ms is {}, too short for a restart", timing.setup_ms);
        return Err(Trouble::Undecided(why));
    }
    play.kit.listener.desk.treat(ada.person, Manner::Honest);
    play.until(&ada, binding, ACTIVE).await?;
    let (_, again) = play.ask(&ada, &asking).await?;
    same_binding(binding, again.map(|outcome| outcome.binding))
}
