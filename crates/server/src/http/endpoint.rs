//! An endpoint: what answers, and what is written down of it. Routers and the OpenAPI documents are
//! made of the same list.

use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodRouter, get, post};
use bindproof::wire;

use crate::openapi::{self, Part};

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Anybody.
    Anybody,
    /// A bank's customer, in a session.
    Customer,
    /// Another server, by its signature.
    Server,
    /// A device, by its signature; without one it is unknown.
    Device,
    /// Whoever runs the server.
    Operator,
}

/// What an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// JSON.
    Json,
    /// A text of this media type.
    Text(&'static str),
}

/// What makes a part of the document, when it is asked for.
pub type Written = fn() -> Part;

/// What is written down of an endpoint.
#[derive(Clone, Debug)]
pub struct About {
    /// The method, in lower case.
    pub method: &'static str,
    /// The path.
    pub path: &'static str,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// To what it belongs.
    pub tag: &'static str,
    /// Who asks.
    pub caller: Caller,
    /// The body of a request.
    pub says: Option<Written>,
    /// The body of an answer: one of these.
    pub answers: Vec<Written>,
    /// What an answer is.
    pub content: Content,
    /// A request carries an idempotency key.
    pub is_keyed: bool,
}

/// An endpoint of a server with the state `S`.
pub struct Endpoint<S> {
    about: About,
    handler: MethodRouter<S>,
}

impl<S: Clone + Send + Sync + 'static> Endpoint<S> {
    /// An endpoint that is posted to, and answers JSON.
    pub fn post<H, T>(path: &'static str, summary: &'static str, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        Self::new("post", path, summary, post(handler))
    }

    /// An endpoint that is got from, and answers JSON.
    pub fn get<H, T>(path: &'static str, summary: &'static str, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        Self::new("get", path, summary, get(handler))
    }

    fn new(
        method: &'static str,
        path: &'static str,
        summary: &'static str,
        handler: MethodRouter<S>,
    ) -> Self {
        let (caller, content) = (Caller::Anybody, Content::Json);
        let (says, answers, is_keyed, tag) = (None, Vec::new(), false, "client");
        let about = About { method, path, summary, tag, caller, says, answers, content, is_keyed };
        Self { about, handler }
    }

    /// It belongs to this.
    #[must_use]
    pub const fn of(mut self, tag: &'static str) -> Self {
        self.about.tag = tag;
        self
    }

    /// It is asked by these.
    #[must_use]
    pub const fn by(mut self, caller: Caller) -> Self {
        self.about.caller = caller;
        self
    }

    /// A request is this message of the protocol.
    #[must_use]
    pub fn message<M: wire::Request>(mut self) -> Self {
        self.about.says = Some(openapi::request::<M>);
        self.about.is_keyed = M::ASKS_EFFECT;
        self.of("protocol")
    }

    /// An answer is this message of the protocol, or another one that is said as well.
    #[must_use]
    pub fn answer<M: wire::Reply>(mut self) -> Self {
        self.about.answers.push(openapi::answer::<M>);
        self
    }

    /// A request is a body of the server's own.
    #[must_use]
    pub fn says(mut self, written: Written) -> Self {
        self.about.says = Some(written);
        self
    }

    /// An answer is a body of the server's own.
    #[must_use]
    pub fn answers(mut self, written: Written) -> Self {
        self.about.answers.push(written);
        self
    }

    /// An answer is a text of this media type.
    #[must_use]
    pub const fn text(mut self, kind: &'static str) -> Self {
        self.about.content = Content::Text(kind);
        self
    }

    /// The path.
    pub const fn path(&self) -> &'static str {
        self.about.path
    }

    /// What is written down of it.
    pub fn about(self) -> About {
        self.about
    }
}

/// The router of these endpoints.
pub fn routed<S: Clone + Send + Sync + 'static>(endpoints: Vec<Endpoint<S>>) -> Router<S> {
    endpoints
        .into_iter()
        .fold(Router::new(), |router, endpoint| router.route(endpoint.about.path, endpoint.handler))
}
