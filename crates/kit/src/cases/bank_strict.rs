//! How strictly a bank reads.

use bindproof::message::LinkStatus;
use bindproof::wire::{
    self, Amount, BindingId, Debit, DebitRequest, IdempotencyKey, LinkNotice, LinkReport,
    OperationId, Standing, UnbindRequest,
};

use super::bank_binding::bound;
use crate::bankplay::{Asking, BankPlay, Client};
use crate::call::By;
use crate::case::cases;
use crate::oracle::Told;
use crate::oracle::bank::Sent;
use crate::trouble::{Tried, Trouble};
use crate::wallet_desk::Manner;

cases! { Bank:
    "bank.wallet-read-strictly" wallet_read Must ["070", "071", "072", "122"]
        "A notice or a debit that has a member twice, too many, too few or null, a list for an \
         object, an object for a word, a fraction, an id in upper case or another content-type is \
         request_malformed, and changes nothing."
        "lenient reading of the wallet";
    "bank.client-read-strictly" client_read Must ["070", "071", "072", "122"]
        "So is a client's request to bind or to end, and nothing begins or ends by it."
        "lenient reading of clients";
    "bank.answers-read-strictly" answers_read Must ["070", "071", "125"]
        "An answer of the wallet that has a member too many, or twice, or that is not signed, \
         is no answer: the bank asks again."
        "bound by an answer that cannot be believed or read";
}

async fn wallet_read(play: &mut BankPlay<'_>) -> Tried {
    let ada = play.client().await?;
    let binding = bound(play, &ada).await?;
    let notice = LinkNotice(LinkReport { binding, status: LinkStatus::Ended });
    let signer = play.kit.signer.clone();
    bad(play, &By::Server(&signer), Some(play.kit.line.key()), notice).await?;
    let operation = OperationId::from_bytes(play.kit.line.world.uuid());
    let debit = DebitRequest { binding, operation, amount: hundred() };
    bad(play, &By::Server(&signer), Some(play.kit.line.key()), debit).await?;
    still_active(play, &ada, binding).await?;
    let told = play.debit(binding, operation, 200, true).await?;
    play.want("the same debit, of another amount", told, Told::Debit(Debit::Accepted))
}

fn hundred() -> Amount {
    let euro = "EUR".parse().expect("three letters");
    Amount::new(100, euro).expect("a sum that can be paid")
}

async fn client_read(play: &mut BankPlay<'_>) -> Tried {
    let ada = play.client().await?;
    let binding = bound(play, &ada).await?;
    let (token, line) = (ada.token.clone(), &play.kit.line);
    let (by, key) = (By::Session(&token), line.key());
    bad(play, &by, Some(key), UnbindRequest { binding }).await?;
    let asking = play.asking(&ada, 1).await?;
    bad(play, &by, Some(asking.key), asking.request).await?;
    still_active(play, &ada, binding).await?;
    let fresh = Asking { key: play.kit.line.key(), ..asking };
    let (told, _) = play.ask(&ada, &fresh).await?;
    let pending = Told::Standing(Standing::Pending { code: None });
    play.want("the same request, as it should be", told, pending)
}

/// Says this in every bad form.
async fn bad<M: wire::Request>(
    play: &mut BankPlay<'_>,
    by: &By<'_>,
    key: Option<IdempotencyKey>,
    message: M,
) -> Tried {
    let line = &play.kit.line;
    let (_, good) = line.envelope(key, 0, message)?;
    let path = format!("/v1/{}", M::NAME);
    let field = key.as_ref().map(IdempotencyKey::as_str);
    line.reads_strictly(&mut play.log, by, (&path, field), &good).await
}

async fn still_active(play: &mut BankPlay<'_>, client: &Client, binding: BindingId) -> Tried {
    let (told, _) = play.query(client, binding).await?;
    let active = Told::Standing(Standing::Active { code: None });
    play.want("the binding is as it was", told, active)
}

/// How many bad answers the wallet gives.
const BAD_ANSWERS: u64 = 6;

async fn answers_read(play: &mut BankPlay<'_>) -> Tried {
    let timing = &play.kit.rules.timing;
    if timing.longest_retry_ms.saturating_mul(BAD_ANSWERS) >= timing.setup_ms {
        let why = format!("setup_ms is {}, too short for this case", timing.setup_ms);
        return Err(Trouble::Skipped(why));
    }
    let ada = play.client().await?;
    play.kit.listener.desk.has_account(ada.person);
    play.kit.listener.desk.treat(ada.person, Manner::MemberTooMany);
    let (binding, _) = play.begin(&ada, 0).await?;
    let is_query = |sent| sent == Sent::Query;
    for (times, next) in [(2, Manner::MemberTwice), (4, Manner::Unsigned), (6, Manner::Honest)] {
        play.sent_times(ada.person, "an account query", times, is_query).await?;
        play.kit.listener.desk.treat(ada.person, next);
    }
    play.sent(ada.person, "a link request", Sent::is_link).await?;
    let (told, _) = play.query(&ada, binding).await?;
    let pending = Told::Standing(Standing::Pending { code: None });
    play.want("the binding, once the wallet has answered well", told, pending)
}
