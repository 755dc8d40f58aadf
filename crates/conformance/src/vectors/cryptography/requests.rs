//! Requests: signed by servers and by devices, and what is not accepted.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bindproof::policy::Environment;
use bindproof::wire::{
    AccountId, Action, BindingId, DeviceKey, LinkEnd, LinkQuery, OperationId, OperationRequest,
};
use bindproof_http::signature::{
    Profile, TAG_DEVICE, TAG_REQUEST, content_digest, public_key, signed, verify,
};
use serde_json::{Value, json};

use super::{
    About, DEVICE, File, NONCE, NORTH, NOW_MS, NOW_S, Note, SOUTH, Sent, TestKey, WALLET_HOST,
    both, field, file as whole, judged,
};

/// The order of the group that Ed25519 signs in, the lowest byte first.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

const KEY: &str = "7f0e9b1c2d3a4455";

const NOTES: &[Note] = &[
    ("request", "The base is not built as RFC 9421 has it.", "Nobody accepts what you send."),
    (
        "no-key",
        "A key is covered, or waited for, that is not there.",
        "Queries are refused, which have no idempotency key.",
    ),
    (
        "authority",
        "The authority is taken as it was sent.",
        "Requests through another client or proxy are refused.",
    ),
    ("query", "The query is left out of the base.", "What it says can be exchanged on its way."),
    (
        "device",
        "A device's request is signed or verified as a server's.",
        "A device counts as unknown, or a bank as a device.",
    ),
    (
        "window",
        "Age is compared wrongly at its border, or not at all.",
        "Good requests are refused, or old ones accepted.",
    ),
    ("digest", "The digest is not compared.", "The body can be exchanged under a good signature."),
    ("covered", "What is covered is not looked at.", "What is not covered can be exchanged."),
    ("signature", "The signature is not verified.", "Anybody speaks in a bank's name."),
    ("tag", "The tag is not compared.", "What was signed for one purpose serves another."),
    ("nonce", "The length of nonces is not looked at.", "Short ones can be met by chance."),
    ("key", "An unknown key is believed.", "Anybody speaks in a bank's name."),
    (
        "one-form",
        "A second form of a signature is accepted.",
        "What was sent once is not known again as the same.",
    ),
];

/// A vector: what it says, the profile, whose key the reader knows, and what arrives.
struct Case(About, Profile, TestKey, Sent);

/// The file of requests.
pub fn file() -> File {
    let vectors = accepted().into_iter().chain(changed()).chain(forged());
    whole("requests", NOTES, vectors.map(vector).collect())
}

fn vector(Case(about, profile, key, sent): Case) -> (About, Value) {
    let known = |id: &str| (id == key.name()).then(|| public_key(&key.public())).flatten();
    let parts = sent.parts();
    let verdict = verify(profile, &parts, sent.body.as_bytes(), NOW_MS, known);
    let judged = judged(signed(profile.tag, &parts), verdict);
    let members = json!({
        "tag": profile.tag,
        "key": key.form(),
        "now_ms": NOW_MS,
        "request": sent.form(),
    });
    (about, both(members, judged))
}

fn end_of(binding: u8, host: &str, target: &str) -> Sent {
    let message = LinkEnd { binding: BindingId::from_bytes([binding; 16]) };
    Sent::new(host, target, Some(KEY), message)
}

fn end(host: &str, target: &str) -> Sent {
    end_of(0xb1, host, target)
}

fn query(target: &str) -> Sent {
    let message = LinkQuery { binding: BindingId::from_bytes([0xb1; 16]) };
    Sent::new(WALLET_HOST, target, None, message)
}

fn by_north(sent: Sent) -> Sent {
    sent.signed(NORTH, TAG_REQUEST, NOW_S, NONCE)
}

/// A good request, for those that are changed.
fn good() -> Sent {
    by_north(end(WALLET_HOST, "/v1/link_end"))
}

fn north(about: About, sent: Sent) -> Case {
    Case(about, Profile::REQUEST, NORTH, sent)
}

fn created(seconds: i64) -> Sent {
    end(WALLET_HOST, "/v1/link_end").signed(NORTH, TAG_REQUEST, seconds, NONCE)
}

fn accepted() -> Vec<Case> {
    let device = OperationRequest {
        operation: OperationId::from_bytes([0x0e; 16]),
        account: Some(AccountId::from_bytes([0xac; 16])),
        device: DeviceKey::from_bytes(DEVICE.signer().public()),
        environment: Environment::Normal,
        action: Action::SignIn,
    };
    let device = Sent::new(WALLET_HOST, "/v1/operation_request", Some(KEY), device);
    let device = device.signed(DEVICE, TAG_DEVICE, NOW_S, NONCE);
    vec![
        north((&[117], "request", "A bank's request with an idempotency key."), good()),
        north(
            (&[117], "no-key", "A query has no idempotency key, and covers none."),
            by_north(query("/v1/link_query")),
        ),
        north(
            (&[117], "authority", "The authority is covered in lower case, without port 80."),
            by_north(end("Wallet.Example:80", "/v1/link_end")),
        ),
        north(
            (&[117], "query", "A query string is covered with its question mark."),
            by_north(query("/v1/link_query?from=north")),
        ),
        Case(
            (&[86], "device", "A device's operation; the name of its key is its public half."),
            Profile::DEVICE,
            DEVICE,
            device,
        ),
        north((&[117], "window", "Signed 60 seconds ago, it is accepted."), created(NOW_S - 60)),
        north((&[117], "window", "Signed 10 seconds ahead, it is accepted."), created(NOW_S + 10)),
    ]
}

fn changed() -> Vec<Case> {
    let other = end_of(0xb2, WALLET_HOST, "/v1/link_end").body;
    let exchanged = Sent { body: other.clone(), ..good() };
    let digest = content_digest(other.as_bytes());
    let two = format!("{}, sha-512=:AAAA:", content_digest(good().body.as_bytes()));
    let unkeyed = {
        let mut unkeyed = end(WALLET_HOST, "/v1/link_end");
        unkeyed.fields.remove("idempotency-key");
        by_north(unkeyed).with("idempotency-key", KEY)
    };
    vec![
        north((&[117], "window", "Signed 61 seconds ago, it is refused."), created(NOW_S - 61)),
        north((&[117], "window", "Signed 11 seconds ahead, it is refused."), created(NOW_S + 11)),
        north((&[117], "digest", "The body was exchanged."), exchanged.clone()),
        north(
            (&[117], "signature", "The body was exchanged, and the digest with it."),
            exchanged.with("content-digest", &digest),
        ),
        north(
            (&[117], "digest", "There are two digests, and only one is of the body."),
            by_north(end(WALLET_HOST, "/v1/link_end").with("content-digest", &two)),
        ),
        north(
            (&[117], "signature", "It arrives on another path than it was signed for."),
            Sent { path: "/v1/link_query".to_owned(), ..good() },
        ),
        north((&[117], "covered", "There is an idempotency key that is not covered."), unkeyed),
        north(
            (&[117], "tag", "It is signed as a device signs."),
            end(WALLET_HOST, "/v1/link_end").signed(NORTH, TAG_DEVICE, NOW_S, NONCE),
        ),
        north(
            (&[117], "nonce", "The nonce has 21 characters, one too few."),
            end(WALLET_HOST, "/v1/link_end").signed(NORTH, TAG_REQUEST, NOW_S, &NONCE[..21]),
        ),
    ]
}

fn forged() -> Vec<Case> {
    let forger = TestKey { id: NORTH.id, byte: SOUTH.byte };
    let unknown = end(WALLET_HOST, "/v1/link_end").signed(SOUTH, TAG_REQUEST, NOW_S, NONCE);
    let forged = end(WALLET_HOST, "/v1/link_end").signed(forger, TAG_REQUEST, NOW_S, NONCE);
    let (digits, bytes) = signature(&good());
    let loose = format!("bindproof=:{}:", loosened(&digits));
    let high = format!("bindproof=:{}:", STANDARD.encode(raised(bytes)));
    vec![
        north((&[117], "key", "Another bank's key, which is not known here."), unknown),
        north((&[117], "signature", "Another bank's key under this one's name."), forged),
        north(
            (&[117], "one-form", "The last digit of the signature has bits that mean nothing."),
            good().with("signature", &loose),
        ),
        north(
            (&[117], "one-form", "The signature's second half is not reduced (RFC 8032, 5.1.7)."),
            good().with("signature", &high),
        ),
    ]
}

/// The signature of a request, as digits and as bytes.
fn signature(sent: &Sent) -> (String, Vec<u8>) {
    let value = field(&sent.fields, "signature");
    let digits = value.trim_start_matches("bindproof=:").trim_end_matches(':').to_owned();
    let bytes = STANDARD.decode(&digits).expect("a signature");
    (digits, bytes)
}

/// The same bytes by other digits: the last one before the padding is the next one.
fn loosened(digits: &str) -> String {
    let plain = digits.trim_end_matches('=');
    let last = plain.bytes().next_back().unwrap_or_default();
    format!("{}{}==", &plain[..plain.len() - 1], char::from(last + 1))
}

/// The same signature by another number: the order of the group is added to its second half.
pub(super) fn raised(mut signature: Vec<u8>) -> Vec<u8> {
    let mut carry = 0;
    for (byte, order) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = (sum & 0xff) as u8;
        carry = sum >> 8;
    }
    signature
}
