//! Binding codes: what they are derived from, and when one is genuine.

use bindproof::wire::{BindingId, Secret};
use bindproof_http::codes::{PERIOD_MS, binding_code, hashed, is_genuine, period};
use bindproof_http::hex;
use serde_json::{Value, json};

use super::{About, File, NOW_MS, Note, file as whole};

const NOTES: &[Note] = &[
    ("code", "The code is derived otherwise.", "No code that your customers show is accepted."),
    (
        "period",
        "The code of the period before is refused, or an older one accepted.",
        "Who needs some seconds fails, or a code that was seen long ago is good.",
    ),
    ("spent", "What was presented once is not spent.", "Who looks on can use the same code."),
    ("binding", "A code is not of one binding alone.", "One binding's code approves another."),
];

const BYTE: u8 = 0x5e;

/// A vector: what it says, in which period and for which binding the code was shown that is
/// presented now, and through which period codes are spent.
struct Case(About, i64, [u8; 16], i64);

/// The file of codes.
pub fn file() -> File {
    let now = period(NOW_MS);
    let (own, other) = ([0xb1; 16], [0xb2; 16]);
    let unspent = now - 100;
    let cases = [
        Case((&[58], "code", "The code of this period."), now, own, unspent),
        Case((&[58], "period", "The code of the period before is good."), now - 1, own, unspent),
        Case((&[58], "period", "The code of two periods ago is not."), now - 2, own, unspent),
        Case((&[58], "period", "Nor is the code of the next period."), now + 1, own, unspent),
        Case((&[58], "spent", "A code was presented in this period already."), now, own, now),
        Case((&[58], "spent", "Codes are spent through the last period."), now, own, now - 1),
        Case((&[58], "spent", "The last period's code is spent by then."), now - 1, own, now - 1),
        Case((&[58], "binding", "The code of another binding."), now, other, unspent),
    ];
    whole("codes", NOTES, cases.into_iter().map(vector).collect())
}

fn vector(Case(about, shown, of, spent_through): Case) -> (About, Value) {
    let secret = Secret::from_bytes([BYTE; 32]);
    let binding = BindingId::from_bytes([0xb1; 16]);
    let now = period(NOW_MS);
    let presented = binding_code(&secret, BindingId::from_bytes(of), shown);
    let genuine = is_genuine(&secret, binding, &presented, NOW_MS, spent_through);
    let members = json!({
        "secret": hex::encode(&[BYTE; 32]),
        "binding": binding,
        "now_ms": NOW_MS,
        "period_ms": PERIOD_MS,
        "period": now,
        "hashed": hex::encode(&hashed(binding, now)),
        "code": binding_code(&secret, binding, now),
        "presented": presented,
        "spent_through": spent_through,
        "genuine": genuine,
    });
    (about, members)
}
