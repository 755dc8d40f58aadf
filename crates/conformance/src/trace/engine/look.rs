//! Looks at one line: what caused it, its facts, its step, what it wrote, and what was said.

use bindproof::journal::{Decided, Entry, Event, PROTOCOL_NUMBER};
use bindproof::message::{Message, Party};

use super::{Checker, Server};
use crate::key::Key;
use crate::trace::apply::Apply;
use crate::trace::bounds::NAMES_MAX;
use crate::trace::chain::Item;
use crate::trace::facts::{Look, left_out};
use crate::trace::finding::{Fault, Wrong};
use crate::trace::guards::{lacking, property_of};
use crate::trace::joint::{DURABLE, Need, is_answer, taken};
use crate::trace::line::{Line, Received, Role, Touched};
use crate::trace::properties::{self, Step};
use crate::trace::records::{Kind, written};
use crate::trace::replay::{Moved, again, compare};
use crate::trace::report::Undecided;
use crate::trace::trail::{Mark, about};
use crate::trace::transaction::Transaction;

impl Checker {
    /// Looks at one line. Gives what others may have waited for.
    pub(super) fn look(&mut self, chain: usize, item: &Item) -> Vec<Need> {
        let server = self.servers[usize::from(self.chains[chain].server)].name;
        if self.chains[chain].broken {
            self.report.skipped += u64::from(item.line.entry.is_some());
            for touched in item.line.after.iter() {
                let (Touched::Binding(_) | Touched::Link(_)) = touched else { continue };
                if let Some((_, key, ..)) = written(touched) {
                    self.pairs.entry(key).or_default().broken = true;
                }
            }
            return self.joint.believe(server, &item.line);
        }
        let looked = self.try_look(chain, item);
        match looked {
            Ok(came) => came,
            Err(wrong) => {
                let person = Some((item.line.person, item.line.place()));
                let decided = item.line.entry.map(|entry| entry.decided);
                self.find(item.file, item.number, person, decided, wrong);
                self.breaks(chain);
                let mut came = self.taken(chain).unwrap_or_default();
                came.extend(self.joint.believe(server, &item.line));
                came
            }
        }
    }

    /// Nothing more is looked at in this journal, nor in what others say of its bindings.
    pub(super) fn breaks(&mut self, chain: usize) {
        self.chains[chain].broken = true;
        let records = &self.chains[chain].records;
        let keys: Vec<Key> = records.bindings.keys().chain(records.links.keys()).copied().collect();
        for key in keys {
            self.pairs.entry(key).or_default().broken = true;
        }
    }

    /// Requests that were taken in a transaction are taken now. Gives them.
    pub(super) fn taken(&mut self, chain: usize) -> Result<Vec<Need>, Wrong> {
        let transaction = self.chains[chain].transaction.as_mut();
        let all = transaction.map(|transaction| std::mem::take(&mut transaction.taken));
        all.unwrap_or_default()
            .into_iter()
            .map(|(request, taken, moves)| {
                self.joint.take(request, taken, moves).map(|()| Need::Request(request))
            })
            .collect()
    }

    fn try_look(&mut self, at: usize, item: &Item) -> Result<Vec<Need>, Wrong> {
        let line = &item.line;
        let chain = &mut self.chains[at];
        if item.gap {
            chain.forget();
        }
        if chain.transaction.is_none() {
            chain.transactions += 1;
            let new = Transaction::new(chain.transactions, line.at_ms, !item.gap);
            chain.transaction = Some(new);
        }
        if let Some(transaction) = &mut chain.transaction {
            transaction.lines += 1;
            if transaction.at_ms != line.at_ms {
                let (expected, found) = (transaction.at_ms.to_string(), line.at_ms.to_string());
                return Err(Wrong::new(Fault::Transaction, 96, "at_ms", expected, found));
            }
        }
        for touched in &line.after {
            if let Touched::Instrument(instrument) = touched {
                let (what, found) = (instrument.key, instrument.version);
                let noted = chain.records.instrument(instrument, chain.transactions);
                noted.map_err(|next| other_version(what, next, found))?;
            }
        }
        match line.entry {
            Some(entry) => self.entry(at, item, entry)?,
            None => self.found(at, line)?,
        }
        let mut came = Vec::new();
        if line.commit.is_some() || line.version.is_none() {
            self.close(at, line, &mut came)?;
        }
        Ok(came)
    }

    /// Records that no step has written: those that were there before the journal began. Nothing
    /// was received there, and nothing ordered.
    fn found(&mut self, at: usize, line: &Line<Key>) -> Result<(), Wrong> {
        if line.received.is_some() || line.orders.is_some() {
            let (what, expected) = ("entry", "one, as a message or orders are there");
            return Err(Wrong::new(Fault::Uncaused, 96, what, expected, "none"));
        }
        let chain = &mut self.chains[at];
        for (kind, key, version, state) in line.after.iter().filter_map(written) {
            let next = chain.records.next_version(kind, key, chain.transactions);
            let new = !chain.records.has(kind, key) && next.is_none_or(|next| next == version);
            if !new || !matches!(kind, Kind::Account | Kind::Device) {
                let what = format!("{} {key}", kind.name());
                let expected = "new, or written by a step";
                return Err(Wrong::new(
                    Fault::WritesOtherwise,
                    96,
                    what,
                    expected,
                    format!("{state:?}"),
                ));
            }
        }
        Apply::found(&mut chain.records, line, chain.transactions);
        Ok(())
    }

    fn entry(&mut self, at: usize, item: &Item, entry: Entry<Key>) -> Result<(), Wrong> {
        if entry.protocol != PROTOCOL_NUMBER {
            let (expected, found) = (PROTOCOL_NUMBER.to_string(), entry.protocol.to_string());
            return Err(Wrong::new(Fault::OtherProtocol, 70, "protocol", expected, found));
        }
        let line = &item.line;
        let from = line.received.as_ref().and_then(|received| received.from.clone());
        let from = match from {
            Some(from) => Some(self.name(&from).ok_or_else(|| too_many(&from))?),
            None => None,
        };
        let (server, order) = (self.chains[at].server, self.order);
        self.order += 1;
        let (key, kind, input) = about(&entry.event);
        let message = line.received.as_ref().map(|received| received.message);
        let Server { role, name, .. } = self.servers[usize::from(server)];
        self.chains[at].trail.push(Mark {
            order,
            server,
            role,
            line: item.number,
            about: key,
            kind,
            input,
            message,
            decided: entry.decided,
        });
        self.report.entries += 1;
        let place = (self.files[usize::from(item.file)].0.clone(), item.number);
        if from.is_some_and(|from| !self.is_there(from)) {
            self.report.undecided(Undecided::OtherSideMissing, 1, || place.clone());
        }
        let moved = self.step(at, line, &entry, from, &place)?;
        self.messages(at, line, &entry, from, &moved, name)
    }

    /// Runs the step again, compares, and writes.
    fn step(
        &mut self,
        at: usize,
        line: &Line<Key>,
        entry: &Entry<Key>,
        from: Option<u16>,
        place: &(String, u64),
    ) -> Result<Moved, Wrong> {
        let chain = &mut self.chains[at];
        let rules = &self.servers[usize::from(chain.server)].rules;
        let event = &entry.event;
        let Some(transaction) = &mut chain.transaction else {
            return Err(Wrong::new(Fault::Transaction, 96, "transaction", "open", "closed"));
        };
        transaction.caused(event, &chain.records)?;
        let device = match event {
            Event::Operation { device, .. } => *device,
            _ => None,
        };
        let look = Look { rules, records: &chain.records, line, from, device };
        let unlooked = look.facts(event)?;
        self.report.undecided(Undecided::UnknownFact, unlooked, || place.clone());
        let left_out = left_out(event, line);
        self.report.undecided(Undecided::MessageLeftOut, left_out, || place.clone());
        let looks = &mut self.report.properties;
        let mut seen = |name: &'static str| Self::seen(looks, name);
        let logged = Moved::logged(line, entry.decided, &chain.records);
        let step = Step { rules, records: &chain.records, line, event, moved: &logged, from };
        let kept = step.look(&mut seen);
        let number = transaction.number;
        let again = again(rules.terms(), &chain.records, event);
        let moved = again.unwrap_or(logged);
        if !moved.known {
            transaction.may_order_more();
        }
        let compared = match moved.known {
            true => compare(line, entry.decided, &moved, &chain.records, number),
            false => Ok(()),
        };
        let lacks = || lacking(rules.terms(), &chain.records, event, entry.decided);
        let guard = compared.as_ref().err().and_then(|_| lacks());
        let apply = Apply { rules, line, moved: &moved, from, transaction: number };
        apply.to(&mut chain.records, event);
        transaction.ordered(line, event, &moved, &chain.records);
        let kept = kept
            .and_then(|()| properties::approved(&chain.records, event, &logged, &mut seen))
            .and_then(|()| match &compared {
                Ok(()) => Ok(()),
                // What was written is looked at at once, as nothing more will be.
                Err(_) => properties::states(rules, &chain.records, transaction, &mut seen),
            });
        self.report.undecided(Undecided::UnknownRecord, u64::from(!moved.known), || place.clone());
        let Err(difference) = compared else { return kept.map(|()| moved) };
        let broken = kept.err().or_else(|| {
            self.halves(at);
            let touched = self.chains[at].transaction.iter().flat_map(|t| t.bindings.clone());
            let keys: Vec<Key> = touched.collect();
            keys.into_iter().find_map(|key| self.pair(key).err())
        });
        Err(named(Wrong { guard, ..difference }, broken))
    }

    /// Compares what was received with what the other server sent.
    fn messages(
        &mut self,
        at: usize,
        line: &Line<Key>,
        entry: &Entry<Key>,
        from: Option<u16>,
        moved: &Moved,
        name: u16,
    ) -> Result<(), Wrong> {
        let Some(received) = &line.received else { return Ok(()) };
        let sender = self.servers.iter().find(|server| Some(server.name) == from);
        sent_by(received, sender.map(|server| server.role))?;
        let chain = &mut self.chains[at];
        let moves = entry.decided.moves();
        let Some(from) = from else { return chain.take(received.request, moves) };
        if let Event::Debit { operation, .. } = entry.event {
            self.joint.debit(name, operation, line.person)?;
        }
        if is_answer(received.message) {
            let before = self.joint.answers;
            self.joint.heard(from, received, &entry.event)?;
            if self.joint.answers > before {
                Self::seen(&mut self.report.properties, DURABLE);
            }
            return Ok(());
        }
        self.joint.sent(from, received, &entry.event)?;
        if let (Some(request), Some(transaction)) = (received.request, &mut chain.transaction) {
            let taken = taken(name, &entry.event, moved, &chain.records);
            transaction.taken.push((request, taken, moves));
        }
        if moved.decided != entry.decided {
            return Ok(());
        }
        if received.message == Message::LinkNotice && !matches!(entry.decided, Decided::Refused(_))
        {
            let id = about(&entry.event).0;
            if let Some(wallet) = &mut self.pairs.entry(id).or_default().wallet {
                wallet.owes = false;
            }
        }
        Ok(())
    }
}

/// An instrument was written more or less often than its journal says.
fn other_version(instrument: Key, next: u64, found: u64) -> Wrong {
    let (what, expected) = (format!("instrument {instrument}"), format!("version {next}"));
    Wrong::new(Fault::WritesOtherwise, 96, what, expected, format!("version {found}"))
}

/// A server is named, and journals name more of them than can be told apart.
fn too_many(from: &str) -> Wrong {
    let expected = format!("one of at most {NAMES_MAX} servers that journals name");
    Wrong::new(Fault::Unreadable, 71, "from", expected, from)
}

/// That a message came from whom it can come: a client, or a server of its kind.
fn sent_by(received: &Received<Key>, sender: Option<Role>) -> Result<(), Wrong> {
    let party = received.message.from();
    let found = match (party, received.from.is_some(), sender) {
        (Party::BankClient | Party::WalletClient, true, _) => "from a server",
        (Party::BankServer, _, Some(Role::Wallet)) => "from a wallet",
        (Party::WalletServer, _, Some(Role::Bank)) => "from a bank",
        _ => return Ok(()),
    };
    let what = received.message.name();
    Err(Wrong::new(Fault::SentOtherwise, 71, what, format!("from {party:?}"), found))
}

/// A difference, with the property that does not hold because of it, if there is one; else with the
/// one that does not hold of servers which lack the same guard.
fn named(difference: Wrong, broken: Option<Wrong>) -> Wrong {
    match broken {
        Some(Wrong { property, requirement, .. }) => Wrong { property, requirement, ..difference },
        None => Wrong { property: difference.guard.map(property_of), ..difference },
    }
}
