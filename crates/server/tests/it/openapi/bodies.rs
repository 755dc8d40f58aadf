//! What the documents say of a body, compared with what the body's reader takes: on every value
//! that there is a kind of, and on each of them with one thing changed.

use std::collections::{BTreeMap, BTreeSet};

use bindproof::message::{LinkStatus, Reason};
use bindproof::policy::{Environment, Requirement};
use bindproof::refusal::Refusal;
use bindproof::wire::*;
use bindproof_server::openapi;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A part of a document, its values, and whether its reader takes a text.
struct Body {
    name: &'static str,
    values: Vec<Value>,
    reads: fn(&str) -> bool,
}

fn reads<T: DeserializeOwned>(text: &str) -> bool {
    serde_json::from_str::<T>(text).is_ok()
}

fn body<M: bindproof::wire::Body>(values: &[M]) -> Body {
    let values = values.iter().map(|value| serde_json::to_value(value).unwrap()).collect();
    Body { name: M::NAME.name(), values, reads: reads::<M> }
}

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn requests_between_servers() -> Vec<Body> {
    let binding = BindingId::from_bytes([1; 16]);
    let account = AccountId::from_bytes([2; 16]);
    let operation = OperationId::from_bytes([3; 16]);
    let (person, contact, secret) = (id("ada"), id("tel:1"), Secret::from_bytes([4; 32]));
    let instrument = id("card-7");
    let amount = Amount::new(2_500, id("EUR")).unwrap();
    let consent = Consent { bind: true, register: false };
    let registration = id("sealed");
    let registration =
        AccountRegistration { binding, person, registration, contact, secret, consent };
    vec![
        body(&[AccountQuery { person }]),
        body(&[registration]),
        body(&[LinkRequest { binding, account, instrument, person, contact, secret }]),
        body(&[LinkSuspend { binding, bank_revision: 1 }]),
        body(&[LinkResume { binding, bank_revision: 2 }]),
        body(&[LinkEnd { binding }]),
        body(&[LinkQuery { binding }]),
        body(&[DebitRequest { binding, operation, amount }]),
    ]
}

fn answers_between_servers() -> Vec<Body> {
    let binding = BindingId::from_bytes([1; 16]);
    let account = AccountId::from_bytes([2; 16]);
    let operation = OperationId::from_bytes([3; 16]);
    let statuses = [
        LinkStatus::Registered,
        LinkStatus::AwaitingApproval,
        LinkStatus::Active { bank_revision: 0 },
        LinkStatus::Active { bank_revision: 2 },
        LinkStatus::Suspended { bank_revision: 1 },
        LinkStatus::Ended,
        LinkStatus::Refused { reason: Reason::Declined },
    ];
    let reports = statuses.map(|status| LinkReport { binding, status });
    let debits = [Debit::Accepted, Debit::Refused(DebitReason::NotCovered)];
    let registered = [
        Registered::Created(account),
        Registered::Existing(account),
        Registered::Refused(Reason::ConsentMissing),
    ];
    let found = [Found::Registered(account), Found::Unregistered];
    vec![
        body(&reports.map(LinkAnswer)),
        body(&reports.map(LinkNotice)),
        body(&debits.map(|debit| DebitAnswer { operation, debit })),
        body(&registered.map(|registered| RegistrationAnswer { binding, registered })),
        body(&found.map(|found| AccountAnswer { found })),
    ]
}

fn of_bank_clients() -> Vec<Body> {
    let binding = BindingId::from_bytes([1; 16]);
    let code = Some(BindingCode::from_bytes([5; 16]));
    let consent = Consent { bind: true, register: true };
    let standings = [
        Standing::Pending { code },
        Standing::Pending { code: None },
        Standing::Active { code },
        Standing::Refused(Reason::Declined),
        Standing::Ended(EndReason::Cancelled),
    ];
    vec![
        body(&[BindRequest { instrument: id("card-7"), consent, authentication: id("said") }]),
        body(&[BindCancel::Binding(binding), BindCancel::Request(id("key-7"))]),
        body(&[UnbindRequest { binding }]),
        body(&[BindingQuery { binding }]),
        body(&standings.map(|standing| BindOutcome { binding, standing })),
    ]
}

fn of_wallet_clients() -> Vec<Body> {
    let binding = BindingId::from_bytes([1; 16]);
    let account = Some(AccountId::from_bytes([2; 16]));
    let operation = OperationId::from_bytes([3; 16]);
    let challenge = ChallengeId::from_bytes([6; 16]);
    let device = DeviceKey::from_bytes([7; 32]);
    let amount = Amount::new(2_500, id("EUR")).unwrap();
    let actions = [
        Action::SignIn,
        Action::ApproveBinding(binding),
        Action::DeclineBinding(binding),
        Action::Pay { binding, amount, payee: id("corner-shop") },
        Action::EndLink(binding),
        Action::AddAuthenticator,
        Action::RevokeDevice(device),
        Action::VerifyIdentity,
        Action::Recover,
        Action::CloseAccount,
    ];
    let asked = |account, action| {
        let environment = Environment::Normal;
        OperationRequest { operation, account, device, environment, action }
    };
    let mut requests: Vec<_> = actions.map(|action| asked(account, action)).to_vec();
    requests.push(asked(None, Action::Recover));
    let proofs = [
        Proof { assertion: Some(id("said")), ..Proof::default() },
        Proof {
            one_time_code: Some(id("12345678")),
            binding_code: Some(BindingCode::from_bytes([5; 16])),
            authenticator: Some(id("made")),
            ..Proof::default()
        },
        Proof { identity: Some(id("proved")), ..Proof::default() },
    ];
    let (required, to_approve) = (Requirement::TwoFactor, id("Pay 25.00 EUR"));
    let settled = [Settled::Executed, Settled::Refused(Refusal::StepUpLocked), Settled::Expired];
    vec![
        body(&requests),
        body(&[Challenge { challenge, operation, required, to_approve }]),
        body(&proofs.map(|proof| ChallengeAnswer { challenge, device, proof })),
        body(&settled.map(|settled| OperationOutcome { operation, settled })),
    ]
}

/// Values that take the place of every member, each in its turn.
fn strangers() -> Vec<Value> {
    let long = "x".repeat(65);
    let longer = "x".repeat(1_025);
    vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(1),
        json!(-1),
        json!(1.5),
        json!(255),
        json!(256),
        json!(9_007_199_254_740_991_i64),
        json!(9_007_199_254_740_992_i64),
        json!([]),
        json!({}),
        json!(""),
        json!("?"),
        json!("two words"),
        json!(" led"),
        json!("é"),
        json!("EUR"),
        json!("eur"),
        json!("01890a5d-ac96-774b-bcce-b302099a8057"),
        json!("01890A5D-AC96-774B-BCCE-B302099A8057"),
        json!("00112233445566778899aabbccddeeff"),
        json!(long),
        json!(longer),
    ]
}

/// Every value with one thing changed: a member gone, one more, one of another kind, another word.
fn changed(value: &Value, words: &BTreeSet<String>) -> Vec<Value> {
    let mut all = Vec::new();
    for path in paths(value) {
        let mut fewer = value.clone();
        if let Some((parent, name)) = path.rsplit_once('/')
            && let Some(Value::Object(members)) = fewer.pointer_mut(parent)
        {
            members.remove(name);
            all.push(fewer);
        }
        let others = strangers().into_iter().chain(words.iter().map(|word| json!(word)));
        for other in others {
            let mut with = value.clone();
            *with.pointer_mut(&path).unwrap() = other;
            all.push(with);
        }
        if value.pointer(&path).is_some_and(Value::is_object) {
            for name in words.iter().chain([&"more".to_owned()]) {
                let mut more = value.clone();
                let members = more.pointer_mut(&path).unwrap().as_object_mut().unwrap();
                if !members.contains_key(name) {
                    members.insert(name.clone(), json!("01890a5d-ac96-774b-bcce-b302099a8057"));
                    all.push(more);
                }
            }
        }
    }
    all
}

/// Where something lies in a value, the value itself included.
fn paths(value: &Value) -> Vec<String> {
    let mut paths = vec![String::new()];
    if let Value::Object(members) = value {
        for (name, member) in members {
            paths.extend(paths_below(name, member));
        }
    }
    paths
}

fn paths_below(name: &str, member: &Value) -> Vec<String> {
    paths(member).into_iter().map(|path| format!("/{name}{path}")).collect()
}

/// Every name of a member and every word in these values.
fn names_and_words(values: &[Value]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for value in values {
        if let Value::Object(members) = value {
            found.extend(members.keys().cloned());
            let inner: Vec<Value> = members.values().cloned().collect();
            found.extend(names_and_words(&inner));
        }
        if let Value::String(text) = value
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        {
            found.insert(text.clone());
        }
    }
    found
}

/// What a schema cannot say: that a revision follows from the status, and what a card number is.
fn is_beyond(name: &str, value: &Value) -> bool {
    let link = matches!(name, "link_answer" | "link_notice");
    link && value.get("wallet_revision").is_some_and(Value::is_u64)
}

struct Compared {
    alike: usize,
    taken: usize,
    apart: Vec<String>,
}

fn compare(document: &Value, body: &Body) -> Compared {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": format!("#/components/schemas/{}", body.name),
        "components": document["components"],
    });
    let validator = jsonschema::validator_for(&schema).unwrap();
    let words = names_and_words(&body.values);
    let mut compared = Compared { alike: 0, taken: 0, apart: Vec::new() };
    let changes = body.values.iter().flat_map(|value| changed(value, &words));
    for value in body.values.iter().cloned().chain(changes) {
        let (read, written) = ((body.reads)(&value.to_string()), validator.is_valid(&value));
        compared.taken += usize::from(read);
        if read == written || (written && is_beyond(body.name, &value)) {
            compared.alike += 1;
        } else {
            compared.apart.push(format!("{}: read {read}, written {written}: {value}", body.name));
        }
    }
    compared
}

#[test]
fn what_is_written_down_of_a_message_is_what_its_reader_takes() {
    let documents = [openapi::bank(), openapi::wallet()];
    let mut seen = BTreeMap::new();
    let bodies = [
        requests_between_servers(),
        answers_between_servers(),
        of_bank_clients(),
        of_wallet_clients(),
    ];
    for body in bodies.iter().flatten() {
        for document in &documents {
            if document["components"]["schemas"].get(body.name).is_none() {
                continue;
            }
            let compared = compare(document, body);
            assert!(compared.apart.is_empty(), "{}", compared.apart.join("\n"));
            assert!(compared.alike > 50 && compared.taken >= body.values.len(), "{}", body.name);
            seen.insert(body.name, compared.alike);
        }
    }
    assert_eq!(seen.len(), bindproof::message::Message::ALL.len(), "every message: {seen:?}");
}

#[test]
fn a_document_that_says_something_else_is_found() {
    let mut document = openapi::wallet();
    let forms = &mut document["components"]["schemas"];
    forms["link_end"]["additionalProperties"] = true.into();
    forms["link_query"]["required"] = json!([]);
    forms["operation_outcome"]["oneOf"][0]["properties"]["outcome"] = json!({ "type": "string" });
    for body in [requests_between_servers(), of_wallet_clients()].iter().flatten() {
        let spoilt = ["link_end", "link_query", "operation_outcome"].contains(&body.name);
        if document["components"]["schemas"].get(body.name).is_some() {
            assert_eq!(!compare(&document, body).apart.is_empty(), spoilt, "{}", body.name);
        }
    }
}
