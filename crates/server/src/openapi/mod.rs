//! What both servers answer to, written down in OpenAPI 3.1. The paths are those of the routers,
//! and the forms of messages are found out from their readers, so that the document says what the
//! servers do.

mod ask;
mod document;
mod form;
mod terms;
mod tree;

use bindproof::wire::{self, Answer, Envelope};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use document::document;
use form::Form;

use crate::http::endpoint::{About, Endpoint};
use crate::http::{bank, development, wallet};

/// A part of the document that others refer to: its name and its schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The name.
    pub name: String,
    /// The schema.
    pub schema: Value,
    /// What it is made of.
    pub parts: Vec<Self>,
}

/// Where the document says what a part is.
fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// A request of the protocol: the message and its envelope.
pub fn request<M: wire::Request>() -> Part {
    let name = M::NAME.name();
    let message = Form::of::<M>(&[]);
    let given = [("message", reference(name), message.sample)];
    let schema = Form::of::<Envelope<M>>(&given).schema;
    let parts = vec![Part { name: name.to_owned(), schema: message.schema, parts: Vec::new() }];
    Part { name: format!("{name}.request"), schema, parts }
}

/// An answer of the protocol: the message and what is around it.
pub fn answer<M: wire::Reply>() -> Part {
    let name = M::NAME.name();
    let message = Form::of::<M>(&[]);
    let given = [("message", reference(name), message.sample)];
    let schema = Form::of::<Answer<M>>(&given).schema;
    let parts = vec![Part { name: name.to_owned(), schema: message.schema, parts: Vec::new() }];
    Part { name: format!("{name}.answer"), schema, parts }
}

/// A body of a server's own, which is no message.
pub fn own<T: DeserializeOwned>(name: &str) -> Part {
    Part { name: name.to_owned(), schema: Form::of::<T>(&[]).schema, parts: Vec::new() }
}

/// Something else than JSON of a form that is known here.
pub fn other(name: &str, about: &str) -> Part {
    let schema = json!({ "type": "object", "description": about });
    Part { name: name.to_owned(), schema, parts: Vec::new() }
}

/// The document of a bank server.
pub fn bank() -> Value {
    let mut endpoints: Vec<About> = about(bank::endpoints());
    endpoints.extend(about(development::of_bank()));
    document(
        "The bank server",
        "Binds instruments, and tells their holders where they stand.",
        &endpoints,
    )
}

/// The document of a wallet server.
pub fn wallet() -> Value {
    let mut endpoints: Vec<About> = about(wallet::endpoints());
    endpoints.extend(about(development::of_wallet()));
    document("The wallet server", "Keeps accounts and links, and makes sure who acts.", &endpoints)
}

fn about<S: Clone + Send + Sync + 'static>(endpoints: Vec<Endpoint<S>>) -> Vec<About> {
    endpoints.into_iter().map(Endpoint::about).collect()
}

/// A document as the text that is kept.
pub fn text(document: &Value) -> String {
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}
