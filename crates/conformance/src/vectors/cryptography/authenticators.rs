//! The authenticator of a mode for tests: what it signs, and what it says.

use bindproof_http::authenticator::{SoftKey, asserted_text, enrolled_text};
use serde_json::{Value, json};

use super::{AUTHENTICATOR, About, File, Note, file as whole};

const NOTES: &[Note] = &[
    ("enrolment", "What enrols a key is signed otherwise.", "Nobody gets an authenticator."),
    ("assertion", "What shows the person is signed otherwise.", "No challenge is ever met."),
    ("factors", "Whether she was known is not signed.", "One factor is taken for two."),
];

const CEREMONY: &str = "5f5e5d5c5b5a59585756555453525150";

/// The file of what authenticators say.
pub fn file() -> File {
    let key = SoftKey::new(AUTHENTICATOR.seed());
    let two: About = (&[110], "assertion", "She is there, and it knew her: two factors.");
    let one: About = (&[110], "factors", "Somebody is there: one factor.");
    let vectors = vec![
        vector(
            (&[110], "enrolment", "It is enrolled."),
            enrolled_text(CEREMONY),
            key.enrol(CEREMONY),
        ),
        vector(two, asserted_text(CEREMONY, "1"), key.assert(CEREMONY, true)),
        vector(one, asserted_text(CEREMONY, "0"), key.assert(CEREMONY, false)),
    ];
    whole("authenticators", NOTES, vectors)
}

fn vector(about: About, signs: String, says: String) -> (About, Value) {
    let key = AUTHENTICATOR.form();
    (about, json!({ "key": key, "ceremony": CEREMONY, "signs": signs, "says": says }))
}
