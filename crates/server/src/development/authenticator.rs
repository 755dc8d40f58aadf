//! An authenticator that is a key in the client's memory. It signs for real, and what it signs is
//! verified for real; but nothing keeps the key from being copied, and that the person was there
//! and known is only what the client says.

use std::sync::Arc;

use bindproof::wallet::proof::Factors;
use bindproof::wire::{Opaque, PersonRef};
use ed25519_dalek::{Signature, VerifyingKey};

pub use bindproof_http::authenticator::SoftKey;
use bindproof_http::authenticator::{asserted_text, enrolled_text};

use crate::clock::Chance;
use crate::codes::{keyed, same};
use crate::defect::{Defect, planted};
use crate::hex;
use crate::record::Credential;
use crate::site::{Asked, Identity, ready};
use crate::verifier::{Asserted, Needs, Verifier};

/// Verifies keys in clients' memory.
pub struct KeyVerifier {
    chance: Arc<dyn Chance>,
}

impl KeyVerifier {
    /// A verifier whose challenges are made of this chance.
    pub const fn new(chance: Arc<dyn Chance>) -> Self {
        Self { chance }
    }
}

/// An identity that whoever runs the server vouches for, without looking at anybody.
pub struct VouchedIdentity {
    key: [u8; 32],
}

impl VouchedIdentity {
    /// Evidence is made and checked under `key`.
    pub const fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// Evidence of who a person is, without looking at her.
    pub fn vouch(&self, person: PersonRef) -> String {
        let digest = keyed(&self.key, &[b"identity", person.as_str().as_bytes()]);
        format!("{}.{}", hex::encode(person.as_str().as_bytes()), hex::encode(&digest))
    }
}

impl VouchedIdentity {
    /// Whose identity this evidence proves.
    pub fn proved(&self, evidence: &Opaque) -> Option<PersonRef> {
        let (person, _) = evidence.as_str().split_once('.')?;
        let person: PersonRef = String::from_utf8(hex::decode(person)?).ok()?.parse().ok()?;
        same(&self.vouch(person), evidence.as_str()).then_some(person)
    }
}

impl Identity for VouchedIdentity {
    fn proves<'a>(&'a self, evidence: &'a Opaque) -> Asked<'a, Option<PersonRef>> {
        ready(self.proved(evidence))
    }
}

impl Verifier for KeyVerifier {
    fn begin(&self, _: Needs<'_>) -> String {
        let mut challenge = [0; 32];
        self.chance.fill(&mut challenge);
        hex::encode(&challenge)
    }

    fn invitation(&self, ceremony: &str) -> String {
        serde_json::json!({ "development": true, "ceremony": ceremony }).to_string()
    }

    fn assertion(&self, ceremony: &str, said: &Opaque, known: &[Credential]) -> Asserted {
        let nothing = Asserted { factors: Factors::None, renewed: None };
        let parts: Vec<&str> = said.as_str().split('.').collect();
        let [key, verified, signature] = parts[..] else { return nothing };
        let enrolled = known.iter().any(|credential| credential.form == key)
            || planted(Defect::AuthenticatorOfAnyAccount);
        let text = asserted_text(ceremony, verified);
        let bound = holds(key, &text, signature) || planted(Defect::ProofNotBoundToAmount);
        if !enrolled || !bound {
            return nothing;
        }
        let factors = if verified == "1" { Factors::Two } else { Factors::Possession };
        Asserted { factors, renewed: None }
    }

    fn enrolment(&self, ceremony: &str, said: &Opaque) -> Option<Credential> {
        let (key, signature) = said.as_str().split_once('.')?;
        let holds = holds(key, &enrolled_text(ceremony), signature)
            || planted(Defect::EnrolmentOfAnyCeremony);
        holds.then(|| Credential { form: key.to_owned() })
    }
}

fn holds(key: &str, text: &str, signature: &str) -> bool {
    let key = hex::decode(key).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let key = key.and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
    let signature = hex::decode(signature).and_then(|bytes| Signature::from_slice(&bytes).ok());
    match (key, signature) {
        (Some(key), Some(signature)) => key.verify_strict(text.as_bytes(), &signature).is_ok(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemChance;

    fn verifier() -> KeyVerifier {
        KeyVerifier::new(Arc::new(SystemChance))
    }

    #[test]
    fn an_assertion_counts_for_its_ceremony_and_an_enrolled_key_only() {
        let (verifier, key) = (verifier(), SoftKey::new([1; 32]));
        let known = [Credential { form: key.public() }];
        let factors = |ceremony: &str, said: &str, known: &[Credential]| {
            verifier.assertion(ceremony, &said.parse().unwrap(), known).factors
        };
        assert_eq!(factors("c1", &key.assert("c1", true), &known), Factors::Two);
        assert_eq!(factors("c1", &key.assert("c1", false), &known), Factors::Possession);
        assert_eq!(factors("c2", &key.assert("c1", true), &known), Factors::None);
        assert_eq!(factors("c1", &key.assert("c1", true), &[]), Factors::None);
        let raised = key.assert("c1", false).replace(".0.", ".1.");
        assert_eq!(factors("c1", &raised, &known), Factors::None);
        assert_eq!(factors("c1", "nonsense", &known), Factors::None);
    }

    #[test]
    fn an_enrolment_is_for_its_ceremony_only() {
        let (verifier, key) = (verifier(), SoftKey::new([1; 32]));
        let said: Opaque = key.enrol("c1").parse().unwrap();
        assert_eq!(verifier.enrolment("c1", &said), Some(Credential { form: key.public() }));
        assert_eq!(verifier.enrolment("c2", &said), None);
    }

    #[test]
    fn an_identity_is_vouched_for_under_the_servers_key() {
        let ada: PersonRef = "ada".parse().unwrap();
        let evidence: Opaque = VouchedIdentity::new([9; 32]).vouch(ada).parse().unwrap();
        assert_eq!(VouchedIdentity::new([9; 32]).proved(&evidence), Some(ada));
        assert_eq!(VouchedIdentity::new([8; 32]).proved(&evidence), None);
    }
}
