//! Customers who come at a fixed rate, whatever becomes of those before them.

use std::collections::BTreeMap;
use std::time::Duration;

use bindproof::bank::binding::Input;
use bindproof::journal::{Decided, Event};
use bindproof::message::LinkStatus;
use bindproof::wire::PersonRef;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{BenchError, Site};
use crate::client::BankClient;
use crate::clock::{Clock, SystemClock, World};
use crate::http::client::Outgoing;
use crate::journal::Line;
use crate::key::{Key, Person};
use crate::store::Store;

/// How often is looked whether everything has come about, and the pause in between.
const LOOKS: u32 = 150;
const PAUSE: Duration = Duration::from_millis(200);

/// What a customer saw.
struct Came {
    person: PersonRef,
    binding: Key,
    /// When she was due, in milliseconds since 1970.
    due_ms: i64,
    /// From then until the bank had taken her request on, in microseconds.
    taken_us: u64,
}

/// What came of one rate.
pub(super) struct Load {
    /// How many bindings came about.
    pub done: usize,
    /// From the first customer until the last binding was usable, in seconds.
    pub seconds: f64,
    /// Until each request was taken on, in microseconds, in order.
    pub taken_us: Vec<u64>,
    /// Until each binding was usable, in milliseconds, in order.
    pub usable_ms: Vec<i64>,
}

impl Load {
    /// Lets customers from `first` on come at this rate for so many seconds, and waits until every
    /// binding is usable.
    pub async fn at(
        site: &Site,
        rate: u32,
        seconds: u32,
        first: usize,
    ) -> Result<Self, BenchError> {
        let begun = Instant::now();
        let begun_ms = SystemClock.now_ms();
        let mut coming = JoinSet::new();
        for number in 0..rate * seconds {
            let after = Duration::from_secs_f64(f64::from(number) / f64::from(rate));
            tokio::time::sleep_until(begun + after).await;
            let due_ms = begun_ms + after.as_millis() as i64;
            let (by, url, due) = (site.outgoing.clone(), site.bank_url.clone(), begun + after);
            let customer = first + number as usize;
            coming.spawn(binds(by, url, customer, due, due_ms));
        }
        let mut came = Vec::with_capacity(coming.len());
        while let Some(one) = coming.join_next().await {
            came.push(one.map_err(|_| BenchError::Unreadable { what: "a customer's time" })??);
        }
        let usable = usable(site, &came).await?;
        let last_ms = usable.values().max().copied().unwrap_or(begun_ms);
        let mut taken_us: Vec<u64> = came.iter().map(|came| came.taken_us).collect();
        taken_us.sort_unstable();
        let of = |came: &Came| usable.get(&came.binding).map(|at_ms| at_ms - came.due_ms);
        let mut usable_ms: Vec<i64> = came.iter().filter_map(of).collect();
        usable_ms.sort_unstable();
        let seconds = (last_ms - begun_ms).max(1) as f64 / 1000.0;
        Ok(Self { done: usable.len(), seconds, taken_us, usable_ms })
    }
}

/// One customer binds her card.
async fn binds(
    by: Outgoing,
    url: String,
    number: usize,
    due: Instant,
    due_ms: i64,
) -> Result<Came, BenchError> {
    let unreadable = |_| BenchError::Unreadable { what: "a name" };
    let person: PersonRef = format!("person-{number}").parse().map_err(unreadable)?;
    let card = format!("card-{number}").parse().map_err(unreadable)?;
    let client = BankClient::open_by(by, &url, person, World::system()).await?;
    let outcome = client.bind(card, client.new_key()).await?;
    let taken_us = due.elapsed().as_micros() as u64;
    Ok(Came { person, binding: outcome.binding.into(), due_ms, taken_us })
}

/// When the bank heard of each binding that it is usable, by its journal, once it has of all.
async fn usable(site: &Site, came: &[Came]) -> Result<BTreeMap<Key, i64>, BenchError> {
    for _ in 0..LOOKS {
        if site.bank.owed().await? + site.wallet.owed().await? == 0 {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    let mut usable = BTreeMap::new();
    for one in came {
        usable.extend(usable_of(&*site.bank, one).await?.map(|at_ms| (one.binding, at_ms)));
    }
    match usable.len() == came.len() {
        true => Ok(usable),
        false => Err(BenchError::Unfinished { begun: came.len(), done: usable.len() }),
    }
}

async fn usable_of(bank: &dyn Store, came: &Came) -> Result<Option<i64>, BenchError> {
    for row in bank.journal(&Person::known(came.person)).await? {
        let line: Line = serde_json::from_str(&row.line)
            .map_err(|_| BenchError::Unreadable { what: "a line of a journal" })?;
        let active = Input::LinkHeard(LinkStatus::Active { bank_revision: 0 });
        let became = Event::Binding { id: came.binding, input: active };
        let applied = line.entry.filter(|entry| matches!(entry.decided, Decided::Applied(_)));
        if applied.is_some_and(|entry| entry.event == became) {
            return Ok(Some(line.at_ms));
        }
    }
    Ok(None)
}
