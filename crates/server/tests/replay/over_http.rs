//! Behaviours of the model, replayed over HTTP on real servers: after each step the answer, the
//! records, the decisions and what is owed are those of the model.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use bindproof_models::views::LocalView;
use bindproof_server::store::Change;
use bindproof_server::store::memory::MemoryStore;
use tokio::task::JoinSet;

use crate::behaviours::{Run, Shortest, different};
use crate::expected::model;
use crate::pair::Pair;
use crate::random::{Random, from_environment};
use crate::seen::Seen;
use crate::tampered::Tampered;
use crate::transitions::{Stores, memory};

/// How many behaviours there are, if nothing else is said.
const BEHAVIOURS: u64 = 10_000;
/// The seed, if nothing else is said.
const SEED: u64 = 7;
/// How many are replayed on the same servers.
const BATCH: usize = 40;
/// How many pairs of servers run at once.
const AT_ONCE: usize = 4;

/// What was replayed.
#[derive(Debug, Default)]
struct Replayed {
    behaviours: u64,
    inputs: u64,
    over_http: BTreeSet<LocalView>,
    otherwise: BTreeSet<LocalView>,
}

/// Replays runs of a scope on servers with these stores.
async fn replay(scope: &str, runs: Vec<Run>, stores: Stores) -> Seen<Replayed> {
    let model = Arc::new(model(scope));
    let batches: Vec<(u64, Vec<Run>)> =
        (0u64..).zip(runs.chunks(BATCH)).map(|(n, runs)| (n, runs.to_vec())).collect();
    let batches = Arc::new(Mutex::new(batches));
    let mut replaying = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (model, batches) = (Arc::clone(&model), Arc::clone(&batches));
        replaying.spawn(async move {
            let mut replayed = Replayed::default();
            loop {
                let Some((number, runs)) = batches.lock().unwrap().pop() else {
                    return Ok::<Replayed, String>(replayed);
                };
                let pair = Pair::start(&model, stores, number).await;
                for (run, own) in runs.iter().zip(number * BATCH as u64..) {
                    let walked = pair.replay(own, run).await?;
                    replayed.behaviours += 1;
                    replayed.inputs += walked.inputs;
                    replayed.over_http.extend(walked.over_http);
                    replayed.otherwise.extend(walked.otherwise);
                }
                pair.stop().await;
            }
        });
    }
    let mut all = Replayed::default();
    while let Some(done) = replaying.join_next().await {
        let done = done.map_err(|error| error.to_string())??;
        all.behaviours += done.behaviours;
        all.inputs += done.inputs;
        all.over_http.extend(done.over_http);
        all.otherwise.extend(done.otherwise);
    }
    Ok(all)
}

/// Replays so many behaviours of a scope; of how many of (view, input, verdict), and how many of
/// them not over HTTP.
async fn all_of(scope: &str, count: u64) -> (u64, usize, usize) {
    let seed = from_environment("BINDPROOF_SEED", SEED);
    let (runs, views) = {
        let model = model(scope);
        let shortest = Shortest::of(&model);
        let count = usize::try_from(count).unwrap();
        (different(&model, &shortest, count, &mut Random::new(seed)), shortest.views)
    };
    let all = replay(scope, runs, memory).await;
    let all = all.unwrap_or_else(|error| panic!("{scope}, seed {seed}: {error}"));
    let missed: Vec<&LocalView> = views
        .iter()
        .filter(|view| !all.over_http.contains(view) && !all.otherwise.contains(view))
        .collect();
    assert!(missed.is_empty(), "{scope}: never replayed: {missed:#?}");
    let otherwise = views.difference(&all.over_http).count();
    println!(
        "{scope}: {} behaviours from seed {seed}, {} inputs; {} of (view, input, verdict), {} of \
         them over HTTP",
        all.behaviours,
        all.inputs,
        views.len(),
        views.len() - otherwise,
    );
    (all.behaviours, views.len(), otherwise)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behaviours_of_the_model_are_those_of_the_servers_over_http() {
    let count = from_environment("BINDPROOF_BEHAVIOURS", BEHAVIOURS);
    let smoke = all_of("smoke", count * 3 / 10).await;
    let approval = all_of("approval", count - count * 3 / 10).await;
    assert!(smoke.0 + approval.0 >= BEHAVIOURS.min(count), "too few behaviours");
    assert_eq!((smoke.1, smoke.2), (162, 8));
    assert_eq!((approval.1, approval.2), (252, 18));
}

/// Servers that do this to what they write are found.
async fn found(scope: &str, stores: Stores, text: &str) {
    let runs = Shortest::of(&model(scope)).runs;
    let error = replay(scope, runs, stores).await.expect_err("nothing is found");
    assert!(error.contains(text), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_does_otherwise_is_found_over_http() {
    fn late(change: &mut Change) {
        change.settled.clear();
    }
    fn open(change: &mut Change) {
        for row in &mut change.rows {
            row.state = row.state.replace("\"code_spent\":true", "\"code_spent\":false");
        }
    }
    found("smoke", || Arc::new(Tampered { inner: MemoryStore::new(), with: late }), "records")
        .await;
    found("approval", || Arc::new(Tampered { inner: MemoryStore::new(), with: open }), "records")
        .await;
}
