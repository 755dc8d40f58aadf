//! The documents of what the servers answer to: what is kept is what is made, every route is in it,
//! and what it says of a body is what the body's reader takes.

#[path = "openapi/bodies.rs"]
mod bodies;
#[path = "openapi/routes.rs"]
mod routes;

use bindproof_server::openapi;
use serde_json::Value;

/// A role, its document as it is kept, and what makes it.
type Document = (&'static str, &'static str, fn() -> Value);

/// The documents as they are kept.
const KEPT: [Document; 2] = [
    ("bank", include_str!("../../../../docs/generated/openapi-bank.json"), openapi::bank),
    ("wallet", include_str!("../../../../docs/generated/openapi-wallet.json"), openapi::wallet),
];

/// Where two texts part.
fn parting(kept: &str, made: &str) -> Option<String> {
    let lines = kept.lines().zip(made.lines()).enumerate();
    let differing = lines.into_iter().find(|(_, (kept, made))| kept != made);
    match differing {
        Some((place, (kept, made))) => Some(format!("line {}: {kept} / {made}", place + 1)),
        None if kept != made => Some("one of them goes on".to_owned()),
        None => None,
    }
}

#[test]
fn what_is_kept_is_what_is_made() {
    for (server, kept, made) in KEPT {
        let parting = parting(kept, &openapi::text(&made()));
        let command = format!("bindproof-server openapi {server}");
        assert_eq!(
            parting, None,
            "docs/generated/openapi-{server}.json is not what {command} prints"
        );
    }
    assert!(parting("a\nb\n", "a\nc\n").is_some_and(|parting| parting.starts_with("line 2")));
    assert!(parting("a\n", "a\nb\n").is_some());
}

#[test]
fn every_reference_leads_somewhere_and_every_part_is_referred_to() {
    for (server, kept, _) in KEPT {
        let document: Value = serde_json::from_str(kept).unwrap();
        for (kind, parts) in document["components"].as_object().unwrap() {
            for name in parts.as_object().unwrap().keys() {
                let reference = match kind.as_str() {
                    "securitySchemes" => format!("\"{name}\": []"),
                    _ => format!("\"#/components/{kind}/{name}\""),
                };
                assert!(kept.contains(&reference), "{server}: nothing refers to {reference}");
            }
        }
        for piece in kept.split("\"$ref\": \"#/").skip(1) {
            let path = format!("/{}", piece.split('"').next().unwrap());
            assert!(document.pointer(&path).is_some(), "{server}: {path} is not there");
        }
    }
}

#[test]
fn every_problem_is_in_it_with_its_status_and_its_retry() {
    use bindproof::refusal::Refusal;
    for (_, kept, _) in KEPT {
        let document: Value = serde_json::from_str(kept).unwrap();
        let problems = document["components"]["schemas"]["problem"]["oneOf"].as_array().unwrap();
        assert_eq!(problems.len(), Refusal::ALL.len());
        for (problem, refusal) in problems.iter().zip(Refusal::ALL) {
            let of = &problem["properties"];
            assert_eq!(of["code"]["const"], refusal.name());
            assert_eq!(of["status"]["const"], refusal.status());
            assert_eq!(of["retry"]["const"], refusal.retry().name());
        }
    }
}
