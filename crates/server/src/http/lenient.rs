//! Reading as leniently as a server with a defect does. One without never comes here.

use serde::de::DeserializeOwned;
use serde_json::{Error, Map, Value};

use crate::defect::{Defect, planted};

/// The members of an envelope.
const ENVELOPE: [&str; 6] =
    ["protocol", "name", "request_id", "idempotency_key", "issued_at", "message"];

/// What a body may say after all, where it is refused because of `error`.
///
/// # Errors
/// The error, if no defect has it let pass.
pub fn leniently<T: DeserializeOwned>(body: &[u8], error: Error) -> Result<T, Error> {
    let twice = error.to_string().contains("duplicate field");
    if !is_lenient() || twice != planted(Defect::MembersTwiceAccepted) {
        return Err(error);
    }
    let mut form: Value = serde_json::from_slice(body)?;
    if planted(Defect::UnknownMembersAccepted)
        && let Value::Object(members) = &mut form
    {
        members.retain(|member, _| ENVELOPE.contains(&member.as_str()));
    }
    serde_json::from_value(loosened(form))
}

fn is_lenient() -> bool {
    [
        Defect::UnknownMembersAccepted,
        Defect::MembersTwiceAccepted,
        Defect::NullsAccepted,
        Defect::FractionsAccepted,
        Defect::UpperCaseAccepted,
        Defect::CardNumbersAccepted,
    ]
    .into_iter()
    .any(planted)
}

/// A value as a lenient reader takes it.
fn loosened(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = |value: &Value| !(value.is_null() && planted(Defect::NullsAccepted));
            let members = members.into_iter().filter(|(_, value)| kept(value));
            Value::Object(members.map(|(n, v)| (n, loosened(v))).collect::<Map<_, _>>())
        }
        Value::Number(number) if planted(Defect::FractionsAccepted) => {
            // A time in milliseconds is exact as a float.
            let whole = number.as_f64().map(|number| format!("{number:.0}"));
            whole.and_then(|whole| whole.parse::<i64>().ok()).map_or(Value::Null, Value::from)
        }
        Value::String(text) if planted(Defect::UpperCaseAccepted) => text.to_lowercase().into(),
        Value::String(text) if planted(Defect::CardNumbersAccepted) && is_number(&text) => {
            format!("card {text}").replace(' ', ":").into()
        }
        other => other,
    }
}

fn is_number(text: &str) -> bool {
    text.len() >= 12 && text.chars().all(|c| c.is_ascii_digit() || c == '-')
}
