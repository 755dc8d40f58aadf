//! Those who take their time, and as much room as they can get, while everybody else is served.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::task::JoinSet;

use crate::campaign::{Campaign, Setup};
use crate::folder::Folder;
use crate::raw::{connect, heard};
use crate::site::Stores;

/// How many rounds everybody else does meanwhile.
const ROUNDS: u64 = 40;
/// How many of each kind are at it at once, from one address each.
const SILENT: usize = 400;
const SLOW: usize = 60;
const LARGE: usize = 20;
/// How much a server takes of a body that is too large before it hangs up: what lies in the buffers
/// of the connection, and no more.
const TAKEN_MAX: u64 = 8 * 1024 * 1024;

/// What the slow ones saw.
#[derive(Default)]
struct Slow {
    over: AtomicBool,
    turned_away: AtomicU64,
    hung_up: AtomicU64,
    refused: AtomicU64,
    given_up: AtomicU64,
    most_taken: AtomicU64,
}

impl Slow {
    fn goes_on(&self) -> bool {
        !self.over.load(Ordering::SeqCst)
    }

    fn one_more(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::SeqCst);
    }

    async fn is_over(&self) {
        while self.goes_on() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Connects and says nothing, again and again.
    async fn silent(self: Arc<Self>, address: String) {
        while self.goes_on() {
            let Ok(mut stream) = connect(&address, 9).await else { continue };
            let came = heard(&mut stream).await;
            let counter = if came.status == 0 { &self.turned_away } else { &self.refused };
            Self::one_more(counter);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Says one byte at a time, until the server hangs up.
    async fn drips(self: Arc<Self>, address: String, last: u8, said: Vec<u8>) {
        while self.goes_on() {
            let Ok(mut stream) = connect(&address, last).await else { continue };
            for byte in said.iter().cycle() {
                if stream.write_all(&[*byte]).await.is_err() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Self::one_more(&self.hung_up);
        }
    }

    /// Asks and asks and reads nothing of what is answered, until the server hangs up.
    async fn reads_nothing(self: Arc<Self>, address: String) {
        let block = format!("GET /app.css HTTP/1.1\r\nhost: {address}\r\n\r\n").repeat(64);
        while self.goes_on() {
            let Ok(mut stream) = connect(&address, 13).await else { continue };
            // However long it takes: what is not read has to fill the buffers first.
            let asks = async { while stream.write_all(block.as_bytes()).await.is_ok() {} };
            tokio::select! {
                () = asks => Self::one_more(&self.given_up),
                () = self.is_over() => {}
            }
        }
    }

    /// Sends a body without an end, as fast as it is taken.
    async fn floods(self: Arc<Self>, address: String, head: &'static str) {
        let block = format!("4000\r\n{}\r\n", "x".repeat(0x4000));
        while self.goes_on() {
            let Ok(mut stream) = connect(&address, 12).await else { continue };
            let mut taken = 0;
            if stream.write_all(head.as_bytes()).await.is_ok() {
                while taken <= TAKEN_MAX && stream.write_all(block.as_bytes()).await.is_ok() {
                    taken += block.len() as u64;
                }
            }
            self.most_taken.fetch_max(taken, Ordering::SeqCst);
            Self::one_more(&self.refused);
        }
    }
}

const HEAD: &str =
    "POST /v1/bind_request HTTP/1.1\r\nhost: bank\r\ncontent-type: application/json\r\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_else_is_served_while_some_take_their_time() {
    let folder = Folder::new("slow");
    let setup = Setup::on(Stores::in_files(folder.path()), 2_000);
    let mut campaign = Campaign::begin(folder.path(), setup).await;
    let slow = Arc::new(Slow::default());
    let mut at_it = JoinSet::new();
    let addresses = [&campaign.bank, &campaign.wallet].map(|side| side.address(0).to_owned());
    for address in addresses {
        let go = || (Arc::clone(&slow), address.clone());
        for _ in 0..SILENT {
            let (slow, address) = go();
            at_it.spawn(slow.silent(address));
        }
        for _ in 0..SLOW {
            let (slow, address) = go();
            at_it.spawn(slow.drips(address, 10, HEAD.as_bytes().to_vec()));
            let (slow, address) = go();
            let body = format!("{HEAD}content-length: 50000\r\n\r\n").into_bytes();
            at_it.spawn(async move {
                while slow.goes_on() {
                    let Ok(mut stream) = connect(&address, 11).await else { continue };
                    if stream.write_all(&body).await.is_err() {
                        continue;
                    }
                    let mut taken = 0;
                    while taken < 50_000 && stream.write_all(b" ").await.is_ok() {
                        taken += 1;
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                    Slow::one_more(&slow.hung_up);
                }
            });
        }
        for _ in 0..LARGE {
            let (slow, address) = go();
            at_it.spawn(slow.reads_nothing(address));
            let (slow, address) = go();
            let head = "POST /v1/bind_request HTTP/1.1\r\nhost: bank\r\ncontent-type: \
                        application/json\r\ntransfer-encoding: chunked\r\n\r\n";
            at_it.spawn(slow.floods(address, head));
        }
    }
    for _ in 0..3_000 {
        let enough = campaign.load.done() >= ROUNDS && Slow::enough(&slow);
        if enough || campaign.load.is_stuck() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let rounds = campaign.load.done();
    slow.over.store(true, Ordering::SeqCst);
    while let Some(ended) = at_it.join_next().await {
        ended.unwrap();
    }
    let seen = |counter: &AtomicU64| counter.load(Ordering::SeqCst);
    let (turned_away, hung_up) = (seen(&slow.turned_away), seen(&slow.hung_up));
    let (refused, taken) = (seen(&slow.refused), seen(&slow.most_taken));
    let given_up = seen(&slow.given_up);
    println!(
        "{rounds} rounds; {turned_away} silent ones turned away, {hung_up} slow ones hung up on, \
         {given_up} that read nothing given up, {refused} floods refused, {taken} bytes taken at \
         most"
    );
    let audited = campaign.end_traced().await;
    audited.print();
    assert!(audited.findings.is_empty(), "{:#?}", audited.findings);
    assert!(rounds >= ROUNDS, "the campaign is void: {rounds} rounds");
    assert!(Slow::enough(&slow), "the campaign is void");
    assert!(taken <= TAKEN_MAX, "{taken} bytes of a body were taken");
}

impl Slow {
    /// Whether every kind has had its turn.
    fn enough(slow: &Self) -> bool {
        let seen = |counter: &AtomicU64| counter.load(Ordering::SeqCst);
        seen(&slow.turned_away) >= SILENT as u64
            && seen(&slow.hung_up) >= 2 * SLOW as u64
            && seen(&slow.refused) >= LARGE as u64
            && seen(&slow.given_up) >= LARGE as u64
    }
}
