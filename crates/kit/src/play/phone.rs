//! The kit as a wallet client on a device.

use bindproof::message::Message;
use bindproof::policy::Environment;
use bindproof::refusal::Refusal;
use bindproof::wire::{
    self, AccountId, Action, BindingCode, Challenge, ChallengeAnswer, DeviceKey, IdempotencyKey,
    Issuer, OperationId, OperationOutcome, OperationRequest, Proof, RequestId, Settled,
};
use bindproof_http::authenticator::SoftKey;
use bindproof_http::hex;
use bindproof_http::signature::Signer;
use ed25519_dalek::SigningKey;
use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use serde_json::Value;

use super::{Binding, Given, LOOK, Play};
use crate::call::{By, Reply, Stamp, problem, read, shown};
use crate::oracle::Told;
use crate::oracle::wallet::{Offer, Wallet};
use crate::trouble::{Tried, Trouble};

/// A wallet client: a device's key, and an authenticator on it.
pub struct Phone {
    /// The device.
    pub device: DeviceKey,
    /// What it signs with.
    pub signer: Signer,
    /// The authenticator.
    pub authenticator: SoftKey,
}

/// What the wallet told a client, with what it named.
#[derive(Clone, Copy, Debug)]
pub struct Answered {
    /// What it told.
    pub told: Told,
    /// The challenge, if it is one.
    pub challenge: Option<Challenge>,
}

/// An answer to a challenge, as the kit knows it.
#[derive(Clone, Debug)]
pub(super) struct Saying {
    /// By which device.
    pub device: DeviceKey,
    /// To which operation's challenge.
    pub operation: OperationId,
    /// What it offers.
    pub offer: Offer,
    /// Under which key.
    pub key: IdempotencyKey,
    /// What it says, without what is of this sending only.
    pub form: String,
}

/// What is told of an operation that goes on by itself.
const UNDER_WAY: Told = Told::Problem(Refusal::IdempotencyInProgress);

impl Play<'_> {
    /// A new device.
    pub fn phone(&self) -> Phone {
        let world = &self.kit.line.world;
        let key = SigningKey::from_bytes(&world.bytes());
        let device = DeviceKey::from_bytes(key.verifying_key().to_bytes());
        let signer = Signer::new(device.to_string(), key);
        Phone { device, signer, authenticator: SoftKey::new(world.bytes()) }
    }

    /// A new operation's id.
    pub fn operation(&self) -> OperationId {
        OperationId::from_bytes(self.kit.line.world.uuid())
    }

    /// A request as it should be, in a calm environment.
    pub const fn wish(
        &self,
        phone: &Phone,
        operation: OperationId,
        account: AccountId,
        action: Action,
    ) -> OperationRequest {
        let (device, environment) = (phone.device, Environment::Normal);
        OperationRequest { operation, account: Some(account), device, environment, action }
    }

    /// The device asks for an operation, for the first time or again.
    ///
    /// # Errors
    /// If the wallet answers anything that the steps do not.
    pub async fn ask(&mut self, phone: &Phone, wish: OperationRequest) -> Tried<Answered> {
        self.ask_by(phone, wish, true, 0).await
    }

    /// The same, signed or not, issued so many milliseconds ago.
    ///
    /// # Errors
    /// If the wallet answers anything that the steps do not.
    pub async fn ask_by(
        &mut self,
        phone: &Phone,
        wish: OperationRequest,
        signed: bool,
        ago_ms: i64,
    ) -> Tried<Answered> {
        let by = if signed { By::Device(&phone.signer) } else { By::Nobody };
        let step = format!("a client asks for {}", wish.action.kind());
        let (request, reply) =
            self.send_client(&by, Some(self.kit.line.key()), ago_ms, wish).await?;
        let about = (request, wish.operation);
        let answered = answered(&step, about, self.kit.line.name, &reply)?;
        self.hears_of_debit(wish.operation);
        self.compared_any(step, &reply, answered.told, |mut wallet| {
            let told = wallet.request(reply.at, &wish, signed, ago_ms == 0);
            goes_on(wallet, told, wish.operation, &reply)
        })?;
        if let Some(challenge) = answered.challenge {
            self.noted(wish.operation, challenge)?;
        }
        Ok(answered)
    }

    /// A challenge is of its operation, and the same whenever it is sent again.
    fn noted(&mut self, operation: OperationId, challenge: Challenge) -> Tried {
        let step = "a challenge";
        if challenge.operation != operation {
            return Err(Trouble::wrong(step, "one of the operation", challenge.operation));
        }
        let before = self.worlds.one().operations.get(&operation).and_then(|r| r.challenge);
        if before.is_some_and(|before| before != challenge.challenge) {
            return Err(Trouble::wrong(step, "the challenge that is open", "another one"));
        }
        self.worlds.note(|wallet| {
            if let Some(record) = wallet.operations.get_mut(&operation) {
                record.challenge = Some(challenge.challenge);
            }
        });
        Ok(())
    }

    /// Asks for an operation that has to be challenged.
    ///
    /// # Errors
    /// If it is not.
    pub async fn challenged(
        &mut self,
        phone: &Phone,
        account: AccountId,
        action: Action,
    ) -> Tried<Challenge> {
        let wish = self.wish(phone, self.operation(), account, action);
        self.challenged_for(phone, wish, true).await
    }

    /// The same for this request, signed or not.
    ///
    /// # Errors
    /// If it is not challenged.
    pub async fn challenged_for(
        &mut self,
        phone: &Phone,
        wish: OperationRequest,
        signed: bool,
    ) -> Tried<Challenge> {
        let answered = self.ask_by(phone, wish, signed, 0).await?;
        let step = format!("a client asks for {}", wish.action.kind());
        answered.challenge.ok_or_else(|| self.unfit(&step, "a challenge", answered.told))
    }

    /// The device answers a challenge with this.
    ///
    /// # Errors
    /// If the wallet answers anything that the steps do not.
    pub async fn give(
        &mut self,
        phone: &Phone,
        challenge: &Challenge,
        given: Given<'_>,
    ) -> Tried<Told> {
        let key = self.kit.line.key();
        self.give_under(phone, challenge, given, key).await
    }

    /// The same under this key.
    ///
    /// # Errors
    /// If the wallet answers anything that the steps do not.
    pub async fn give_under(
        &mut self,
        phone: &Phone,
        challenge: &Challenge,
        given: Given<'_>,
        key: IdempotencyKey,
    ) -> Tried<Told> {
        let (proof, offer) = self.proof(phone, challenge, &given).await?;
        self.answer(phone, challenge, proof, offer, key, true).await
    }

    /// The device answers a challenge with two factors of the authenticator of another one.
    ///
    /// # Errors
    /// If the wallet answers anything that the steps do not.
    pub async fn give_with(
        &mut self,
        phone: &Phone,
        challenge: &Challenge,
        by: &Phone,
    ) -> Tried<Told> {
        self.give(phone, challenge, Given { by: Some(by), ..Given::TWO }).await
    }

    /// Answers a challenge, signed by this device or not.
    ///
    /// # Errors
    /// If the wallet answers anything that the steps do not.
    pub async fn answer(
        &mut self,
        phone: &Phone,
        challenge: &Challenge,
        proof: Proof,
        offer: Offer,
        key: IdempotencyKey,
        signed: bool,
    ) -> Tried<Told> {
        let (device, operation) = (phone.device, challenge.operation);
        let said = ChallengeAnswer { challenge: challenge.challenge, device, proof };
        let by = if signed { By::Device(&phone.signer) } else { By::Nobody };
        let (request, reply) = self.send_client(&by, Some(key), 0, said).await?;
        self.said = reply.body.clone();
        let form = serde_json::to_string(&said).unwrap_or_default();
        let saying = Saying { device, operation, offer, key, form };
        self.heard_answer(&saying, request, &reply)
    }

    /// Takes what was told to an answer.
    pub(super) fn heard_answer(
        &mut self,
        saying: &Saying,
        request: RequestId,
        reply: &Reply,
    ) -> Tried<Told> {
        let step = "a client answers its challenge".to_owned();
        let about = (request, saying.operation);
        let told = answered(&step, about, self.kit.line.name, reply)?.told;
        let scope = (format!("{} {}", saying.device, Message::ChallengeAnswer), saying.key);
        if let Some((before, first)) = self.keys.get(&scope).cloned() {
            let conflict = Refusal::IdempotencyConflict;
            let again = if before == saying.form { first } else { Told::Problem(conflict) };
            return self.compared(step, reply, told, |_| again);
        }
        let (operation, offer) = (saying.operation, &saying.offer);
        self.hears_of_debit(operation);
        let told = self.compared_any(step, reply, told, |mut wallet| {
            let told = wallet.answer(reply.at, operation, offer);
            goes_on(wallet, told, operation, reply)
        })?;
        if let Some(binding) = offer.code_of {
            self.has_spent(binding);
        }
        let kept = matches!(told, Told::Executed | Told::Refused(_) | Told::Expired)
            || told == Told::Problem(Refusal::ChallengeInvalid);
        if kept {
            self.keys.insert(scope, (saying.form.clone(), told));
        }
        Ok(told)
    }

    /// The first authentication on an account that a bank had made.
    ///
    /// # Errors
    /// If it does not come about.
    pub async fn sign_in(&mut self, phone: &Phone, account: AccountId, binding: &Binding) -> Tried {
        let challenge = self.challenged(phone, account, Action::SignIn).await?;
        let told = self.give(phone, &challenge, Given::first(binding)).await?;
        self.over(phone, challenge, account, Action::SignIn, told, Told::Executed).await
    }

    /// Asks again until an operation is over; it has to come out so.
    ///
    /// # Errors
    /// If it does not.
    pub async fn over(
        &mut self,
        phone: &Phone,
        challenge: Challenge,
        account: AccountId,
        action: Action,
        told: Told,
        wanted: Told,
    ) -> Tried {
        let wish = self.wish(phone, challenge.operation, account, action);
        self.comes_out(phone, wish, told, wanted).await
    }

    /// The same for what was asked so.
    ///
    /// # Errors
    /// If it does not.
    pub async fn comes_out(
        &mut self,
        phone: &Phone,
        wish: OperationRequest,
        mut told: Told,
        wanted: Told,
    ) -> Tried {
        let since_ms = self.kit.line.world.now_ms();
        while told == UNDER_WAY && !self.kit.line.is_late(since_ms) {
            tokio::time::sleep(LOOK).await;
            told = self.ask(phone, wish).await?.told;
        }
        let step = format!("what becomes of {}", wish.action.kind());
        // What never comes out is wrong whatever the policy.
        if told == UNDER_WAY {
            Err(Trouble::wrong(step, wanted, told))
        } else {
            self.want(&step, told, wanted)
        }
    }

    /// What a client was answered last, all but which request that was an answer to.
    pub fn said_last(&self) -> Value {
        let mut said = self.said.clone();
        if let Some(members) = said.as_object_mut() {
            members.retain(|member, _| member != "instance" && member != "request_id");
        }
        said
    }

    /// What a client sent last, byte by byte.
    ///
    /// # Errors
    /// If none has sent anything.
    pub fn sent_last(&self) -> Tried<Request<Full<Bytes>>> {
        self.sent.clone().ok_or_else(|| Trouble::Undecided("no client has sent a thing".to_owned()))
    }

    async fn send_client<M: wire::Request>(
        &mut self,
        by: &By<'_>,
        key: Option<IdempotencyKey>,
        ago_ms: i64,
        message: M,
    ) -> Tried<(RequestId, Reply)> {
        let line = &self.kit.line;
        let path = format!("/v1/{}", M::NAME);
        let field = key.as_ref().map(IdempotencyKey::as_str);
        let form = || {
            let (request_id, body) = line.envelope(key, ago_ms, message)?;
            let request = line.prepare(by, &Stamp::default(), &path, field, body)?;
            Ok(((request_id, request.clone()), request))
        };
        let ((request_id, sent), reply) = line.until_decided(form).await?;
        self.sent = Some(sent);
        Ok((request_id, reply))
    }
}

/// What a client was answered. Which of the two answers it is, its name says.
fn answered(
    step: &str,
    (request, operation): (RequestId, OperationId),
    issuer: Issuer,
    reply: &Reply,
) -> Tried<Answered> {
    if reply.status != 200 {
        let refusal = problem(reply);
        let wrong = |error| Trouble::wrong(step, "a problem as it is specified", error);
        let told = Told::Problem(refusal.map_err(wrong)?);
        return Ok(Answered { told, challenge: None });
    }
    let wrong = |error| Trouble::wrong(step, "an answer", format!("{error}: {}", shown(reply)));
    if reply.body["name"] == Message::OperationOutcome.name() {
        let outcome = read::<OperationOutcome>(reply, request, issuer).map_err(wrong)?;
        if outcome.operation != operation {
            return Err(Trouble::wrong(step, "what became of the operation", shown(reply)));
        }
        let told = match outcome.settled {
            Settled::Executed => Told::Executed,
            Settled::Refused(refusal) => Told::Refused(refusal),
            Settled::Expired => Told::Expired,
        };
        return Ok(Answered { told, challenge: None });
    }
    let challenge = read::<Challenge>(reply, request, issuer).map_err(wrong)?;
    Ok(Answered { told: Told::Challenge(challenge.required), challenge: Some(challenge) })
}

/// What is told at once, or later: what is proved may be executed before anything is told.
fn goes_on(
    wallet: Wallet,
    told: Told,
    operation: OperationId,
    reply: &Reply,
) -> Vec<(Wallet, Told)> {
    if told != UNDER_WAY {
        return vec![(wallet, told)];
    }
    let tell = |world: Wallet| {
        let told = world.tell(operation);
        (world, told)
    };
    wallet.going_on(operation, reply.at).into_iter().map(tell).collect()
}

/// A binding code that is nobody's.
pub fn wrong_code(play: &Play<'_>) -> BindingCode {
    BindingCode::from_bytes(play.kit.line.world.bytes())
}

/// A nonce as signatures have it.
pub fn nonce(play: &Play<'_>) -> String {
    hex::encode(&play.kit.line.world.bytes::<16>())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::oracle::Within;

    fn reply(body: Value) -> Reply {
        Reply {
            status: 200,
            media: "application/json".to_owned(),
            bytes: body.to_string().into(),
            body,
            signature: Ok(()),
            at: Within { from_ms: 0, to_ms: 0 },
            again: false,
        }
    }

    #[test]
    fn what_is_wrong_with_an_answer_is_told_of_the_one_that_it_is() {
        let (request, operation) = (RequestId::from_bytes([1; 16]), [1, 2].map(of));
        let found = |name: &str, message: Value| {
            let body = json!({ "protocol": bindproof::PROTOCOL, "name": name,
                "request_id": request, "issuer": "wallet", "message": message });
            let issuer = "wallet".parse().expect("a name");
            match answered("a step", (request, operation[0]), issuer, &reply(body)) {
                Err(Trouble::Wrong { found, .. }) => found,
                other => panic!("{other:?}"),
            }
        };
        let outcome = found("operation_outcome", json!({}));
        assert!(outcome.contains("missing field `operation`"), "{outcome}");
        let challenge = found("challenge", json!({}));
        assert!(challenge.contains("missing field `challenge`"), "{challenge}");
        let other = json!({ "operation": operation[1], "outcome": "executed" });
        assert!(found("operation_outcome", other).contains("executed"));
    }

    fn of(number: u8) -> OperationId {
        OperationId::from_bytes([number; 16])
    }
}
