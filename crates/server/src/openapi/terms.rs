//! The texts that messages are made of, by the names that their readers give them.

use serde_json::{Value, json};

/// A kind of text.
struct Term {
    /// What its reader calls it.
    label: &'static str,
    /// The name in the document.
    name: &'static str,
    /// What it is.
    about: &'static str,
    /// How it is written, as a regular expression for the whole.
    pattern: &'static str,
    /// One of them.
    sample: &'static str,
}

const UUID: &str = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";
const UUID_SAMPLE: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const HEX_32: &str = "^[0-9a-f]{64}$";
const HEX_32_SAMPLE: &str = "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29";
const VISIBLE_16: &str = "^[!-~]{1,16}$";
const VISIBLE_64: &str = "^[!-~]{1,64}$";
const VISIBLE_1024: &str = "^[!-~]{1,1024}$";

/// Declares terms, a line each: label, name, what it is, pattern, sample.
macro_rules! terms {
    ($($label:literal $name:literal $about:literal $pattern:expr, $sample:expr;)+) => {
        &[ $( Term {
            label: $label, name: $name, about: $about, pattern: $pattern, sample: $sample,
        }, )+ ]
    };
}

const TERMS: &[Term] = terms! {
    "binding id" "binding_id" "Made by the bank, never used again." UUID, UUID_SAMPLE;
    "account id" "account_id" "Made by the wallet, never changes." UUID, UUID_SAMPLE;
    "operation id" "operation_id" "Made by the wallet client." UUID, UUID_SAMPLE;
    "challenge id" "challenge_id" "Made by the wallet." UUID, UUID_SAMPLE;
    "request id" "request_id" "Of one sending; each has its own." UUID, UUID_SAMPLE;
    "secret" "secret" "What binding codes are derived from." HEX_32, HEX_32_SAMPLE;
    "device key" "device_key" "The device's Ed25519 public key." HEX_32, HEX_32_SAMPLE;
    "binding code" "binding_code" "Shown to the holder by her bank; it counts once."
        "^[0-9a-f]{32}$", "00112233445566778899aabbccddeeff";
    "currency" "currency" "ISO 4217." "^[A-Z]{3}$", "EUR";
    "protocol version" "protocol_version" "The version of the protocol."
        "^bindproof/1$", "bindproof/1";
    "instrument reference" "instrument_ref"
        "The bank's reference of an instrument and its holder, never a card number: 12 to 19 \
         digits, also grouped by - or ., with a card number's check digit are refused."
        VISIBLE_64, "card-7";
    "person reference" "person_ref" "By which bank and wallet mean the same verified person."
        VISIBLE_64, "person-7";
    "contact reference" "contact_ref" "A contact that a bank has verified."
        VISIBLE_64, "tel:+1-555-0100";
    "idempotency key" "idempotency_key" "Under which a request and its repetitions are one."
        VISIBLE_64, "key-7";
    "issuer" "issuer" "The name of a server in the registries of the others." VISIBLE_64, "wallet";
    "payee" "payee" "Whom a payment is for." VISIBLE_64, "corner-shop";
    "one-time code" "one_time_code" "Sent to a contact." VISIBLE_16, "12345678";
    "opaque value" "opaque" "What only its sender and reader understand." VISIBLE_1024, "b3BhcXVl";
    "words" "words" "For a person to read, at most 256 bytes, without control characters."
        r"^[^\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]{1,256}$",
        "Pay 25.00 EUR to corner-shop";
    "a string" "text" "Any text." "^", "Debit card";
};

fn term(label: &str) -> &'static Term {
    TERMS
        .iter()
        .find(|term| term.label == label)
        .unwrap_or_else(|| panic!("a text that is called {label:?} is not in the list of terms"))
}

/// One of the texts of this name.
pub(super) fn sample(label: &str) -> &'static str {
    term(label).sample
}

/// Where the document says what texts of this name are.
pub(super) fn reference(label: &str) -> Value {
    super::reference(term(label).name)
}

/// Every term, by its name in the document.
pub(super) fn all() -> impl Iterator<Item = (&'static str, Value)> {
    TERMS.iter().map(|term| {
        let form = json!({
            "type": "string", "description": term.about, "pattern": term.pattern,
            "examples": [term.sample],
        });
        (term.name, form)
    })
}
