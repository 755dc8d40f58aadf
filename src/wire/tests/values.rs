//! Ids, texts, numbers and the cases of single messages.

use std::string::{String, ToString};
use std::{format, vec};

use proptest::prelude::*;
use serde_json::json;

use super::chance;
use super::samples::Sample;
use crate::policy::Requirement;
use crate::wire::*;

const UUID: &str = "00112233-4455-6677-8899-aabbccddeeff";

//= BIND-072 an id has its length and its alphabet
#[test]
fn an_id_is_a_lower_case_hyphenated_uuid_and_nothing_else() {
    let id: BindingId = UUID.parse().unwrap();
    assert_eq!(id.to_string(), UUID);
    assert_eq!(id.as_bytes()[..3], [0x00, 0x11, 0x22]);
    let error = |text: &str| text.parse::<BindingId>().unwrap_err();
    assert_eq!(error(""), IdError::Length { expected: 36, found: 0 });
    assert_eq!(error(&UUID.replace('-', "")), IdError::Length { expected: 36, found: 32 });
    assert_eq!(error(&format!("{UUID} ")), IdError::Length { expected: 36, found: 37 });
    assert!(matches!(error(&UUID.to_uppercase()), IdError::Character { at: 24, .. }));
    assert!(matches!(error(&UUID.replacen('-', "0", 1)), IdError::Character { at: 8, .. }));
    assert!(matches!(error(&UUID.replacen('0', "-", 1)), IdError::Character { at: 0, .. }));
    assert!(matches!(error(&UUID.replacen("00", "é", 1)), IdError::Character { at: 0, .. }));
}

#[test]
fn an_error_says_what_was_wrong_and_with_which_kind_of_value() {
    let error = serde_json::from_value::<BindingId>(json!("00")).unwrap_err().to_string();
    assert_eq!(error, "binding id: must be 36 bytes long, found 2");
    let error = serde_json::from_value::<PersonRef>(json!("a b")).unwrap_err().to_string();
    assert_eq!(error, "person reference: must have a visible ASCII character at byte 1");
    let error = serde_json::from_value::<Currency>(json!("eur")).unwrap_err().to_string();
    assert_eq!(error, "currency: must have a letter A to Z at byte 0");
    let error = serde_json::from_str::<DeviceKey>("7").unwrap_err().to_string();
    assert_eq!(error, "invalid type: integer `7`, expected device key at line 1 column 1");
}

#[test]
fn a_text_is_taken_up_to_its_bound_and_no_further() {
    assert_eq!("a".repeat(64).parse::<PersonRef>().unwrap().as_str(), "a".repeat(64));
    let error = "a".repeat(65).parse::<PersonRef>().unwrap_err();
    assert_eq!(error, IdError::TooLong { most: 64, found: 65 });
    assert_eq!("".parse::<PersonRef>().unwrap_err(), IdError::Empty);
    assert_eq!("a".repeat(1024).parse::<Opaque>().unwrap().as_str().len(), 1024);
    assert!("a".repeat(1025).parse::<Opaque>().is_err());
    let error = "a".repeat(70_000).parse::<PersonRef>().unwrap_err();
    assert_eq!(error, IdError::TooLong { most: 64, found: 70_000 });
}

#[test]
fn words_keep_their_script_but_not_what_turns_it_around() {
    let words: Words<256> = "12,50 € an Bäckerei 山".parse().unwrap();
    assert_eq!(words.as_str(), "12,50 € an Bäckerei 山");
    for bad in ["a\u{202e}b", "a\u{2066}b", "a\u{200f}b", "a\tb", "\u{85}", "a\u{2028}b"] {
        assert!(bad.parse::<Words<256>>().is_err(), "{bad:?}");
    }
    let error = "é".repeat(129).parse::<Words<256>>().unwrap_err();
    assert_eq!(error, IdError::TooLong { most: 256, found: 258 });
}

//= BIND-073 no card number
#[test]
fn a_card_number_is_never_an_instrument_reference() {
    let cards = [
        "4111111111111111",
        "4111-1111-1111-1111",
        "378282246310005",
        "5555.5555.5555.4444",
        "6304000000000000",
        "000000000000",
        "0000000000000000000",
    ];
    for card in cards {
        assert_eq!(card.parse::<InstrumentRef>(), Err(IdError::CardNumber), "{card}");
    }
    let others = ["4111111111111112", "00000000000", "00000000000000000000", "i4111111111111111"];
    for other in others {
        assert!(other.parse::<InstrumentRef>().is_ok(), "{other}");
    }
    let error = serde_json::from_value::<InstrumentRef>(json!(cards[0])).unwrap_err();
    assert_eq!(error.to_string(), "instrument reference: looks like a card number");
}

#[test]
fn a_challenge_that_requires_nothing_is_neither_written_nor_read() {
    let challenge = Challenge {
        challenge: ChallengeId::from_bytes([1; 16]),
        operation: OperationId::from_bytes([2; 16]),
        required: Requirement::TwoFactor,
        to_approve: "Pay 3.00 EUR".parse().unwrap(),
    };
    let mut value = serde_json::to_value(challenge).unwrap();
    assert_eq!(value["required"], "two_factor");
    value["required"] = json!("none");
    let read = serde_json::from_value::<Challenge>(value).unwrap_err().to_string();
    assert_eq!(read, "a challenge requires something");
    let nothing = Challenge { required: Requirement::None, ..challenge };
    let written = serde_json::to_value(nothing).unwrap_err().to_string();
    assert_eq!(written, "a challenge requires something");
}

#[test]
fn secrets_are_equal_exactly_if_every_byte_is() {
    let code = BindingCode::from_bytes([7; 16]);
    assert_eq!(code, BindingCode::from_bytes([7; 16]));
    for place in 0..16 {
        for bit in 0..8 {
            let mut bytes = [7; 16];
            bytes[place] ^= 1 << bit;
            assert_ne!(code, BindingCode::from_bytes(bytes));
        }
    }
    // Differences in two places do not cancel each other out.
    let mut bytes = [7; 16];
    (bytes[0], bytes[15]) = (6, 6);
    assert_ne!(code, BindingCode::from_bytes(bytes));
}

proptest! {
    #![proptest_config(chance(256))]

    #[test]
    fn whatever_its_digits_one_check_digit_in_ten_makes_a_card_number(stem in "[0-9]{11,18}") {
        let refused = (0..10)
            .filter(|digit| format!("{stem}{digit}").parse::<InstrumentRef>().is_err())
            .count();
        prop_assert_eq!(refused, 1);
    }

    #[test]
    fn no_text_makes_the_reading_of_a_value_panic(text in any::<String>()) {
        let _ = text.parse::<BindingId>();
        let _ = text.parse::<Secret>();
        let _ = text.parse::<InstrumentRef>();
        let _ = text.parse::<Opaque>();
        let _ = text.parse::<Words<7>>();
        let _ = text.parse::<Currency>();
        let _ = text.parse::<Version>();
    }

    #[test]
    fn no_secret_is_shown_for_debugging(
        answer in ChallengeAnswer::sample(),
        secret in Secret::sample(),
    ) {
        let shown = format!("{answer:?} {secret:?}");
        let proof = answer.proof;
        let hidden = vec![
            proof.assertion.map(|value| value.as_str().to_string()),
            proof.identity.map(|value| value.as_str().to_string()),
            proof.authenticator.map(|value| value.as_str().to_string()),
            proof.binding_code.map(|code| serde_json::to_string(&code).unwrap().replace('"', "")),
            Some(serde_json::to_string(&secret).unwrap().replace('"', "")),
        ];
        // Shorter ones could stand in the names of the fields by chance.
        for value in hidden.into_iter().flatten().filter(|value| value.len() > 20) {
            prop_assert!(!shown.contains(&value));
        }
        if proof.one_time_code.is_some() {
            prop_assert!(shown.contains("OneTimeCode(..)"));
        }
    }
}

#[test]
fn a_number_that_not_every_reader_reads_exactly_is_refused() {
    let eur: Currency = "EUR".parse().unwrap();
    let largest = (1 << 53) - 1;
    assert!(Amount::new(largest, eur).is_ok());
    assert_eq!(Amount::new(largest + 1, eur), Err(NumberError::Amount { found: largest + 1 }));
    assert_eq!(Amount::new(0, eur), Err(NumberError::Amount { found: 0 }));
    assert!(IssuedAt::new(0).is_ok());
    assert_eq!(IssuedAt::new(-1), Err(NumberError::IssuedAt { found: -1 }));
    assert!(IssuedAt::new(i64::MAX).is_err());
}

//= BIND-071 no member of another case
#[test]
fn a_field_of_another_case_is_refused() {
    fn error<M: Body>(value: serde_json::Value) -> String {
        serde_json::from_value::<M>(value).unwrap_err().to_string()
    }
    assert_eq!(
        error::<BindCancel>(json!({"binding": UUID, "request_key": "key"})),
        "field `request_key` does not belong to `bind_cancel with binding`"
    );
    assert_eq!(
        error::<BindOutcome>(json!({
            "binding": UUID, "outcome": "ended", "ended_because": "expired",
            "code": "00112233445566778899aabbccddeeff",
        })),
        "field `code` does not belong to `ended`"
    );
    assert_eq!(
        error::<AccountAnswer>(json!({"found": "unregistered", "account": UUID})),
        "field `account` does not belong to `unregistered`"
    );
    assert_eq!(
        error::<RegistrationAnswer>(json!({
            "binding": UUID, "registered": "refused", "reason": "consent_missing", "account": UUID,
        })),
        "field `account` does not belong to `refused`"
    );
    assert_eq!(
        error::<DebitAnswer>(json!({
            "operation": UUID, "debit": "accepted", "reason": "not_covered",
        })),
        "field `reason` does not belong to `accepted`"
    );
    assert_eq!(
        error::<OperationRequest>(json!({
            "operation": UUID, "kind": "sign_in", "account": UUID, "device": "00".repeat(32),
            "environment": "normal", "payee": "baker",
        })),
        "field `payee` does not belong to `sign_in`"
    );
    assert_eq!(
        error::<ChallengeAnswer>(json!({
            "challenge": UUID, "device": "00".repeat(32), "proof": {},
        })),
        "a proof needs at least one of its fields"
    );
}

#[test]
fn a_wallet_revision_that_its_status_does_not_have_is_refused() {
    let report = json!({
        "binding": UUID, "status": "active", "bank_revision": 2, "wallet_revision": 4,
    });
    let error = serde_json::from_value::<LinkReport>(report).unwrap_err().to_string();
    assert_eq!(error, "wallet_revision is 4 and this status has 5");
}

#[test]
fn a_decision_that_no_bank_can_make_is_refused() {
    for found in [0, 201, 255] {
        let suspend = json!({ "binding": UUID, "bank_revision": found });
        let error = serde_json::from_value::<LinkSuspend>(suspend).unwrap_err().to_string();
        assert_eq!(error, format!("bank_revision is {found}, and a bank's decisions are 1 to 200"));
    }
    let report = json!({
        "binding": UUID, "status": "active", "bank_revision": 252, "wallet_revision": 255,
    });
    let error = serde_json::from_value::<LinkReport>(report).unwrap_err().to_string();
    assert_eq!(error, "bank_revision is 252, and a bank's decisions are 0 to 200");
}

#[test]
fn an_unknown_word_is_refused_with_the_known_ones() {
    let answer = json!({"operation": UUID, "debit": "maybe"});
    let error = serde_json::from_value::<DebitAnswer>(answer).unwrap_err().to_string();
    assert_eq!(error, "unknown variant `maybe`, expected `accepted` or `refused`");
}

#[test]
fn a_retry_has_an_id_and_a_time_of_its_own_under_the_same_key() {
    let first = Envelope {
        protocol: Version,
        request_id: RequestId::from_bytes([1; 16]),
        idempotency_key: Some("key".parse().unwrap()),
        issued_at: IssuedAt::new(1).unwrap(),
        message: LinkEnd { binding: BindingId::from_bytes([7; 16]) },
    };
    let again = first.again(RequestId::from_bytes([2; 16]), IssuedAt::new(2).unwrap());
    assert_eq!(again.idempotency_key, first.idempotency_key);
    assert_eq!(again.message, first.message);
    assert_ne!(again.request_id, first.request_id);
    assert_ne!(again.issued_at, first.issued_at);
}
