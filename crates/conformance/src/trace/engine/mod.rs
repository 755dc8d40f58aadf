//! Reads journals side by side, puts what happened into an order in which nothing is received
//! before it was sent, and looks at each entry.

use bindproof::settings::Settings;
use std::collections::{BTreeMap, BTreeSet};

use bindproof::journal::Decided;
use bindproof::policy::Policy;

use super::Extent;
use super::bounds::NAMES_MAX;
use super::chain::{Admitted, Chain, Item};
use super::finding::{Fault, Finding, Wrong};
use super::joint::{Joint, Need, brings};
use super::line::{Header, Line, Role};
use super::pairs::{Live, Pairs};
use super::report::{Journal, Looks, PROPERTIES, REST, Report, Undecided};
use super::trail::Mark;
use crate::key::Key;

mod close;
mod look;

/// How many journals of one run are drawn.
const RUN_CHAINS: usize = 8;
/// How many entries of it.
const RUN_MARKS: usize = 24;

/// A server whose journal is there.
#[derive(PartialEq)]
struct Server {
    name: u16,
    role: Role,
    rules: Settings,
}

/// A check under way: lines go in one after the other, a report comes out at the end.
pub struct Checker {
    extent: Extent,
    servers: Vec<Server>,
    /// How many files each server has.
    parts: Vec<u32>,
    names: Vec<String>,
    named: BTreeMap<String, u16>,
    /// The file, and its server, by the number of the file.
    files: Vec<(String, u16)>,
    chains: Vec<Chain>,
    index: BTreeMap<(u16, Key), usize>,
    waiting: BTreeMap<Need, Vec<usize>>,
    /// What is waited for no longer: it does not come.
    given_up: BTreeSet<Need>,
    /// How many lines bring each need that stand behind what waits, once no more lines come.
    ahead: BTreeMap<Need, u64>,
    joint: Joint,
    pairs: Pairs,
    live: Live,
    order: u64,
    report: Report,
}

impl Checker {
    /// A check of nothing yet. The journals are of this extent.
    pub fn new(extent: Extent) -> Self {
        let report = Report {
            properties: vec![Looks::default(); PROPERTIES.len() + 1],
            ..Report::default()
        };
        Self {
            extent,
            servers: Vec::new(),
            parts: Vec::new(),
            names: Vec::new(),
            named: BTreeMap::new(),
            files: Vec::new(),
            chains: Vec::new(),
            index: BTreeMap::new(),
            waiting: BTreeMap::new(),
            given_up: BTreeSet::new(),
            ahead: BTreeMap::new(),
            joint: Joint::default(),
            pairs: Pairs::new(),
            live: Live::default(),
            order: 0,
            report,
        }
    }

    /// The number of a server's name; none if journals name more servers than can be told apart.
    fn name(&mut self, name: &str) -> Option<u16> {
        if let Some(known) = self.named.get(name) {
            return Some(*known);
        }
        let number = u16::try_from(self.names.len()).ok();
        let number = number.filter(|number| usize::from(*number) < NAMES_MAX)?;
        self.names.push(name.to_owned());
        self.named.insert(name.to_owned(), number);
        Some(number)
    }

    /// Another file begins with this header. Gives the number of the file.
    ///
    /// # Errors
    /// If there are too many, or the server has another header in a file before.
    pub fn begin(&mut self, file: &str, header: &Header) -> Result<u16, String> {
        let many = || format!("more than {NAMES_MAX} servers are named");
        let name = self.name(&header.server).ok_or_else(many)?;
        let policy = header.policy.clone().unwrap_or(Policy::DEFAULT);
        let (limits, timing, skew_ms) = (header.limits, header.timing, header.skew_ms);
        let own =
            Server { name, role: header.role, rules: Settings { limits, timing, policy, skew_ms } };
        let known = self.servers.iter().position(|server| server.name == name);
        let server = known.unwrap_or(self.servers.len());
        match self.servers.get(server) {
            None => {
                self.report.servers.push(header.server.clone());
                self.servers.push(own);
                self.parts.push(0);
            }
            Some(known) if *known == own => {}
            Some(_) => return Err(format!("{} has another header elsewhere", header.server)),
        }
        self.parts[server] += 1;
        let number = u16::try_from(self.files.len()).map_err(|_| many())?;
        self.files.push((file.to_owned(), u16::try_from(server).map_err(|_| many())?));
        self.report.journals.push(Journal {
            file: file.to_owned(),
            server: header.server.clone(),
            role: header.role,
            lines: 0,
            persons: 0,
        });
        Ok(number)
    }

    /// A line cannot be read.
    pub fn unreadable(&mut self, file: u16, number: u64, why: String) {
        let wrong = Wrong::new(Fault::Unreadable, 71, "line", "a line of a journal", why);
        self.find(file, number, None, None, wrong);
    }

    /// Notes what could not be told of a file as a whole, or that it is not whole.
    pub fn doubt(&mut self, file: u16, number: u64, what: Undecided) {
        let at = || (self.files[usize::from(file)].0.clone(), number);
        let partial = matches!(
            what,
            Undecided::BeginningMissing
                | Undecided::LinesMissing
                | Undecided::SenderCut
                | Undecided::Torn
                | Undecided::NoEnd
        );
        if partial && self.is_whole() {
            let wrong = Wrong::new(Fault::NotWhole, 96, "journal", "whole", what.sentence());
            self.find(file, number, None, None, wrong);
        } else {
            let at = at();
            self.report.undecided(what, 1, || at);
        }
    }

    /// A file is at its end, which says how many lines and persons there are.
    pub fn ended(&mut self, file: u16, number: u64, said: (u64, u64)) {
        let journal = &self.report.journals[usize::from(file)];
        let found = (journal.lines, journal.persons);
        let cut = said.0 >= found.0 && said.1 >= found.1;
        if said != found && cut && !self.is_whole() {
            self.doubt(file, number, Undecided::LinesMissing);
        } else if said != found {
            let text = |(lines, persons): (u64, u64)| format!("{lines} lines of {persons} persons");
            let wrong = Wrong::new(Fault::NotWhole, 96, "end", text(said), text(found));
            self.find(file, number, None, None, wrong);
        }
    }

    /// Whether lines that stand before this one of a file may still come from another file of the
    /// same server.
    pub fn is_early(&self, file: u16, line: &Line<Key>) -> bool {
        let server = self.files[usize::from(file)].1;
        let chain = self.index.get(&(server, line.person));
        self.parts[usize::from(server)] > 1
            && chain.map_or(line.place() > Some(0), |chain| self.chains[*chain].is_early(line))
    }

    /// The next line of a file; `hash` was taken out of `text`.
    pub fn line(
        &mut self,
        file: u16,
        number: u64,
        line: Line<Key>,
        text: &str,
        hash: Option<String>,
    ) {
        let server = self.files[usize::from(file)].1;
        let rules = &self.servers[usize::from(server)].rules;
        let (skew_ms, window_ms) = (rules.skew_ms, rules.policy.bands().window_ms());
        let journal = &mut self.report.journals[usize::from(file)];
        journal.lines += 1;
        let chain = *self.index.entry((server, line.person)).or_insert_with(|| {
            self.chains.push(Chain::new(server, line.person, window_ms));
            self.chains.len() - 1
        });
        let files = &mut self.chains[chain].files;
        if !files.contains(&file) {
            files.push(file);
            journal.persons += 1;
        }
        let person = Some((line.person, line.place()));
        let admitted = self.chains[chain].admit(&line, text, hash, skew_ms, self.extent);
        let decided = line.entry.map(|entry| entry.decided);
        let gap = match admitted {
            Ok(Admitted { gap, doubts }) => {
                doubts.into_iter().for_each(|what| self.doubt(file, number, what));
                gap
            }
            Err(wrong) => {
                self.find(file, number, person, decided, wrong);
                self.breaks(chain);
                false
            }
        };
        self.chains[chain].queue.push_back(Item { file, number, line, gap });
        self.go_on(chain);
    }

    /// What a line waits for that has not come, if there is the journal of the server that it
    /// heard.
    fn waits(&self, line: &Line<Key>) -> Option<Need> {
        let from = line.received.as_ref()?.from.as_deref()?;
        let from = *self.named.get(from)?;
        self.joint.waits(from, line).filter(|_| self.is_there(from))
    }

    /// Looks at what can be looked at, beginning with this journal.
    fn go_on(&mut self, chain: usize) {
        let mut ready = vec![chain];
        while let Some(chain) = ready.pop() {
            while let Some(item) = self.chains[chain].queue.front() {
                let waits = self.waits(&item.line).filter(|need| !self.given_up.contains(need));
                if let Some(need) = waits.filter(|_| !self.chains[chain].broken) {
                    if self.chains[chain].blocked != Some(need) {
                        self.chains[chain].blocked = Some(need);
                        self.waiting.entry(need).or_default().push(chain);
                    }
                    break;
                }
                self.chains[chain].blocked = None;
                let Some(item) = self.chains[chain].queue.pop_front() else { break };
                if !self.ahead.is_empty() {
                    self.count(chain, &item.line, |count| count.saturating_sub(1));
                }
                for need in self.look(chain, &item) {
                    ready.extend(self.waiting.remove(&need).unwrap_or_default());
                }
            }
        }
    }

    /// Counts a line of a journal that waits among those that bring what others wait for.
    fn count(&mut self, chain: usize, line: &Line<Key>, counted: impl Fn(u64) -> u64) {
        let server = self.servers[usize::from(self.chains[chain].server)].name;
        for need in brings(server, line) {
            let count = self.ahead.entry(need).or_default();
            *count = counted(*count);
        }
    }

    /// Something is wrong; `person` is whose journal it is, with the place in it.
    fn find(
        &mut self,
        file: u16,
        line: u64,
        person: Option<(Key, Option<u64>)>,
        decided: Option<Decided>,
        wrong: Wrong,
    ) {
        let (name, server) = &self.files[usize::from(file)];
        let run = person.map_or_else(Vec::new, |(person, _)| self.run(*server, person));
        let server = &self.servers[usize::from(*server)];
        self.report.find(Finding {
            file: name.clone(),
            line,
            server: self.names[usize::from(server.name)].clone(),
            person: person.map(|(person, _)| person),
            sequence: person.and_then(|(_, sequence)| sequence),
            decided,
            wrong,
            run,
        });
    }

    /// What led to a finding about this person, on both sides.
    fn run(&self, server: u16, person: Key) -> Vec<Mark> {
        let Some(own) = self.index.get(&(server, person)) else { return Vec::new() };
        let records = &self.chains[*own].records;
        let shared = records.bindings.keys().chain(records.links.keys());
        let pairs = shared.filter_map(|key| self.pairs.get(key));
        let others = pairs.flat_map(|pair| {
            [pair.bank.map(|bank| bank.chain), pair.wallet.map(|wallet| wallet.chain)]
        });
        let chains: BTreeSet<usize> = others.flatten().chain([*own]).take(RUN_CHAINS).collect();
        let marks = chains.iter().flat_map(|chain| self.chains[*chain].trail.marks());
        let mut marks: Vec<Mark> = marks.copied().collect();
        marks.sort_by_key(|mark| mark.order);
        marks.split_off(marks.len().saturating_sub(RUN_MARKS))
    }

    /// Notes a look at a property.
    fn seen(looks: &mut [Looks], name: &str) {
        let at = PROPERTIES.iter().position(|(_, known, _)| *known == name);
        let at = at.or((name == REST).then_some(PROPERTIES.len()));
        if let Some(at) = at {
            looks[at].looked += 1;
        }
    }

    fn is_whole(&self) -> bool {
        self.extent == Extent::Whole
    }

    fn is_there(&self, name: u16) -> bool {
        self.servers.iter().any(|server| server.name == name)
    }
}
