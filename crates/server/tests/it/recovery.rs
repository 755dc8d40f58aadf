//! Accounts that no bank had registered: a recovery that names none, and one that its holder sets
//! up and verifies later.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bindproof::journal::Decided;
use bindproof::refusal::Refusal;
use bindproof::rule::Rule;
use bindproof::wire::{
    AccountId, Action, BindingId, Challenge, OperationId, OperationOutcome, Proof, Settled,
    Standing,
};
use bindproof_conformance::trace::hash::take_hash;
use bindproof_conformance::trace::{Extent, Fault, Report, Source, check};
use bindproof_server::client::{BankClient, ClientError, Told, WalletClient};
use bindproof_server::clock::{Clock, World};
use bindproof_server::demo::Cast;
use bindproof_server::development::{SoftKey, VouchedIdentity};
use bindproof_server::journal::{Line, hash_of, place_of, verify};
use bindproof_server::key::Person;
use bindproof_server::record::RecordKind;
use bindproof_server::store::JournalRow;
use ed25519_dalek::SigningKey;

use crate::folder::Folder;

/// The machine's clock, put ahead by so many milliseconds.
#[derive(Default)]
struct Hand(AtomicI64);

impl Hand {
    fn goes_on(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }
}

impl Clock for Hand {
    fn now_ms(&self) -> i64 {
        World::system().now_ms() + self.0.load(Ordering::SeqCst)
    }
}

struct Stage {
    cast: Cast,
    _folder: Folder,
}

impl Stage {
    async fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        let cast = Cast::start(folder.path()).await.unwrap();
        Self { cast, _folder: folder }
    }

    /// One whose clock goes ahead by hand.
    async fn with_clock(name: &str) -> (Self, Arc<Hand>) {
        let folder = Folder::new(name);
        let (hand, world) = (Arc::new(Hand::default()), World::system());
        let world = World { clock: Arc::<Hand>::clone(&hand), ..world };
        let cast = Cast::start_in(folder.path(), world).await.unwrap();
        (Self { cast, _folder: folder }, hand)
    }

    fn phone(&self) -> WalletClient {
        let world = self.cast.world.clone();
        WalletClient::new(&self.cast.urls[2], SigningKey::from_bytes(&world.bytes()), world)
    }

    fn vouches(&self) -> &VouchedIdentity {
        &self.cast.wallet.development.as_ref().unwrap().identity
    }

    /// Evidence of this person's identity, and a new authenticator.
    async fn proof(&self, phone: &WalletClient, challenge: &Challenge, person: &str) -> Proof {
        let ceremony = phone.ceremony(challenge).await.unwrap();
        let key = SoftKey::new(self.cast.world.bytes());
        Proof {
            identity: self.vouches().vouch(person.parse().unwrap()).parse().ok(),
            authenticator: key.enrol(&ceremony).parse().ok(),
            ..Proof::default()
        }
    }

    async fn moves(&self, person: &Person) -> Vec<Rule> {
        let journal = self.cast.wallet.node.store.journal(person).await.unwrap();
        let lines = journal.iter().map(|row| serde_json::from_str::<Line>(&row.line).unwrap());
        let applied = lines.filter_map(|line| match line.entry?.decided {
            Decided::Applied(rule) => Some(rule),
            _ => None,
        });
        applied.collect()
    }

    async fn ends(self) {
        self.cast.verify().await.unwrap_or_else(|error| panic!("{error}"));
        self.cast.stop().await;
    }
}

/// Ben asks his bank to bind a card of his.
async fn ben_asks(stage: &Stage) -> (BankClient, BindingId) {
    let (url, world) = (&stage.cast.urls[0], stage.cast.world.clone());
    let north = BankClient::open(url, "ben".parse().unwrap(), world).await.unwrap();
    let asked = north.bind("north-bank-card-ben".parse().unwrap(), north.new_key()).await.unwrap();
    (north, asked.binding)
}

/// Whether a binding waits on this account.
async fn waits(phone: &WalletClient, account: AccountId, binding: BindingId) -> bool {
    let overview = phone.overview(account).await.unwrap();
    overview.links.iter().any(|link| link.binding == binding)
}

/// Waits until it is so.
async fn until(is_so: impl AsyncFn() -> bool, what: &str) {
    for _ in 0..1_200 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{what}: not in time");
}

async fn begun(phone: &WalletClient, operation: OperationId) -> Challenge {
    match phone.recover(operation).await.unwrap() {
        Told::Challenge(challenge) => *challenge,
        Told::Outcome(outcome) => panic!("{outcome:?}"),
    }
}

/// An account that its holder has set up on this device, and her authenticator.
async fn registered(stage: &Stage, phone: &WalletClient) -> (AccountId, SoftKey) {
    let begun = phone.registration().await.unwrap();
    let ceremony = begun.invitation["ceremony"].as_str().unwrap();
    let key = SoftKey::new(stage.cast.world.bytes());
    let made = key.enrol(ceremony).parse().unwrap();
    assert_eq!(phone.register(begun.account, made).await.unwrap(), begun.account);
    (begun.account, key)
}

/// She verifies her identity on an account, as this person; what became of it.
async fn verifies(
    stage: &Stage,
    phone: &WalletClient,
    account: AccountId,
    person: &str,
) -> Settled {
    let asked = phone.request(account, Action::VerifyIdentity).await.unwrap();
    let Told::Challenge(challenge) = asked else { panic!("{asked:?}") };
    let identity = stage.vouches().vouch(person.parse().unwrap()).parse().ok();
    let told = phone.answer(&challenge, Proof { identity, ..Proof::default() }).await.unwrap();
    told.unwrap().settled
}

fn is_executed(told: Option<OperationOutcome>) -> bool {
    told.is_some_and(|outcome| outcome.settled == Settled::Executed)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_proves_her_identity_has_an_account_on_this_device_whether_or_not_she_had_one() {
    let stage = Stage::new("recover-new").await;
    let phone = stage.phone();
    let operation = phone.new_operation();
    let challenge = begun(&phone, operation).await;
    let proof = stage.proof(&phone, &challenge, "ben").await;
    assert!(is_executed(phone.answer(&challenge, proof).await.unwrap()));
    let account = phone.account_recovered(operation).await.unwrap();
    let overview = phone.overview(account).await.unwrap();
    assert!(overview.state.is_verified() && overview.links.is_empty());

    // A bank finds this account, so that its binding waits for her.
    let (north, asked) = ben_asks(&stage).await;
    until(async || waits(&phone, account, asked).await, "it waits on her own account").await;
    let standing = north.query(asked).await.unwrap().standing;
    assert!(matches!(standing, Standing::Pending { .. }), "{standing:?}");
    stage.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_runs_on_the_account_of_who_is_proved_and_starts_that_one_afresh() {
    let stage = Stage::new("recover-old").await;
    let (first, second) = (stage.phone(), stage.phone());
    let operation = first.new_operation();
    let challenge = begun(&first, operation).await;
    let proof = stage.proof(&first, &challenge, "ben").await;
    assert!(is_executed(first.answer(&challenge, proof).await.unwrap()));
    let account = first.account_recovered(operation).await.unwrap();

    let again = second.new_operation();
    let challenge = begun(&second, again).await;
    let proof = stage.proof(&second, &challenge, "ben").await;
    assert!(is_executed(second.answer(&challenge, proof).await.unwrap()));
    assert_eq!(second.account_recovered(again).await.unwrap(), account, "the same account");
    assert!(second.overview(account).await.is_ok());
    let revoked = first.overview(account).await;
    assert!(matches!(revoked, Err(ClientError::Refused(Refusal::DeviceUnknown))), "{revoked:?}");
    let moves = stage.moves(&Person::known("ben".parse().unwrap())).await;
    assert_eq!(moves.iter().filter(|rule| **rule == Rule::Recovered).count(), 2, "{moves:?}");
    stage.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_proved_by_another_device_or_by_evidence_that_is_none() {
    let stage = Stage::new("recover-not").await;
    let (phone, other) = (stage.phone(), stage.phone());
    let operation = phone.new_operation();
    let challenge = begun(&phone, operation).await;
    let proof = stage.proof(&phone, &challenge, "ben").await;
    let elsewhere = other.answer(&challenge, proof).await;
    assert!(matches!(elsewhere, Err(ClientError::Refused(_))), "{elsewhere:?}");
    let forged = VouchedIdentity::new([1; 32]).vouch("ben".parse().unwrap());
    let forged = Proof { identity: forged.parse().ok(), ..proof };
    let told = phone.answer(&challenge, forged).await;
    assert!(matches!(told, Err(ClientError::Refused(Refusal::ChallengeInvalid))), "{told:?}");
    let none = phone.account_recovered(operation).await;
    assert!(matches!(none, Err(ClientError::Refused(Refusal::DeviceUnknown))), "{none:?}");
    assert_eq!(stage.moves(&Person::known("ben".parse().unwrap())).await, []);

    // The challenge has tries left, and the right evidence counts.
    assert!(is_executed(phone.answer(&challenge, proof).await.unwrap()));
    let asked_again = phone.recover(operation).await.unwrap();
    assert!(matches!(asked_again, Told::Outcome(outcome) if outcome.settled == Settled::Executed));
    // It is over, whoever else's identity is proved now.
    let ada = stage.vouches().vouch("ada".parse().unwrap());
    let late = phone.answer(&challenge, Proof { identity: ada.parse().ok(), ..proof }).await;
    assert!(matches!(late, Err(ClientError::Refused(Refusal::ChallengeExpired))), "{late:?}");
    assert_eq!(stage.moves(&Person::known("ada".parse().unwrap())).await, []);
    stage.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_sees_the_same_with_and_without_an_account_behind_it() {
    let stage = Stage::new("recover-alike").await;
    let phone = stage.phone();
    let unnamed = begun(&phone, phone.new_operation()).await;
    let nobody = AccountId::from_bytes([9; 16]);
    let named = match phone.request(nobody, Action::Recover).await.unwrap() {
        Told::Challenge(challenge) => *challenge,
        Told::Outcome(outcome) => panic!("{outcome:?}"),
    };
    assert_eq!(unnamed.required, named.required);
    assert_eq!(unnamed.to_approve.as_str(), named.to_approve.as_str());
    stage.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_its_holder_set_up_is_found_by_banks_once_she_has_proved_who_she_is() {
    let stage = Stage::new("self-registered").await;
    let phone = stage.phone();
    let (account, _) = registered(&stage, &phone).await;
    let overview = phone.overview(account).await.unwrap();
    assert!(overview.state.is_open() && !overview.state.is_verified(), "{overview:?}");

    assert_eq!(verifies(&stage, &phone, account, "ben").await, Settled::Executed);
    assert!(phone.overview(account).await.unwrap().state.is_verified());
    let (_, asked) = ben_asks(&stage).await;
    until(async || waits(&phone, account, asked).await, "it waits on the one she has set up").await;
    let moves = stage.moves(&Person::of_account(account)).await;
    assert!(moves.contains(&Rule::IdentityVerified), "{moves:?}");
    let elsewhere = stage.moves(&Person::known("ben".parse().unwrap())).await;
    assert_eq!(elsewhere, [], "her records are in one place");
    stage.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_nobody_has_verified_captures_nothing_and_blocks_nobody() {
    let stage = Stage::new("self-asserted").await;
    let (thief, phone) = (stage.phone(), stage.phone());
    let (asserted, _) = registered(&stage, &thief).await;
    // The true holder is registered by her bank meanwhile, as if nothing were there.
    let (north, asked) = ben_asks(&stage).await;
    let active = async || {
        let standing = north.query(asked).await.unwrap().standing;
        matches!(standing, Standing::Active { .. })
    };
    until(active, "it is active at once, on an account of her own").await;
    assert!(thief.overview(asserted).await.unwrap().links.is_empty());

    // Even her own evidence makes it no second account of hers.
    let refused = Settled::Refused(Refusal::AccountUnavailable);
    assert_eq!(verifies(&stage, &thief, asserted, "ben").await, refused);
    assert!(!thief.overview(asserted).await.unwrap().state.is_verified());

    // And once it is somebody's, nobody else's evidence counts on it.
    assert_eq!(verifies(&stage, &thief, asserted, "ada").await, Settled::Executed);
    let asked = thief.request(asserted, Action::VerifyIdentity).await.unwrap();
    let Told::Challenge(challenge) = asked else { panic!("{asked:?}") };
    let identity = stage.vouches().vouch("ben".parse().unwrap()).parse().ok();
    let told = thief.answer(&challenge, Proof { identity, ..Proof::default() }).await;
    assert!(matches!(told, Err(ClientError::Refused(Refusal::ChallengeInvalid))), "{told:?}");
    let none = phone.overview(asserted).await;
    assert!(matches!(none, Err(ClientError::Refused(Refusal::DeviceUnknown))), "{none:?}");
    stage.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_is_set_up_by_its_device_with_what_was_made_for_it_and_once() {
    let stage = Stage::new("registration").await;
    let (phone, other) = (stage.phone(), stage.phone());
    let begun = phone.registration().await.unwrap();
    let ceremony = begun.invitation["ceremony"].as_str().unwrap();
    let key = SoftKey::new(stage.cast.world.bytes());
    let made = key.enrol(ceremony).parse().unwrap();
    let invalid = |told: Result<AccountId, ClientError>| {
        matches!(told, Err(ClientError::Refused(Refusal::ChallengeInvalid)))
    };
    assert!(invalid(other.register(begun.account, made).await), "another device");
    let elsewhere = key.enrol("another ceremony").parse().unwrap();
    assert!(invalid(phone.register(begun.account, elsewhere).await), "another ceremony");
    let nobody = AccountId::from_bytes([7; 16]);
    assert!(invalid(phone.register(nobody, made).await), "another account");
    assert_eq!(phone.register(begun.account, made).await.unwrap(), begun.account);
    assert_eq!(phone.register(begun.account, made).await.unwrap(), begun.account, "again");
    assert_eq!(phone.overview(begun.account).await.unwrap().devices.len(), 1);

    // What the journal says of it is verified, and a line that says more is found.
    let store = &stage.cast.wallet.node.store;
    let mut rows = store.journal(&Person::of_account(begun.account)).await.unwrap();
    // The invitation decided nothing, and made no account; it begins in the line after it.
    let lines = rows.iter().map(|row| serde_json::from_str::<Line>(&row.line).unwrap());
    let lines: Vec<Line> = lines.collect();
    assert!(lines.iter().all(|line| line.entry.is_none()), "{lines:?}");
    let begins = |line: &Line| {
        let account = |touched| place_of(touched) == (RecordKind::Account, begun.account.into());
        line.after.iter().any(account)
    };
    assert_eq!(lines.iter().map(begins).collect::<Vec<_>>(), [false, true]);
    let terms = stage.cast.wallet.node.rules.terms();
    assert!(verify(terms, &rows).is_ok());
    let twice = rows[1].line.replace("\"sequence\":1", "\"sequence\":2");
    assert_ne!(twice, rows[1].line);
    let hash = hash_of(&rows[1].hash, &twice);
    rows.push(JournalRow { sequence: 2, line: twice, hash });
    assert!(verify(terms, &rows).is_err(), "an account begins once");
    // Decisions follow on the account as it began.
    assert_eq!(verifies(&stage, &phone, begun.account, "ben").await, Settled::Executed);
    stage.ends().await;
}

/// What the check says of a journal whose lines have no hashes.
fn checked(lines: &[String]) -> Report {
    let lines = std::io::Cursor::new(lines.join("\n"));
    check(vec![Source { file: "wallet.ndjson".to_owned(), lines }], Extent::Partial).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recovery_that_goes_over_expires_when_its_challenge_does_and_its_journal_says_so() {
    let (stage, clock) = Stage::with_clock("recover-expires").await;
    let phone = stage.phone();
    let challenge = begun(&phone, phone.new_operation()).await;
    clock.goes_on(60);
    // It is hers, but enrols nothing.
    let identity = stage.vouches().vouch("ben".parse().unwrap()).parse().ok();
    let told = phone.answer(&challenge, Proof { identity, ..Proof::default() }).await;
    assert!(matches!(told, Err(ClientError::Refused(Refusal::ChallengeInvalid))), "{told:?}");
    clock.goes_on(241);
    let ben = Person::known("ben".parse().unwrap());
    let expired = async || stage.moves(&ben).await.contains(&Rule::OperationExpired);
    until(expired, "its challenge expires").await;
    let journals = stage.cast.journals().await.unwrap();
    let (_, wallet) = journals.into_iter().last().unwrap();
    let mut lines: Vec<String> =
        String::from_utf8(wallet).unwrap().lines().map(str::to_owned).collect();
    lines.iter_mut().for_each(|line| drop(take_hash(line)));
    assert_eq!(checked(&lines).found, 0);
    let place = lines.iter().position(|line| line.contains("until_ms")).unwrap();
    let text = lines[place].clone();
    let (before, after) = text.split_once(",\"until_ms\":").unwrap();
    let (until_ms, after) = after.split_once('}').unwrap();
    let until_ms: i64 = until_ms.parse().unwrap();
    // Made when it was answered, it would be open still; and it is neither over nor made later.
    for ahead_s in [None, Some(-300), Some(30), Some(61), Some(90)] {
        let says = ahead_s.map(|ahead_s| format!(",\"until_ms\":{}", until_ms + ahead_s * 1000));
        lines[place] = format!("{before}{}}}{after}", says.unwrap_or_default());
        let report = checked(&lines);
        let fault = report.findings.first().map(|finding| finding.wrong.fault);
        assert_eq!(fault, Some(Fault::Deadline), "{ahead_s:?}: {}", lines[place]);
    }
    stage.ends().await;
}
