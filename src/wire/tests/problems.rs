//! The outward form of refusals.

use std::collections::BTreeSet;
use std::string::ToString;
use std::vec::Vec;

use serde_json::{Value, json};

use crate::refusal::{Refusal, Retry};
use crate::wire::*;

//= BIND-074 code, status, retry class and next action
#[test]
fn every_refusal_has_a_problem_of_its_own_with_status_retry_and_next_action() {
    let mut types = BTreeSet::new();
    for &refusal in Refusal::ALL {
        let value = serde_json::to_value(Problem::new(refusal)).unwrap();
        assert_eq!(value["code"], refusal.name());
        let status = value["status"].as_u64().unwrap();
        assert!((400..500).contains(&status), "{refusal}");
        assert!(Retry::from_name(value["retry"].as_str().unwrap()).is_some());
        assert!(!value["next_action"].as_str().unwrap().is_empty());
        assert!(!value["title"].as_str().unwrap().is_empty());
        assert!(types.insert(value["type"].as_str().unwrap().to_string()), "{refusal}");
        let keys: Vec<&str> = value.as_object().unwrap().keys().map(|key| key.as_str()).collect();
        assert_eq!(keys, ["code", "next_action", "retry", "status", "title", "type"]);
        let read: ReceivedProblem = serde_json::from_value(value).unwrap();
        assert_eq!(read.code, refusal);
    }
}

#[test]
fn a_problem_names_the_request_that_was_refused() {
    let request = RequestId::from_bytes([0xab; 16]);
    let problem = Problem { detail: Some("More."), ..Problem::of(Refusal::NotFound, request) };
    let expected = json!({
        "type": "urn:bindproof:problem:not_found",
        "title": "There is no such thing here.",
        "status": 404,
        "code": "not_found",
        "detail": "More.",
        "instance": "urn:uuid:abababab-abab-abab-abab-abababababab",
        "retry": "never",
        "next_action": "Check the id and who you are signed in as.",
    });
    assert_eq!(serde_json::to_value(problem).unwrap(), expected);
}

#[test]
fn what_cannot_be_read_is_answered_as_a_bad_request_that_names_no_request() {
    let expected = json!({
        "type": "urn:bindproof:problem:request_malformed",
        "title": "The request cannot be read.",
        "status": 400,
        "code": "request_malformed",
        "retry": "never",
        "next_action": "Mend the request; do not repeat it as it is.",
    });
    assert_eq!(serde_json::to_value(Problem::new(Refusal::RequestMalformed)).unwrap(), expected);
}

#[test]
fn a_problem_is_read_by_its_code_whatever_else_it_says() {
    let read = |value: Value| serde_json::from_value::<ReceivedProblem>(value);
    let more = json!({"code": "step_up_locked", "balance": 30, "status": 499});
    assert_eq!(read(more).unwrap().code, Refusal::StepUpLocked);
    let error = read(json!({"code": "bad_luck"})).unwrap_err().to_string();
    assert!(error.contains("unknown variant `bad_luck`, expected one of"), "{error}");
    assert!(error.contains("`binding_pending`"), "{error}");
    assert!(read(json!({})).is_err());
    assert!(read(json!({"code": {"not_found": null}})).is_err());
}
