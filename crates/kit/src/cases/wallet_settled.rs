//! What a wallet does not send any more.

use bindproof::message::{LinkStatus, Reason};
use bindproof::wire::Action;

use super::wallet_pay::pays;
use super::wallet_step_up::{execute, ready, waiting};
use crate::case::cases;
use crate::play::Play;
use crate::trouble::Tried;

cases! { Wallet:
    "wallet.settled-is-not-sent" settled Must ["125", "150"]
        "A debit that the bank has decided is not asked for any more, and a notice that it has \
         receipted is not sent again."
        "a message that is repeated for ever, whatever is answered";
}

async fn settled(play: &mut Play<'_>) -> Tried {
    play.kit.line.leans_on_quiet(&play.kit.rules.timing)?;
    let (phone, binding, account) = ready(play).await?;
    let second = waiting(play, 0, account, &binding).await?;
    pays(play, &phone, &binding, account, 500).await?;
    execute(play, &phone, account, Action::DeclineBinding(second.id)).await?;
    play.notice(&second, LinkStatus::Refused { reason: Reason::Declined }).await?;
    play.sends_no_more(&[&binding, &second]).await?;
    execute(play, &phone, account, Action::EndLink(binding.id)).await?;
    play.notice(&binding, LinkStatus::Ended).await?;
    play.sends_no_more(&[&binding, &second]).await
}
