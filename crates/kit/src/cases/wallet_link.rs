//! What banks ask a wallet about links.

use bindproof::message::{LinkStatus, Reason};
use bindproof::refusal::Refusal;
use bindproof::wire::{AccountId, LinkEnd, LinkQuery};

use crate::case::cases;
use crate::oracle::Told;
use crate::oracle::wallet::FromBank;
use crate::play::{ACTIVE, How, Play};
use crate::trouble::{Tried, Trouble};

cases! { Wallet:
    "wallet.new-account" new_account Must ["003", "004", "006", "101"]
        "A person whom the wallet does not know gets an account for the binding, and the \
         binding's link on it is active without any approval."
        "an account that is not made, or not named; a link that waits for nobody";
    "wallet.query-leaves-nothing" query_leaves_nothing Must ["049", "013"]
        "A query for an account or a link that is not there is answered so, as often as it is \
         asked, and leaves nothing behind."
        "a query that registers; a query that leaves a tombstone";
    "wallet.repeated-registration" repeated_registration Must ["095", "023"]
        "A registration that comes again under its key, or under another one, is answered with \
         the same account."
        "a second account for one person";
    "wallet.existing-account-waits" existing_account_waits Must ["007", "052", "107"]
        "A second bank's link on an account that was there waits for the account's holder."
        "approval skipped";
    "wallet.same-bank-waits" same_bank_waits Must ["006", "007", "107"]
        "The same bank's second binding waits for approval, too: spared is the one binding for \
         which the account was made."
        "only the bank remembered, and not the binding";
    "wallet.consent" consent Must ["003", "053"]
        "A registration without consent is refused for good, and later consent does not revive \
         it."
        "registered without consent; a refusal that is forgotten";
    "wallet.wrong-account" wrong_account Must ["021", "053", "121"]
        "A link request for an account that is not the person's is refused for good; one that \
         names another account than the link hangs on is a conflict."
        "a link on a stranger's account; a link that changes its account";
    "wallet.revisions" revisions Must ["054", "106"]
        "Suspensions and resumptions count by the bank's revision: whatever order they arrive \
         in, the highest is in force."
        "the last one that arrives is taken";
    "wallet.decision-too-early" decision_too_early Must ["022", "054", "122", "124"]
        "A suspension of a link that is registered or waits is an invalid state, and of none \
         that there is, not found."
        "a link suspended before it is active";
    "wallet.end-acknowledged" end_acknowledged Must ["055", "126", "128"]
        "An end is acknowledged, and again whenever it is repeated."
        "an end that is not acknowledged";
    "wallet.end-overtakes" end_overtakes Must ["056", "051"]
        "An end for a binding that the wallet has never seen leaves an ended link behind: the \
         registration and the link request that come late find it over."
        "no tombstone";
    "wallet.late-registration" late_registration Must ["051", "120"]
        "A registration or link request that is repeated after the end finds the link over."
        "the link revived";
    "wallet.end-whatever-age" end_whatever_age Must ["055", "050"]
        "An end is obeyed whatever its age, a suspension too."
        "an end refused as stale";
    "wallet.stale-begins-nothing" stale_begins_nothing Must ["022", "050", "122"]
        "A request that would begin something and is too old is a problem, and leaves nothing \
         behind: the same one, fresh, begins it."
        "the date not checked; a stale request that refuses for good";
    "wallet.stale-known" stale_known Must ["050", "095"]
        "A request that is too old and names what is known is answered from the record."
        "age looked at before the id";
    "wallet.foreign-bank" foreign_bank Must ["017", "075", "117"]
        "A second bank neither sees nor ends nor suspends the first one's binding, nor \
         registers or links under its id: not found, however old what it says is."
        "a foreign link ended; existence told by another error";
    "wallet.same-key-other-body" same_key_other_body Must ["123"]
        "The same key with another body is refused and changes nothing; each bank's keys are \
         its own."
        "same key, other body accepted";
    "wallet.unused-account-closes" unused_account_closes Must ["059", "127", "131"]
        "An account that a bank had made and nobody authenticated on closes with its last link, \
         and then a new one can be made."
        "an account that stays for nobody";
    "wallet.approvals-limited" approvals_limited Must ["053"]
        "More bindings of one bank than may wait on one account are refused."
        "approvals without a limit";
}

async fn new_account(play: &mut Play<'_>) -> Tried {
    let ada = play.person();
    if play.query(0, ada).await?.is_some() {
        return Err(Trouble::wrong("a new person", "no account", "one"));
    }
    let (binding, account) = play.bound(0, ada).await?;
    let found = play.query(0, ada).await?;
    if found != Some(account) {
        return Err(Trouble::wrong("the account is found", account, format!("{found:?}")));
    }
    let told = play.status(&binding).await?;
    play.want("the link is active", told, Told::Link(ACTIVE))
}

async fn query_leaves_nothing(play: &mut Play<'_>) -> Tried {
    let ada = play.person();
    let binding = play.binding(0, ada);
    for _ in 0..2 {
        play.query(0, ada).await?;
        let told = play.status(&binding).await?;
        play.want("a link that is not there", told, Told::Problem(Refusal::NotFound))?;
    }
    let account = play.register(&binding).await?;
    let told = play.status(&binding).await?;
    play.want("the link of a registration", told, Told::Link(LinkStatus::Registered))?;
    let told = play.ask_link(&binding, account).await?;
    play.want("the queries were no obstacle", told, Told::Link(ACTIVE))
}

async fn repeated_registration(play: &mut Play<'_>) -> Tried {
    let ada = play.person();
    let binding = play.binding(0, ada);
    let said = play.registration(&binding);
    let key = play.kit.line.key();
    let first = play.say(&How::of(0).under(key), said).await?;
    let again = play.say(&How::of(0).under(key), said).await?;
    play.want("the same registration again", again, first)?;
    let other = play.say(&How::of(0), said).await?;
    play.want("the same registration under another key", other, first)?;
    let Told::Created(account) = first else {
        return Err(Trouble::wrong("a registration", "an account", first));
    };
    play.ask_link(&binding, account).await?;
    let late = play.say(&How::of(0).under(key), said).await?;
    play.want("once more, with the link active", late, first)
}

async fn existing_account_waits(play: &mut Play<'_>) -> Tried {
    let second = play.second_bank()?;
    waits(play, second).await
}

async fn same_bank_waits(play: &mut Play<'_>) -> Tried {
    waits(play, 0).await
}

/// A second binding of a person waits, whether it begins with a registration or with a query.
async fn waits(play: &mut Play<'_>, bank: usize) -> Tried {
    let ada = play.person();
    let (first, account) = play.bound(0, ada).await?;
    let waiting = Told::Link(LinkStatus::AwaitingApproval);
    let second = play.binding(bank, ada);
    let found = play.query(bank, ada).await?;
    if found != Some(account) {
        return Err(Trouble::wrong("the account is found", account, format!("{found:?}")));
    }
    let told = play.ask_link(&second, account).await?;
    play.want("a link on an account that was there", told, waiting)?;
    let third = play.binding(bank, ada);
    let said = play.registration(&third);
    let told = play.say(&How::of(bank), said).await?;
    play.want("a registration for who has an account", told, Told::Existing(account))?;
    let told = play.ask_link(&third, account).await?;
    play.want("its link", told, waiting)?;
    let told = play.ask_link(&third, account).await?;
    play.want("its link, asked again", told, waiting)?;
    let told = play.status(&first).await?;
    play.want("the first link is as it was", told, Told::Link(ACTIVE))
}

async fn consent(play: &mut Play<'_>) -> Tried {
    let ada = play.person();
    let binding = play.binding(0, ada);
    let FromBank::Register(mut asked) = play.registration(&binding) else { return Ok(()) };
    asked.consent.register = false;
    let refused = Told::NotRegistered(Reason::ConsentMissing);
    let told = play.say(&How::of(0), FromBank::Register(asked)).await?;
    play.want("a registration without consent", told, refused)?;
    let told = play.say(&How::of(0), play.registration(&binding)).await?;
    play.want("consent that comes later", told, refused)?;
    play.query(0, ada).await?;
    play.bound(0, ada).await.map(|_| ())
}

async fn wrong_account(play: &mut Play<'_>) -> Tried {
    let (ada, eve) = (play.person(), play.person());
    let (bound, hers) = play.bound(0, ada).await?;
    let (_, other) = play.bound(0, eve).await?;
    let stolen = play.binding(0, eve);
    let refused = LinkStatus::Refused { reason: Reason::AccountUnavailable };
    let told = play.ask_link(&stolen, hers).await?;
    play.want("a link of one person on another's account", told, Told::Link(refused))?;
    let told = play.ask_link(&stolen, other).await?;
    let conflict = Told::Problem(Refusal::IdempotencyConflict);
    if told != Told::Link(refused) && told != conflict {
        return Err(Trouble::wrong("the right account, later", refused_words(), told));
    }
    let told = play.ask_link(&bound, other).await?;
    play.want("another account for an active link", told, conflict)?;
    let nowhere = play.binding(0, ada);
    let told = play.ask_link(&nowhere, AccountId::from_bytes([7; 16])).await?;
    play.want("an account that is not there", told, Told::Link(refused))?;
    let told = play.status(&bound).await?;
    play.want("the link is as it was", told, Told::Link(ACTIVE))
}

const fn refused_words() -> &'static str {
    "refused: account_unavailable, or a conflict"
}

async fn revisions(play: &mut Play<'_>) -> Tried {
    let ada = play.person();
    let (binding, _) = play.bound(0, ada).await?;
    for (number, suspends) in [(1, true), (1, true), (3, true), (2, false), (1, true)] {
        play.decide(&binding, number, suspends).await?;
    }
    let suspended = Told::Link(LinkStatus::Suspended { bank_revision: 3 });
    let told = play.status(&binding).await?;
    play.want("1, 3 and 2 have arrived, in this order", told, suspended)?;
    let told = play.decide(&binding, 4, false).await?;
    let resumed = Told::Link(LinkStatus::Active { bank_revision: 4 });
    play.want("the next one resumes", told, resumed)?;
    let told = play.decide(&binding, 3, true).await?;
    play.want("the one before, late", told, resumed)
}

async fn decision_too_early(play: &mut Play<'_>) -> Tried {
    let ada = play.person();
    let binding = play.binding(0, ada);
    let told = play.decide(&binding, 1, true).await?;
    play.want("a suspension of nothing", told, Told::Problem(Refusal::NotFound))?;
    let account = play.register(&binding).await?;
    let told = play.decide(&binding, 1, true).await?;
    play.want("one of a registered link", told, Told::Problem(Refusal::InvalidState))?;
    let told = play.ask_link(&binding, account).await?;
    play.want("neither has left anything", told, Told::Link(ACTIVE))?;
    let told = play.decide(&binding, 1, true).await?;
    play.want("now it counts", told, Told::Link(LinkStatus::Suspended { bank_revision: 1 }))
}

async fn end_acknowledged(play: &mut Play<'_>) -> Tried {
    let ada = play.person();
    let (binding, _) = play.bound(0, ada).await?;
    let key = play.kit.line.key();
    let said = FromBank::End(LinkEnd { binding: binding.id });
    for _ in 0..2 {
        let told = play.say(&How::of(0).under(key), said).await?;
        play.want("an end", told, Told::Link(LinkStatus::Ended))?;
    }
    let told = play.end(&binding).await?;
    play.want("an end under another key", told, Told::Link(LinkStatus::Ended))?;
    let told = play.status(&binding).await?;
    play.want("the link", told, Told::Link(LinkStatus::Ended))
}

async fn end_overtakes(play: &mut Play<'_>) -> Tried {
    let ada = play.person();
    let binding = play.binding(0, ada);
    let told = play.end(&binding).await?;
    play.want("an end that comes first", told, Told::Link(LinkStatus::Ended))?;
    let told = play.status(&binding).await?;
    play.want("what it has left", told, Told::Link(LinkStatus::Ended))?;
    let said = play.registration(&binding);
    let told = play.say(&How::of(0), said).await?;
    let refused = Told::NotRegistered(Reason::AccountUnavailable);
    play.want("its registration, late", told, refused)?;
    play.query(0, ada).await?;
    let (_, account) = play.bound(0, ada).await?;
    let told = play.ask_link(&binding, account).await?;
    play.want("its link request, late", told, Told::Link(LinkStatus::Ended))
}

async fn late_registration(play: &mut Play<'_>) -> Tried {
    let ada = play.person();
    let (binding, account) = play.bound(0, ada).await?;
    let (again, link) = (play.registration(&binding), play.link(&binding, account));
    play.end(&binding).await?;
    let told = play.say(&How::of(0), again).await?;
    let refused = Told::NotRegistered(Reason::AccountUnavailable);
    play.want("its registration, once more", told, refused)?;
    let told = play.say(&How::of(0), link).await?;
    play.want("its link request, once more", told, Told::Link(LinkStatus::Ended))?;
    let told = play.decide(&binding, 1, true).await?;
    play.want("a suspension, late", told, Told::Link(LinkStatus::Ended))
}

async fn end_whatever_age(play: &mut Play<'_>) -> Tried {
    let ada = play.person();
    let (binding, _) = play.bound(0, ada).await?;
    let old = How::of(0).stale(play);
    let (suspend, end) = (
        FromBank::Suspend(bindproof::wire::LinkSuspend { binding: binding.id, bank_revision: 1 }),
        FromBank::End(LinkEnd { binding: binding.id }),
    );
    let told = play.say(&old, suspend).await?;
    let suspended = LinkStatus::Suspended { bank_revision: 1 };
    play.want("an old suspension", told, Told::Link(suspended))?;
    let told = play.say(&old, end).await?;
    play.want("an old end", told, Told::Link(LinkStatus::Ended))?;
    let unseen = play.binding(0, ada);
    let told = play.say(&old, FromBank::End(LinkEnd { binding: unseen.id })).await?;
    play.want("an old end of something unseen", told, Told::Link(LinkStatus::Ended))
}

async fn stale_begins_nothing(play: &mut Play<'_>) -> Tried {
    let ada = play.person();
    let binding = play.binding(0, ada);
    let old = How::of(0).stale(play);
    let stale = Told::Problem(Refusal::RequestStale);
    let told = play.say(&old, play.registration(&binding)).await?;
    play.want("an old registration", told, stale)?;
    let account = play.register(&binding).await?;
    play.ask_link(&binding, account).await?;
    let second = play.binding(0, ada);
    let told = play.say(&old, play.link(&second, account)).await?;
    play.want("an old link request", told, stale)?;
    let told = play.ask_link(&second, account).await?;
    play.want("the same, fresh", told, Told::Link(LinkStatus::AwaitingApproval))
}

async fn stale_known(play: &mut Play<'_>) -> Tried {
    let ada = play.person();
    let (binding, account) = play.bound(0, ada).await?;
    let old = How::of(0).stale(play);
    let told = play.say(&old, play.registration(&binding)).await?;
    play.want("an old registration of what is known", told, Told::Created(account))?;
    let told = play.say(&old, play.link(&binding, account)).await?;
    play.want("an old link request of what is known", told, Told::Link(ACTIVE))
}

async fn foreign_bank(play: &mut Play<'_>) -> Tried {
    let foreign = How::of(play.second_bank()?);
    let ada = play.person();
    let (binding, account) = play.bound(0, ada).await?;
    let id = binding.id;
    let attempts = [
        FromBank::Status(LinkQuery { binding: id }),
        FromBank::Suspend(bindproof::wire::LinkSuspend { binding: id, bank_revision: 1 }),
        FromBank::Resume(bindproof::wire::LinkResume { binding: id, bank_revision: 2 }),
        play.registration(&binding),
        play.link(&binding, account),
        FromBank::End(LinkEnd { binding: id }),
    ];
    for said in attempts {
        let told = play.say(&foreign, said).await?;
        play.want("another bank's binding", told, Told::Problem(Refusal::NotFound))?;
    }
    // What is too old is refused as that only if nothing stronger stands against it.
    let told = play.say(&foreign.stale(play), play.link(&binding, account)).await?;
    play.want("the same, too old", told, Told::Problem(Refusal::NotFound))?;
    let told = play.status(&binding).await?;
    play.want("the binding is as it was", told, Told::Link(ACTIVE))
}

async fn same_key_other_body(play: &mut Play<'_>) -> Tried {
    let ada = play.person();
    let (first, second) = (play.binding(0, ada), play.binding(0, ada));
    let key = play.kit.line.key();
    let how = How::of(0).under(key);
    let end = |binding: &crate::play::Binding| FromBank::End(LinkEnd { binding: binding.id });
    play.say(&how, end(&first)).await?;
    let told = play.say(&how, end(&second)).await?;
    let conflict = Told::Problem(Refusal::IdempotencyConflict);
    play.want("the same key for something else", told, conflict)?;
    let told = play.status(&second).await?;
    play.want("it has left nothing", told, Told::Problem(Refusal::NotFound))?;
    let told = play.say(&how, end(&first)).await?;
    play.want("the same as first", told, Told::Link(LinkStatus::Ended))?;
    if play.kit.banks.len() > 1 {
        let third = play.binding(1, ada);
        let told = play.say(&How::of(1).under(key), end(&third)).await?;
        play.want("another bank's key of this name", told, Told::Link(LinkStatus::Ended))?;
    }
    Ok(())
}

async fn unused_account_closes(play: &mut Play<'_>) -> Tried {
    let ada = play.person();
    let (first, account) = play.bound(0, ada).await?;
    let second = play.binding(0, ada);
    play.ask_link(&second, account).await?;
    play.end(&first).await?;
    if play.query(0, ada).await?.is_none() {
        return Err(Trouble::wrong("a link is left", "the account", "none"));
    }
    play.end(&second).await?;
    if play.query(0, ada).await?.is_some() {
        return Err(Trouble::wrong("no link is left", "no account", "one"));
    }
    let (_, other) = play.bound(0, ada).await?;
    if other == account {
        return Err(Trouble::wrong("a new account", "a new id", other));
    }
    Ok(())
}

async fn approvals_limited(play: &mut Play<'_>) -> Tried {
    let ada = play.person();
    let (_, account) = play.bound(0, ada).await?;
    let limit = play.kit.rules.limits.approvals_waiting;
    for _ in 0..limit {
        let waiting = play.binding(0, ada);
        let told = play.ask_link(&waiting, account).await?;
        play.want("one that may wait", told, Told::Link(LinkStatus::AwaitingApproval))?;
    }
    let beyond = play.binding(0, ada);
    let told = play.ask_link(&beyond, account).await?;
    let refused = LinkStatus::Refused { reason: Reason::BindingLimitReached };
    play.want("one beyond the limit", told, Told::Link(refused))
}
