//! What the bank client does.

use axum::http::HeaderValue;
use axum::http::header::AUTHORIZATION;
use bindproof::wire::{
    self, Answer, BindCancel, BindOutcome, BindRequest, BindingId, BindingQuery, Consent,
    IdempotencyKey, InstrumentRef, PersonRef, UnbindRequest,
};
use serde_json::json;

use super::{ClientError, body, envelope, new_key, repeated};
use crate::clock::World;
use crate::http::client::{CallError, Outgoing, WholeResponse, json_request};

/// A bank client in a session.
pub struct BankClient {
    url: String,
    token: String,
    outgoing: Outgoing,
    world: World,
}

impl BankClient {
    /// Opens a development session of this person.
    ///
    /// # Errors
    /// If the bank does not know her, does not offer such sessions, or cannot be reached.
    pub async fn open(url: &str, person: PersonRef, world: World) -> Result<Self, ClientError> {
        Self::open_by(Outgoing::new(), url, person, world).await
    }

    /// The same over connections that others use as well, as behind a load balancer.
    ///
    /// # Errors
    /// If the bank does not know her, does not offer such sessions, or cannot be reached.
    pub async fn open_by(
        outgoing: Outgoing,
        url: &str,
        person: PersonRef,
        world: World,
    ) -> Result<Self, ClientError> {
        let mut client = Self { url: url.to_owned(), token: String::new(), outgoing, world };
        let opened = client.post("/development/session", &json!({ "person": person })).await?;
        client.token = text(&opened, "token")?;
        Ok(client)
    }

    /// A client in a session that the bank has opened in its own way.
    pub fn in_session(url: &str, token: String, world: World) -> Self {
        Self { url: url.to_owned(), token, outgoing: Outgoing::new(), world }
    }

    /// A new key for a request to bind.
    pub fn new_key(&self) -> IdempotencyKey {
        new_key(&self.world)
    }

    /// Asks to bind an instrument, with a fresh authentication for this binding and full consent.
    ///
    /// # Errors
    /// If the bank refuses or cannot be reached.
    pub async fn bind(
        &self,
        instrument: InstrumentRef,
        key: IdempotencyKey,
    ) -> Result<BindOutcome, ClientError> {
        let request = self.prepare(instrument).await?;
        self.ask(key, request).await
    }

    /// A request to bind an instrument, with a fresh authentication for this binding and full
    /// consent. Whoever repeats it repeats this very one: under its key it stands for nothing else.
    ///
    /// # Errors
    /// If the bank refuses or cannot be reached.
    pub async fn prepare(&self, instrument: InstrumentRef) -> Result<BindRequest, ClientError> {
        let path = "/development/authentication";
        let made = self.post(path, &json!({ "instrument": instrument })).await?;
        let authentication = text(&made, "authentication")?.parse();
        let authentication = authentication.map_err(unreadable)?;
        let consent = Consent { bind: true, register: true };
        Ok(BindRequest { instrument, consent, authentication })
    }

    /// Asks to bind, for the first time or again.
    ///
    /// # Errors
    /// If the bank refuses or cannot be reached.
    pub async fn ask(
        &self,
        key: IdempotencyKey,
        request: BindRequest,
    ) -> Result<BindOutcome, ClientError> {
        self.say(Some(key), request).await
    }

    /// Gives up what the request under this key began, or would begin.
    ///
    /// # Errors
    /// If the bank refuses or cannot be reached.
    pub async fn cancel(&self, request: IdempotencyKey) -> Result<BindOutcome, ClientError> {
        self.say(Some(self.new_key()), BindCancel::Request(request)).await
    }

    /// Ends a binding.
    ///
    /// # Errors
    /// If the bank refuses or cannot be reached.
    pub async fn unbind(&self, binding: BindingId) -> Result<BindOutcome, ClientError> {
        self.say(Some(self.new_key()), UnbindRequest { binding }).await
    }

    /// Where a binding stands.
    ///
    /// # Errors
    /// If the bank refuses or cannot be reached.
    pub async fn query(&self, binding: BindingId) -> Result<BindOutcome, ClientError> {
        self.say(None, BindingQuery { binding }).await
    }

    async fn say<M: wire::Request>(
        &self,
        key: Option<IdempotencyKey>,
        message: M,
    ) -> Result<BindOutcome, ClientError> {
        let path = format!("/v1/{}", M::NAME.name());
        let response = repeated(|| async {
            let form = serde_json::to_vec(&envelope(&self.world, key, message)?);
            let form = form.map_err(unreadable)?;
            self.send(&path, key, form).await
        });
        let response = response.await?;
        let answer: Answer<BindOutcome> =
            serde_json::from_slice(body(&response)?).map_err(unreadable)?;
        Ok(answer.message)
    }

    async fn post(
        &self,
        path: &str,
        said: &serde_json::Value,
    ) -> Result<serde_json::Value, ClientError> {
        let response = self.send(path, None, said.to_string().into_bytes()).await?;
        serde_json::from_slice(body(&response)?).map_err(unreadable)
    }

    async fn send(
        &self,
        path: &str,
        key: Option<IdempotencyKey>,
        form: Vec<u8>,
    ) -> Result<WholeResponse, ClientError> {
        let key = key.as_ref().map(IdempotencyKey::as_str);
        let mut request = json_request(&self.url, path, key, form)?;
        if !self.token.is_empty() {
            let bearer = HeaderValue::from_str(&format!("Bearer {}", self.token));
            request.headers_mut().insert(AUTHORIZATION, bearer.map_err(unreadable)?);
        }
        Ok(self.outgoing.send(request).await?)
    }
}

fn unreadable(error: impl std::fmt::Display) -> ClientError {
    ClientError::Unreadable(error.to_string())
}

fn text(value: &serde_json::Value, member: &'static str) -> Result<String, ClientError> {
    let text = value.get(member).and_then(serde_json::Value::as_str);
    text.map(str::to_owned)
        .ok_or_else(|| ClientError::Call(CallError::Unreadable(format!("no {member}"))))
}
