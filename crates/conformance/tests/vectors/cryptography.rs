//! Runs cryptography vectors: everything in them is made again from what they are made of.

use std::path::Path;
use std::process::Command;

use bindproof::wire::{BindingCode, BindingId, Secret};
use bindproof_http::authenticator::{SoftKey, asserted_text, enrolled_text};
use bindproof_http::codes::{binding_code, hashed, is_genuine, period};
use bindproof_http::hex;
use bindproof_http::signature::{
    Parts, Profile, Signer, content_digest, holds, public_key, sign_answer, sign_request, signed,
    verify,
};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::{folder, found, root, vectors};

/// Runs a file; what is wrong, and how many vectors there are.
pub fn run(text: &str) -> (Vec<String>, usize) {
    let vectors = vectors(text);
    let file: Value = serde_json::from_str(text).expect("JSON");
    let mut wrong = Vec::new();
    for vector in &vectors {
        let faults = match word(&file["kind"]) {
            "requests" | "answers" => message(vector),
            "codes" => code(vector),
            "authenticators" => authenticator(vector),
            other => vec![format!("nobody runs {other}")],
        };
        let flag = word(&vector["flags"][0]);
        let noted = !word(&file["notes"][flag]["defect"]).is_empty();
        let unnoted = (!noted).then(|| format!("nothing is said of {flag}"));
        let id = word(&vector["id"]);
        wrong.extend(faults.into_iter().chain(unnoted).map(|fault| format!("{id}: {fault}")));
    }
    (wrong, vectors.len())
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn number(value: &Value) -> i64 {
    value.as_i64().expect("a number")
}

fn bytes<const N: usize>(value: &Value) -> [u8; N] {
    let bytes = hex::decode(word(value)).expect("digits");
    bytes.try_into().expect("as many as there have to be")
}

/// A difference, if there is one.
fn differs(what: &str, found: impl Into<Value>, expected: &Value) -> Option<String> {
    let found = found.into();
    (found != *expected).then(|| format!("{what}: {found} is not {expected}"))
}

fn fields(message: &Value) -> HeaderMap {
    let mut fields = HeaderMap::new();
    for (name, value) in message["fields"].as_object().expect("an object") {
        let name: HeaderName = name.parse().expect("a name");
        fields.insert(name, HeaderValue::from_str(word(value)).expect("a value"));
    }
    fields
}

fn request<'a>(message: &'a Value, fields: &'a HeaderMap) -> Parts<'a> {
    Parts {
        method: word(&message["method"]),
        scheme: "http",
        authority: word(&message["fields"]["host"]),
        path: word(&message["path"]),
        query: message["query"].as_str(),
        status: None,
        fields,
        request: None,
    }
}

fn message(vector: &Value) -> Vec<String> {
    let (asked, said) = (&vector["request"], vector.get("answer"));
    let asked_fields = fields(asked);
    let fields = said.map_or_else(|| asked_fields.clone(), fields);
    let asked_parts = request(asked, &asked_fields);
    let parts = match said {
        None => asked_parts,
        Some(said) => Parts {
            status: u16::try_from(number(&said["status"])).ok(),
            fields: &fields,
            request: Some(&asked_parts),
            ..asked_parts
        },
    };
    let profile = match word(&vector["tag"]) {
        "bindproof-request" => Profile::REQUEST,
        "bindproof-device" => Profile::DEVICE,
        _ => Profile::ANSWER,
    };
    let key = &vector["key"];
    let known = |id: &str| (id == word(&key["id"])).then(|| public_key(word(&key["public"])))?;
    let body = word(&said.unwrap_or(asked)["body"]);
    let verdict = verify(profile, &parts, body.as_bytes(), number(&vector["now_ms"]), known);
    let accepted = verdict.is_ok();
    let why = verdict.err().map(|error| Value::from(error.to_string())).unwrap_or_default();
    let base = signed(profile.tag, &parts).map(Value::from).unwrap_or_default();
    let mut faults: Vec<String> = [
        differs("accepted", accepted, &vector["accepted"]),
        differs("why", why, vector.get("why").unwrap_or(&Value::Null)),
        differs("base", base, vector.get("base").unwrap_or(&Value::Null)),
    ]
    .into_iter()
    .flatten()
    .collect();
    if accepted {
        faults.extend(made_again(vector, parts, body));
    }
    faults
}

/// What is accepted can be made again, to the letter, from key, time, nonce and message.
fn made_again(vector: &Value, parts: Parts<'_>, body: &str) -> Vec<String> {
    let key = &vector["key"];
    let signer = Signer::of_seed(word(&key["id"]).to_owned(), &bytes(&key["seed"]));
    let input = parts.fields["signature-input"].to_str().expect("plain");
    let after = |name: &str| input.split_once(name).map_or("", |(_, rest)| rest);
    let created: String = after(";created=").chars().take_while(char::is_ascii_digit).collect();
    let created = created.parse().expect("a time");
    let nonce = after(";nonce=\"").split('"').next().unwrap_or_default();
    let mut fields = parts.fields.clone();
    for name in ["signature", "signature-input"] {
        fields.remove(name);
    }
    let unsigned = fields.clone();
    let unsigned = Parts { fields: &unsigned, ..parts };
    let again = match parts.status {
        Some(_) => sign_answer(&mut fields, unsigned, &signer, created),
        None => {
            let tag = word(&vector["tag"]);
            sign_request(&mut fields, unsigned, &signer, tag, created, nonce)
        }
    };
    let text = |name: &str| fields[name].to_str().expect("plain").to_owned();
    let expected = |name: &str| parts.fields[name].to_str().map(Value::from).expect("plain");
    let digest = differs("digest", content_digest(body.as_bytes()), &expected("content-digest"));
    let mut faults: Vec<String> = digest.into_iter().collect();
    faults.extend(again.err().map(|error| error.to_string()));
    faults.extend(differs("public", hex::encode(&signer.public()), &key["public"]));
    for name in ["signature-input", "signature"] {
        faults.extend(differs(name, text(name), &expected(name)));
    }
    faults
}

fn code(vector: &Value) -> Vec<String> {
    let secret = Secret::from_bytes(bytes(&vector["secret"]));
    let binding: BindingId = word(&vector["binding"]).parse().expect("an id");
    let presented: BindingCode = word(&vector["presented"]).parse().expect("a code");
    let (now_ms, spent) = (number(&vector["now_ms"]), number(&vector["spent_through"]));
    let now = period(now_ms);
    let genuine = is_genuine(&secret, binding, &presented, now_ms, spent);
    let faults = [
        differs("period", now, &vector["period"]),
        differs("hashed", hex::encode(&hashed(binding, now)), &vector["hashed"]),
        differs("code", json!(binding_code(&secret, binding, now)), &vector["code"]),
        differs("genuine", genuine, &vector["genuine"]),
    ];
    faults.into_iter().flatten().collect()
}

fn authenticator(vector: &Value) -> Vec<String> {
    let key = SoftKey::new(bytes(&vector["key"]["seed"]));
    let (ceremony, public) = (word(&vector["ceremony"]), word(&vector["key"]["public"]));
    let said: Vec<&str> = word(&vector["says"]).split('.').collect();
    let (signs, says) = match said[..] {
        [_, known, _] => (asserted_text(ceremony, known), key.assert(ceremony, known == "1")),
        _ => (enrolled_text(ceremony), key.enrol(ceremony)),
    };
    let signature = said.last().and_then(|last| hex::decode(last)).unwrap_or_default();
    let known = public_key(public).expect("a key");
    let held = said[0] == public && holds(&known, signs.as_bytes(), &signature);
    // What counts can be said again, to the letter, and nothing else is the same.
    let faults = [
        differs("signs", signs, &vector["signs"]),
        differs("accepted", held, &vector["accepted"]),
        differs("says", says == word(&vector["says"]), &vector["accepted"]),
        differs("public", key.public(), &vector["key"]["public"]),
    ];
    faults.into_iter().flatten().collect()
}

#[test]
fn a_cryptography_vector_that_is_wrong_is_noticed() {
    let files = found();
    for (file, right, wrong, fault) in [
        ("requests", "\"accepted\":true", "\"accepted\":false", "requests-01: accepted"),
        ("requests", "@authority", "@Authority", "requests-01"),
        ("requests", "\\\"@path\\\": /v1/link_end", "\\\"@path\\\": /", "requests-01: base"),
        ("requests", "sha-256=:", "sha-256=:A", "requests-01"),
        ("answers", "\"status\":200", "\"status\":404", "answers-01"),
        ("answers", "\"seed\":\"03", "\"seed\":\"04", "answers-01: public"),
        ("codes", "\"genuine\":true", "\"genuine\":false", "codes-01: genuine"),
        ("codes", "\"hashed\":\"00", "\"hashed\":\"01", "codes-01: hashed"),
        ("codes", "\"code\":\"", "\"code\":\"0", "codes-01: code"),
        ("authenticators", "bindproof enrolment", "enrolment", "authenticators-01: signs"),
        ("authenticators", "\"ceremony\":\"5", "\"ceremony\":\"6", "authenticators-01"),
        ("authenticators", "\"accepted\":false", "\"accepted\":true", "authenticators-04: acc"),
    ] {
        let text = &files[&format!("cryptography/{file}.json")];
        let changed = text.replacen(right, wrong, 1);
        assert_ne!(*text, changed, "{right} is not in {file}");
        let (faults, _) = run(&changed);
        assert!(faults.iter().any(|found| found.contains(fault)), "{right}: {faults:?}");
    }
}

#[test]
fn every_cryptography_vector_fits_its_kind_and_some_of_each_are_refused() {
    let mut judged = std::collections::BTreeMap::new();
    for (name, text) in found().iter().filter(|(name, _)| name.starts_with("cryptography/")) {
        for vector in vectors(text) {
            let accepted = vector.get("accepted").or(vector.get("genuine"));
            let accepted = accepted.and_then(Value::as_bool);
            *judged.entry((name.clone(), accepted)).or_insert(0) += 1;
        }
    }
    let of = |name: &str, accepted: Option<bool>| {
        let name = format!("cryptography/{name}.json");
        judged.get(&(name, accepted)).copied().unwrap_or(0)
    };
    let kinds = ["requests", "answers", "codes", "authenticators"];
    let counts = kinds.map(|name| (of(name, Some(true)), of(name, Some(false))));
    assert_eq!(counts, [(7, 13), (2, 4), (3, 5), (3, 9)]);
}

#[test]
fn a_second_implementation_in_python_agrees_and_notices_what_is_wrong() {
    let script = root().join("docs/examples/check_cryptography.py");
    let run = |folder: &Path| {
        let ran = Command::new("python3").arg(&script).arg(folder).output();
        let ran = ran.unwrap_or_else(|error| panic!("python3 is needed: {error}"));
        let said = [ran.stdout, ran.stderr].concat();
        (ran.status.success(), String::from_utf8_lossy(&said).into_owned())
    };
    let (passed, said) = run(&folder());
    assert!(passed && said.contains("requests.json: 20 vectors run"), "{said}");
    let copy = std::env::temp_dir().join(format!("bindproof-cryptography-{}", std::process::id()));
    std::fs::create_dir_all(copy.join("cryptography")).expect("made");
    let put = |name: &str, text: &str| {
        std::fs::write(copy.join(format!("cryptography/{name}.json")), text).expect("written");
    };
    let mut told = vec![("nothing", run(&copy), "codes.json is not there")];
    for name in ["requests", "answers", "codes", "authenticators"] {
        put(name, &found()[&format!("cryptography/{name}.json")]);
    }
    let (passed, said) = run(&copy);
    assert!(passed, "{said}");
    for (name, right, wrong, why) in [
        (
            "codes",
            "\"genuine\":true",
            "\"genuine\":false",
            "codes-01: genuine is False, found True",
        ),
        ("codes", "\"count\": 8", "\"count\": 9", "codes.json: 9 vectors are said, 8 found"),
        (
            "authenticators",
            "\"accepted\":false",
            "\"accepted\":true",
            "authenticators-04: accepted",
        ),
    ] {
        let text = &found()[&format!("cryptography/{name}.json")];
        let changed = text.replacen(right, wrong, 1);
        assert_ne!(changed, *text, "{right}");
        put(name, &changed);
        told.push((right, run(&copy), why));
        put(name, text);
    }
    put(
        "codes",
        "{\"format\":\"bindproof.cryptography-vectors/1\",\"kind\":\"codes\",\n\
         \"count\":0,\"vectors\":[]}",
    );
    told.push(("no vectors", run(&copy), "codes.json: it has no vectors"));
    std::fs::remove_dir_all(&copy).expect("removed");
    for (changed, (passed, said), why) in told {
        assert!(!passed && said.contains(why), "{changed}: {said}");
    }
}
