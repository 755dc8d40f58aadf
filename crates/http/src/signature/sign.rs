//! Signing.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use hyper::http::{HeaderMap, HeaderName, HeaderValue};
use sfv::{InnerList, ListEntry, Parser};

use super::base::{Parts, base};
use super::{LABEL, SignatureError, TAG_ANSWER};

const SIGNATURE_INPUT: HeaderName = HeaderName::from_static("signature-input");
const SIGNATURE: HeaderName = HeaderName::from_static("signature");

/// A key and the name that the registries know it by.
#[derive(Clone)]
pub struct Signer {
    key_id: String,
    key: SigningKey,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({})", self.key_id)
    }
}

impl Signer {
    /// A signer with this key.
    pub const fn new(key_id: String, key: SigningKey) -> Self {
        Self { key_id, key }
    }

    /// A signer whose key comes of this seed (RFC 8032).
    pub fn of_seed(key_id: String, seed: &[u8; 32]) -> Self {
        Self::new(key_id, SigningKey::from_bytes(seed))
    }

    /// The name that the registries know the key by.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The bytes of the public key.
    pub fn public(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    /// The signature over these bytes.
    pub fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.key.sign(bytes).to_bytes()
    }

    /// What is secret is derived from the key for a purpose of its own.
    pub fn derived(&self, purpose: &str) -> [u8; 32] {
        crate::codes::keyed(self.key.as_bytes(), &[b"derived", purpose.as_bytes()])
    }
}

/// Signs a request whose digest is set already.
///
/// # Errors
/// If something that has to be covered is not in it.
pub fn sign_request(
    fields: &mut HeaderMap,
    parts: Parts<'_>,
    signer: &Signer,
    tag: &str,
    created: i64,
    nonce: &str,
) -> Result<(), SignatureError> {
    let key = if fields.contains_key("idempotency-key") { " \"idempotency-key\"" } else { "" };
    let input = format!(
        "(\"@method\" \"@authority\" \"@path\" \"@query\" \"content-type\" \"content-digest\"{key})\
         ;created={created};nonce=\"{nonce}\";keyid=\"{}\";alg=\"ed25519\";tag=\"{tag}\"",
        signer.key_id
    );
    let signature = signature(&input, &Parts { fields, ..parts }, signer)?;
    set(fields, &input, &signature)
}

/// Signs an answer whose digest is set already; `parts` names the request that it answers.
///
/// # Errors
/// If something that has to be covered is not in it.
pub fn sign_answer(
    fields: &mut HeaderMap,
    parts: Parts<'_>,
    signer: &Signer,
    created: i64,
) -> Result<(), SignatureError> {
    let input = format!(
        "(\"@status\" \"content-type\" \"content-digest\" \"signature\";req;key=\"{LABEL}\")\
         ;created={created};keyid=\"{}\";alg=\"ed25519\";tag=\"{TAG_ANSWER}\"",
        signer.key_id
    );
    let signature = signature(&input, &Parts { fields, ..parts }, signer)?;
    set(fields, &input, &signature)
}

fn signature(input: &str, parts: &Parts<'_>, signer: &Signer) -> Result<[u8; 64], SignatureError> {
    let input = inner_list(input)?;
    Ok(signer.sign(base(&input, parts)?.as_bytes()))
}

fn inner_list(input: &str) -> Result<InnerList, SignatureError> {
    let unreadable = SignatureError::Unreadable { field: "signature-input" };
    let mut list: sfv::List = Parser::new(input).parse().map_err(|_| unreadable.clone())?;
    match list.pop() {
        Some(ListEntry::InnerList(input)) => Ok(input),
        _ => Err(unreadable),
    }
}

fn set(fields: &mut HeaderMap, input: &str, signature: &[u8; 64]) -> Result<(), SignatureError> {
    let value = |text: String, field| {
        HeaderValue::from_str(&text).map_err(|_| SignatureError::Unreadable { field })
    };
    let input = value(format!("{LABEL}={input}"), "signature-input")?;
    let signature = value(format!("{LABEL}=:{}:", STANDARD.encode(signature)), "signature")?;
    fields.insert(SIGNATURE_INPUT, input);
    fields.insert(SIGNATURE, signature);
    Ok(())
}
