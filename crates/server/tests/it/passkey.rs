//! Passkeys, with an authenticator in software that takes part in the real ceremonies.

use std::sync::Arc;

use bindproof::wallet::proof::Factors;
use bindproof::wire::{AccountId, Opaque};
use bindproof_server::clock::SystemChance;
use bindproof_server::passkey::PasskeyVerifier;
use bindproof_server::record::Credential;
use bindproof_server::verifier::{Needs, Verifier};
use webauthn_authenticator_rs::WebauthnAuthenticator;
use webauthn_authenticator_rs::softpasskey::SoftPasskey;
use webauthn_rs::prelude::Url;

const ORIGIN: &str = "http://localhost:7002";

fn verifier() -> PasskeyVerifier {
    PasskeyVerifier::new(ORIGIN, Arc::new(SystemChance), [7; 32]).unwrap()
}

fn account() -> Option<AccountId> {
    Some(AccountId::from_bytes([5; 16]))
}

fn begun(verifier: &PasskeyVerifier, authenticators: &[Credential]) -> String {
    verifier.begin(Needs { account: account(), authenticators })
}

fn invited(verifier: &PasskeyVerifier, ceremony: &str, what: &str) -> serde_json::Value {
    let invitation: serde_json::Value =
        serde_json::from_str(&verifier.invitation(ceremony)).unwrap();
    invitation[what].clone()
}

fn enrols(verifier: &PasskeyVerifier, key: &mut SoftPasskey, ceremony: &str) -> Opaque {
    let create = serde_json::from_value(invited(verifier, ceremony, "create")).unwrap();
    let said = key.do_registration(Url::parse(ORIGIN).unwrap(), create).unwrap();
    serde_json::to_string(&said).unwrap().parse().unwrap()
}

fn asserts(
    verifier: &PasskeyVerifier,
    key: &mut SoftPasskey,
    ceremony: &str,
    origin: &str,
) -> Opaque {
    let get = serde_json::from_value(invited(verifier, ceremony, "get")).unwrap();
    let said = key.do_authentication(Url::parse(origin).unwrap(), get).unwrap();
    serde_json::to_string(&said).unwrap().parse().unwrap()
}

#[test]
fn a_passkey_is_enrolled_and_asserts_two_factors_in_its_own_ceremony_only() {
    let (verifier, mut key) = (verifier(), SoftPasskey::new(true));
    let first = begun(&verifier, &[]);
    let other = begun(&verifier, &[]);
    let said = enrols(&verifier, &mut key, &first);
    assert_eq!(verifier.enrolment(&other, &said), None, "made in another ceremony");
    let known = [verifier.enrolment(&first, &said).unwrap()];

    let second = begun(&verifier, &known);
    let third = begun(&verifier, &known);
    let said = asserts(&verifier, &mut key, &second, ORIGIN);
    let factors =
        |ceremony: &str, known: &[Credential]| verifier.assertion(ceremony, &said, known).factors;
    assert_eq!(factors(&second, &known), Factors::Two);
    assert_eq!(factors(&third, &known), Factors::None, "made in another ceremony");
    assert_eq!(factors(&second, &[]), Factors::None, "enrolled no more");
    assert_eq!(factors("", &known), Factors::None);
    let nonsense: Opaque = "nonsense".parse().unwrap();
    assert_eq!(verifier.assertion(&second, &nonsense, &known).factors, Factors::None);
}

#[test]
fn an_assertion_made_for_another_origin_proves_nothing() {
    let (verifier, mut key) = (verifier(), SoftPasskey::new(true));
    let first = begun(&verifier, &[]);
    let said = enrols(&verifier, &mut key, &first);
    let known = [verifier.enrolment(&first, &said).unwrap()];
    let second = begun(&verifier, &known);
    let said = asserts(&verifier, &mut key, &second, "http://localhost:9999");
    assert_eq!(verifier.assertion(&second, &said, &known).factors, Factors::None);
}

#[test]
fn an_account_without_authenticators_is_invited_like_one_with_and_always_alike() {
    let verifier = verifier();
    let allowed = |ceremony: &str| {
        invited(&verifier, ceremony, "get")["publicKey"]["allowCredentials"].clone()
    };
    let (one, two) = (begun(&verifier, &[]), begun(&verifier, &[]));
    assert_eq!(allowed(&one).as_array().map(Vec::len), Some(1));
    assert_eq!(allowed(&one), allowed(&two));
}

#[test]
fn an_address_is_no_origin_for_passkeys() {
    let refused = PasskeyVerifier::new("http://127.0.0.1:7002", Arc::new(SystemChance), [7; 32]);
    assert!(refused.is_err());
}
