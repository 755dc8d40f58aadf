//! The page that says which proof meets which challenge, read off the specification's own steps:
//! what is demanded for each operation, and the least that an answer has to bring for it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use bindproof::control::AllOn;
use bindproof::limits::Limits;
use bindproof::policy::{Facts, Origin, Policy, Requirement, TrustAge, floor};
use bindproof::verdict::Verdict;
use bindproof::wallet::account::Account;
use bindproof::wallet::device::Device;
use bindproof::wallet::kind::Kind;
use bindproof::wallet::lock::{Lock, Path};
use bindproof::wallet::operation::{Context, Input, Operation, Terms, View, step};
use bindproof::wallet::proof::{Demand, Factors, Proof, Tie};

use crate::tree::compare;

const HEAD: &str = "\
# What meets each challenge

Generated from the specification's steps; do not edit. Regenerate with
`BINDPROOF_BLESS=1 cargo test --release -p bindproof-tests --test it proofs`.

What each member of a proof is, and what it is evidence of, is in
[conformance.md](../conformance.md#what-an-answer-proves).

## What is demanded

By what the account is when the operation is asked for, and on an account that was authenticated by
what the condition requires. `–` is what no policy can require. Whatever stands here, a revoked key
is given a decoy, and so is a client that is not signed in and names a link that is not live.

| operation | no open account | before the first authentication | none | possession | two factors \
| two factors and identity |
|---|---|---|---|---|---|---|
";

const MET: &str = "
## What meets it

*Told as* is `required` in the challenge. Each line of the last column is enough: all members of one
line together, and whatever else is in the answer does no harm, but that a binding code is spent.

| demand | of | told as | is met by |
|---|---|---|---|
";

/// An account that its holder has used.
const USED: Account =
    Account::Open { origin: Origin::SelfRegistered, verified: true, authenticated: true };

/// What an answer brings, each member as good as it can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Answer {
    assertion: Factors,
    one_time_code: bool,
    binding_code: bool,
    identity: bool,
    authenticator: bool,
}

impl Answer {
    /// Every answer.
    fn all() -> impl Iterator<Item = Self> {
        let assertions = [Factors::None, Factors::Possession, Factors::Two];
        (0..16u8).flat_map(move |bits| {
            assertions.map(|assertion| Self {
                assertion,
                one_time_code: bits & 1 != 0,
                binding_code: bits & 2 != 0,
                identity: bits & 4 != 0,
                authenticator: bits & 8 != 0,
            })
        })
    }

    /// What it proves; `enrols` says that the operation enrols an authenticator.
    fn proof(self, enrols: bool) -> Proof {
        let tie = |given| if given { Tie::Demanded } else { Tie::None };
        let contact = if self.one_time_code { Factors::Possession } else { Factors::None };
        Proof {
            from_its_device: true,
            fits: self.authenticator || !enrols,
            factors: self.assertion.max(contact),
            code: tie(self.binding_code),
            contact: tie(self.one_time_code),
            identity: self.identity,
        }
    }

    /// Whether it brings nothing that `other` does not bring.
    fn is_within(self, other: Self) -> bool {
        self.assertion <= other.assertion
            && self.one_time_code <= other.one_time_code
            && self.binding_code <= other.binding_code
            && self.identity <= other.identity
            && self.authenticator <= other.authenticator
    }

    /// Its members, as the page has them.
    fn members(self) -> String {
        let assertion = match self.assertion {
            Factors::None => None,
            Factors::Possession => Some("`assertion`"),
            Factors::Two => Some("`assertion` of two factors"),
        };
        let given = [
            (self.one_time_code, "`one_time_code`"),
            (self.binding_code, "`binding_code`"),
            (self.identity, "`identity`"),
            (self.authenticator, "`authenticator`"),
        ];
        let given = given.iter().filter(|(given, _)| *given).map(|(_, member)| *member);
        assertion.into_iter().chain(given).collect::<Vec<_>>().join(", ")
    }
}

/// The least that meets a demand.
fn least(demand: Demand, enrols: bool) -> Vec<Answer> {
    let met: Vec<Answer> =
        Answer::all().filter(|answer| demand.is_met(AllOn, answer.proof(enrols))).collect();
    let is_least =
        |answer: &&Answer| !met.iter().any(|other| other != *answer && other.is_within(**answer));
    met.iter().filter(is_least).copied().collect()
}

/// Whether a policy can require this of such an operation, at the least.
fn can_be_required(kind: Kind, requirement: Requirement) -> bool {
    let capped = requirement == Requirement::TwoFactorAndIdentity && !kind.proves_identity();
    requirement >= floor(Facts::calmest(kind)) && !capped
}

/// What each operation demands: of no open account, before the first authentication, and by what
/// is required.
fn demands(kind: Kind) -> Vec<Option<Demand>> {
    let of = |account, requirement| Demand::of(AllOn, kind, account, requirement);
    let strange = Requirement::TwoFactor;
    let mut demands =
        vec![Some(of(Account::Absent, strange)), Some(of(Account::REGISTERED_BY_BANK, strange))];
    for requirement in Requirement::ALL {
        let possible = can_be_required(kind, *requirement);
        demands.push(possible.then(|| of(USED, *requirement)));
    }
    demands
}

/// Whether executing an operation whose demand was met enrols an authenticator on its device, as
/// the step itself has it.
fn enrols(kind: Kind, demand: Demand) -> bool {
    let account = match demand {
        Demand::CodeAndContact => Account::REGISTERED_BY_BANK,
        _ => USED,
    };
    let device = Device::Trusted { session: true, authenticator: false, age: TrustAge::Aged };
    let operation = Operation::Authenticated { demand, path: Path::Device };
    let view = View { operation, account, device, lock: Lock::OPEN };
    let terms = Terms { policy: &Policy::DEFAULT, limits: &Limits::DEFAULT };
    let verdict = step(terms, view, Input::Executing(Context::usual(kind)));
    let Verdict::Apply(done) = verdict else { panic!("{kind}, {demand:?}: {verdict:?}") };
    let sent = matches!(done.state.operation, Operation::Executed | Operation::Debiting);
    assert!(sent, "{kind}, {demand:?} is executed: {:?}", done.state);
    done.state.device.has_authenticator()
}

fn form(demand: Demand) -> String {
    format!("`{}`", serde_json::to_string(&demand).expect("a demand has a form"))
}

/// A demand, and whether what meets it also brings an authenticator.
type Class = (Demand, bool);

/// Every class, with the operations of which it is and what their clients are told.
fn classes() -> BTreeMap<Class, Vec<(Kind, Requirement)>> {
    let mut classes: BTreeMap<Class, Vec<(Kind, Requirement)>> = BTreeMap::new();
    for kind in Kind::ALL {
        // Whatever is asked for with a revoked key is given a decoy.
        for demand in demands(*kind).into_iter().flatten().chain([Demand::Decoy]) {
            let open = !matches!(demand, Demand::Decoy | Demand::Nothing);
            let class = (demand, open && enrols(*kind, demand));
            let of = classes.entry(class).or_default();
            let told = (*kind, demand.shown_as(AllOn, *kind));
            if !of.contains(&told) {
                of.push(told);
            }
        }
    }
    classes.retain(|(demand, _), _| *demand != Demand::Nothing);
    classes
}

/// The whole page.
fn markdown() -> String {
    let mut text = HEAD.to_owned();
    for kind in Kind::ALL {
        let cells = demands(*kind).into_iter().map(|demand| demand.map_or("–".to_owned(), form));
        _ = writeln!(text, "| `{kind}` | {} |", cells.collect::<Vec<_>>().join(" | "));
    }
    text.push_str(MET);
    for ((demand, enrols), of) in classes() {
        let mut by_told: BTreeMap<Requirement, Vec<String>> = BTreeMap::new();
        for (kind, told) in of {
            by_told.entry(told).or_default().push(format!("`{kind}`"));
        }
        let met: Vec<String> = least(demand, enrols).into_iter().map(Answer::members).collect();
        let met = if met.is_empty() { "nothing".to_owned() } else { met.join("<br>") };
        for (told, kinds) in by_told {
            let (form, kinds) = (form(demand), kinds.join(", "));
            _ = writeln!(text, "| {form} | {kinds} | `{told}` | {met} |");
        }
    }
    text
}

#[test]
fn the_page_of_proofs_is_what_the_steps_decide() {
    compare("docs/generated/proofs.md", &markdown());
}

#[test]
fn what_meets_a_demand_is_the_least_of_it() {
    let two = Demand::Factors(Factors::Two);
    let members = |demand, enrols| -> Vec<String> {
        least(demand, enrols).into_iter().map(Answer::members).collect()
    };
    assert_eq!(members(two, false), ["`assertion` of two factors"]);
    assert_eq!(members(two, true), ["`assertion` of two factors, `authenticator`"]);
    assert_eq!(members(Demand::Identity, false), ["`identity`"]);
    assert!(members(Demand::Decoy, false).is_empty(), "nothing meets a decoy");
    let one = members(Demand::Factors(Factors::Possession), false);
    assert_eq!(one.len(), 2, "an authenticator, or the contact: {one:?}");
}
