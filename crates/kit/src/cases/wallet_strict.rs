//! How strictly a wallet reads.

use bindproof::message::LinkStatus;
use bindproof::wire::{
    self, Action, BindingCode, ChallengeAnswer, IdempotencyKey, OperationRequest, Proof,
};

use crate::call::By;
use crate::case::cases;
use crate::oracle::Told;
use crate::oracle::wallet::FromBank;
use crate::play::{ACTIVE, Given, Play};
use crate::trouble::{Tried, Trouble};

cases! { Wallet:
    "wallet.bank-read-strictly" bank_read Must ["070", "071", "072", "122"]
        "A registration or a link request that has a member twice, too many, too few or null, a \
         list for an object, an object for a word, a fraction, an id in upper case or another \
         content-type is request_malformed, and leaves nothing behind."
        "lenient reading of banks";
    "wallet.client-read-strictly" client_read Must ["070", "071", "072", "122"]
        "So is a client's request for an operation and its answer to a challenge: no operation \
         begins and no answer counts."
        "lenient reading of clients";
}

async fn bank_read(play: &mut Play<'_>) -> Tried {
    let ada = play.person();
    let binding = play.binding(0, ada);
    let signer = play.kit.banks[0].signer.clone();
    let by = By::Server(&signer);
    if let FromBank::Register(asked) = play.registration(&binding) {
        bad(play, &by, play.kit.line.key(), asked).await?;
    }
    let told = play.status(&binding).await?;
    play.want("nothing is left", told, Told::Problem(bindproof::refusal::Refusal::NotFound))?;
    if play.query(0, ada).await?.is_some() {
        return Err(Trouble::wrong("nobody has an account", "no account", "one"));
    }
    let account = play.register(&binding).await?;
    if let FromBank::Link(asked) = play.link(&binding, account) {
        bad(play, &by, play.kit.line.key(), asked).await?;
    }
    let told = play.status(&binding).await?;
    play.want("the link is as it was", told, Told::Link(LinkStatus::Registered))?;
    let told = play.ask_link(&binding, account).await?;
    play.want("the link request as it should be", told, Told::Link(ACTIVE))
}

async fn client_read(play: &mut Play<'_>) -> Tried {
    let ada = play.person();
    let (binding, account) = play.bound(0, ada).await?;
    let phone = play.phone();
    let by = By::Device(&phone.signer);
    let operation = play.operation();
    let wish = play.wish(&phone, operation, account, Action::SignIn);
    bad(play, &by, play.kit.line.key(), wish).await?;
    // The same id with other content would be a conflict, had anything begun under it.
    let close = OperationRequest { action: Action::VerifyIdentity, ..wish };
    let told = play.ask(&phone, close).await?.told;
    if told == Told::Problem(bindproof::refusal::Refusal::IdempotencyConflict) {
        return Err(Trouble::wrong("no operation has begun", "no conflict", told));
    }
    let challenge = play.challenged(&phone, account, Action::SignIn).await?;
    let code = BindingCode::from_bytes(play.kit.line.world.bytes());
    let proof = Proof { binding_code: Some(code), ..Proof::default() };
    let (challenge_id, device) = (challenge.challenge, phone.device);
    let answer = ChallengeAnswer { challenge: challenge_id, device, proof };
    bad(play, &by, play.kit.line.key(), answer).await?;
    let told = play.give(&phone, &challenge, Given::first(&binding)).await?;
    play.over(&phone, challenge, account, Action::SignIn, told, Told::Executed).await
}

/// Says this in every bad form.
async fn bad<M: wire::Request>(
    play: &mut Play<'_>,
    by: &By<'_>,
    key: IdempotencyKey,
    message: M,
) -> Tried {
    let line = &play.kit.line;
    let (_, good) = line.envelope(Some(key), 0, message)?;
    let path = format!("/v1/{}", M::NAME);
    line.reads_strictly(&mut play.log, by, (&path, Some(key.as_str())), &good).await
}
