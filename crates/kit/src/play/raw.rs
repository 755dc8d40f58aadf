//! Requests that are not as they should be.

use bindproof::refusal::Refusal;
use bindproof::wire::{self, IdempotencyKey};
use bindproof_http::signature::Signer;
use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;

use super::Play;
use crate::call::{By, Stamp};
use crate::trouble::Tried;

impl Play<'_> {
    /// A request of a bank's key, to be sent as it is or changed.
    ///
    /// # Errors
    /// If it has no form.
    pub fn signed(
        &self,
        signer: &Signer,
        stamp: &Stamp,
        path: &str,
        key: Option<&str>,
        body: Vec<u8>,
    ) -> Tried<Request<Full<Bytes>>> {
        self.kit.line.prepare(&By::Server(signer), stamp, path, key, body)
    }

    /// A message of a device, to be sent as it is or changed.
    ///
    /// # Errors
    /// If it has no form.
    pub fn by_device<M: wire::Request>(
        &self,
        signer: &Signer,
        stamp: &Stamp,
        key: IdempotencyKey,
        message: M,
    ) -> Tried<Request<Full<Bytes>>> {
        let line = &self.kit.line;
        let (_, body) = line.envelope(Some(key), 0, message)?;
        let path = format!("/v1/{}", M::NAME);
        line.prepare(&By::Device(signer), stamp, &path, Some(key.as_str()), body)
    }

    /// Sends a request as it is; it has to be refused with this, exactly.
    ///
    /// # Errors
    /// If it is not.
    pub async fn refused(
        &mut self,
        step: &str,
        request: Request<Full<Bytes>>,
        wanted: Refusal,
    ) -> Tried {
        self.kit.line.refuses(&mut self.log, step, request, wanted).await
    }

    /// Sends a request as it is, and it is answered.
    ///
    /// # Errors
    /// If it is not.
    pub async fn accepted(&mut self, step: &str, request: Request<Full<Bytes>>) -> Tried {
        self.kit.line.accepts(&mut self.log, step, request).await
    }
}
