//! A small HTTP proxy in front of a server: it knows what is under way, and which requests were cut
//! off.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use axum::body::Bytes;
use axum::http::{Request, Response, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What a proxy has seen.
#[derive(Debug, Default)]
pub struct Seen {
    /// Requests that were passed on and are not answered yet.
    pub under_way: AtomicU64,
    /// Requests that were passed on and came to no answer.
    pub cut: AtomicU64,
    /// Requests that were passed on and answered.
    pub answered: AtomicU64,
    /// Answers that say that the server could not decide.
    pub faults: AtomicU64,
}

impl Seen {
    pub fn of(counter: &AtomicU64) -> u64 {
        counter.load(Ordering::SeqCst)
    }
}

/// A proxy that runs until this is dropped. Its address stays, wherever the server behind it is.
pub struct Proxy {
    /// Where it listens.
    pub authority: String,
    /// What it has seen.
    pub seen: Arc<Seen>,
    passing: Arc<Passing>,
    serving: JoinHandle<()>,
}

struct Passing {
    upstream: Mutex<String>,
    client: Client<HttpConnector, Full<Bytes>>,
    seen: Arc<Seen>,
}

impl Proxy {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let seen = Arc::new(Seen::default());
        let client = Client::builder(TokioExecutor::new()).build_http();
        let upstream = Mutex::new(String::new());
        let passing = Arc::new(Passing { upstream, client, seen: Arc::clone(&seen) });
        let serving = tokio::spawn(serve(listener, Arc::clone(&passing)));
        Self { authority, seen, passing, serving }
    }

    /// Passes requests on to this address from now on.
    pub fn to(&self, address: String) {
        *self.passing.upstream.lock().unwrap() = address;
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.authority)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, passing: Arc<Passing>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let passing = Arc::clone(&passing);
        tokio::spawn(async move {
            let service = service_fn(move |request| pass(Arc::clone(&passing), request));
            let http = hyper::server::conn::http1::Builder::new();
            // A connection that ends badly is what this is here for.
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn pass(
    passing: Arc<Passing>,
    request: Request<Incoming>,
) -> Result<Response<Answer>, Broken> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Broken)?.to_bytes();
    let mut request = Request::from_parts(head, Full::new(body));
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let upstream = passing.upstream.lock().unwrap().clone();
    let uri: Uri = format!("http://{upstream}{path}").parse().map_err(|_| Broken)?;
    *request.uri_mut() = uri;
    let answer = passing.exchange(request).await?;
    Ok(answer.map(Answer::whole))
}

impl Passing {
    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, Broken> {
        let seen = &self.seen;
        seen.under_way.fetch_add(1, Ordering::SeqCst);
        let exchanged = self.answered(request).await;
        seen.under_way.fetch_sub(1, Ordering::SeqCst);
        match &exchanged {
            Ok(answer) => {
                seen.answered.fetch_add(1, Ordering::SeqCst);
                let fault = u64::from(answer.status().is_server_error());
                seen.faults.fetch_add(fault, Ordering::SeqCst);
            }
            Err(Cut::Reached) => {
                seen.cut.fetch_add(1, Ordering::SeqCst);
            }
            Err(Cut::NeverReached) => {}
        }
        exchanged.map_err(|_| Broken)
    }

    async fn answered(&self, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, Cut> {
        let answer = self.client.request(request).await;
        let answer = answer.map_err(|error| match error.is_connect() {
            true => Cut::NeverReached,
            false => Cut::Reached,
        })?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await.map_err(|_| Cut::Reached)?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }
}

/// Why there is no answer.
enum Cut {
    /// The request had gone to the server.
    Reached,
    /// There was no connection to the server.
    NeverReached,
}

/// The connection is closed without a word.
#[derive(Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("broken off")
    }
}

impl std::error::Error for Broken {}

/// An answer's body.
struct Answer {
    left: Option<Bytes>,
}

impl Answer {
    const fn whole(body: Bytes) -> Self {
        Self { left: Some(body) }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.left.take().map(|left| Ok(Frame::data(left))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.as_ref().map_or(0, |left| left.len() as u64))
    }
}
