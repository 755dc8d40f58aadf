//! Looks at what a transaction leaves behind, at both halves of its bindings, and at the end.

use super::Checker;
use crate::key::Key;
use crate::trace::finding::{Fault, Wrong};
use crate::trace::joint::{DURABLE, Need, Under};
use crate::trace::line::{Line, Owed, Role};
use crate::trace::pairs::{AGREE, ASKED, BOUND, BankHalf, WalletHalf};
use crate::trace::properties;
use crate::trace::records::Kind;
use crate::trace::report::{Report, Undecided};
use crate::trace::trail::about;
use crate::trace::transaction::Place;

impl Checker {
    /// A transaction is committed.
    pub(super) fn close(
        &mut self,
        at: usize,
        line: &Line<Key>,
        came: &mut Vec<Need>,
    ) -> Result<(), Wrong> {
        let chain = &mut self.chains[at];
        let server = &self.servers[usize::from(chain.server)];
        let Some(transaction) = &chain.transaction else { return Ok(()) };
        if let Some(commit) = &line.commit {
            transaction.owes(commit)?;
            self.joint.owe(server.name, transaction, &commit.owed)?;
            let under = |owed: &Owed<Key>| Under::new(server.name, owed.message, &owed.key);
            came.extend(commit.owed.iter().map(under).map(Need::Letter));
        }
        transaction.obeyed(&chain.records)?;
        came.extend(self.taken(at)?);
        let chain = &mut self.chains[at];
        let server = &self.servers[usize::from(chain.server)];
        let Some(transaction) = &chain.transaction else { return Ok(()) };
        let looks = &mut self.report.properties;
        let mut seen = |name: &'static str| Self::seen(looks, name);
        if server.role == Role::Wallet {
            properties::states(&server.rules, &chain.records, transaction, &mut seen)?;
        }
        for account in &chain.records.made {
            self.joint.account(*account, server.name);
            came.push(Need::Account(*account));
        }
        chain.records.made.clear();
        self.halves(at);
        let transaction = self.chains[at].transaction.take();
        for key in transaction.iter().flat_map(|transaction| &transaction.bindings) {
            self.pair(*key)?;
        }
        Ok(())
    }

    /// Puts this journal's halves of the bindings that its transaction stepped beside the others.
    pub(super) fn halves(&mut self, at: usize) {
        let chain = &self.chains[at];
        let role = self.servers[usize::from(chain.server)].role;
        let Some(transaction) = &chain.transaction else { return };
        for key in &transaction.bindings {
            let pair = self.pairs.entry(*key).or_default();
            let owed = |place| transaction.owed.get(&(place, *key)).map(Option::is_some);
            match role {
                Role::Bank if chain.records.has(Kind::Binding, *key) => {
                    let owes = owed(Place::ToWallet);
                    let refs = chain.records.bindings.get(key).copied().unwrap_or_default();
                    pair.bank = Some(BankHalf {
                        chain: at,
                        binding: chain.records.binding(*key),
                        account: refs.account,
                        server: chain.server,
                        instrument: refs.instrument,
                        owes: owes.or(pair.bank.map(|bank| bank.owes)).unwrap_or(false),
                    });
                }
                Role::Wallet if chain.records.has(Kind::Link, *key) => {
                    let refs = chain.records.links.get(key).copied().unwrap_or_default();
                    let owes = owed(Place::Notice);
                    pair.wallet = Some(WalletHalf {
                        chain: at,
                        link: chain.records.link(*key),
                        account: refs.account,
                        activated_on: refs.activated_on,
                        bank: refs.bank,
                        owes: owes.or(pair.wallet.map(|wallet| wallet.owes)).unwrap_or(false),
                    });
                }
                Role::Bank | Role::Wallet => {}
            }
        }
    }

    /// Looks at what both halves of a binding have to keep together, as far as both are known.
    pub(super) fn pair(&mut self, key: Key) -> Result<(), Wrong> {
        let Some(pair) = self.pairs.get(&key).copied().filter(|pair| !pair.broken) else {
            return Ok(());
        };
        let whole = |chain: usize| self.chains[chain].records.whole;
        let bank = pair.bank.map(|bank| whole(bank.chain));
        let wallet = pair.wallet.map(|wallet| whole(wallet.chain));
        let its_bank = pair.wallet.and_then(|wallet| wallet.bank);
        let bank_there = bank.is_some() || its_bank.is_some_and(|bank| self.is_there(bank));
        let wallet_there = self.servers.iter().any(|server| server.role == Role::Wallet);
        // A half that is nowhere in journals that may be cut may be in what was cut off.
        let bank = bank.unwrap_or(self.is_whole() && bank_there);
        let wallet = wallet.unwrap_or(self.is_whole() && wallet_there);
        if !bank || !wallet {
            return Ok(());
        }
        let looks = &mut self.report.properties;
        Self::seen(looks, BOUND);
        pair.bound(key)?;
        Self::seen(looks, ASKED);
        pair.asked(key)?;
        Self::seen(looks, AGREE);
        pair.agree(key)?;
        let known = |other: &Key| {
            let pair = self.pairs.get(other).filter(|pair| !pair.broken);
            let chains = pair.and_then(|pair| Some((pair.bank?.chain, pair.wallet?.chain)));
            chains.is_some_and(|(bank, wallet)| whole(bank) && whole(wallet))
        };
        self.live.one_link(key, &pair, known)
    }

    /// Nothing more comes: what waits waits in vain, and what is left has to be at rest.
    pub fn finish(mut self) -> Report {
        // What came in a transaction with a finding has woken nobody.
        for chain in self.blocked() {
            let first = self.chains[chain].queue.front();
            if first.is_some_and(|item| self.waits(&item.line).is_none()) {
                self.go_on(chain);
            }
        }
        self.give_up();
        for chain in 0..self.chains.len() {
            if self.chains[chain].is_torn() && !self.chains[chain].broken {
                let (file, number) = self.end_of(chain);
                self.doubt(file, number, Undecided::Torn);
            }
        }
        if self.is_whole() {
            self.at_rest();
        }
        let both = |pair: &&crate::trace::pairs::Pair| pair.bank.is_some() && pair.wallet.is_some();
        self.report.joined = self.pairs.values().filter(both).count() as u64;
        self.report.messages = self.joint.messages + self.joint.answers;
        self.report
    }

    /// The last file with lines of this journal, and the line behind the last one there.
    fn end_of(&self, chain: usize) -> (u16, u64) {
        let file = self.chains[chain].files.last().copied().unwrap_or_default();
        (file, self.report.journals[usize::from(file)].lines + 1)
    }

    /// The journals that wait for something.
    fn blocked(&self) -> Vec<usize> {
        let waits = |chain: &usize| self.chains[*chain].blocked.is_some();
        (0..self.chains.len()).filter(waits).collect()
    }

    /// Gives up what is waited for in vain. What a line brings that waits itself may still come: it
    /// is given up only where journals wait for each other.
    fn give_up(&mut self) {
        for chain in self.blocked() {
            let queue = std::mem::take(&mut self.chains[chain].queue);
            queue.iter().for_each(|item| self.count(chain, &item.line, |count| count + 1));
            self.chains[chain].queue = queue;
        }
        loop {
            let blocked = self.blocked();
            let Some(first) = blocked.first().copied() else { return };
            let mut hopeless = false;
            for chain in blocked {
                while self.is_hopeless(chain) {
                    hopeless = true;
                    self.in_vain(chain);
                }
            }
            if !hopeless {
                self.in_vain(first);
            }
        }
    }

    /// Whether no line brings what this journal waits for.
    fn is_hopeless(&self, chain: usize) -> bool {
        let need = self.chains[chain].blocked;
        need.is_some_and(|need| self.ahead.get(&need).is_none_or(|lines| *lines == 0))
    }

    /// What this journal waits for does not come.
    fn in_vain(&mut self, chain: usize) {
        let waiting = &mut self.chains[chain];
        let (Some(need), Some(item)) = (waiting.blocked.take(), waiting.queue.front()) else {
            return;
        };
        let (file, number) = (item.file, item.number);
        let person = Some((item.line.person, item.line.place()));
        let entry = item.line.entry;
        let decided = entry.map(|entry| entry.decided);
        let received = item.line.received.as_ref();
        let what = received.map_or("message", |received| received.message.name());
        let from = received.and_then(|received| received.from.clone()).unwrap_or_default();
        let (property, requirement, missing) = match need {
            Need::Letter(_) => (None, 71, "owes it under this key"),
            Need::Request(_) => (Some(DURABLE), 119, "has taken the request that it answers"),
            Need::Account(_) => (Some(DURABLE), 119, "has the account that it names"),
        };
        self.given_up.insert(need);
        if self.is_whole() {
            let (expected, found) = (format!("{from} {missing}"), "it does not".to_owned());
            let wrong = Wrong::new(Fault::NeverSent, requirement, what, expected, found);
            self.find(file, number, person, decided, Wrong { property, ..wrong });
            self.breaks(chain);
        } else {
            // What the other side has done since nobody knows.
            if let Some(entry) = &entry {
                self.pairs.entry(about(&entry.event).0).or_default().broken = true;
            }
            self.doubt(file, number, Undecided::SenderCut);
        }
        self.go_on(chain);
    }

    /// Compares both sides of every binding of which nothing is owed any more.
    fn at_rest(&mut self) {
        let pairs: Vec<_> = self.pairs.iter().map(|(key, pair)| (*key, *pair)).collect();
        for (key, pair) in pairs.into_iter().filter(|(_, pair)| !pair.broken) {
            let owes = pair.bank.is_some_and(|bank| bank.owes)
                || pair.wallet.is_some_and(|wallet| wallet.owes);
            self.report.owed += u64::from(owes);
            let Some(wallet) = pair.wallet else { continue };
            let bank_there = wallet.bank.is_some_and(|bank| self.is_there(bank));
            if !bank_there && pair.bank.is_none() {
                continue;
            }
            match pair.at_rest(key) {
                Ok(looked) => {
                    self.report.properties.iter_mut().last().into_iter().for_each(|looks| {
                        looks.looked += u64::from(looked);
                    });
                }
                Err(wrong) => {
                    let (file, number) = self.end_of(wallet.chain);
                    let person = Some((self.chains[wallet.chain].person, None));
                    self.find(file, number, person, None, wrong);
                }
            }
        }
    }
}
