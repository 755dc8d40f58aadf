//! What has to be true once everything is quiet, whatever went wrong before.

use bindproof::settings::Settings;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bindproof::bank::binding::{self, Input};
use bindproof::bank::debit::Debit;
use bindproof::journal::Event;
use bindproof::message::LinkStatus;
use bindproof::wallet::link;
use bindproof::wallet::operation::Operation;
use bindproof::wire::{Action, Settled, Standing};
use bindproof_server::journal::{Line, place_of, verify, verify_all};
use bindproof_server::key::{Key, Person};
use bindproof_server::record::{
    BindingRefs, Bindings, DebitRefs, Debits, Kept, LinkRefs, Links, OperationRefs, Operations,
    RecordKind, Table,
};
use bindproof_server::service::open_store;
use bindproof_server::store::{JournalRow, Row, Slot, Store};

use crate::acknowledged::{Acknowledged, Operated};
use crate::site::Stores;

/// What is found.
#[derive(Debug)]
pub enum Finding {
    /// Something that was acknowledged is not there, or is otherwise.
    Lost(String),
    /// Something is there twice.
    Doubled(String),
    /// Something is there that nobody asked for.
    Invented(String),
    /// The two sides say different things.
    Disagree(String),
    /// Something is still owed.
    Owed(String),
    /// A journal is not what the steps would have written.
    Journal(String),
    /// A server that was well could not decide.
    Fault(String),
    /// Somebody who did everything right was not served.
    Stuck(String),
}

/// Every record of one server, and how many decisions led there.
#[derive(Default)]
struct Books {
    bindings: BTreeMap<Key, (Person, Kept<Bindings>)>,
    debits: BTreeMap<Key, (Person, Kept<Debits>)>,
    links: BTreeMap<Key, (Person, Kept<Links>)>,
    operations: BTreeMap<Key, (Person, Kept<Operations>)>,
    decisions: usize,
    /// What the bank has heard of links.
    heard: BTreeSet<(Key, LinkStatus)>,
    /// The last notice of each link that the wallet no longer owes.
    receipted: BTreeMap<Key, LinkStatus>,
    letters: Letters,
}

/// What became of every letter that the decisions have ordered.
#[derive(Debug, Default)]
pub struct Letters {
    pub ordered: u64,
    pub replaced: u64,
    pub answered: u64,
    pub receipted: u64,
    pub owed: u64,
}

impl Letters {
    fn add(&mut self, other: &Self) {
        self.ordered += other.ordered;
        self.replaced += other.replaced;
        self.answered += other.answered;
        self.receipted += other.receipted;
        self.owed += other.owed;
    }

    const fn is_balanced(&self) -> bool {
        self.ordered == self.replaced + self.answered + self.receipted + self.owed
    }
}

fn kept<T: Table>(row: &Row) -> Kept<T> {
    Kept {
        state: serde_json::from_str(&row.state).unwrap(),
        refs: serde_json::from_str(&row.refs).unwrap(),
    }
}

impl Books {
    /// Reads everything that the journals of a store speak of.
    async fn read(store: &dyn Store) -> Self {
        let mut books = Self::default();
        let mut after: Option<Person> = None;
        loop {
            let page = store.persons(after.as_ref(), 256).await.unwrap();
            let Some(last) = page.last().cloned() else { return books };
            for person in page {
                books.read_person(store, person).await;
            }
            after = Some(last);
        }
    }

    async fn read_person(&mut self, store: &dyn Store, person: Person) {
        let lines = store.journal(&person).await.unwrap();
        let mut names = BTreeSet::new();
        for line in &lines {
            let line: Line = serde_json::from_str(&line.line).unwrap();
            let event = line.entry.map(|entry| entry.event);
            self.decisions += usize::from(event.is_some());
            if let Some(Event::Binding { id, input: Input::LinkHeard(status) }) = event {
                self.heard.insert((id, status));
            }
            names.extend(line.after.iter().map(place_of));
        }
        self.follow(store, &person, &lines).await;
        let names: Vec<(RecordKind, Key)> = names.into_iter().collect();
        for row in store.load(&person, &names).await.unwrap().rows {
            let whose = person.clone();
            match row.kind {
                RecordKind::Binding => drop(self.bindings.insert(row.key, (whose, kept(&row)))),
                RecordKind::Debit => drop(self.debits.insert(row.key, (whose, kept(&row)))),
                RecordKind::Link => drop(self.links.insert(row.key, (whose, kept(&row)))),
                RecordKind::Operation => drop(self.operations.insert(row.key, (whose, kept(&row)))),
                _ => {}
            }
        }
    }
}

impl Books {
    /// Follows what was ordered. A journal that is not right is found elsewhere.
    async fn follow(&mut self, store: &dyn Store, person: &Person, lines: &[JournalRow]) {
        let Ok(records) = verify(Settings::DEFAULT.terms(), lines) else { return };
        let owed: BTreeSet<(Slot, Key)> = store
            .letters(person)
            .await
            .unwrap()
            .iter()
            .filter(|letter| letter.slot != Slot::Code)
            .map(|letter| (letter.slot, letter.key))
            .collect();
        let owing = records.owing();
        let receipted = owing.open.iter().filter(|(place, _)| !owed.contains(place));
        let receipted = receipted.filter_map(|((_, key), said)| Some((*key, (*said)?)));
        let before = self.receipted.len();
        self.receipted.extend(receipted);
        self.letters.add(&Letters {
            ordered: owing.ordered,
            replaced: owing.replaced,
            answered: owing.answered,
            receipted: (self.receipted.len() - before) as u64,
            owed: owed.len() as u64,
        });
    }
}

/// What was looked at.
#[derive(Debug, Default)]
pub struct Audited {
    pub findings: Vec<Finding>,
    pub bindings: usize,
    pub active: usize,
    pub debits: usize,
    pub decisions: usize,
    pub letters: Letters,
}

impl Audited {
    /// Says what was looked at, and the first things that were found.
    pub fn print(&self) {
        let Self { findings, bindings, active, debits, decisions, letters } = self;
        println!(
            "{bindings} bindings, {active} of them active, {debits} debits, {decisions} decisions; \
             {} findings",
            findings.len()
        );
        println!("{letters:?}");
        for finding in findings.iter().take(20) {
            println!("  {finding}");
        }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (what, which) = match self {
            Self::Lost(which) => ("lost", which),
            Self::Doubled(which) => ("doubled", which),
            Self::Invented(which) => ("invented", which),
            Self::Disagree(which) => ("the sides disagree", which),
            Self::Owed(which) => ("still owed", which),
            Self::Journal(which) => ("a journal is not right", which),
            Self::Fault(which) => ("a server failed", which),
            Self::Stuck(which) => ("not served", which),
        };
        write!(f, "{what}: {which}")
    }
}

/// Looks at both stores, while no server runs on them.
pub async fn audit(stores: &Stores, said: &Acknowledged) -> Audited {
    let bank = open_store(&stores.bank, 1).await.unwrap();
    let wallet = open_store(&stores.wallet, 1).await.unwrap();
    let mut findings = Vec::new();
    findings.extend(said.broken.lock().unwrap().iter().cloned().map(Finding::Lost));
    for (name, store) in [("bank", &bank), ("wallet", &wallet)] {
        journals(name, &**store, &mut findings).await;
        let owed = store.owed().await.unwrap();
        if owed > 0 {
            findings.push(Finding::Owed(format!("{name}: {owed} letters")));
        }
    }
    let (bank, wallet) = (Books::read(&*bank).await, Books::read(&*wallet).await);
    bindings(&bank, said, &mut findings);
    ledgers(&bank, &wallet, &mut findings);
    operations(&wallet, said, &mut findings);
    debits(&bank, &wallet, &mut findings);
    for (id, status) in &wallet.receipted {
        if !bank.heard.contains(&(*id, *status)) {
            let what = format!("the notice that {id} is {status:?} was receipted and not heard");
            findings.push(Finding::Lost(what));
        }
    }
    let mut letters = bank.letters;
    letters.add(&wallet.letters);
    if !letters.is_balanced() {
        findings.push(Finding::Owed(format!("the outbox does not balance: {letters:?}")));
    }
    let is_active =
        |(_, kept): &&(Person, Kept<Bindings>)| kept.state.state == binding::State::Active;
    Audited {
        findings,
        bindings: bank.bindings.len(),
        active: bank.bindings.values().filter(is_active).count(),
        debits: bank.debits.len(),
        decisions: bank.decisions + wallet.decisions,
        letters,
    }
}

async fn journals(name: &str, store: &dyn Store, findings: &mut Vec<Finding>) {
    if let Err((person, error)) = verify_all(Settings::DEFAULT.terms(), store).await {
        findings.push(Finding::Journal(format!("{name}, {person:?}: {error}")));
    }
}

/// Every binding that was told of is there as it was told, and no other is; no key began two, and
/// no instrument is held by two.
fn bindings(bank: &Books, said: &Acknowledged, findings: &mut Vec<Finding>) {
    let told = said.bindings.lock().unwrap();
    for (id, bound) in told.iter() {
        let Some((_, kept)) = bank.bindings.get(&Key::from(*id)) else {
            findings.push(Finding::Lost(format!("{id} was told of, and is not there")));
            continue;
        };
        let (state, standing) = (kept.state.state, bound.standing);
        let ended = matches!(state, binding::State::Ending(_) | binding::State::Closed(_));
        let holds = match standing {
            Standing::Pending { .. } => true,
            Standing::Active { .. } => state == binding::State::Active || ended,
            Standing::Refused(_) | Standing::Ended(_) => ended,
        };
        if !holds || kept.refs.request_key != bound.key {
            findings.push(Finding::Lost(format!("{id} was {standing:?} and is {state:?}")));
        }
    }
    let asked = said.keys.lock().unwrap();
    let (mut keys, mut held) = (BTreeSet::new(), BTreeSet::new());
    for (id, (_, Kept { state, refs })) in &bank.bindings {
        let BindingRefs { request_key, terms, .. } = refs;
        if !asked.contains(request_key) {
            findings.push(Finding::Invented(format!("binding {id}")));
        }
        if !keys.insert(*request_key) {
            findings.push(Finding::Doubled(format!("binding {id}: its request began another")));
        }
        let instrument = terms.as_ref().map(|terms| terms.instrument);
        if state.state.holds_instrument() && !held.insert(instrument) {
            findings.push(Finding::Doubled(format!("{instrument:?} is bound twice")));
        }
    }
}

/// Bank and wallet say the same of every binding.
fn ledgers(bank: &Books, wallet: &Books, findings: &mut Vec<Finding>) {
    let mut ids: BTreeSet<&Key> = bank.bindings.keys().collect();
    ids.extend(wallet.links.keys());
    for id in ids {
        let binding = bank.bindings.get(id).map(|(_, kept)| kept);
        let link = wallet.links.get(id).map(|(_, kept)| kept);
        let ours = binding.map_or(binding::State::Absent, |kept| kept.state.state);
        let theirs = link.map_or(link::State::Absent, |kept| kept.state.state);
        let same = match ours {
            binding::State::Active => theirs == link::State::Active,
            binding::State::Suspended => theirs == link::State::Suspended,
            binding::State::AwaitingApproval => theirs == link::State::AwaitingApproval,
            binding::State::Absent | binding::State::Closed(_) => !theirs.is_live(),
            _ => false,
        };
        let account = binding.and_then(|kept| kept.refs.account);
        let hangs_on = link.and_then(|kept: &Kept<Links>| {
            let LinkRefs { account, .. } = kept.refs;
            account
        });
        if !same || (theirs.is_live() && account != hangs_on) {
            findings.push(Finding::Disagree(format!("{id} is {ours:?} and {theirs:?}")));
        }
    }
}

/// Every outcome that was told is the operation's, and no operation is there that nobody sent.
fn operations(wallet: &Books, said: &Acknowledged, findings: &mut Vec<Finding>) {
    let told = said.operations.lock().unwrap();
    for (id, operated) in told.iter() {
        let Some(settled) = operated.settled else { continue };
        let found = wallet.operations.get(&Key::from(*id)).map(|(_, kept)| kept.state);
        let holds = match settled {
            Settled::Executed => found == Some(Operation::Executed),
            Settled::Refused(refusal) => found == Some(Operation::Refused(refusal)),
            Settled::Expired => found == Some(Operation::Expired),
        };
        if !holds {
            let Operated { customer, action, .. } = operated;
            let what = format!("{id} of {customer}, {action:?}, was {settled:?} and is {found:?}");
            findings.push(Finding::Lost(what));
        }
    }
    let sent: BTreeSet<Key> = told.keys().map(|id| Key::from(*id)).collect();
    for id in wallet.operations.keys().filter(|id| !sent.contains(id)) {
        findings.push(Finding::Invented(format!("operation {id}")));
    }
}

/// The bank stands by exactly the payments that the wallet has executed.
fn debits(bank: &Books, wallet: &Books, findings: &mut Vec<Finding>) {
    for (id, (_, Kept { state, refs })) in &bank.debits {
        let payment = wallet.operations.get(id).map(|(_, kept)| kept);
        let DebitRefs { binding, amount, .. } = refs;
        let same = payment.is_some_and(|kept| {
            let OperationRefs { request, .. } = &kept.refs;
            let executed = kept.state == Operation::Executed;
            matches!(request.action, Action::Pay { binding: b, amount: a, .. }
                if b == *binding && a == *amount)
                && executed == (*state == Debit::Accepted)
        });
        if !same {
            let payment = payment.map(|kept| kept.state);
            findings.push(Finding::Disagree(format!("debit {id} is {state:?} and {payment:?}")));
        }
    }
    for (id, (_, kept)) in &wallet.operations {
        let pays = matches!(kept.refs.request.action, Action::Pay { .. });
        if pays && kept.state == Operation::Executed && !bank.debits.contains_key(id) {
            findings.push(Finding::Disagree(format!("{id} is paid, and no bank stands by it")));
        }
    }
}

/// Waits until neither side owes anything any more, while the servers run; false if that does not
/// come about.
pub async fn quiet(stores: &Stores) -> bool {
    const LOOKS: u32 = 600;
    let bank: Arc<dyn Store> = open_store(&stores.bank, 1).await.unwrap();
    let wallet: Arc<dyn Store> = open_store(&stores.wallet, 1).await.unwrap();
    for _ in 0..LOOKS {
        if bank.owed().await.unwrap() + wallet.owed().await.unwrap() == 0 {
            return true;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    false
}
