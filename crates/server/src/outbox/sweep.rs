//! Steps deadlines as they pass, and prunes now and then.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;

use super::{Sender, pause};
use crate::http::observe::Trace;
use crate::key::Person;
use crate::node::Node;
use crate::store::{Overdue, StoreError};

/// How many persons are asked for at once.
const BATCH: i64 = 32;
/// How long somebody is left alone whose deadlines could not be stepped.
const AGAIN_MS: i64 = 5_000;
/// How many sweeps pass between two prunings.
const PRUNE_EVERY: u64 = 25;

/// Whose deadlines could not be stepped, and when that is tried again, in milliseconds since 1970.
pub(super) type Failed = BTreeMap<Person, i64>;

/// Sweeps until `stop` is true.
pub(super) async fn run<S: Sender>(server: Arc<S>, mut stop: watch::Receiver<bool>) {
    let (mut sweeps, mut failed) = (0u64, Failed::new());
    while !pause(&mut stop).await {
        if let Err(error) = step_all(&*server, &mut failed, &stop).await {
            server.node().store_failed(&error, "overdue deadlines cannot be looked for");
        }
        if sweeps.is_multiple_of(PRUNE_EVERY) {
            prune(server.node(), &stop).await;
        }
        sweeps += 1;
    }
}

/// Forgets what is kept no longer, a little at once: others write in between.
async fn prune(node: &Node, stop: &watch::Receiver<bool>) {
    while !*stop.borrow() {
        match node.store.prune(node.world.now_ms()).await {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) => {
                node.store_failed(&error, "nothing could be pruned");
                break;
            }
        }
    }
}

/// Steps everybody's deadlines that have passed, page by page without a pause. Somebody of whom
/// they cannot be stepped keeps nobody else waiting, and is left alone for a while.
pub(super) async fn step_all<S: Sender>(
    server: &S,
    failed: &mut Failed,
    stop: &watch::Receiver<bool>,
) -> Result<(), StoreError> {
    let node = server.node();
    let now_ms = node.world.now_ms();
    failed.retain(|_, again_ms| *again_ms > now_ms);
    let mut last: Option<Overdue> = None;
    while !*stop.borrow() {
        let page = node.store.overdue(now_ms, last.as_ref(), BATCH).await?;
        for Overdue { person, .. } in &page {
            if failed.contains_key(person) {
                continue;
            }
            if !is_stepped(server, person).await {
                failed.insert(person.clone(), now_ms + AGAIN_MS);
            }
        }
        if (page.len() as i64) < BATCH {
            break;
        }
        last = page.into_iter().next_back();
    }
    Ok(())
}

/// Steps somebody's deadlines, as a piece of work of its own; whether that came about.
async fn is_stepped<S: Sender>(server: &S, person: &Person) -> bool {
    let trace = Trace::begun(server.node());
    let span = tracing::error_span!("overdue", trace = trace.id(), whose = person.as_str());
    let stepping = async {
        match server.step_overdue(person).await {
            Ok(()) => true,
            Err(error) => {
                let what = "somebody's deadlines could not be stepped";
                server.node().store_failed(&error, what);
                false
            }
        }
    };
    trace.follow(span, stepping).await
}
