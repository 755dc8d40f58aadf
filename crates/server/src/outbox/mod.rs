//! Sends what is owed until it is answered, and steps deadlines that nobody's request has stepped.

mod bank;
mod hands;
mod peers;
mod sweep;
#[cfg(test)]
mod tests;
mod wallet;

use std::sync::Arc;
use std::time::Duration;

use bindproof::refusal::Refusal;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::defect::{Defect, planted};
use crate::http::accept::stopped;
use crate::http::client::{CallError, answered};
use crate::http::observe::Trace;
use crate::key::Person;
use crate::letter::Letter;
use crate::node::Node;
use crate::store::{Claim, Due, Postponed, Store, StoreError, Task};
use hands::{Handed, Placed};
pub use hands::{Hands, Hold, Saving};
pub use peers::Peers;
pub(crate) use peers::Trouble;

/// How long a letter is kept from other instances while this one sends it.
pub(crate) const LEASE_MS: i64 = 15_000;
/// How long the loops wait if nothing rings.
const PAUSE: Duration = Duration::from_millis(200);
/// How often a store that failed is asked for what it has written.
const LOOKS: u32 = 10;
/// The first pause between two sends; each one after that is twice as long, up to the longest.
const FIRST_RETRY_MS: i64 = 200;
/// How many times a letter is sent that may be given up, before a person has to look at it.
pub const ATTEMPTS_MAX: i64 = 200;
/// From how many attempts on a letter that is never given up raises an alarm, and each time after.
const ALARM: i64 = 20;

/// What became of a letter that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// The step that the answer brought has put the slot in order.
    Stepped,
    /// It was delivered, and there is no step: the letter alone is to go.
    Delivered,
    /// It is of no use any more, and goes unsent.
    Over,
    /// It was answered, and is still owed.
    StillOwed,
    /// It was refused, and is still owed.
    Refused(Refusal),
    /// It had no answer that can be believed, and is still owed; why.
    Unanswered(Trouble, String),
}

/// A server that owes letters.
pub(crate) trait Sender: Send + Sync + 'static {
    /// What it is made of.
    fn node(&self) -> &Node;
    /// Whether the letters in this lane are its own to send.
    fn sends(&self, lane: &str) -> bool;
    /// To whom the letters in this lane go.
    fn peer<'a>(&'a self, lane: &'a str) -> &'a str;
    /// Sends one letter, and steps what the answer brings.
    fn send<'a>(&'a self, due: &'a Due, letter: Letter) -> Task<'a, Sent>;
    /// Steps what is overdue of a person.
    fn step_overdue<'a>(&'a self, person: &'a Person) -> Task<'a, ()>;
}

/// Runs a server's own work until `stop` is true: sending, and sweeping deadlines.
pub async fn run<S>(server: Arc<S>, stop: watch::Receiver<bool>)
where
    S: Work,
{
    server.work(stop).await;
}

/// A server with work of its own.
pub trait Work: Send + Sync + 'static {
    /// Does it until `stop` is true.
    fn work(self: Arc<Self>, stop: watch::Receiver<bool>) -> impl Future<Output = ()> + Send;

    /// Sends one letter, and steps what its answer brings.
    fn carry(&self, due: Due) -> impl Future<Output = ()> + Send;
}

impl<S: Sender> Work for S {
    async fn work(self: Arc<Self>, stop: watch::Receiver<bool>) {
        let handed = send_handed(Arc::clone(&self), self.node().hands.open());
        let sending = send_all(Arc::clone(&self), stop.clone());
        let sweeping = sweep::run(self, stop);
        tokio::join!(handed, sending, sweeping);
    }

    async fn carry(&self, due: Due) {
        traced(self, due).await;
    }
}

/// Whether to stop; waits a while for that.
async fn pause(stop: &mut watch::Receiver<bool>) -> bool {
    tokio::time::timeout(PAUSE, stopped(stop)).await.is_ok()
}

async fn send_all<S: Sender>(server: Arc<S>, mut stop: watch::Receiver<bool>) {
    let mut sending = JoinSet::new();
    loop {
        let left = take_all(&server, &mut sending).await.unwrap_or_else(|error| {
            server.node().store_failed(&error, "nothing can be sent");
            Left::Nothing
        });
        server.node().hands.fall_behind(left != Left::Nothing);
        while sending.try_join_next().is_some() {}
        if *stop.borrow() {
            break;
        }
        // As long as there may be more, it is looked for at once.
        if left == Left::More {
            continue;
        }
        tokio::select! {
            biased;
            () = stopped(&mut stop) => break,
            () = some_sent(&mut sending), if left == Left::Full && !sending.is_empty() => {}
            () = rung(server.node()) => {}
        }
    }
    server.node().hands.close();
    // What is under way is finished: each has its own time.
    while sending.join_next().await.is_some() {}
}

/// Waits until a few letters are sent: as many are taken at once, where each by itself would cost
/// the store a search for every place that is free again.
async fn some_sent(sending: &mut JoinSet<()>) {
    for _ in 0..hands::PLACES / 4 {
        if sending.join_next().await.is_none() {
            break;
        }
    }
}

/// Sends what is taken in hand with the decision that owes it, until no more is handed over.
async fn send_handed<S: Sender>(server: Arc<S>, mut handed: UnboundedReceiver<Handed>) {
    let mut sending = JoinSet::new();
    while let Some(handed) = handed.recv().await {
        match handed {
            Handed::Letter(letter) => carried(&server, letter, &mut sending),
            Handed::Saving(under_way) => {
                let server = Arc::clone(&server);
                let what = "a decision that nobody waits for may not be written";
                sending.spawn(async move {
                    under_way.finish(|error| server.node().store_failed(error, what)).await;
                });
            }
            Handed::Doubtful(hold) => {
                let server = Arc::clone(&server);
                let what = "what the store has written is not known yet";
                sending.spawn(async move {
                    let node = server.node();
                    send_written(&*node.store, hold, |error| node.store_failed(error, what)).await;
                });
            }
        }
        while sending.try_join_next().is_some() {}
    }
    while sending.join_next().await.is_some() {}
}

/// Sends of these letters those that the store has. It failed, and may have written them before;
/// `failed` hears of it each time that it does so again.
async fn send_written(store: &dyn Store, hold: Hold, failed: impl Fn(&StoreError)) {
    let Some(person) = hold.person().cloned() else { return };
    for _ in 0..LOOKS {
        match store.letters(&person).await {
            Ok(written) => {
                let has = |due: &Due| {
                    written.iter().any(|row| row.idempotency_key == due.owed.idempotency_key)
                };
                return hold.send(has);
            }
            Err(error) => failed(&error),
        }
        tokio::time::sleep(PAUSE).await;
    }
    tracing::error!("letters that may be owed wait until their lease runs out");
}

/// Begins to send a letter, which keeps its place meanwhile.
fn carried<S: Sender>(server: &Arc<S>, letter: Placed, sending: &mut JoinSet<()>) {
    let server = Arc::clone(server);
    sending.spawn(async move {
        let Placed { due, place } = letter;
        server.carry(due).await;
        drop(place);
    });
}

/// Waits until something rings, or for a while.
async fn rung(node: &Node) {
    tokio::select! {
        () = node.owed.notified() => {}
        () = tokio::time::sleep(PAUSE) => {}
    }
}

/// What may be left when letters were taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Left {
    /// Nothing that is due.
    Nothing,
    /// Letters in a lane that has no place until one is free again.
    Full,
    /// Letters that have places.
    More,
}

/// Takes letters of every lane as far as it has places, and begins to send them; says what may be
/// left. No more is taken than is sent at once, so that no lease runs out in a queue.
async fn take_all<S: Sender>(
    server: &Arc<S>,
    sending: &mut JoinSet<()>,
) -> Result<Left, StoreError> {
    let node = server.node();
    let mut left = Left::Nothing;
    let lanes = node.store.lanes().await?;
    node.store_answers();
    for lane in lanes {
        if !server.sends(&lane) {
            continue;
        }
        let places = node.hands.reserve(&lane);
        let limit = places.len() as i64;
        if places.is_empty() {
            left = left.max(Left::Full);
            continue;
        }
        let now_ms = node.world.now_ms();
        let (lease_ms, owner) = (now_ms + LEASE_MS, node.instance.clone());
        let claim = Claim { lane: lane.clone(), now_ms, lease_ms, owner, limit };
        let due = node.store.claim(claim).await.unwrap_or_else(|error| {
            node.store_failed(&error, &format!("nothing can be sent of the lane {lane}"));
            Vec::new()
        });
        if due.len() as i64 >= limit {
            left = Left::More;
        }
        for (due, place) in due.into_iter().zip(places) {
            carried(server, Placed { due, place }, sending);
        }
    }
    Ok(left)
}

/// Delivers a letter as a part of the trace that has its key for an id: every sending of a letter,
/// and what it sets going on the other side, is one trace.
async fn traced<S: Sender>(server: &S, due: Due) {
    let trace = Trace::new(&due.owed.idempotency_key);
    // At a level that is always wanted: what is said within is found by it.
    let (key, named) = (due.owed.key, due.owed.idempotency_key.as_str());
    let span = tracing::error_span!("letter", trace = named, %key);
    match trace {
        Some(trace) => trace.follow(span, deliver(server, due)).await,
        None => deliver(server, due).await,
    }
}

async fn deliver<S: Sender>(server: &S, due: Due) {
    let began = Instant::now();
    let name;
    let sent = match serde_json::from_str::<Letter>(&due.owed.letter) {
        Ok(letter) => {
            name = letter.name();
            server.send(&due, letter).await
        }
        Err(error) => {
            name = "unreadable";
            Err(StoreError::corrupt("a letter", error))
        }
    };
    let node = server.node();
    let result = match &sent {
        Ok(Sent::Stepped) => "stepped",
        Ok(Sent::Delivered) => "delivered",
        Ok(Sent::Over) => "over",
        Ok(Sent::StillOwed | Sent::Refused(_) | Sent::Unanswered(..)) => "still_owed",
        Err(_) => "failed",
    };
    node.metrics.sent(name, result);
    if let Ok(sent) = &sent {
        peers::note(server, &due, name, sent, began).await;
    }
    let settled = match sent {
        Ok(Sent::Stepped) => Ok(()),
        Ok(Sent::Delivered | Sent::Over) => node.store.delivered(postponed(node, &due)).await,
        Ok(_) => put_off(node, &due, name).await,
        Err(error) => {
            node.store_failed(&error, &format!("an answer to {name} could not be stepped"));
            put_off(node, &due, name).await
        }
    };
    if let Err(error) = settled {
        node.store_failed(&error, &format!("{name} keeps its lease until that runs out"));
    }
}

async fn put_off(node: &Node, due: &Due, name: &str) -> Result<(), StoreError> {
    let postponed = postponed(node, due);
    let attempts = due.owed.attempts + 1;
    if due.owed.forever && attempts >= ALARM && attempts % ALARM == 0 {
        tracing::error!(letter = name, attempts, key = %due.owed.key, "it is not heard");
    }
    if postponed.dead {
        tracing::error!(letter = name, attempts, key = %due.owed.key, "a letter is given up");
    }
    node.store.postpone(postponed).await
}

/// When a letter is sent next: twice the pause of the last time, with a fifth of it left to chance,
/// so that what failed together is not repeated together.
fn postponed(node: &Node, due: &Due) -> Postponed {
    let longest = i64::try_from(node.rules.timing.longest_retry_ms).unwrap_or(i64::MAX);
    let doublings = due.owed.attempts.clamp(0, 20);
    let doublings = if planted(Defect::PausesLong) { 20 } else { doublings };
    let pause_ms = (FIRST_RETRY_MS << doublings).min(longest);
    let [chance] = node.world.bytes::<1>();
    let pause_ms = pause_ms - pause_ms / 5 * i64::from(chance) / 255;
    Postponed {
        person: due.person.clone(),
        slot: due.owed.slot,
        key: due.owed.key,
        idempotency_key: due.owed.idempotency_key.clone(),
        next_ms: node.world.now_ms().saturating_add(pause_ms),
        dead: !due.owed.forever && due.owed.attempts + 1 >= ATTEMPTS_MAX,
    }
}

/// A letter that had no answer that can be believed is still owed.
pub(crate) fn unanswered(error: &CallError) -> Sent {
    let trouble = answered(error).map_or(Trouble::NoAnswer, Trouble::Answers);
    Sent::Unanswered(trouble, error.to_string())
}
