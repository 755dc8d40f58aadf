//! What is noted of every request: a count, a time, a line in the log, and the trace that it
//! belongs to.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{MatchedPath, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, Request, Response};
use axum::middleware::Next;
use axum::{Router, middleware};
use bindproof::refusal::Refusal;
pub use bindproof_http::client::TRACEPARENT;
use tracing::Instrument;

use super::answer::Said;
use super::edge::bearer;
use crate::clock::World;
use crate::defect::memory::is_lost;
use crate::hex;
use crate::metrics::MEDIA_TYPE;
use crate::node::Node;
use crate::outbox::Sender;

tokio::task_local! {
    static TRACE: Trace;
}

/// Which piece of work a line in the log belongs to: 32 hexadecimal digits, the same in every
/// server that takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace(String);

impl Trace {
    /// The trace with this id; none if it is no such id.
    pub fn new(id: &str) -> Option<Self> {
        let digits = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        let fits = id.len() == 32 && id.bytes().all(digits) && id.bytes().any(|b| b != b'0');
        fits.then(|| Self(id.to_owned()))
    }

    /// The trace in a field; none if it is not one of the first version.
    fn of_field(field: &str) -> Option<Self> {
        let mut parts = field.split('-');
        let (version, id) = (parts.next()?, parts.next()?);
        (version == "00" && parts.count() == 2).then(|| Self::new(id)).flatten()
    }

    /// A trace that begins here.
    pub(crate) fn begun(node: &Node) -> Self {
        Self(hex::encode(&node.world.uuid()))
    }

    /// The id.
    pub fn id(&self) -> &str {
        &self.0
    }

    /// Does something as a part of this trace.
    pub async fn follow<F: Future>(self, span: tracing::Span, doing: F) -> F::Output {
        TRACE.scope(self, doing.instrument(span)).await
    }

    /// The field for a request that goes on from here, if there is a trace.
    pub fn field(world: &World) -> Option<HeaderValue> {
        let trace = TRACE.try_with(Clone::clone).ok()?;
        let span = hex::encode(&world.bytes::<8>());
        HeaderValue::from_str(&format!("00-{}-{span}-01", trace.0)).ok()
    }
}

/// Has every request of these routes noted.
pub(crate) fn observed<S: Sender>(router: Router, server: Arc<S>) -> Router {
    router.layer(middleware::from_fn_with_state(server, observe::<S>))
}

/// What is counted, for the operator. To anybody else there is nothing here.
pub(super) async fn shown(node: &Node, fields: &HeaderMap) -> Response<Body> {
    if !node.is_operator(bearer(fields)) {
        return Said::problem(Refusal::NotFound, None).respond();
    }
    match node.metrics.shown(&*node.store).await {
        Ok(text) => {
            let mut response = Response::new(Body::from(text));
            let media_type = HeaderValue::from_static(MEDIA_TYPE);
            response.headers_mut().insert(CONTENT_TYPE, media_type);
            response
        }
        Err(error) => {
            node.store_failed(&error, "what is owed cannot be counted");
            Said::fault().respond()
        }
    }
}

async fn observe<S: Sender>(
    State(server): State<Arc<S>>,
    request: Request<Body>,
    next: Next,
) -> Response<Body> {
    let node = server.node();
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let route = route.unwrap_or("none").to_owned();
    let field = request.headers().get(TRACEPARENT).and_then(|field| field.to_str().ok());
    let trace = field.and_then(Trace::of_field).unwrap_or_else(|| Trace::begun(node));
    // At a level that is always wanted: what is said within is found by it.
    let span = tracing::error_span!("request", trace = trace.id(), route);
    let answering = async {
        let begun = tokio::time::Instant::now();
        let lost = is_lost(request.uri().path(), request.headers());
        let response = next.run(request).await;
        let lost = lost && response.status().is_success();
        let response = if lost { Said::fault().respond() } else { response };
        let (status, took) = (response.status().as_u16(), begun.elapsed());
        node.metrics.answered(&route, status, took.as_secs_f64());
        let problem = response.extensions().get::<Refusal>().map(tracing::field::display);
        tracing::info!(status, problem, micros = took.as_micros(), "answered");
        response
    };
    trace.follow(span, answering).await
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    #[test]
    fn a_trace_goes_on_only_from_a_field_that_is_one() {
        let field = format!("00-{ID}-00f067aa0ba902b7-01");
        assert_eq!(Trace::of_field(&field), Trace::new(ID));
        assert!(Trace::new(ID).is_some());
        for bad in ["", "00", "00-1-2-3", &field.replace("00-4", "01-4"), &field.to_uppercase()] {
            assert_eq!(Trace::of_field(bad), None, "{bad}");
        }
        assert_eq!(Trace::new(&"0".repeat(32)), None);
        assert_eq!(Trace::of_field(&format!("{field}-more")), None);
    }
}
