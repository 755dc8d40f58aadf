//! A world as each party remembers it, in words; and what differs between two of them.
//!
//! Only what is not as it is when nothing has happened is told.

use bindproof::bank::client::State as Client;
use bindproof::bank::{binding::Binding, debit::Debit};
use bindproof::wallet::client::State as Asker;
use bindproof::wallet::lock::{Closed, Lock};
use bindproof::wallet::{account::Account, device::Device, link::Link, operation::Operation};

use super::unseen;
use crate::drive::index;
use crate::network::{ToBank, ToWallet};
use crate::scope::Scope;
use crate::story;
use crate::words;
use crate::world::World;

/// Whose memory it is, or where else something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The bank's own app.
    BankClient,
    /// The servers of all banks.
    BankServer,
    /// The wallet server.
    WalletServer,
    /// The wallet's app, on any device.
    WalletClient,
    /// Between the servers: what may arrive at any time.
    InFlight,
    /// What a server instance would lose in a crash.
    Hands,
    /// What was noted by an observer whom no step can ask.
    Observer,
    /// What a stranger was told last, in each of two worlds.
    Stranger,
}

impl Place {
    /// Every place, in the order in which they are told.
    pub const ALL: [Self; 8] = [
        Self::BankClient,
        Self::BankServer,
        Self::WalletServer,
        Self::WalletClient,
        Self::InFlight,
        Self::Hands,
        Self::Observer,
        Self::Stranger,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BankClient => "bank client",
            Self::BankServer => "bank server",
            Self::WalletServer => "wallet server",
            Self::WalletClient => "wallet client",
            Self::InFlight => "in flight between the servers",
            Self::Hands => "in the servers' hands",
            Self::Observer => "noted by the observer",
            Self::Stranger => "told to the stranger",
        }
    }
}

/// One thing that is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where.
    pub place: Place,
    /// What is remembered; no other line of this place has the same.
    pub what: String,
    /// How it stands; nothing where it says enough that it is there.
    pub is: String,
}

impl Line {
    /// The whole line.
    pub fn text(&self) -> String {
        if self.is.is_empty() { self.what.clone() } else { format!("{}: {}", self.what, self.is) }
    }
}

/// How a line differs from what was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Not at all.
    Same,
    /// It was not there.
    New,
    /// It stood otherwise.
    Changed,
    /// It is there no longer.
    Gone,
}

/// A line, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marked {
    /// How it differs.
    pub mark: Mark,
    /// The line; one that is gone, as it stood.
    pub line: Line,
    /// How it stood before, if it stood otherwise.
    pub was: Option<String>,
}

/// What is remembered in one world.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Every line, in the order of the places.
    pub lines: Vec<Line>,
}

impl Memory {
    /// What is remembered in `world`.
    pub fn of<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        scope: &Scope,
        world: &World<B, O, A, D, S>,
    ) -> Self {
        let mut memory = Self::default();
        memory.at_the_bank(world);
        memory.at_the_wallet(scope, world);
        memory.of_locks(world);
        memory.in_the_wallet_client(scope, world);
        memory.between(scope, world);
        memory.of_the_observer(scope, world);
        memory.lines.sort_by_key(|line| line.place);
        memory
    }

    /// Each line of this memory, marked by how it differs from `before`; those that are gone come
    /// after the others of their place.
    pub fn since(&self, before: &Self) -> Vec<Marked> {
        let here = self.lines.iter().map(|line| {
            let old = before.same_as(line);
            let was = old.filter(|old| old.is != line.is).map(|old| old.is.clone());
            let mark = match (old, &was) {
                (None, _) => Mark::New,
                (Some(_), None) => Mark::Same,
                (Some(_), Some(_)) => Mark::Changed,
            };
            Marked { mark, line: line.clone(), was }
        });
        let gone = before.lines.iter().filter(|line| self.same_as(line).is_none());
        let gone = gone.map(|line| Marked { mark: Mark::Gone, line: line.clone(), was: None });
        let mut all: Vec<Marked> = here.chain(gone).collect();
        all.sort_by_key(|marked| marked.line.place);
        all
    }

    /// The line here that is of the same thing.
    fn same_as(&self, line: &Line) -> Option<&Line> {
        self.lines.iter().find(|other| (other.place, &other.what) == (line.place, &line.what))
    }

    fn add(&mut self, place: Place, what: String, is: impl Into<String>) {
        self.lines.push(Line { place, what, is: is.into() });
    }

    fn at_the_bank<
        const B: usize,
        const O: usize,
        const A: usize,
        const D: usize,
        const S: usize,
    >(
        &mut self,
        world: &World<B, O, A, D, S>,
    ) {
        for b in 0..B {
            let client = match world.clients[b] {
                Client::Idle => "",
                Client::Sent => "asked for, still asking",
                Client::Leaving => "given up, still saying so",
                Client::Settled => "settled",
            };
            if !client.is_empty() {
                self.add(Place::BankClient, format!("binding {b}"), client);
            }
            let account = index(world.binding_account[b]);
            if world.bindings[b] != Binding::ABSENT || account.is_some() {
                let named = account.map(|a| format!(", account {a}")).unwrap_or_default();
                let is = words::binding(world.bindings[b]) + &named;
                self.add(Place::BankServer, format!("binding {b}"), is);
            }
        }
        for o in (0..O).filter(|o| world.debits[*o] != Debit::Absent) {
            let is = format!("{:?}", world.debits[o]);
            self.add(Place::BankServer, format!("debit of operation {o}"), is);
        }
    }

    fn at_the_wallet<
        const B: usize,
        const O: usize,
        const A: usize,
        const D: usize,
        const S: usize,
    >(
        &mut self,
        scope: &Scope,
        world: &World<B, O, A, D, S>,
    ) {
        let place = Place::WalletServer;
        let on = |account: u8| index(account).map(|a| format!(", account {a}")).unwrap_or_default();
        for a in 0..A {
            if world.accounts[a] != Account::Absent {
                let made = index(world.created_for[a]);
                let made = made.map(|b| format!(", made for binding {b}")).unwrap_or_default();
                self.add(place, format!("account {a}"), words::account(world.accounts[a]) + &made);
            }
            for d in (0..D).filter(|d| world.devices[a][*d] != Device::Unknown) {
                let is = words::device(world.devices[a][d]);
                self.add(place, format!("device {d} on account {a}"), is);
            }
        }
        for b in (0..B).filter(|b| world.links[*b] != Link::ABSENT) {
            let is = words::link(world.links[b]) + &on(world.link_account[b]);
            self.add(place, format!("link {b}"), is);
        }
        for o in (0..O).filter(|o| world.operations[*o] != Operation::Absent) {
            let is = words::operation(world.operations[o]) + &on(world.operation_account[o]);
            self.add(place, operation(scope, o), is);
        }
    }

    fn of_locks<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        &mut self,
        world: &World<B, O, A, D, S>,
    ) {
        let mut lock = |path: String, lock: Lock| {
            if lock == Lock::OPEN {
                return;
            }
            let closed = match lock.closed {
                Closed::No => "open",
                Closed::ForRun => "closed until the lock ends",
                Closed::ForDay => "closed until the day ends",
            };
            let is = format!("{closed}, {}", wrong(lock.run, lock.day));
            self.add(Place::WalletServer, format!("lock on {path}"), is);
        };
        lock("the strangers' path".into(), world.strangers);
        for d in 0..D {
            lock(format!("device {d}'s path"), world.device_locks[d]);
        }
        for b in 0..B {
            lock(format!("the path of binding {b}'s code"), world.code_locks[b]);
        }
    }

    fn in_the_wallet_client<
        const B: usize,
        const O: usize,
        const A: usize,
        const D: usize,
        const S: usize,
    >(
        &mut self,
        scope: &Scope,
        world: &World<B, O, A, D, S>,
    ) {
        for o in 0..O {
            let is = match world.askers[o] {
                Asker::Idle => continue,
                Asker::Sent => "asked for, still asking",
                Asker::Answering => "asking the person for proof",
                Asker::Settled => "settled",
            };
            self.add(Place::WalletClient, operation(scope, o), is);
        }
    }

    fn between<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        &mut self,
        scope: &Scope,
        world: &World<B, O, A, D, S>,
    ) {
        let place = Place::InFlight;
        // Any of it may arrive at any time; of what is repeated, the sender has no answer yet.
        let repeated = |owed: bool| if owed { "repeated" } else { "sent" };
        for b in 0..B {
            let mail = world.to_wallet[b];
            for message in ToWallet::ALL {
                let owed = mail.owed & message.bit() != 0;
                if owed || mail.sent & message.bit() != 0 {
                    let what = format!("{} for binding {b}", message.name());
                    self.add(place, what, repeated(owed));
                }
            }
            for answer in ToBank::in_mask(world.to_bank[b]) {
                self.add(place, format!("{} for binding {b}", answer.name()), "");
            }
            if world.notices[b] {
                let what = format!("LinkNotice for binding {b}");
                self.add(place, what, "repeated");
            }
        }
        for o in 0..O {
            let mail = world.debit_mail[o];
            if mail.sent || mail.owed {
                let what = format!("DebitRequest for {}", operation(scope, o));
                self.add(place, what, repeated(mail.owed));
            }
            for (sent, answer) in [(mail.accepted, "accepted"), (mail.refused, "refused")] {
                if sent {
                    let what = format!("DebitAnswer: {answer} for {}", operation(scope, o));
                    self.add(place, what, "");
                }
            }
        }
        for (number, slot) in world.slots.iter().enumerate() {
            if let Some(is) = unseen::slot(slot.slot()) {
                self.add(Place::Hands, format!("instance {number}"), is);
            }
        }
    }

    fn of_the_observer<
        const B: usize,
        const O: usize,
        const A: usize,
        const D: usize,
        const S: usize,
    >(
        &mut self,
        scope: &Scope,
        world: &World<B, O, A, D, S>,
    ) {
        for b in 0..B {
            for (what, is) in unseen::of_binding(&world.history, b) {
                self.add(Place::Observer, what, is);
            }
        }
        for o in 0..O {
            if let Some(is) = unseen::of_operation(&world.history, o) {
                self.add(Place::Observer, operation(scope, o), is);
            }
        }
        for a in 0..A {
            if let Some(is) = unseen::of_account(&world.history, a) {
                self.add(Place::Observer, format!("account {a}"), is);
            }
        }
        for (what, is) in unseen::of_counts(&world.history) {
            self.add(Place::Observer, what, is);
        }
    }
}

/// "operation 1 (pay)".
fn operation(scope: &Scope, o: usize) -> String {
    match u8::try_from(o).ok().filter(|_| o < scope.operation.len()) {
        Some(number) => format!("operation {o} ({})", story::operation_name(scope, number)),
        None => format!("operation {o}"),
    }
}

/// "2 wrong answers in a row, 3 today".
pub(super) fn wrong(run: u8, day: u8) -> String {
    let answers = if run == 1 { "answer" } else { "answers" };
    format!("{run} wrong {answers} in a row, {day} today")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scopes::find;
    use crate::server::Slot;
    use crate::shown::Shown;
    use crate::world::{Actor, Authentication};

    fn smoke() -> Scope {
        let built_in = find("smoke").expect("built in");
        Scope::parse(built_in.file, built_in.text).expect("parses")
    }

    fn texts(memory: &Memory) -> Vec<String> {
        memory.lines.iter().map(Line::text).collect()
    }

    #[test]
    fn nothing_is_remembered_before_anything_happened() {
        assert_eq!(Memory::of(&smoke(), &World::<1, 2, 2, 2, 2>::EMPTY), Memory::default());
    }

    #[test]
    fn whatever_differs_from_the_beginning_is_told() {
        type Full = World<1, 1, 1, 1, 1>;
        let changes: [fn(&mut Full); 29] = [
            |w| w.clients[0] = Client::Sent,
            |w| w.bindings[0].revision = 1,
            |w| w.binding_account[0] = 0,
            |w| w.debits[0] = Debit::Accepted,
            |w| w.accounts[0] = Account::Closed,
            |w| w.devices[0][0] = Device::Revoked,
            |w| w.links[0].code_spent = true,
            |w| w.operations[0] = Operation::Executed,
            |w| w.askers[0] = Asker::Sent,
            |w| w.strangers.run = 1,
            |w| w.device_locks[0].day = 1,
            |w| w.code_locks[0].closed = Closed::ForDay,
            |w| w.to_wallet[0].sent = 1,
            |w| w.to_wallet[0].owed = 1,
            |w| w.to_bank[0] = 1,
            |w| w.notices[0] = true,
            |w| w.debit_mail[0].sent = true,
            |w| w.debit_mail[0].refused = true,
            |w| w.history.begun_on[0] = Authentication::OfAnother,
            |w| w.history.activated_on[0] = 0,
            |w| w.history.blocked[0] = true,
            |w| w.history.told_active[0] = true,
            |w| w.history.code_leaked[0] = true,
            |w| w.history.proved_by[0] = Actor::Attacker,
            |w| w.history.shown[0] = Shown::Code,
            |w| w.history.went_through[0] = true,
            |w| w.history.reclaimed[0] = true,
            |w| w.history.sent_total = 2,
            |w| w.history.codes[0].day = 1,
        ];
        for (number, change) in changes.iter().enumerate() {
            let mut world = Full::EMPTY;
            change(&mut world);
            let memory = Memory::of(&smoke(), &world);
            assert_eq!(memory.lines.len(), 1, "{number}: {:?}", texts(&memory));
        }
        let mut world = Full::EMPTY;
        let told = crate::server::Told::Over;
        world.slots[0] = Slot::Committed(crate::server::Reply::ToClient(0, told)).into();
        assert_eq!(texts(&Memory::of(&smoke(), &world)).len(), 1);
    }

    #[test]
    fn a_line_is_the_same_or_new_or_changed_or_gone() {
        let line = |what: &str, is: &str| Line {
            place: Place::BankServer,
            what: what.into(),
            is: is.into(),
        };
        let before = Memory { lines: vec![line("a", "1"), line("b", "1"), line("c", "1")] };
        let after = Memory { lines: vec![line("a", "1"), line("b", "2"), line("d", "1")] };
        let marks: Vec<(Mark, String)> = after
            .since(&before)
            .into_iter()
            .map(|marked| (marked.mark, marked.line.what))
            .collect();
        let expected =
            [(Mark::Same, "a"), (Mark::Changed, "b"), (Mark::New, "d"), (Mark::Gone, "c")];
        assert_eq!(after.since(&before)[1].was.as_deref(), Some("1"));
        assert_eq!(marks, expected.map(|(mark, what)| (mark, what.to_owned())));
    }
}
