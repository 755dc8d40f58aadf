//! An account that its holder has set up by herself is nobody's until she proves who she is: its
//! records are kept apart, and do not say whether she has others.

use bindproof::journal::{Entry, Event, PROTOCOL_NUMBER};
use bindproof::limits::Limits;
use bindproof::message::Message;
use bindproof::policy::{Environment, Origin, Policy, TrustAge};
use bindproof::wallet::account::Account;
use bindproof::wallet::device::Device;
use bindproof::wallet::kind::Kind;
use bindproof::wallet::lock::{Lock, Path};
use bindproof::wallet::operation::{Asked, Context, Input, Operation, Terms, View};
use bindproof::wallet::proof::{Factors, Proof, Tie};
use bindproof_conformance::key::Key;
use bindproof_conformance::record::{Journal, decide};
use bindproof_conformance::trace::line::{Commit, Header, Line, Received, Role, Touch, Touched};
use bindproof_conformance::trace::{Fault, Report};
use bindproof_models::views::Seen;

use crate::{Extent, checked, told};

/// When it begins, in milliseconds since 1970.
const START_MS: i64 = 1_700_000_000_000;
/// A device that is trusted and in a session.
const DEVICE: Device =
    Device::Trusted { session: true, authenticator: true, age: TrustAge::Recent };

const fn key(number: u8) -> Key {
    Key::from_bytes([number; 16])
}

/// Person, account, device's record, operation, device's key.
const PERSON: Key = key(1);
const ACCOUNT: Key = key(2);
const RECORD: Key = key(3);
const OPERATION: Key = key(4);
const KEY: Key = key(5);

/// A wallet's journal that is being written.
struct Writing {
    view: View,
    lines: Vec<Line<Key>>,
    transactions: u64,
}

impl Writing {
    /// An account and a device on it that no step has made.
    fn new(account: Account) -> Self {
        let view = View { operation: Operation::Absent, account, device: DEVICE, lock: Lock::OPEN };
        let after = vec![
            Touched::Account(Touch { key: ACCOUNT, version: 1, state: account }),
            Touched::Device(Touch { key: RECORD, version: 1, state: DEVICE }),
        ];
        let mut writing = Self { view, lines: Vec::new(), transactions: 1 };
        writing.push(None, after);
        writing.commit();
        writing
    }

    fn push(&mut self, entry: Option<Entry<Key>>, after: Vec<Touched<Key>>) {
        let place = self.lines.len() as u64;
        self.lines.push(Line {
            person: PERSON,
            sequence: entry.is_none().then_some(place),
            version: Some(self.transactions),
            at_ms: START_MS + 100 * self.transactions as i64,
            entry,
            received: None,
            orders: None,
            after,
            commit: None,
        });
    }

    /// One step on the operation, by what the specification decides.
    fn step(&mut self, input: Input) {
        let (policy, limits) = (Policy::DEFAULT, Limits::DEFAULT);
        let decide = decide(Terms { policy: &policy, limits: &limits });
        let stepped = decide(&Seen::Operation(self.view, input));
        let Seen::Operation(after, _) = stepped.after else { panic!("an operation") };
        let mut touched = Vec::new();
        if after.operation != self.view.operation {
            let version = self.transactions - 1;
            let state = after.operation;
            touched.push(Touched::Operation(Touch { key: OPERATION, version, state }));
        }
        if after.account != self.view.account {
            touched.push(Touched::Account(Touch {
                key: ACCOUNT,
                version: 2,
                state: after.account,
            }));
        }
        self.view = after;
        // Among nobody's records there is no path.
        let path = self.view.account.is_verified().then_some(KEY);
        let (account, device) = (Some(ACCOUNT), Some(RECORD));
        let event = Event::Operation { id: OPERATION, account, device, path, input };
        let sequence = self.lines.len() as u64;
        let decided = stepped.decided;
        self.push(Some(Entry { protocol: PROTOCOL_NUMBER, sequence, event, decided }), touched);
    }

    fn commit(&mut self) {
        let lines = self.lines.iter().filter(|line| line.version == Some(self.transactions));
        let lines = lines.count() as u64;
        let last = self.lines.last_mut().expect("a line");
        last.commit = Some(Commit { lines, owed: Vec::new() });
        self.transactions += 1;
    }
}

/// What the checker says if somebody verifies her identity on this account, and the wallet says
/// that she has another verified account.
fn verified_with_another(account: Account, message: &str) -> Report {
    let context = Context::usual(Kind::VerifyIdentity);
    let mut writing = Writing::new(account);
    writing.step(Input::Requested { context, asked: Asked::PROPER });
    let asked = writing.lines.last_mut().expect("a line");
    asked.received = Some(Received {
        issued_ms: Some(asked.at_ms),
        account: Some(ACCOUNT),
        content: Some(key(6)),
        kind: Some(Kind::VerifyIdentity),
        device: Some(KEY),
        signed: Some(true),
        environment: Some(Environment::Normal),
        ..Received::new(Message::OperationRequest)
    });
    writing.commit();
    let context = Context { person_free: false, ..context };
    let proof = Proof {
        from_its_device: true,
        fits: true,
        factors: Factors::None,
        code: Tie::None,
        contact: Tie::None,
        identity: true,
    };
    writing.step(Input::Answered { context, proof, path: Path::Device });
    writing.lines.last_mut().expect("a line").received = Some(Received {
        device: Some(KEY),
        signed: Some(true),
        ..Received::new(Message::ChallengeAnswer)
    });
    writing.step(Input::Executing(context));
    writing.commit();
    assert!(matches!(writing.view.operation, Operation::Refused(_)), "{message}");
    let header = Header::new("wallet", Role::Wallet);
    let journal = Journal { header, lines: writing.lines };
    checked(&[("wallet.ndjson".into(), journal.text())], Extent::Whole)
}

#[test]
fn an_account_of_nobody_known_is_refused_to_who_has_another_elsewhere() {
    let account =
        Account::Open { origin: Origin::SelfRegistered, verified: false, authenticated: true };
    let report = verified_with_another(account, "nobody's");
    assert_eq!((report.found, report.entries), (0, 3), "{}", told(&report));
}

#[test]
fn the_records_of_a_person_say_whether_she_has_another_account() {
    let report = verified_with_another(Account::RECOVERED, "hers");
    let finding = report.findings.first().unwrap_or_else(|| panic!("{}", told(&report)));
    let wrong = &finding.wrong;
    assert_eq!((wrong.fault, wrong.what.as_str()), (Fault::OtherFact, "person_free"));
}
