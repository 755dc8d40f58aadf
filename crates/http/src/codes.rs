//! Binding codes and one-time codes. Neither is ever stored: each is derived when it is shown, sent
//! or compared.

use bindproof::wire::{BindingCode, BindingId, ChallengeId, Secret};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How long a code is the current one. A code that was shown at the very end of its period is
/// still genuine in the next, so that a person has the time to carry it over.
pub const PERIOD_MS: i64 = 30_000;
/// How many digits a one-time code has: more than the 20 bits that NIST SP 800-63B asks for.
const DIGITS: u32 = 8;

/// The period in which `now_ms` lies.
pub const fn period(now_ms: i64) -> i64 {
    now_ms.div_euclid(PERIOD_MS)
}

/// What the code of a binding in a period is an HMAC over.
pub fn hashed(binding: BindingId, period: i64) -> Vec<u8> {
    framed(&[b"binding code", binding.as_bytes(), &period.to_be_bytes()])
}

/// The code of a binding in a period: the first half of the HMAC.
pub fn binding_code(secret: &Secret, binding: BindingId, period: i64) -> BindingCode {
    let digest = authenticated(secret.reveal(), &hashed(binding, period));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    BindingCode::from_bytes(bytes)
}

/// Whether `code` is genuine at `now_ms`: of this period or the one before, and of no period
/// through which the codes are spent.
pub fn is_genuine(
    secret: &Secret,
    binding: BindingId,
    code: &BindingCode,
    now_ms: i64,
    spent_through: i64,
) -> bool {
    let now = period(now_ms);
    // Both are compared whatever the first comparison says.
    let matches =
        |period| (binding_code(secret, binding, period) == *code) & (period > spent_through);
    matches(now) | matches(now - 1)
}

/// The one-time code of a challenge, sent to a contact.
pub fn one_time_code(key: &[u8; 32], challenge: ChallengeId, contact: &str) -> String {
    let digest = keyed(key, &[b"one-time code", challenge.as_bytes(), contact.as_bytes()]);
    let number = digest[..8].iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{:0width$}", number % 10u64.pow(DIGITS), width = DIGITS as usize)
}

/// HMAC-SHA-256 over the parts, each with its length.
pub fn keyed(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    authenticated(key, &framed(parts))
}

/// The parts, each after its length as eight bytes, the highest first.
fn framed(parts: &[&[u8]]) -> Vec<u8> {
    let framed = parts.iter().flat_map(|part| {
        let length = (part.len() as u64).to_be_bytes();
        length.into_iter().chain(part.iter().copied())
    });
    framed.collect()
}

/// HMAC-SHA-256 over these bytes.
fn authenticated(key: &[u8], bytes: &[u8]) -> [u8; 32] {
    // An HMAC takes a key of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}

/// Whether two texts are the same, in a time that does not tell where they differ.
pub fn same(a: &str, b: &str) -> bool {
    // The digests differ wherever the texts do, and reading them to the first difference tells
    // nothing of the texts.
    let key: &[u8] = b"comparison";
    keyed(key, &[a.as_bytes()]) == keyed(key, &[b.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: Secret = Secret::from_bytes([7; 32]);
    const BINDING: BindingId = BindingId::from_bytes([1; 16]);

    #[test]
    fn a_code_is_genuine_in_its_period_and_the_next_and_then_no_more() {
        let now_ms = 10 * PERIOD_MS + 5;
        let code = binding_code(&SECRET, BINDING, period(now_ms));
        let genuine = |at_ms, spent| is_genuine(&SECRET, BINDING, &code, at_ms, spent);
        assert!(genuine(now_ms, -1));
        assert!(genuine(now_ms + PERIOD_MS, -1));
        assert!(!genuine(now_ms + 2 * PERIOD_MS, -1));
        assert!(!genuine(now_ms - PERIOD_MS, -1), "a code of the future is not genuine");
        assert!(!genuine(now_ms, 10), "a spent code is not");
        assert!(genuine(now_ms, 9));
    }

    #[test]
    fn a_code_is_of_one_binding_and_one_secret() {
        let code = binding_code(&SECRET, BINDING, 3);
        let other = BindingId::from_bytes([2; 16]);
        assert!(!is_genuine(&SECRET, other, &code, 3 * PERIOD_MS, -1));
        assert!(!is_genuine(&Secret::from_bytes([8; 32]), BINDING, &code, 3 * PERIOD_MS, -1));
    }

    #[test]
    fn a_one_time_code_has_eight_digits_and_depends_on_challenge_and_contact() {
        let challenge = ChallengeId::from_bytes([3; 16]);
        let code = one_time_code(&[1; 32], challenge, "tel:1");
        assert_eq!(code.len(), 8);
        assert!(code.bytes().all(|byte| byte.is_ascii_digit()));
        assert_ne!(code, one_time_code(&[1; 32], challenge, "tel:2"));
        assert_ne!(code, one_time_code(&[1; 32], ChallengeId::from_bytes([4; 16]), "tel:1"));
        assert!(same("12345678", "12345678"));
        assert!(!same("12345678", "12345679"));
    }
}
