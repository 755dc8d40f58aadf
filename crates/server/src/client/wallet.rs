//! What the wallet client does.

use bindproof::policy::Environment;
use bindproof::refusal::Refusal;
use bindproof::wire::{
    self, AccountId, Action, Answer, BindingId, Challenge, ChallengeAnswer, DeviceKey, Envelope,
    IdempotencyKey, Opaque, OperationId, OperationOutcome, OperationRequest, Proof,
};
use ed25519_dalek::SigningKey;
use serde_json::{Value, json};

use super::{ClientError, answered, body, envelope, new_key, repeated};
use crate::clock::World;
use crate::drive::wallet::WalletOverview;
use crate::http::client::{CallError, Outgoing, WholeResponse, json_request, parts_of};
use crate::http::own::{AccountNamed, RegistrationInvitation};
use crate::signature::{Signer, TAG_DEVICE, sign_request};

/// A wallet client on one device.
pub struct WalletClient {
    url: String,
    device: DeviceKey,
    signer: Signer,
    outgoing: Outgoing,
    world: World,
}

/// What the wallet server told the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// What is asked of the person.
    Challenge(Box<Challenge>),
    /// What became of the operation.
    Outcome(OperationOutcome),
}

impl WalletClient {
    /// A client on the device with this key.
    pub fn new(url: &str, key: SigningKey, world: World) -> Self {
        let device = DeviceKey::from_bytes(key.verifying_key().to_bytes());
        let signer = Signer::new(device.to_string(), key);
        Self { url: url.to_owned(), device, signer, outgoing: Outgoing::new(), world }
    }

    /// The account on which a binding hangs, for who knows the binding's id.
    ///
    /// # Errors
    /// If the wallet cannot be reached.
    pub async fn account_of(&self, binding: BindingId) -> Result<AccountId, ClientError> {
        self.account("/v1/account_of", &json!({ "binding": binding })).await
    }

    /// Asks for an operation. It is over, or there is a challenge to answer.
    ///
    /// # Errors
    /// If the wallet refuses or cannot be reached.
    pub async fn request(&self, account: AccountId, action: Action) -> Result<Told, ClientError> {
        self.ask(self.new_operation(), account, action).await
    }

    /// A new id for an operation.
    pub fn new_operation(&self) -> OperationId {
        OperationId::from_bytes(self.world.uuid())
    }

    /// Asks for an operation under this id, for the first time or again.
    ///
    /// # Errors
    /// If the wallet refuses or cannot be reached.
    pub async fn ask(
        &self,
        operation: OperationId,
        account: AccountId,
        action: Action,
    ) -> Result<Told, ClientError> {
        self.say(new_key(&self.world), self.operation(operation, account, action)).await
    }

    /// Asks again until an operation is over: a payment waits for the bank.
    ///
    /// # Errors
    /// If the wallet refuses, cannot be reached, or the operation does not come to its end.
    pub async fn outcome(
        &self,
        operation: OperationId,
        account: AccountId,
        action: Action,
    ) -> Result<OperationOutcome, ClientError> {
        let request = self.operation(operation, account, action);
        match self.say(new_key(&self.world), request).await? {
            Told::Outcome(outcome) => Ok(outcome),
            Told::Challenge(_) => Err(ClientError::InVain("an outcome")),
        }
    }

    fn operation(
        &self,
        operation: OperationId,
        account: AccountId,
        action: Action,
    ) -> OperationRequest {
        OperationRequest { account: Some(account), ..self.recovery(operation, action) }
    }

    fn recovery(&self, operation: OperationId, action: Action) -> OperationRequest {
        let (account, device, environment) = (None, self.device, Environment::Normal);
        OperationRequest { operation, account, device, environment, action }
    }

    /// Asks to start afresh on this device, without naming an account.
    ///
    /// # Errors
    /// If the wallet refuses or cannot be reached.
    pub async fn recover(&self, operation: OperationId) -> Result<Told, ClientError> {
        self.say(new_key(&self.world), self.recovery(operation, Action::Recover)).await
    }

    /// The account on which such a recovery ran.
    ///
    /// # Errors
    /// If it did not, or the wallet cannot be reached.
    pub async fn account_recovered(
        &self,
        operation: OperationId,
    ) -> Result<AccountId, ClientError> {
        let said = json!({ "operation": operation, "device": self.device });
        self.account("/v1/account_recovered", &said).await
    }

    async fn account(&self, path: &str, said: &Value) -> Result<AccountId, ClientError> {
        let response = self.send(path, None, said.to_string().into_bytes()).await?;
        let named: AccountNamed = serde_json::from_slice(body(&response)?).map_err(unreadable)?;
        Ok(named.account)
    }

    /// Begins to set up an account by herself: its id, and what the authenticator is made with.
    ///
    /// # Errors
    /// If the wallet refuses or cannot be reached.
    pub async fn registration(&self) -> Result<RegistrationInvitation, ClientError> {
        let said = json!({ "device": self.device }).to_string().into_bytes();
        let response = self.send("/v1/registration_invitation", None, said).await?;
        serde_json::from_slice(body(&response)?).map_err(unreadable)
    }

    /// Sets the account up, with the authenticator that was made for it.
    ///
    /// # Errors
    /// If the authenticator was not made for it, or too late, or the wallet cannot be reached.
    pub async fn register(
        &self,
        account: AccountId,
        authenticator: Opaque,
    ) -> Result<AccountId, ClientError> {
        let device = self.device;
        let said = json!({ "account": account, "device": device, "authenticator": authenticator });
        self.account("/v1/registration", &said).await
    }

    /// What an account holds, if this device is signed in to it.
    ///
    /// # Errors
    /// If it is not, or the wallet cannot be reached.
    pub async fn overview(&self, account: AccountId) -> Result<WalletOverview, ClientError> {
        let said = json!({ "account": account, "device": self.device });
        let form = said.to_string().into_bytes();
        let response = self.send("/v1/overview", None, form).await?;
        serde_json::from_slice(body(&response)?).map_err(unreadable)
    }

    /// Answers a challenge; none if the operation goes on.
    ///
    /// # Errors
    /// If the wallet refuses or cannot be reached. A wrong answer is `challenge_invalid`.
    pub async fn answer(
        &self,
        challenge: &Challenge,
        proof: Proof,
    ) -> Result<Option<OperationOutcome>, ClientError> {
        self.answer_under(self.new_key(), challenge, proof).await
    }

    /// A new key for an answer.
    pub fn new_key(&self) -> IdempotencyKey {
        new_key(&self.world)
    }

    /// Answers a challenge under this key, for the first time or again.
    ///
    /// # Errors
    /// If the wallet refuses or cannot be reached. A wrong answer is `challenge_invalid`.
    pub async fn answer_under(
        &self,
        key: IdempotencyKey,
        challenge: &Challenge,
        proof: Proof,
    ) -> Result<Option<OperationOutcome>, ClientError> {
        let answer = ChallengeAnswer { challenge: challenge.challenge, device: self.device, proof };
        match self.once(key, answer).await {
            Ok(Told::Outcome(outcome)) => Ok(Some(outcome)),
            Ok(Told::Challenge(_)) | Err(ClientError::Refused(Refusal::IdempotencyInProgress)) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// What is needed in order to answer a challenge with an authenticator: the ceremony.
    ///
    /// # Errors
    /// If the challenge is not open on this device.
    pub async fn ceremony(&self, challenge: &Challenge) -> Result<String, ClientError> {
        let invitation = self.invitation(challenge).await?;
        let ceremony = invitation.get("ceremony").and_then(Value::as_str);
        ceremony.map(str::to_owned).ok_or_else(|| unreadable("no ceremony"))
    }

    /// What is needed in order to answer a challenge with an authenticator, of whatever kind.
    ///
    /// # Errors
    /// If the challenge is not open on this device.
    pub async fn invitation(&self, challenge: &Challenge) -> Result<Value, ClientError> {
        let said = json!({ "challenge": challenge.challenge, "device": self.device });
        let form = said.to_string().into_bytes();
        let response = self.send("/v1/invitation", None, form).await?;
        serde_json::from_slice(body(&response)?).map_err(unreadable)
    }

    async fn say<M: wire::Request>(
        &self,
        key: IdempotencyKey,
        message: M,
    ) -> Result<Told, ClientError> {
        told(&repeated(|| self.send_message(key, message)).await?)
    }

    /// Sends until there is an answer and takes what comes: what is under way is told as such.
    async fn once<M: wire::Request>(
        &self,
        key: IdempotencyKey,
        message: M,
    ) -> Result<Told, ClientError> {
        told(&answered(|| self.send_message(key, message)).await?)
    }

    async fn send_message<M: wire::Request>(
        &self,
        key: IdempotencyKey,
        message: M,
    ) -> Result<WholeResponse, ClientError> {
        let envelope: Envelope<M> = envelope(&self.world, Some(key), message)?;
        let form = serde_json::to_vec(&envelope).map_err(unreadable)?;
        self.send(&format!("/v1/{}", M::NAME.name()), Some(key), form).await
    }

    /// Sends a request that the device signs afresh.
    async fn send(
        &self,
        path: &str,
        key: Option<IdempotencyKey>,
        form: Vec<u8>,
    ) -> Result<WholeResponse, ClientError> {
        let key = key.as_ref().map(IdempotencyKey::as_str);
        let mut request = json_request(&self.url, path, key, form)?;
        let fields = request.headers().clone();
        let mut signed = fields.clone();
        let nonce = crate::hex::encode(&self.world.bytes::<16>());
        let created = self.world.now_ms().div_euclid(1000);
        let parts = parts_of(&request, &fields);
        sign_request(&mut signed, parts, &self.signer, TAG_DEVICE, created, &nonce)
            .map_err(CallError::from)?;
        *request.headers_mut() = signed;
        Ok(self.outgoing.send(request).await?)
    }
}

fn told(response: &WholeResponse) -> Result<Told, ClientError> {
    let body = body(response)?;
    if let Ok(answer) = serde_json::from_slice::<Answer<OperationOutcome>>(body) {
        return Ok(Told::Outcome(answer.message));
    }
    let answer: Answer<Challenge> = serde_json::from_slice(body).map_err(unreadable)?;
    Ok(Told::Challenge(Box::new(answer.message)))
}

fn unreadable(error: impl std::fmt::Display) -> ClientError {
    ClientError::Unreadable(error.to_string())
}
