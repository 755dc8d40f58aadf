//! The authenticator of a mode for tests: what it signs, what it says, and what is refused.

use bindproof_http::authenticator::{SoftKey, asserted_text, enrolled_text};
use bindproof_http::hex;
use serde_json::{Value, json};

use super::requests::raised;
use super::{AUTHENTICATOR, About, File, Note, SOUTH, file as whole};

const NOTES: &[Note] = &[
    ("enrolment", "What enrols a key is signed otherwise.", "Nobody gets an authenticator."),
    ("assertion", "What shows the person is signed otherwise.", "No challenge is ever met."),
    ("factors", "Whether she was known is not signed.", "One factor is taken for two."),
    ("ceremony", "The ceremony is not compared.", "What was said once counts for every challenge."),
    ("key", "The key is not compared.", "Whoever has a key has everybody's second factor."),
    ("signature", "The signature is not verified.", "Whoever knows a public key asserts with it."),
    ("one-form", "The verifier is not strict.", "One signature has several forms."),
];

const CEREMONY: &str = "5f5e5d5c5b5a59585756555453525150";
const ANOTHER: &str = "6f6e6d6c6b6a69686766656463626160";

/// The file of what authenticators say.
pub fn file() -> File {
    let vectors = good().into_iter().map(|(about, says)| vector(about, &says, true));
    let bad = bad().into_iter().map(|(about, says)| vector(about, &says, false));
    whole("authenticators", NOTES, vectors.chain(bad).collect())
}

fn key() -> SoftKey {
    SoftKey::new(AUTHENTICATOR.seed())
}

fn good() -> Vec<(About, String)> {
    vec![
        ((&[110], "enrolment", "It is enrolled."), key().enrol(CEREMONY)),
        (
            (&[110], "assertion", "She is there, and it knew her: two factors."),
            key().assert(CEREMONY, true),
        ),
        ((&[110], "factors", "Somebody is there: one factor."), key().assert(CEREMONY, false)),
    ]
}

fn bad() -> Vec<(About, String)> {
    let other = SoftKey::new(SOUTH.seed());
    let (enrols, asserts) = (key().enrol(CEREMONY), key().assert(CEREMONY, true));
    vec![
        ((&[110], "ceremony", "It was enrolled in another ceremony."), key().enrol(ANOTHER)),
        ((&[110], "ceremony", "She was there in another ceremony."), key().assert(ANOTHER, true)),
        (
            (&[110, 111], "factors", "It did not know her, and says that it did."),
            key().assert(CEREMONY, false).replacen(".0.", ".1.", 1),
        ),
        (
            (&[110], "key", "Another key says that she is there; it is enrolled nowhere."),
            other.assert(CEREMONY, true),
        ),
        (
            (&[110], "key", "Another key's signature, said to be of the enrolled one."),
            other.assert(CEREMONY, true).replacen(&other.public(), &key().public(), 1),
        ),
        (
            (&[110], "signature", "One bit of the signature of an enrolment is another."),
            resigned(&enrols, |mut signature| {
                signature[0] ^= 1;
                signature
            }),
        ),
        (
            (&[110], "signature", "One bit of the signature of an assertion is another."),
            resigned(&asserts, |mut signature| {
                signature[0] ^= 1;
                signature
            }),
        ),
        (
            (&[110], "signature", "What was signed to assert is said to enrol."),
            asserts.replacen(".1.", ".", 1),
        ),
        (
            (&[110], "one-form", "The signature's second half is not reduced (RFC 8032, 5.1.7)."),
            resigned(&asserts, raised),
        ),
    ]
}

/// The same with what this makes of its signature.
fn resigned(says: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> String {
    let (before, signature) = says.rsplit_once('.').expect("a signature");
    let changed = change(hex::decode(signature).expect("digits"));
    format!("{before}.{}", hex::encode(&changed))
}

/// What is said in the ceremony by whoever, and whether it counts for the key; `signs` is what
/// would have to be signed for it.
fn vector(about: About, says: &str, accepted: bool) -> (About, Value) {
    let parts: Vec<&str> = says.split('.').collect();
    let signs = match parts[..] {
        [_, known, _] => asserted_text(CEREMONY, known),
        _ => enrolled_text(CEREMONY),
    };
    let key = AUTHENTICATOR.form();
    let members = json!({
        "key": key,
        "ceremony": CEREMONY,
        "signs": signs,
        "says": says,
        "accepted": accepted,
    });
    (about, members)
}
