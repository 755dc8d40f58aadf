//! Customers at once, each with a story of her own.

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bindproof::wire::ContactRef;
use tokio::task::JoinSet;

use crate::acknowledged::Acknowledged;
use crate::site::Site;
use crate::story::{Story, Stuck};

/// How many customers are at it at once.
const AT_ONCE: usize = 12;
/// How many rounds one customer does before the next takes her place.
const ROUNDS: u64 = 6;

/// How long a customer goes on with one thing: many times what the slowest of them takes.
const PATIENCE: Duration = Duration::from_secs(150);

/// What a customer does, if it comes to its end.
async fn in_time<T>(
    doing: &str,
    number: usize,
    what: impl Future<Output = Result<T, Stuck>>,
) -> Result<T, Stuck> {
    let late = |_| Err(Stuck(format!("{number} {doing} and does not come to an end")));
    tokio::time::timeout(PATIENCE, what).await.unwrap_or_else(late)
}

/// What all customers share.
pub struct Load {
    pub bank_url: String,
    pub wallet_url: String,
    pub said: Acknowledged,
    /// Everybody asks everything twice at once.
    pub impatient: bool,
    customers: usize,
    codes: Mutex<Codes>,
    over: AtomicBool,
    stuck: AtomicBool,
    next: AtomicUsize,
    rounds: AtomicU64,
    repeated: AtomicU64,
}

/// The codes that have come, as far as the file was read.
struct Codes {
    file: PathBuf,
    read: u64,
    by_contact: BTreeMap<String, Vec<String>>,
}

impl Codes {
    fn read_on(&mut self) {
        let Ok(mut file) = std::fs::File::open(&self.file) else { return };
        let mut text = String::new();
        file.seek(SeekFrom::Start(self.read)).unwrap();
        file.read_to_string(&mut text).unwrap();
        // A line without its end is read with its end.
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        self.read += whole as u64;
        for (contact, code) in text[..whole].lines().filter_map(|line| line.split_once(' ')) {
            let codes = self.by_contact.entry(contact.to_owned()).or_default();
            if codes.last().is_none_or(|last| last != code) {
                codes.push(code.to_owned());
            }
        }
    }
}

impl Load {
    pub fn of(site: &Site, impatient: bool) -> Arc<Self> {
        let codes = Codes { file: site.codes.clone(), read: 0, by_contact: BTreeMap::new() };
        Arc::new(Self {
            bank_url: site.bank.url(),
            wallet_url: site.wallet.url(),
            said: Acknowledged::default(),
            impatient,
            customers: site.customers,
            codes: Mutex::new(codes),
            over: AtomicBool::new(false),
            stuck: AtomicBool::new(false),
            next: AtomicUsize::new(0),
            rounds: AtomicU64::new(0),
            repeated: AtomicU64::new(0),
        })
    }

    /// Every code that has come to a contact, in its order.
    pub fn codes_of(&self, contact: ContactRef) -> Vec<String> {
        let mut codes = self.codes.lock().unwrap();
        codes.read_on();
        codes.by_contact.get(contact.as_str()).cloned().unwrap_or_default()
    }

    /// One round more is done.
    pub fn rounds(&self) -> u64 {
        self.rounds.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// One request more is repeated by hand, after the client had given up.
    pub fn repeated(&self) -> u64 {
        self.repeated.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// How many rounds were done.
    pub fn done(&self) -> u64 {
        self.rounds.load(Ordering::SeqCst)
    }

    /// Lets customers begin.
    pub fn start(self: &Arc<Self>) -> JoinSet<Result<(), Stuck>> {
        let mut running = JoinSet::new();
        for _ in 0..AT_ONCE {
            let load = Arc::clone(self);
            running.spawn(async move {
                let ended = load.customers().await;
                load.stuck.fetch_or(ended.is_err(), Ordering::SeqCst);
                ended
            });
        }
        running
    }

    /// Lets each finish the round that she is in, and waits for it; who could not.
    pub async fn finish(&self, mut running: JoinSet<Result<(), Stuck>>) -> Vec<String> {
        self.over.store(true, Ordering::SeqCst);
        let mut stuck = Vec::new();
        while let Some(ended) = running.join_next().await {
            match ended {
                Ok(Ok(())) => {}
                Ok(Err(Stuck(why))) => stuck.push(why),
                Err(panic) => stuck.push(panic.to_string()),
            }
        }
        stuck
    }

    /// Whether anybody could not go on.
    pub fn is_stuck(&self) -> bool {
        self.stuck.load(Ordering::SeqCst)
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    /// One customer after the other, until it is over.
    async fn customers(&self) -> Result<(), Stuck> {
        while !self.is_over() {
            let number = self.next.fetch_add(1, Ordering::SeqCst);
            assert!(number < self.customers, "the site has too few customers for so much load");
            let mut story = in_time("begins", number, Story::begin(self, number)).await?;
            let account = in_time("comes first", number, story.first()).await?;
            for round in 0..ROUNDS {
                if self.is_over() {
                    break;
                }
                in_time("does a round", number, story.round(account, round % 2 == 0)).await?;
            }
        }
        Ok(())
    }

    /// Asks once more for every binding that was ever told of.
    pub async fn ask_again(&self) -> Vec<String> {
        let bindings = self.said.bindings.lock().unwrap().clone();
        let mut stuck = Vec::new();
        for bound in bindings.into_values() {
            let asked = Story::once_more(self, bound.key, bound);
            if let Err(Stuck(why)) = in_time("asks again", bound.customer, asked).await {
                stuck.push(why);
            }
        }
        stuck
    }
}
