//! What a bank does not send any more, and what it does not wait for any longer.

use bindproof::bank::binding::State;
use bindproof::message::{LinkStatus, Reason};
use bindproof::wire::{EndReason, Standing};

use super::bank_binding::bound;
use crate::bankplay::BankPlay;
use crate::case::cases;
use crate::oracle::Told;
use crate::oracle::bank::Sent;
use crate::target::TO_GO_MS;
use crate::trouble::{Tried, Trouble};

cases! { Bank:
    "bank.settled-is-not-sent" settled Must ["125"]
        "What the wallet has answered so that the bank knows what it wanted to know is not sent \
         any more: a link request while its approval is awaited and when it was declined, a \
         suspension, an end."
        "a message that is repeated for ever, whatever is answered";
    "bank.approval-expires" approval_expires Must ["025", "128"]
        "A binding whose link nobody approves in time expires, not before, and the wallet is told."
        "a binding that waits for its approval for ever, or for a shorter time";
}

const EXPIRED: Standing = Standing::Ended(EndReason::Expired);

async fn approval_expires(play: &mut BankPlay<'_>) -> Tried {
    let timing = play.kit.rules.timing;
    play.kit.line.within_patience("approval_bank_ms", timing.approval_bank_ms)?;
    play.kit.line.settles_before("approval_bank_ms", &timing, timing.approval_bank_ms)?;
    let ada = play.client().await?;
    play.kit.listener.desk.has_account(ada.person);
    let (binding, _) = play.begin(&ada, 0).await?;
    let since_ms = play.now().from_ms;
    play.sent(ada.person, "a link request", Sent::is_link).await?;
    // A bank that had not heard the answer would have asked again.
    play.kit.line.lets_settle(&timing).await;
    play.sync()?;
    if play.times_sent(ada.person, Sent::is_link) > 1 {
        return Err(Trouble::Undecided("the link was asked for again".to_owned()));
    }
    play.knows(binding, State::AwaitingApproval);
    for to_go_ms in TO_GO_MS {
        let time_ms = timing.approval_bank_ms;
        play.wait_until_before("approval_bank_ms", since_ms, time_ms, to_go_ms).await;
        play.query(&ada, binding).await?;
    }
    play.until(&ada, binding, EXPIRED).await?;
    play.sent(ada.person, "the end", |sent| sent == Sent::End).await
}

async fn settled(play: &mut BankPlay<'_>) -> Tried {
    play.kit.line.leans_on_quiet(&play.kit.rules.timing)?;
    let (ada, ben) = (play.client().await?, play.client().await?);
    play.kit.listener.desk.has_account(ada.person);
    let (waits, _) = play.begin(&ada, 0).await?;
    play.sent(ada.person, "a link request", Sent::is_link).await?;
    let binding = bound(play, &ben).await?;
    play.block(&ben, ben.instruments[0], true).await?;
    play.sent(ben.person, "suspension 1", |sent| sent == Sent::Suspend(1)).await?;
    play.sends_no_more(&[ada.person, ben.person]).await?;
    play.kit.listener.desk.step(waits, bindproof::wallet::link::Input::Declined);
    let declined = LinkStatus::Refused { reason: Reason::Declined };
    let told = play.notify(waits, declined).await?;
    play.want("the notice of the refusal", told, Told::Receipt)?;
    play.unbind(&ben, binding).await?;
    play.sent(ben.person, "the end", |sent| sent == Sent::End).await?;
    play.sends_no_more(&[ada.person, ben.person]).await
}
