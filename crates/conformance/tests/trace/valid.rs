//! As much of JSON Schema as the project's own schemas use.

use serde_json::Value;

/// What is wrong with `value`, if anything is.
pub fn fault(schema: &Value, value: &Value) -> Option<String> {
    of(schema, schema, value).map(|why| format!("{why} in {value}"))
}

fn of(root: &Value, schema: &Value, value: &Value) -> Option<String> {
    let rules = schema.as_object().expect("a schema is an object");
    let about = ["$schema", "$defs", "$id", "title", "description"];
    rules.iter().filter(|(name, _)| !about.contains(&name.as_str())).find_map(|(name, rule)| {
        match name.as_str() {
            "$ref" => {
                let path = rule.as_str()?.strip_prefix('#').expect("within the schema");
                of(root, root.pointer(path).expect("a definition"), value)
            }
            "oneOf" | "anyOf" => {
                let any = rule.as_array().expect("a list");
                let faults: Vec<Option<String>> =
                    any.iter().map(|schema| of(root, schema, value)).collect();
                let fit = faults.iter().filter(|fault| fault.is_none()).count();
                let enough = fit == 1 || (name == "anyOf" && fit > 0);
                (!enough).then(|| format!("{fit} of {} fit: {faults:?}", any.len()))
            }
            "enum" => {
                let words = rule.as_array().expect("a list");
                (!words.contains(value)).then(|| format!("{value} is none of {words:?}"))
            }
            "const" => (rule != value).then(|| format!("{value} is not {rule}")),
            "type" => (!is_of(rule.as_str()?, value)).then(|| format!("{value} is no {rule}")),
            "properties" | "required" | "additionalProperties" => {
                object(root, name, rule, rules, value)
            }
            "items" => value.as_array()?.iter().find_map(|item| of(root, rule, item)),
            "pattern" => (!matches(rule.as_str()?, value.as_str()?))
                .then(|| format!("{value} does not match {rule}")),
            "minimum" => (value.as_i64()? < rule.as_i64()?).then(|| format!("{value} < {rule}")),
            "maximum" => (value.as_i64()? > rule.as_i64()?).then(|| format!("{value} > {rule}")),
            "minLength" => {
                ((value.as_str()?.len() as u64) < rule.as_u64()?).then(|| "too short".into())
            }
            "maxLength" => {
                ((value.as_str()?.len() as u64) > rule.as_u64()?).then(|| "too long".into())
            }
            other => panic!("{other} is not known here"),
        }
    })
}

fn object(
    root: &Value,
    name: &str,
    rule: &Value,
    rules: &serde_json::Map<String, Value>,
    value: &Value,
) -> Option<String> {
    let members = value.as_object()?;
    match name {
        "properties" => rule.as_object()?.iter().find_map(|(name, schema)| {
            of(root, schema, members.get(name)?).map(|why| format!("{name}: {why}"))
        }),
        "required" => {
            let mut names = rule.as_array()?.iter().filter_map(Value::as_str);
            names.find(|name| !members.contains_key(*name)).map(|name| format!("no {name}"))
        }
        _ => {
            assert_eq!(rule, &Value::Bool(false), "additionalProperties is false everywhere");
            let known = rules.get("properties").and_then(Value::as_object);
            let known = |name: &String| known.is_some_and(|known| known.contains_key(name));
            members.keys().find(|name| !known(name)).map(|name| format!("{name} is not known"))
        }
    }
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "null" => value.is_null(),
        other => panic!("the type {other} is not known here"),
    }
}

fn matches(pattern: &str, text: &str) -> bool {
    let digits =
        |text: &str| text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    match pattern {
        "^BIND-[0-9]{3}$" => {
            text.len() == 8
                && text.strip_prefix("BIND-").is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()))
        }
        "^[0-9a-f]{64}$" => text.len() == 64 && digits(text),
        "^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$" => {
            text.parse::<bindproof_conformance::key::Key>().is_ok()
        }
        other => panic!("the pattern {other} is not known here"),
    }
}
