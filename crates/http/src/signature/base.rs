//! The signature base (RFC 9421, section 2.5): what is signed of a message, line by line.

use hyper::http::{HeaderMap, HeaderName};
use sfv::{BareItem, InnerList, Item, KeyRef, ListEntry, ListSerializer, Parameters, Parser};

use super::SignatureError;

/// A message as far as a signature can cover it.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// The method, of a request.
    pub method: &'a str,
    /// The scheme, of a request.
    pub scheme: &'a str,
    /// Host and port as sent, of a request.
    pub authority: &'a str,
    /// The path, of a request.
    pub path: &'a str,
    /// The query without its question mark, of a request that has one.
    pub query: Option<&'a str>,
    /// The status, of an answer.
    pub status: Option<u16>,
    /// The fields.
    pub fields: &'a HeaderMap,
    /// The request that this answers.
    pub request: Option<&'a Self>,
}

/// The signature base of `parts` for what `input` covers, with its parameters.
///
/// # Errors
/// If something is covered that is not in the message, or that this profile does not know.
pub fn base(input: &InnerList, parts: &Parts<'_>) -> Result<String, SignatureError> {
    let mut text = String::new();
    let mut seen: Vec<String> = Vec::new();
    for item in &input.items {
        let identifier = identifier(item)?;
        if seen.contains(&identifier) {
            return Err(SignatureError::Absent { component: identifier });
        }
        let value = value(item, parts)
            .ok_or_else(|| SignatureError::Absent { component: identifier.clone() })?;
        text.push_str(&identifier);
        text.push_str(": ");
        text.push_str(&value);
        text.push('\n');
        seen.push(identifier);
    }
    text.push_str("\"@signature-params\": ");
    text.push_str(&serialized(input)?);
    Ok(text)
}

/// An inner list in its one serialized form.
pub(super) fn serialized(input: &InnerList) -> Result<String, SignatureError> {
    let mut list = ListSerializer::new();
    list.members([&ListEntry::InnerList(input.clone())]);
    list.finish().ok_or(SignatureError::Unreadable { field: "signature-input" })
}

/// The name of an item's component.
pub(super) fn name(item: &Item) -> Option<&str> {
    match &item.bare_item {
        BareItem::String(name) => Some(name.as_str()),
        _ => None,
    }
}

/// The identifier as it stands in the base: the name in quotes, with its parameters.
fn identifier(item: &Item) -> Result<String, SignatureError> {
    let unreadable = SignatureError::Unreadable { field: "signature-input" };
    let name = name(item).ok_or_else(|| unreadable.clone())?;
    // Nearly every item is a plain name alone, which needs no serializer.
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'@';
    if item.params.is_empty() && name.bytes().all(is_plain) {
        return Ok(format!("\"{name}\""));
    }
    let mut list = ListSerializer::new();
    list.members([&ListEntry::Item(item.clone())]);
    list.finish().ok_or(unreadable)
}

fn value(item: &Item, parts: &Parts<'_>) -> Option<String> {
    let name = name(item)?;
    let known = ["req", "key"];
    if item.params.keys().any(|key| !known.contains(&key.as_str())) {
        return None;
    }
    let parts = match flag(&item.params, "req") {
        true => parts.request?,
        false => parts,
    };
    match name.strip_prefix('@') {
        Some(derived) => derived_value(derived, parts),
        None => field(name, member(&item.params)?, parts.fields),
    }
}

fn flag(parameters: &Parameters, name: &str) -> bool {
    let value = parameters.iter().find(|(key, _)| key.as_str() == name);
    matches!(value, Some((_, BareItem::Boolean(true))))
}

/// The member of a dictionary that is covered alone, if only one is.
fn member(parameters: &Parameters) -> Option<Option<&str>> {
    let value = parameters.iter().find(|(key, _)| key.as_str() == "key");
    match value {
        None => Some(None),
        Some((_, BareItem::String(key))) => Some(Some(key.as_str())),
        Some(_) => None,
    }
}

fn derived_value(name: &str, parts: &Parts<'_>) -> Option<String> {
    if parts.status.is_some() {
        return match name {
            "status" => parts.status.map(|status| status.to_string()),
            _ => None,
        };
    }
    let path = if parts.path.is_empty() { "/" } else { parts.path };
    let with_query = || match parts.query {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    match name {
        "method" => Some(parts.method.to_owned()),
        "scheme" => Some(parts.scheme.to_ascii_lowercase()),
        "authority" => Some(authority(parts)),
        "path" => Some(path.to_owned()),
        "query" => Some(format!("?{}", parts.query.unwrap_or_default())),
        "request-target" => Some(with_query()),
        "target-uri" => Some(format!("{}://{}{}", parts.scheme, authority(parts), with_query())),
        _ => None,
    }
}

/// Host and port in their normal form: lower case, without the scheme's own port.
fn authority(parts: &Parts<'_>) -> String {
    let authority = parts.authority.to_ascii_lowercase();
    let port = if parts.scheme.eq_ignore_ascii_case("https") { ":443" } else { ":80" };
    authority.strip_suffix(port).unwrap_or(&authority).to_owned()
}

fn field(name: &str, member: Option<&str>, fields: &HeaderMap) -> Option<String> {
    let header: HeaderName = name.parse().ok()?;
    if header.as_str() != name {
        return None;
    }
    let values: Option<Vec<&str>> =
        fields.get_all(&header).iter().map(|value| value.to_str().ok().map(str::trim)).collect();
    let values = values.filter(|values| !values.is_empty())?;
    let whole = values.join(", ");
    let Some(member) = member else { return Some(whole) };
    let dictionary: sfv::Dictionary = Parser::new(&whole).parse().ok()?;
    let key = KeyRef::from_str(member).ok()?;
    let mut list = ListSerializer::new();
    list.members([dictionary.get(key)?]);
    list.finish()
}
