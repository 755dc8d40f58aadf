//! One signed request and its signed answer.

use ed25519_dalek::VerifyingKey;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::http::{HeaderValue, Request};

use super::{CallError, Outgoing, TRACEPARENT, WholeResponse, json_request, parts_of};
use crate::clock::World;
use crate::signature::{Parts, Profile, SignatureError, Signer, sign_request, verify};

/// Who asks, and by what.
#[derive(Clone)]
pub struct Asking<'a> {
    /// What is sent by.
    pub outgoing: &'a Outgoing,
    /// Time and chance.
    pub world: &'a World,
    /// Who signs.
    pub signer: &'a Signer,
    /// What the signature says that it is.
    pub tag: &'a str,
    /// The trace that the request belongs to.
    pub trace: Option<HeaderValue>,
}

impl Asking<'_> {
    /// Posts a body of JSON, signed afresh, and gives the answer if it is signed by a key that
    /// `trusted` knows, for this very request.
    ///
    /// # Errors
    /// If there is no answer that can be believed. Nothing is known then.
    pub async fn post(
        self,
        url: &str,
        path: &str,
        key: Option<&str>,
        body: Vec<u8>,
        trusted: impl FnOnce(&str) -> Option<VerifyingKey>,
    ) -> Result<WholeResponse, CallError> {
        let world = self.world;
        let (sent, answer) = self.exchange(url, path, key, body).await?;
        let asked = parts_of(&sent, sent.headers());
        match believed(&asked, &answer, world.now_ms(), trusted) {
            Ok(()) => Ok(answer),
            Err(error) => {
                let WholeResponse { status, body, .. } = answer;
                Err(CallError::Untrusted { status, body, error })
            }
        }
    }

    /// Posts a body of JSON, signed afresh; the request as it was sent, and whatever was answered,
    /// by whomever.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn exchange(
        self,
        url: &str,
        path: &str,
        key: Option<&str>,
        body: Vec<u8>,
    ) -> Result<(Request<Full<Bytes>>, WholeResponse), CallError> {
        let mut request = json_request(url, path, key, body)?;
        let fields = request.headers().clone();
        let mut signed = fields.clone();
        let now_ms = self.world.now_ms();
        // In the order of time: whoever remembers nonces then writes side by side what comes
        // together.
        let nonce = format!("{now_ms:012x}{}", crate::hex::encode(&self.world.bytes::<10>()));
        let created = now_ms.div_euclid(1000);
        let parts = parts_of(&request, &fields);
        sign_request(&mut signed, parts, self.signer, self.tag, created, &nonce)?;
        if let Some(trace) = self.trace {
            signed.insert(TRACEPARENT, trace);
        }
        *request.headers_mut() = signed;
        let answer = self.outgoing.send(request.clone()).await?;
        Ok((request, answer))
    }
}

/// Whether the answer is signed by a key that is trusted, for this very request.
///
/// # Errors
/// The first thing that is wrong with its signature.
pub fn believed(
    asked: &Parts<'_>,
    answer: &WholeResponse,
    now_ms: i64,
    trusted: impl FnOnce(&str) -> Option<VerifyingKey>,
) -> Result<(), SignatureError> {
    let parts = Parts {
        method: "",
        scheme: "",
        authority: "",
        path: "",
        query: None,
        status: Some(answer.status),
        fields: &answer.fields,
        request: Some(asked),
    };
    verify(Profile::ANSWER, &parts, &answer.body, now_ms, trusted).map(|_| ())
}
