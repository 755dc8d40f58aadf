//! A small HTTP proxy in front of the instances of a server: it knows what is under way and which
//! requests were cut off, and does harm if it is told to.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use axum::body::Bytes;
use axum::http::{Request, Response, StatusCode, Uri};
use bindproof_server::signature::TAG_REQUEST;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::disturb::{Disturbance, Fault};

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

/// A proxy that runs until this is dropped. Its address stays, wherever the servers behind it are.
pub struct Proxy {
    /// Where it listens.
    pub authority: String,
    /// What it has seen.
    pub seen: Arc<Seen>,
    passing: Arc<Passing>,
    serving: JoinHandle<()>,
}

struct Passing {
    upstream: Mutex<Vec<String>>,
    turn: AtomicUsize,
    client: Client<HttpConnector, Full<Bytes>>,
    seen: Arc<Seen>,
    disturbance: Mutex<Option<Arc<Disturbance>>>,
}

impl Proxy {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let seen = Arc::new(Seen::default());
        let client = Client::builder(TokioExecutor::new()).build_http();
        let passing = Arc::new(Passing {
            upstream: Mutex::new(Vec::new()),
            turn: AtomicUsize::new(0),
            client,
            seen: Arc::clone(&seen),
            disturbance: Mutex::new(None),
        });
        let serving = tokio::spawn(serve(listener, Arc::clone(&passing)));
        Self { authority, seen, passing, serving }
    }

    /// Passes requests on to these addresses from now on, in turn.
    pub fn to(&self, addresses: Vec<String>) {
        *self.passing.upstream.lock().unwrap() = addresses;
    }

    /// Does harm from now on, or none any more.
    pub fn disturb(&self, disturbance: Option<Arc<Disturbance>>) {
        *self.passing.disturbance.lock().unwrap() = disturbance;
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
    let request = Request::from_parts(head, Full::new(body));
    let disturbance = passing.disturbance.lock().unwrap().clone();
    let Some(disturbance) = disturbance else {
        return passing.exchange(request).await.map(Answer::whole);
    };
    match disturbance.draw(is_between_servers(&request)) {
        Some(fault) => harm(passing, disturbance, fault, request).await,
        None => passing.exchange(request).await.map(Answer::whole),
    }
}

/// Servers sign under a tag of their own. A client has nobody's signature to believe an answer by.
fn is_between_servers(request: &Request<Full<Bytes>>) -> bool {
    let said = request.headers().get("signature-input");
    said.is_some_and(|said| said.to_str().is_ok_and(|said| said.contains(TAG_REQUEST)))
}

/// Does harm to one request. It counts as done only if it could be felt.
async fn harm(
    passing: Arc<Passing>,
    disturbance: Arc<Disturbance>,
    fault: Fault,
    request: Request<Full<Bytes>>,
) -> Result<Response<Answer>, Broken> {
    let note_if = |felt: bool| {
        if felt {
            disturbance.note(fault);
        }
    };
    match fault {
        Fault::LoseRequest => {
            note_if(true);
            Err(Broken)
        }
        Fault::LoseReply => {
            note_if(passing.exchange(request).await?.status().is_success());
            Err(Broken)
        }
        Fault::Duplicate => {
            let (first, second) =
                tokio::join!(passing.exchange(request.clone()), passing.exchange(request.clone()));
            let (first, second) = (first?, second?);
            note_if(true);
            refused(&disturbance, &request, &[&first, &second]);
            // Of signed copies one is refused. Whoever sent them hears the other's answer.
            let refused = first.status() == StatusCode::UNAUTHORIZED;
            Ok(Answer::whole(if refused { second } else { first }))
        }
        Fault::Replay => {
            let answer = passing.exchange(request.clone()).await?;
            let first = answer.clone();
            tokio::spawn(async move {
                tokio::time::sleep(disturbance.pause(200, 1_500)).await;
                if let Ok(second) = passing.exchange(request.clone()).await {
                    disturbance.note(fault);
                    refused(&disturbance, &request, &[&first, &second]);
                }
            });
            Ok(Answer::whole(answer))
        }
        Fault::Delay => {
            let before = Seen::of(&passing.seen.answered);
            tokio::time::sleep(disturbance.pause(30, 300)).await;
            note_if(Seen::of(&passing.seen.answered) > before);
            passing.exchange(request).await.map(Answer::whole)
        }
        Fault::Truncate => {
            let answer = passing.exchange(request).await?;
            note_if(answer.status().is_success());
            Ok(Answer::cut(answer))
        }
        Fault::Swap => {
            let answer = passing.exchange(request).await?;
            let other = disturbance.swap(answer.clone());
            note_if(other.is_some());
            Ok(Answer::whole(other.unwrap_or(answer)))
        }
    }
}

/// The same bytes are carried out at most once, if they are signed.
fn refused(
    disturbance: &Disturbance,
    request: &Request<Full<Bytes>>,
    answers: &[&Response<Bytes>],
) {
    let signed = request.headers().contains_key("signature-input");
    let taken = answers.iter().filter(|answer| answer.status() != StatusCode::UNAUTHORIZED);
    if signed && taken.count() > 1 {
        disturbance.carried_out_twice.fetch_add(1, Ordering::SeqCst);
    }
}

impl Passing {
    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, Broken> {
        let seen = &self.seen;
        let under_way = UnderWay::begin(seen);
        let exchanged = self.answered(request).await;
        drop(under_way);
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

    /// Hands a request to the next instance.
    fn addressed(&self, mut request: Request<Full<Bytes>>) -> Option<Request<Full<Bytes>>> {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let upstream = self.upstream.lock().unwrap();
        let turn = self.turn.fetch_add(1, Ordering::SeqCst);
        let address = upstream.get(turn.checked_rem(upstream.len())?)?;
        let uri: Uri = format!("http://{address}{path}").parse().ok()?;
        *request.uri_mut() = uri;
        Some(request)
    }

    async fn answered(&self, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, Cut> {
        let request = self.addressed(request).ok_or(Cut::NeverReached)?;
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

/// A request that is under way until this is dropped: who sent it may be gone before its answer.
struct UnderWay<'a>(&'a Seen);

impl<'a> UnderWay<'a> {
    fn begin(seen: &'a Seen) -> Self {
        seen.under_way.fetch_add(1, Ordering::SeqCst);
        Self(seen)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::SeqCst);
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

/// An answer's body, or its first half.
struct Answer {
    left: Option<Bytes>,
    length: u64,
    breaks_off: bool,
}

impl Answer {
    fn whole(answer: Response<Bytes>) -> Response<Self> {
        answer.map(|body| Self { length: body.len() as u64, left: Some(body), breaks_off: false })
    }

    fn cut(answer: Response<Bytes>) -> Response<Self> {
        answer.map(|body| {
            let half = body.slice(..body.len() / 2);
            Self { length: body.len() as u64, left: Some(half), breaks_off: true }
        })
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(match self.left.take() {
            Some(left) => Some(Ok(Frame::data(left))),
            None if self.breaks_off => Some(Err(io::ErrorKind::BrokenPipe.into())),
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_none() && !self.breaks_off
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}
