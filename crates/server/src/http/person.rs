//! The wallet server's side of HTTP: what persons ask through the wallet client.

use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode};
use bindproof::refusal::Refusal;
use bindproof::wire::{
    AccountId, Answer, BindingId, ChallengeAnswer, DeviceKey, Envelope, OperationId,
    OperationOutcome, OperationRequest, PersonRef, RequestId,
};

use super::answer::Said;
use super::bank::barred;
use super::edge::{Barred, Received, digest_of};
use super::keyed::keyed;
use super::own::{AccountNamed, AccountOf, InvitationAsked, OverviewAsked, RecoveryAsked};
use super::stranger::{admitted, identity};
use super::wallet::Server;
use crate::codes;
use crate::defect::{Defect, planted};
use crate::drive::Step;
use crate::drive::wallet::{
    ACCOUNT, CHALLENGE, Carried, LINK, OPERATION, OperationTold, PERSON, PROVED, Requested, Shown,
    WalletDrive,
};
use crate::key::{Key, Person};
use crate::node::{Node, ROUTES};
use crate::received;
use crate::record::{AnswerRefs, Answers, Kept, Links, RecordKind, StoredAnswer, answer_place};
use crate::store::{Asked, StoreError};
use crate::wallet::Wallet;

pub(super) async fn operation_request(State(wallet): Server, received: Received) -> Response<Body> {
    let said = asked(&wallet, &received).await;
    barred(&wallet.node, &received, said).respond()
}

async fn asked(wallet: &Wallet, received: &Received) -> Result<Said, Barred> {
    let envelope: Envelope<OperationRequest> = received.envelope()?;
    let request = envelope.message;
    let signed = received.device(&wallet.node, request.device).await?;
    let keyed = keyed(&wallet.node, &caller(request.device, signed), &envelope).await?;
    let names = [(RecordKind::Operation, Key::from(request.operation))];
    let about = request.account.map(|account| account.to_string());
    let about = about.unwrap_or_else(|| request.operation.to_string());
    for _ in 0..ROUTES {
        let whose = whose_operation(&wallet.node, &request).await?;
        admitted(wallet, &about, &whose, signed.then_some(request.device)).await?;
        let step = wallet.transact(&whose, &names, |drive| {
            drive.shard.receive(received::operation_request(&envelope, signed));
            let asked = Requested { request, issued_at: envelope.issued_at, signed };
            let said = drive.request(asked)?;
            if said.is_ok() {
                keyed.remember(drive.shard);
            }
            Ok(said)
        });
        if let Step::Done(told) = step.await? {
            return Ok(said(&wallet.node, envelope.request_id, &told?));
        }
    }
    Err(Refusal::IdempotencyInProgress.into())
}

/// Whose keys a request takes up: those of the device that signed it. Who only names a device takes
/// up none of its keys, even if he guesses one.
fn caller(device: DeviceKey, signed: bool) -> String {
    if signed { device.to_string() } else { format!("unsigned {device}") }
}

/// Whose operation it is, or on whose account it is to run.
async fn whose_operation(node: &Node, request: &OperationRequest) -> Result<Person, Barred> {
    let id = request.operation.to_string();
    let account = request.account.map(|account| account.to_string());
    let mut ids = vec![(PROVED, id.as_str()), (OPERATION, id.as_str())];
    ids.extend(account.as_ref().map(|account| (ACCOUNT, account.as_str())));
    let known = node.store.look(Asked { ids: &ids, key: None }).await?;
    if let Some(known) = known.found.into_iter().flatten().next() {
        return Ok(known.person);
    }
    // In a recovery nobody is named, and whose identity will be proved nobody knows yet.
    let nobodys = || Person::of_operation(request.operation);
    Ok(request.account.map_or_else(nobodys, Person::of_account))
}

/// What the client is told, as an answer.
fn said(node: &Node, request: RequestId, told: &OperationTold) -> Said {
    match told {
        OperationTold::Challenge(challenge) => Said::answer(node, request, **challenge),
        OperationTold::Outcome(outcome) => Said::answer(node, request, *outcome),
        OperationTold::InProgress => Said::problem(Refusal::IdempotencyInProgress, Some(request)),
        OperationTold::WrongAnswer => Said::problem(Refusal::ChallengeInvalid, Some(request)),
    }
}

pub(super) async fn challenge_answer(State(wallet): Server, received: Received) -> Response<Body> {
    let said = answered(&wallet, &received).await;
    barred(&wallet.node, &received, said).respond()
}

async fn answered(wallet: &Wallet, received: &Received) -> Result<Said, Barred> {
    let envelope: Envelope<ChallengeAnswer> = received.envelope()?;
    let answer = envelope.message;
    let signed = received.device(&wallet.node, answer.device).await?;
    let caller = caller(answer.device, signed);
    let keyed = keyed(&wallet.node, &caller, &envelope).await?;
    let found = wallet.node.store.find(CHALLENGE, &answer.challenge.to_string()).await?;
    // An answer that nobody signed is that, whatever it is said to answer.
    let found = found.ok_or(if signed { Refusal::NotFound } else { Refusal::SignatureInvalid })?;
    let operation: OperationId = found.value.parse().map_err(|error| {
        Barred::Fault(StoreError::corrupt(format!("challenge {}", answer.challenge), error))
    })?;
    let key = envelope.idempotency_key.ok_or(Refusal::RequestMalformed)?;
    let place = answer_place(&caller, key);
    let names = [(RecordKind::Operation, operation.into()), (RecordKind::Answer, place)];
    let digest = digest_of(&answer);
    let signer = signed.then_some(answer.device);
    admitted(wallet, found.person.as_str(), &found.person, signer).await?;
    let identity = match signed {
        true => identity(wallet, &found.person, &answer, (operation, place)).await?,
        false => None,
    };
    let shown = Shown { from_its_device: signed, identity };
    let whose = whose_answer(wallet, found.person, (operation, answer.device), shown).await?;
    let step = wallet.transact(&whose.shard, &names, |drive| {
        if let Some((person, here, elsewhere)) = whose.met {
            drive.meet(person, here, elsewhere)?;
        }
        let counted_once = !planted(Defect::RepeatedAnswerCounted);
        if let (Some(kept), true) = (drive.shard.find::<Answers>(place)?, counted_once) {
            return again(&wallet.node, envelope.request_id, &kept, &digest);
        }
        if keyed.is_known() && counted_once {
            // Its first answer was that the operation goes on.
            let told = drive.told(operation.into())?;
            return Ok(Ok(said(&wallet.node, envelope.request_id, &told)));
        }
        if let Some(carried) = &whose.carried
            && let Err(refusal) = drive.carry_over(operation.into(), carried)?
        {
            return Ok(Err(refusal));
        }
        drive.shard.receive(received::challenge_answer(&envelope, signed));
        let told = drive.answer(operation.into(), &answer, shown)?;
        Ok(match told {
            Ok(told) => {
                let said = said(&wallet.node, envelope.request_id, &told);
                keep(drive, place, &digest, &told, &said)?;
                keyed.remember(drive.shard);
                Ok(said)
            }
            Err(refusal) => Err(refusal),
        })
    });
    match step.await? {
        Step::Done(said) => Ok(said?),
        Step::Elsewhere => Err(Refusal::IdempotencyInProgress.into()),
    }
}

/// Among whose records an answer is stepped.
struct Whose {
    shard: Person,
    /// The operation that goes over to them.
    carried: Option<Carried>,
    /// Whose identity was proved, and whether her records are these, or others.
    met: Option<(PersonRef, bool, bool)>,
}

/// Among whose records an answer from `device` is stepped. A recovery that began for nobody known,
/// or on an account that is nobody's, goes over to the person whose identity its own device proves.
async fn whose_answer(
    wallet: &Wallet,
    began: Person,
    (operation, device): (OperationId, DeviceKey),
    shown: Shown,
) -> Result<Whose, StoreError> {
    let proved = wallet.node.store.find(PROVED, &operation.to_string()).await?;
    let (began, goes_on) = match proved {
        Some(proved) => (proved.person, true),
        None => (began, false),
    };
    let own = began.is_nobody() || began.is_accounts();
    let (Some(person), true, true) = (shown.identity, shown.from_its_device, own) else {
        return Ok(Whose { shard: began, carried: None, met: None });
    };
    let found = wallet.node.store.find(PERSON, person.as_str()).await?;
    let here = found.as_ref().is_some_and(|found| found.person == began);
    let elsewhere = found.is_some() && !here;
    if goes_on {
        return Ok(Whose { shard: began, carried: None, met: Some((person, here, elsewhere)) });
    }
    let names = [(RecordKind::Operation, operation.into())];
    let step = wallet.transact(&began, &names, |drive| drive.waiting(operation.into()));
    let waiting = match step.await? {
        Step::Done(waiting) => waiting,
        Step::Elsewhere => None,
    };
    if waiting.as_ref().is_some_and(|waiting| !waiting.is_of(device)) {
        return Ok(Whose { shard: began, carried: None, met: None });
    }
    let recovers = waiting.as_ref().is_some_and(Carried::is_recovery);
    if recovers && !here {
        let shard = found.map_or_else(|| Person::known(person), |found| found.person);
        return Ok(Whose { shard, carried: waiting, met: Some((person, true, false)) });
    }
    Ok(Whose { shard: began, carried: None, met: Some((person, here, elsewhere)) })
}

/// The same answer again, to the request that asks for it now.
fn again(
    node: &Node,
    request: RequestId,
    kept: &Kept<Answers>,
    digest: &str,
) -> Result<Result<Said, Refusal>, StoreError> {
    if kept.refs.digest != digest {
        return Ok(Err(Refusal::IdempotencyConflict));
    }
    let told = match kept.state.status {
        200 => {
            let bad = |error| StoreError::corrupt("a kept answer", error);
            let answer: Answer<OperationOutcome> =
                serde_json::from_str(&kept.state.body).map_err(bad)?;
            OperationTold::Outcome(answer.message)
        }
        _ => OperationTold::WrongAnswer,
    };
    Ok(Ok(said(node, request, &told)))
}

/// Keeps an answer, so that the same request again is not counted again.
fn keep(
    drive: &mut WalletDrive<'_>,
    place: Key,
    digest: &str,
    told: &OperationTold,
    said: &Said,
) -> Result<(), StoreError> {
    if !matches!(told, OperationTold::Outcome(_) | OperationTold::WrongAnswer) {
        return Ok(());
    }
    let state = StoredAnswer { status: said.status.as_u16(), body: said.body.clone() };
    let refs = AnswerRefs { digest: digest.to_owned() };
    drive.shard.put::<Answers>(place, &Kept { state, refs })
}

/// What a client needs in order to answer a challenge with an authenticator.
pub(super) async fn invitation(State(wallet): Server, received: Received) -> Response<Body> {
    let said = async {
        let asked: InvitationAsked = received.own()?;
        if !received.device(&wallet.node, asked.device).await? {
            return Err(Barred::from(Refusal::SignatureInvalid));
        }
        let found = wallet.node.store.find(CHALLENGE, &asked.challenge.to_string()).await?;
        let found = found.ok_or(Refusal::NotFound)?;
        let operation: OperationId = found.value.parse().map_err(|_| Refusal::NotFound)?;
        let (operation, challenge) = (Key::from(operation), Key::from(asked.challenge));
        let names = [(RecordKind::Operation, operation)];
        let step = wallet.transact(&found.person, &names, |drive| {
            drive.invitation(operation, challenge, asked.device)
        });
        match step.await? {
            Step::Done(Some(body)) => Ok(Said { status: StatusCode::OK, problem: None, body }),
            _ => Err(Refusal::NotFound.into()),
        }
    };
    let said = said.await;
    barred(&wallet.node, &received, said).respond()
}

/// The account of a binding, for who knows the binding's id: the bank client shows it. For one that
/// is not there an id is made up, always the same, so that nobody is told which ones are.
pub(super) async fn account_of(State(wallet): Server, received: Received) -> Response<Body> {
    let said = async {
        let asked: AccountOf = received.own()?;
        let account = account_or_decoy(&wallet, asked.binding).await?;
        Ok(Said::json(&AccountNamed { account }))
    };
    let said: Result<Said, Barred> = said.await;
    barred(&wallet.node, &received, said).respond()
}

async fn account_or_decoy(wallet: &Wallet, binding: BindingId) -> Result<AccountId, StoreError> {
    let digest = codes::keyed(&wallet.code_key, &[b"no account", binding.as_bytes()]);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let decoy = AccountId::from_bytes(bytes);
    let found = wallet.node.store.find(LINK, &binding.to_string()).await?;
    let Some(found) = found else { return Ok(decoy) };
    let step =
        wallet.transact(&found.person, &[], |drive| drive.shard.find::<Links>(binding.into()));
    match step.await? {
        Step::Done(Some(kept)) => Ok(kept.refs.account.unwrap_or(decoy)),
        _ => Ok(decoy),
    }
}

/// What an account holds, for a device that is signed in to it. For any other one there is one and
/// the same answer, whether or not there is such an account.
pub(super) async fn overview(State(wallet): Server, received: Received) -> Response<Body> {
    let said = async {
        let asked: OverviewAsked = received.own()?;
        let signed = received.device(&wallet.node, asked.device).await?;
        let found = wallet.node.store.find(ACCOUNT, &asked.account.to_string()).await?;
        let whose = found.map_or_else(|| Person::of_account(asked.account), |found| found.person);
        let step = wallet
            .transact(&whose, &[], |drive| drive.overview(asked.account, asked.device, signed));
        match step.await? {
            Step::Done(Some(overview)) => Ok(Said::json(&overview)),
            _ => Err(Refusal::DeviceUnknown.into()),
        }
    };
    let said: Result<Said, Barred> = said.await;
    barred(&wallet.node, &received, said).respond()
}

/// The account on which a recovery ran, for the device that is signed in to it since then: whoever
/// names no account has to be told.
pub(super) async fn account_recovered(State(wallet): Server, received: Received) -> Response<Body> {
    let said = async {
        let asked: RecoveryAsked = received.own()?;
        let signed = received.device(&wallet.node, asked.device).await?;
        let proved = wallet.node.store.find(PROVED, &asked.operation.to_string()).await?;
        let proved = proved.ok_or(Refusal::DeviceUnknown)?;
        let operation = Key::from(asked.operation);
        let names = [(RecordKind::Operation, operation)];
        let step = wallet.transact(&proved.person, &names, |drive| {
            drive.recovered(operation, asked.device, signed)
        });
        match step.await? {
            Step::Done(Some(account)) => Ok(Said::json(&AccountNamed { account })),
            _ => Err(Refusal::DeviceUnknown.into()),
        }
    };
    let said: Result<Said, Barred> = said.await;
    barred(&wallet.node, &received, said).respond()
}
