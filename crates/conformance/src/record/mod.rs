//! Runs of the model as journals: what the servers of each would have written.
//!
//! The model has one person, small numbers for names and no clock. Here its bindings, accounts,
//! operations and devices get keys, its messages ids, and its actions a time at which deadlines
//! have passed exactly when the model says so. What a step reads is the model's; what it does not
//! read is what a server would have put there.

mod clock;
mod names;
mod received;
mod step;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use bindproof::journal::{Decided, Event};
use bindproof::rule::Rule;
use bindproof_models::action::Action;
use bindproof_models::drive::Key as ModelKey;
use bindproof_models::model::Protocol;
use bindproof_models::views::LocalView;
use bindproof_models::world::World;

use crate::key::Key;
use crate::trace::hash::{hash_of, with_hash};
use crate::trace::line::{Commit, End, Ending, Header, Line, Owed, Role, Touched};
use clock::Clock;
use names::Names;
use received::Mail;

use step::Touching;
pub use step::{Decide, Stepped, decide, stepped};
pub use walk::{Chance, walk, wander};

/// The journal of one server.
#[derive(Clone, Debug)]
pub struct Journal {
    /// Whose.
    pub header: Header,
    /// Its lines.
    pub lines: Vec<Line<Key>>,
}

impl Journal {
    /// The text of its file: header, lines in their chains, end.
    pub fn text(&self) -> String {
        let mut text = form(&self.header) + "\n";
        let mut hashes: BTreeMap<Key, String> = BTreeMap::new();
        for line in &self.lines {
            let before = hashes.entry(line.person).or_default();
            let line = form(line);
            *before = hash_of(before, &line);
            text.push_str(&with_hash(&line, before));
            text.push('\n');
        }
        let end = End { lines: self.lines.len() as u64, persons: hashes.len() as u64 };
        text.push_str(&form(&Ending { end }));
        text.push('\n');
        text
    }
}

/// Its form as JSON. Everything in a journal has one.
fn form<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// One server of the run.
struct Server {
    header: Header,
    /// How many lines each person has, and how many transactions.
    persons: BTreeMap<Key, (u64, u64)>,
    /// In how many transactions each record was written.
    versions: BTreeMap<(&'static str, Key), u64>,
    /// What was written in the transaction that is not committed yet.
    written: BTreeSet<(&'static str, Key)>,
}

impl Server {
    fn new(header: Header) -> Self {
        let (persons, versions) = (BTreeMap::new(), BTreeMap::new());
        Self { header, persons, versions, written: BTreeSet::new() }
    }

    /// The version that a record has once it is written now.
    fn version(&mut self, kind: &'static str, key: Key) -> u64 {
        let version = self.versions.entry((kind, key)).or_default();
        *version += u64::from(self.written.insert((kind, key)));
        *version
    }
}

/// A run that is being carried out and written down.
pub struct Recorder<
    'a,
    const B: usize,
    const O: usize,
    const A: usize,
    const D: usize,
    const S: usize,
> {
    model: &'a Protocol<B, O, A, D, S>,
    /// The world as it is.
    pub world: World<B, O, A, D, S>,
    decide: Decide<'a>,
    names: Names,
    clock: Clock,
    mail: Mail,
    /// Bindings that a request has begun.
    asked: BTreeSet<u8>,
    banks: Vec<Server>,
    wallet: Server,
    told: Vec<Told>,
}

/// What one action brought about at the server that it reached.
#[derive(Clone, Debug)]
pub struct Told {
    /// The action; none for what was there before anything happened.
    pub action: Option<Action>,
    /// The header of that server's journal.
    pub server: Of,
    /// The lines that it wrote.
    pub lines: Vec<Line<Key>>,
    /// What each of them decided, ordered and left behind.
    pub stepped: Vec<Stepped>,
}

/// The number of the server that a step is of: a bank's, or the wallet's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Of {
    /// A bank's.
    Bank(usize),
    /// The wallet's.
    Wallet,
}

impl<'a, const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>
    Recorder<'a, B, O, A, D, S>
{
    /// The beginning of a run of `model`. Names are made from `run`, so that runs with different
    /// numbers have no record in common; it begins at `start_ms`.
    pub fn new(
        model: &'a Protocol<B, O, A, D, S>,
        decide: Decide<'a>,
        run: u64,
        start_ms: i64,
    ) -> Self {
        let header = |name: String, role| Header {
            limits: model.limits,
            policy: Some(model.policy.clone()),
            ..Header::new(&name, role)
        };
        let banks = 0..model.scope.bank.len();
        let banks = banks.map(|bank| Server::new(header(names::bank(bank), Role::Bank)));
        let mut recorder = Self {
            model,
            world: model.initial(),
            decide,
            names: Names::new(run, O),
            clock: Clock::new(start_ms, header("clock".into(), Role::Wallet).timing),
            mail: Mail::default(),
            asked: BTreeSet::new(),
            banks: banks.collect(),
            wallet: Server::new(header(names::WALLET.into(), Role::Wallet)),
            told: Vec::new(),
        };
        recorder.found();
        recorder
    }

    /// The accounts and devices that are there before anything happens.
    fn found(&mut self) {
        let mut touch = Touching { server: &mut self.wallet, after: Vec::new() };
        for a in 0..A {
            let state = self.world.accounts[a];
            if state.is_open() {
                touch.account(self.names.account(a as u8), state);
            }
            for d in 0..D {
                let state = self.world.devices[a][d];
                if state.is_trusted() {
                    touch.device(self.names.device(a as u8, d as u8), state);
                }
            }
        }
        let after = touch.after;
        if !after.is_empty() {
            let person = self.names.person();
            let line = bare(person, self.clock.now_ms(), after);
            let lines = self.committed(Of::Wallet, vec![line], Vec::new());
            let stepped = Vec::new();
            self.told.push(Told { action: None, server: Of::Wallet, lines, stepped });
        }
    }

    /// Carries out an action, and writes down what the servers write.
    pub fn act(&mut self, action: Action) {
        let (after, records) = self.model.fire_with_records(&self.world, action);
        self.clock.pass(&self.names, action);
        let presented = presented(&records);
        let foreign = matches!(action, Action::LeaveForeign(_) | Action::Status { own: false, .. });
        let person = if foreign { self.names.stranger() } else { self.names.person() };
        let of = records.first().map(|(event, _)| self.server_of(event));
        let mut received = of.and_then(|_| self.received(action));
        if let Some(received) = &mut received {
            received.binding = received.binding.or(presented.map(|b| self.names.binding(b)));
        }
        let request = received.as_ref().and_then(|received| received.request);
        let (mut lines, mut all, mut owed) = (Vec::new(), Vec::new(), BTreeMap::new());
        for (event, view) in &records {
            let Some(of) = of else { break };
            let (event, view, stepped) = self.stepped(action, (*event, *view), presented, foreign);
            if let Some(request) = request.filter(|_| lines.is_empty()) {
                self.mail.answer(&event, &stepped, &after.link_account, request);
            }
            if let (Event::Binding { id: ModelKey::Binding(b), .. }, Decided::Applied(rule)) =
                (event, stepped.decided)
                && rule == Rule::BindingAsked
            {
                self.asked.insert(b);
            }
            self.mail.owe(&mut self.names, &event, &stepped, &mut owed);
            let event = self.names.event(event);
            self.clock.step(&event, &stepped);
            let touched = self.touched(of, &event, &stepped);
            let entry = self.entry(of, person, lines.len() as u64, event, view.decided);
            lines.push(Line {
                entry: Some(entry),
                received: received.take(),
                orders: Some(stepped.orders),
                ..bare(person, self.clock.now_ms(), touched)
            });
            all.push(stepped);
        }
        if let (Some(of), false) = (of, lines.is_empty()) {
            let lines = self.committed(of, lines, owed.into_values().flatten().collect());
            self.told.push(Told { action: Some(action), server: of, lines, stepped: all });
        }
        if let Action::StartAnother(o) = action {
            self.names.another(o);
        }
        self.world = after;
    }

    /// A step as a server would have it, and what it decides. A server that lacks a guard may read
    /// a fact that the protocol does not; then the fact is the model's.
    fn stepped(
        &self,
        action: Action,
        (event, view): (Event<ModelKey>, LocalView),
        presented: Option<u8>,
        foreign: bool,
    ) -> (Event<ModelKey>, LocalView, Stepped) {
        let own = self.as_a_server_has_it(action, event, view, presented, foreign);
        let stepped = (self.decide)(&own.1.seen);
        if stepped.decided == view.decided {
            return (own.0, own.1, stepped);
        }
        (event, view, (self.decide)(&view.seen))
    }

    /// What happened so far.
    pub fn told(&self) -> &[Told] {
        &self.told
    }

    /// The header of a server's journal.
    pub fn header(&self, of: Of) -> &Header {
        match of {
            Of::Bank(bank) => &self.banks[bank].header,
            Of::Wallet => &self.wallet.header,
        }
    }

    /// The journals as far as the run has come: of the honest banks, and of the wallet.
    pub fn journals(self) -> Vec<Journal> {
        let honest = |bank: &usize| self.model.scope.bank[*bank].honest;
        let banks = (0..self.banks.len()).filter(honest).map(Of::Bank);
        let mut journals: BTreeMap<Of, Journal> = banks
            .chain([Of::Wallet])
            .map(|of| (of, Journal { header: self.header(of).clone(), lines: Vec::new() }))
            .collect();
        for told in self.told {
            if let Some(journal) = journals.get_mut(&told.server) {
                journal.lines.extend(told.lines);
            }
        }
        journals.into_values().collect()
    }

    fn server_of(&self, event: &Event<ModelKey>) -> Of {
        let bank = |b: u8| usize::from(self.model.scope.binding[usize::from(b)].bank);
        match event {
            Event::Binding { id: ModelKey::Binding(b), .. } => Of::Bank(bank(*b)),
            Event::Debit { operation: ModelKey::Operation(o), .. } => {
                Of::Bank(bank(self.model.scope.operation[usize::from(*o)].binding))
            }
            _ => Of::Wallet,
        }
    }

    fn server(&mut self, of: Of) -> &mut Server {
        match of {
            Of::Bank(bank) => &mut self.banks[bank],
            Of::Wallet => &mut self.wallet,
        }
    }

    fn entry(
        &mut self,
        of: Of,
        person: Key,
        place: u64,
        event: Event<Key>,
        decided: Decided,
    ) -> bindproof::journal::Entry<Key> {
        let (lines, _) = *self.server(of).persons.entry(person).or_default();
        let protocol = bindproof::journal::PROTOCOL_NUMBER;
        bindproof::journal::Entry { protocol, sequence: lines + place, event, decided }
    }

    /// The lines of a transaction, with what belongs to it as a whole.
    fn committed(
        &mut self,
        of: Of,
        mut lines: Vec<Line<Key>>,
        owed: Vec<Owed<Key>>,
    ) -> Vec<Line<Key>> {
        let count = lines.len() as u64;
        let person = lines.first().map_or_else(|| self.names.person(), |line| line.person);
        let server = self.server(of);
        server.written.clear();
        let (written, transactions) = server.persons.entry(person).or_default();
        *transactions += 1;
        for (place, line) in (*written..).zip(&mut lines) {
            line.version = Some(*transactions);
            line.sequence = line.entry.is_none().then_some(place);
        }
        *written += count;
        if let Some(last) = lines.last_mut() {
            last.commit = Some(Commit { lines: count, owed });
        }
        lines
    }
}

fn bare(person: Key, at_ms: i64, after: Vec<Touched<Key>>) -> Line<Key> {
    Line {
        person,
        sequence: None,
        version: None,
        at_ms,
        entry: None,
        received: None,
        orders: None,
        after,
        commit: None,
    }
}

/// The binding whose code was presented in an action.
fn presented(records: &[(Event<ModelKey>, LocalView)]) -> Option<u8> {
    use bindproof::wallet::link::Input;
    records.iter().find_map(|(event, _)| match event {
        Event::Link { id: ModelKey::Binding(b), input: Input::CodePresented, .. } => Some(*b),
        _ => None,
    })
}
