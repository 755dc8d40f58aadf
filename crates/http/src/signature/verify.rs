//! Verifying.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use hyper::http::HeaderMap;
use sfv::{BareItem, Dictionary, InnerList, Item, ListEntry, Parser};

use super::base::{Parts, base, name};
use super::{SKEW_S, SignatureError, WINDOW_S, digest_matches};
use crate::hex;

/// What a signature has to cover and carry.
#[derive(Clone, Copy, Debug)]
pub struct Profile {
    /// The tag.
    pub tag: &'static str,
    /// What has to be covered. A name with `;req` is of the request that is answered.
    pub covered: &'static [&'static str],
    /// It carries a nonce, which is used once.
    pub nonce: bool,
}

impl Profile {
    /// A server's request.
    pub const REQUEST: Self =
        Self { tag: super::TAG_REQUEST, covered: REQUEST_COVERED, nonce: true };
    /// A request that a device signs.
    pub const DEVICE: Self = Self { tag: super::TAG_DEVICE, covered: REQUEST_COVERED, nonce: true };
    /// A server's answer.
    pub const ANSWER: Self = Self {
        tag: super::TAG_ANSWER,
        covered: &["@status", "content-type", "content-digest", "signature;req"],
        nonce: false,
    };
}

const REQUEST_COVERED: &[&str] =
    &["@method", "@authority", "@path", "@query", "content-type", "content-digest"];

/// A signature that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// By which key.
    pub key_id: String,
    /// Its nonce; empty where the profile has none.
    pub nonce: String,
    /// Until when the nonce has to be remembered, in milliseconds since 1970.
    pub until_ms: i64,
}

/// Verifies the one signature with the profile's tag, and the digest of `body`. `key` is the
/// registry. The nonce is still to be spent.
///
/// # Errors
/// The first thing that is wrong.
pub fn verify(
    profile: Profile,
    parts: &Parts<'_>,
    body: &[u8],
    now_ms: i64,
    key: impl FnOnce(&str) -> Option<VerifyingKey>,
) -> Result<Verified, SignatureError> {
    let (label, input) = the_one(profile.tag, parts.fields)?;
    covers(profile, &input, parts)?;
    let created = window(&input, now_ms)?;
    if let Some(alg) = text(&input, "alg")
        && alg != "ed25519"
    {
        return Err(SignatureError::Parameter { parameter: "alg" });
    }
    let nonce = match (profile.nonce, text(&input, "nonce")) {
        (false, _) => "",
        (true, Some(nonce)) if (22..=64).contains(&nonce.len()) => nonce,
        (true, _) => return Err(SignatureError::Parameter { parameter: "nonce" }),
    };
    let key_id = text(&input, "keyid").ok_or(SignatureError::Parameter { parameter: "keyid" })?;
    let unknown = || SignatureError::UnknownKey { key_id: key_id.to_owned() };
    let key = key(key_id).ok_or_else(unknown)?;
    let digest = parts.fields.get("content-digest").and_then(|value| value.to_str().ok());
    if !digest.is_some_and(|digest| digest_matches(digest, body)) {
        return Err(SignatureError::Digest);
    }
    let signature = signature(&label, parts.fields)?;
    if !holds(&key, base(&input, parts)?.as_bytes(), &signature) {
        return Err(SignatureError::Mismatch);
    }
    // Whoever forgets it may have a clock that is ahead of this one.
    let until_ms = created.saturating_add(WINDOW_S + 2 * SKEW_S).saturating_mul(1000);
    Ok(Verified { key_id: key_id.to_owned(), nonce: nonce.to_owned(), until_ms })
}

/// The signature base of the one signature with this tag: what it is over.
///
/// # Errors
/// If there is not one, or something is covered that is not in the message.
pub fn signed(tag: &'static str, parts: &Parts<'_>) -> Result<String, SignatureError> {
    let (_, input) = the_one(tag, parts.fields)?;
    base(&input, parts)
}

/// The public key of these 64 hexadecimal digits; none if they are not one.
pub fn public_key(digits: &str) -> Option<VerifyingKey> {
    let bytes = hex::decode(digits).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    bytes.and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok())
}

/// The label and input of the one signature with this tag.
fn the_one(tag: &'static str, fields: &HeaderMap) -> Result<(String, InnerList), SignatureError> {
    let inputs = dictionary(fields, "signature-input")?;
    let mut tagged = inputs.into_iter().filter_map(|(label, entry)| match entry {
        ListEntry::InnerList(input) if text(&input, "tag") == Some(tag) => {
            Some((label.as_str().to_owned(), input))
        }
        _ => None,
    });
    let first = tagged.next().ok_or(SignatureError::NotOne { tag, found: 0 })?;
    match tagged.count() {
        0 => Ok(first),
        more => Err(SignatureError::NotOne { tag, found: more + 1 }),
    }
}

fn dictionary(fields: &HeaderMap, field: &'static str) -> Result<Dictionary, SignatureError> {
    let unreadable = SignatureError::Unreadable { field };
    let values: Option<Vec<&str>> =
        fields.get_all(field).iter().map(|value| value.to_str().ok()).collect();
    let whole = values.ok_or_else(|| unreadable.clone())?.join(", ");
    Parser::new(&whole).parse().map_err(|_| unreadable)
}

fn text<'a>(input: &'a InnerList, parameter: &str) -> Option<&'a str> {
    match input.params.iter().find(|(key, _)| key.as_str() == parameter)? {
        (_, BareItem::String(text)) => Some(text.as_str()),
        _ => None,
    }
}

fn seconds(input: &InnerList, parameter: &str) -> Option<Option<i64>> {
    match input.params.iter().find(|(key, _)| key.as_str() == parameter) {
        None => Some(None),
        Some((_, BareItem::Integer(seconds))) => Some(Some(i64::from(*seconds))),
        Some(_) => None,
    }
}

/// Whether everything that has to be is covered, the idempotency key too if there is one.
fn covers(profile: Profile, input: &InnerList, parts: &Parts<'_>) -> Result<(), SignatureError> {
    let covered = |wanted: &str| {
        let (wanted, of_request) = match wanted.strip_suffix(";req") {
            Some(wanted) => (wanted, true),
            None => (wanted, false),
        };
        input.items.iter().any(|item| {
            let req = item
                .params
                .iter()
                .any(|(key, value)| key.as_str() == "req" && *value == BareItem::Boolean(true));
            let narrowed = item.params.keys().any(|key| key.as_str() == "key");
            name(item) == Some(wanted) && req == of_request && (!narrowed || of_request)
        })
    };
    for component in profile.covered {
        if !covered(component) {
            return Err(SignatureError::NotCovered { component });
        }
    }
    let has_key = parts.status.is_none() && parts.fields.contains_key("idempotency-key");
    if has_key && !covered("idempotency-key") {
        return Err(SignatureError::NotCovered { component: "idempotency-key" });
    }
    Ok(())
}

/// When it was created, in seconds, if that is within the window.
fn window(input: &InnerList, now_ms: i64) -> Result<i64, SignatureError> {
    let now = now_ms.div_euclid(1000);
    let parameter = "created";
    let created = seconds(input, parameter).flatten();
    let created = created.ok_or(SignatureError::Parameter { parameter })?;
    let outside = SignatureError::OutsideWindow { created, now };
    if created > now + SKEW_S || created < now - WINDOW_S {
        return Err(outside);
    }
    match seconds(input, "expires") {
        None => Err(SignatureError::Parameter { parameter: "expires" }),
        Some(Some(expires)) if expires < now || expires < created => Err(outside),
        Some(_) => Ok(created),
    }
}

fn signature(label: &str, fields: &HeaderMap) -> Result<Vec<u8>, SignatureError> {
    let unreadable = SignatureError::Unreadable { field: "signature" };
    let signatures = dictionary(fields, "signature")?;
    let entry = signatures.into_iter().find(|(key, _)| key.as_str() == label);
    let Some((_, ListEntry::Item(Item { bare_item: BareItem::ByteSequence(bytes), .. }))) = entry
    else {
        return Err(unreadable);
    };
    // The last digit has bits that stand for nothing. They are nought, so that a signature has one
    // form only.
    let form = format!(":{}:", STANDARD.encode(&bytes));
    let values = fields.get_all("signature").iter();
    let has_form = values.filter_map(|value| value.to_str().ok()).any(|v| v.contains(&form));
    if has_form { Ok(bytes) } else { Err(unreadable) }
}

/// Whether the key made this signature over these bytes. Strict: neither a weak key nor a signature
/// that is not in its one normal form is accepted.
pub fn holds(key: &VerifyingKey, bytes: &[u8], signature: &[u8]) -> bool {
    let signature = Signature::from_slice(signature);
    signature.is_ok_and(|signature| key.verify_strict(bytes, &signature).is_ok())
}
