//! What is counted of those who are strangers to a person. Whatever they ask is decided among her
//! records, one at a time, so that many of them together could keep her from her own. Whether there
//! is such a person plays no part, nor what her own devices ask: nobody is told by it.

use bindproof::wire::{ChallengeAnswer, DeviceKey, OperationId, PersonRef};

use super::edge::Barred;
use crate::drive::Step;
use crate::drive::wallet::PROVED;
use crate::key::{Key, Person};
use crate::record::{Answers, RecordKind};
use crate::store::StoreError;
use crate::wallet::Wallet;

/// Lets a request through that is about `about` and decided among the records of `whose`. If there
/// are too many of late, only those go on that a device of hers has signed.
///
/// # Errors
/// If there are too many, or the store fails.
pub(super) async fn admitted(
    wallet: &Wallet,
    about: &str,
    whose: &Person,
    signer: Option<DeviceKey>,
) -> Result<(), Barred> {
    let node = &wallet.node;
    // Hers are not counted: how soon strangers are turned away would tell that she is there.
    if is_hers(wallet, whose, signer).await? || node.strangers.admits(about, node.world.now_ms()) {
        return Ok(());
    }
    Err(Barred::TooMany)
}

async fn is_hers(
    wallet: &Wallet,
    whose: &Person,
    signer: Option<DeviceKey>,
) -> Result<bool, StoreError> {
    let Some(device) = signer else { return Ok(false) };
    let step = wallet.transact(whose, &[], |drive| drive.knows(device));
    Ok(matches!(step.await?, Step::Done(true)))
}

/// Whose identity the evidence in an answer proves. It is looked at only if `place` has no answer
/// yet and the challenge is open, asks for it, and is that of the device which has signed; and only
/// so often for one person, or for one device while nobody is known.
///
/// # Errors
/// If it is looked at too often of late, the store fails, or the site does not answer.
pub(super) async fn identity(
    wallet: &Wallet,
    began: &Person,
    answer: &ChallengeAnswer,
    (operation, place): (OperationId, Key),
) -> Result<Option<PersonRef>, Barred> {
    let Some(evidence) = &answer.proof.identity else { return Ok(None) };
    let node = &wallet.node;
    let proved = node.store.find(PROVED, &operation.to_string()).await?;
    let whose = proved.map_or_else(|| began.clone(), |proved| proved.person);
    let (operation, challenge) = (Key::from(operation), Key::from(answer.challenge));
    let names = [(RecordKind::Operation, operation), (RecordKind::Answer, place)];
    let step = wallet.transact(&whose, &names, |drive| {
        let is_new = drive.shard.find::<Answers>(place)?.is_none();
        Ok(is_new && drive.takes_identity(operation, challenge, answer.device)?)
    });
    if !matches!(step.await?, Step::Done(true)) {
        return Ok(None);
    }
    let about = match whose.is_nobody() {
        true => format!("identity {}", answer.device),
        false => format!("identity {}", whose.as_str()),
    };
    if !node.strangers.admits(&about, node.world.now_ms()) {
        return Err(Barred::TooMany);
    }
    Ok(wallet.identity.proves(evidence).await?)
}
