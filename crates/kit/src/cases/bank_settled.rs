//! What a bank does not send any more.

use bindproof::message::{LinkStatus, Reason};

use super::bank_binding::bound;
use crate::bankplay::BankPlay;
use crate::case::cases;
use crate::oracle::Told;
use crate::oracle::bank::Sent;
use crate::trouble::Tried;

cases! { Bank:
    "bank.settled-is-not-sent" settled Must ["125"]
        "What the wallet has answered so that the bank knows what it wanted to know is not sent \
         any more: a link request while its approval is awaited and when it was declined, a \
         suspension, an end."
        "a message that is repeated for ever, whatever is answered";
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
