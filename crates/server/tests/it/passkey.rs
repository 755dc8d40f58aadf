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
    PasskeyVerifier::new(ORIGIN, Arc::new(SystemChance)).unwrap()
}

fn account() -> Option<AccountId> {
    Some(AccountId::from_bytes([5; 16]))
}

fn begun(verifier: &PasskeyVerifier, authenticators: &[Credential]) -> String {
    verifier.begin(Needs { account: account(), authenticators, of_known_device: true })
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
fn a_device_that_is_not_known_is_invited_alike_whatever_the_account_has() {
    let (verifier, mut key) = (verifier(), SoftPasskey::new(true));
    let first = begun(&verifier, &[]);
    let said = enrols(&verifier, &mut key, &first);
    let known = [verifier.enrolment(&first, &said).unwrap()];
    let options = |authenticators: &[Credential], of_known_device: bool| {
        let needs = Needs { account: account(), authenticators, of_known_device };
        let mut get = invited(&verifier, &verifier.begin(needs), "get")["publicKey"].clone();
        assert!(get["challenge"].take().is_string());
        get
    };
    assert_eq!(options(&known, false), options(&[], false));
    assert_eq!(options(&known, true)["allowCredentials"].as_array().map(Vec::len), Some(1));
    let create = invited(&verifier, &first, "create");
    let wanted = &create["publicKey"]["authenticatorSelection"]["residentKey"];
    assert_eq!(wanted, "required", "it is found where nobody says which one it is");
}

#[test]
fn an_authenticator_that_has_not_counted_on_since_proves_nothing() {
    let (verifier, mut key) = (verifier(), SoftPasskey::new(true));
    let first = begun(&verifier, &[]);
    let said = enrols(&verifier, &mut key, &first);
    let known = [verifier.enrolment(&first, &said).unwrap()];
    let (one, other) = (begun(&verifier, &known), begun(&verifier, &known));
    let of_one = asserts(&verifier, &mut key, &one, ORIGIN);
    let of_other = asserts(&verifier, &mut key, &other, ORIGIN);
    let asserted = verifier.assertion(&other, &of_other, &known);
    assert_eq!(asserted.factors, Factors::Two);
    let (_, renewed) = asserted.renewed.unwrap();
    assert_eq!(verifier.assertion(&one, &of_one, &known).factors, Factors::Two, "in order");
    assert_eq!(verifier.assertion(&one, &of_one, &[renewed]).factors, Factors::None);
}

#[test]
fn what_is_no_origin_for_passkeys_is_told() {
    for (given, why) in [
        ("http://127.0.0.1:7002", "there is no domain"),
        ("http://localhost:7002/app", "there is a path"),
        ("http://localhost:7002/?a=b", "there is a path"),
        ("localhost", "relative URL without a base"),
    ] {
        let refused = PasskeyVerifier::new(given, Arc::new(SystemChance)).err().unwrap();
        let said = format!("passkey_origin is \"{given}\": {why}; ");
        assert!(refused.to_string().starts_with(&said), "{refused}");
    }
    let same = PasskeyVerifier::new("https://Wallet.example:443/", Arc::new(SystemChance)).unwrap();
    assert_eq!(same.origin(), "https://wallet.example");
}
