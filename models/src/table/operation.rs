//! The wallet's operation: each kind, everything as usual and each single deviation from that.

use bindproof::control::AllOn;
use bindproof::limits::Limits;
use bindproof::policy::{Band, Environment, Origin, Policy, TrustAge};
use bindproof::refusal::Refusal;
use bindproof::wallet::account::Account;
use bindproof::wallet::device::Device;
use bindproof::wallet::kind::Kind;
use bindproof::wallet::link;
use bindproof::wallet::lock::{Closed, Lock, Path};
use bindproof::wallet::operation::{
    self, Asked, Context, Input, Operation, Terms, View, Waiting, requirement,
};
use bindproof::wallet::proof::{Demand, Factors, Proof, Tie};

use super::link::standing;
use super::render::{Decision, Entry, Layout, Machine, Place};
use super::wallet::device_place;

/// The default policy and limits: the terms of the table.
const TERMS: Terms<'static> = Terms { policy: &Policy::DEFAULT, limits: &Limits::DEFAULT };

/// The facts around an operation, under a name.
#[derive(Clone, Copy)]
struct Situation {
    name: &'static str,
    view: View,
    context: Context,
}

/// Everything as usual for this kind: a verified account whose holder has authenticated, on an
/// aged device in session, with the link where the kind needs it.
fn usual(kind: Kind) -> Situation {
    let verified = kind != Kind::VerifyIdentity;
    Situation {
        name: "as usual",
        view: View {
            operation: Operation::Absent,
            account: Account::Open {
                origin: Origin::SelfRegistered,
                verified,
                authenticated: true,
            },
            device: Device::Trusted { session: true, authenticator: true, age: TrustAge::Aged },
            lock: Lock::OPEN,
        },
        context: Context::usual(kind),
    }
}

/// As usual, and each deviation by itself.
fn situations(kind: Kind) -> Vec<Situation> {
    let usual = usual(kind);
    let (view, context) = (usual.view, usual.context);
    let seen = |name, view| Situation { name, view, ..usual };
    let told = |name, context| Situation { name, context, ..usual };
    let closed = Lock { run: 5, day: 5, closed: Closed::ForRun };
    let recent = Device::Trusted { session: true, authenticator: true, age: TrustAge::Recent };
    let unverified =
        Account::Open { origin: Origin::SelfRegistered, verified: false, authenticated: true };
    let other_link = match kind {
        Kind::ApproveBinding | Kind::DeclineBinding => link::State::Active,
        _ => link::State::Suspended,
    };
    vec![
        usual,
        seen("account absent", View { account: Account::Absent, ..view }),
        seen("account closed", View { account: Account::Closed, ..view }),
        seen(
            "account registered by a bank, not yet authenticated",
            View { account: Account::REGISTERED_BY_BANK, ..view },
        ),
        seen("account self-asserted", View { account: unverified, ..view }),
        seen("device unknown", View { device: Device::Unknown, ..view }),
        seen("device revoked", View { device: Device::Revoked, ..view }),
        seen("trust recent", View { device: recent, ..view }),
        seen("path closed", View { lock: closed, ..view }),
        told("not signed in session", Context { signed: false, ..context }),
        told("environment changed", Context { environment: Environment::Changed, ..context }),
        told("environment unknown", Context { environment: Environment::Unknown, ..context }),
        told("first payment", Context { first_payment: true, ..context }),
        told("amount medium", Context { amount: Band::Medium, ..context }),
        told("amount large", Context { amount: Band::Large, ..context }),
        told("total medium", Context { total: Band::Medium, ..context }),
        told("total large", Context { total: Band::Large, ..context }),
        told("link in another live state", Context { link: other_link, ..context }),
        told("link ended", Context { link: link::State::Ended, ..context }),
        told("another account is the person's", Context { person_free: false, ..context }),
    ]
}

/// Every demand, weakest first.
const DEMANDS: [(&str, Demand); 8] = [
    ("nothing", Demand::Nothing),
    ("a decoy", Demand::Decoy),
    ("no factor", Demand::Factors(Factors::None)),
    ("possession", Demand::Factors(Factors::Possession)),
    ("two factors", Demand::Factors(Factors::Two)),
    ("code and contact", Demand::CodeAndContact),
    ("code, contact and two factors", Demand::CodeContactAndFactors),
    ("identity", Demand::Identity),
];

fn demand_name(demand: Demand) -> &'static str {
    DEMANDS.iter().find(|(_, other)| *other == demand).map_or("", |(name, _)| name)
}

/// What is demanded of this kind as usual; possession where that is nothing, so that there is
/// something to have been proved.
fn usual_demand(kind: Kind) -> Demand {
    let Situation { view, context, .. } = usual(kind);
    let required = requirement(AllOn, TERMS, view, context);
    match Demand::of(AllOn, kind, view.account, required) {
        Demand::Nothing => Demand::Factors(Factors::Possession),
        demand => demand,
    }
}

/// An operation in words.
fn place(operation: Operation) -> Place {
    match operation {
        Operation::Absent => Place::plain("absent"),
        Operation::Challenged { demand, .. } => Place::with("challenged", demand_name(demand)),
        Operation::Authenticated { .. } => Place::plain("authenticated"),
        Operation::Debiting => Place::plain("debiting"),
        Operation::Executed => Place::plain("executed"),
        Operation::Refused(refusal) => Place::with("refused", refusal.name()),
        Operation::Expired => Place::plain("expired"),
    }
}

/// The operation after a step, and what has changed around it.
fn place_after(before: View, after: View) -> Place {
    let mut place = place(after.operation);
    if before.account != after.account {
        place.besides.push_str(", account ");
        place.besides.push_str(match after.account {
            Account::Open { .. } if standing(before.account) == standing(after.account) => {
                "authenticated"
            }
            account => standing(account),
        });
    }
    if before.device != after.device {
        place.besides.push_str(&format!(", device {}", device_place(after.device)));
    }
    if before.lock != after.lock {
        let counted = after.lock.day > before.lock.day;
        place.besides.push_str(match (counted, after.lock.run) {
            (true, 0) => ", day counted and run ended",
            (true, _) => ", counted",
            (false, _) => ", run ended",
        });
    }
    place
}

/// The state in the words of the table's rows, which name no demand.
pub fn row(operation: Operation) -> Place {
    match operation {
        Operation::Challenged { tries_left: 1, .. } => Place::with("challenged", "last try"),
        Operation::Challenged { .. } => Place::with("challenged", "tries left"),
        Operation::Refused(_) => Place::with("refused", "R"),
        other => place(other),
    }
}

/// The states of the table, each with the words for it.
fn states(kind: Kind) -> Vec<(Place, Operation)> {
    let demand = usual_demand(kind);
    let mut states = vec![
        Operation::Absent,
        Operation::Challenged { demand, tries_left: 2 },
        Operation::Challenged { demand, tries_left: 1 },
        Operation::Authenticated { demand, path: Path::Device },
        Operation::Debiting,
        Operation::Executed,
    ];
    states.extend(Refusal::ALL.iter().copied().map(Operation::Refused));
    states.push(Operation::Expired);
    states.into_iter().map(|state| (row(state), state)).collect()
}

/// A right answer to every demand, and each way of being wrong.
fn proofs() -> [(&'static str, Proof); 9] {
    let right = Proof {
        from_its_device: true,
        fits: true,
        factors: Factors::Two,
        code: Tie::Demanded,
        contact: Tie::Demanded,
        identity: true,
    };
    let nothing = Proof {
        factors: Factors::None,
        code: Tie::None,
        contact: Tie::None,
        identity: false,
        ..right
    };
    [
        ("with everything", right),
        ("with nothing", nothing),
        ("with possession only", Proof { factors: Factors::Possession, ..nothing }),
        ("with two factors only", Proof { factors: Factors::Two, ..nothing }),
        ("with code and contact only", Proof { factors: Factors::None, identity: false, ..right }),
        ("with another binding's code", Proof { code: Tie::Other, identity: false, ..right }),
        ("with identity only", Proof { identity: true, ..nothing }),
        ("by another device", Proof { from_its_device: false, ..right }),
        ("made for something else", Proof { fits: false, ..right }),
    ]
}

/// The requests, executions and what comes from elsewhere, for one kind.
fn of_kind(kind: Kind, entries: &mut Vec<Entry>) {
    for (state, operation) in states(kind) {
        let mut push = |input: &str, when: &str, situation: Situation, what, operation| {
            let view = View { operation, ..situation.view };
            let verdict = operation::step(TERMS, view, what);
            entries.push(Entry {
                state: state.clone(),
                input: input.to_owned(),
                when: vec![when.to_owned()],
                decision: Decision::of(verdict, |after| place_after(view, after)),
            });
        };
        for situation in situations(kind) {
            let (name, context) = (situation.name, situation.context);
            let input = format!("requested: {kind}");
            let asked = Asked::PROPER;
            push(&input, name, situation, Input::Requested { context, asked }, operation);
            let input = format!("executing: {kind}");
            push(&input, name, situation, Input::Executing(context), operation);
        }
        let usual = usual(kind);
        for (name, asked) in [
            ("id of another", Asked { own: false, ..Asked::PROPER }),
            ("stale", Asked { fresh: false, ..Asked::PROPER }),
            ("with other content", Asked { same_content: false, ..Asked::PROPER }),
            ("too many under way", Asked { within_limits: false, ..Asked::PROPER }),
        ] {
            let what = Input::Requested { context: usual.context, asked };
            push(&format!("requested: {kind}"), name, usual, what, operation);
        }
        if let Operation::Authenticated { path, .. } = operation {
            first_sign_ins(kind, path, &mut push);
            // Spent on an account that somebody has authenticated on meanwhile.
            let demand = Demand::CodeAndContact;
            let outlived = Operation::Authenticated { demand, path };
            let input = format!("executing: {kind}");
            let name = "proved as a first authentication";
            push(&input, name, usual, Input::Executing(usual.context), outlived);
        }
        let accepted = Input::DebitDecided { own: true, accepted: true };
        push("debit decided: accepted", "", usual, accepted, operation);
        let refused = Input::DebitDecided { own: true, accepted: false };
        push("debit decided: refused", "", usual, refused, operation);
        let foreign = Input::DebitDecided { own: false, accepted: true };
        push("debit decided: by another bank", "", usual, foreign, operation);
        let unsigned = Context { signed: false, ..usual.context };
        let ended = [("signed in session", usual.context), ("not signed in session", unsigned)];
        for (name, context) in ended {
            push("target ended", name, usual, Input::TargetEnded(context), operation);
        }
        if let Operation::Challenged { tries_left, .. } = operation {
            let decoy = Operation::Challenged { demand: Demand::Decoy, tries_left };
            let ended = Input::TargetEnded(unsigned);
            push("target ended", "not signed in session, demanded a decoy", usual, ended, decoy);
        }
        let waits = Input::Expired(Waiting::ForAnswer);
        push("expired: waiting for the answer", "", usual, waits, operation);
        let waits = Input::Expired(Waiting::ForExecution);
        push("expired: waiting for execution", "", usual, waits, operation);
    }
}

/// The executions of sign-ins that make a device one of the account's: the first authentication of
/// an account that a bank registered, and another device with two factors.
fn first_sign_ins(
    kind: Kind,
    path: Path,
    push: &mut impl FnMut(&str, &str, Situation, Input, Operation),
) {
    if kind != Kind::SignIn {
        return;
    }
    let usual = usual(kind);
    let context = Context { signed: false, ..usual.context };
    let new = View { device: Device::Unknown, ..usual.view };
    let first = View { account: Account::REGISTERED_BY_BANK, ..new };
    for (name, view, demand) in [
        ("first authentication, in time", first, Demand::CodeAndContact),
        ("device unknown, proved by two factors", new, Demand::Factors(Factors::Two)),
    ] {
        let situation = Situation { name, view, context };
        let proved = Operation::Authenticated { demand, path };
        push("executing: sign_in", name, situation, Input::Executing(context), proved);
    }
}

/// The answers, for every demand.
fn answers(entries: &mut Vec<Entry>) {
    let ways = [
        (Kind::SignIn, "as usual"),
        (Kind::SignIn, "device revoked"),
        (Kind::SignIn, "path closed"),
        (Kind::Recover, "path closed"),
    ];
    for (state, operation) in states(Kind::SignIn) {
        for (demanded, demand) in DEMANDS {
            let operation = match operation {
                Operation::Challenged { tries_left, .. } => {
                    Operation::Challenged { demand, tries_left }
                }
                other => other,
            };
            for (kind, name) in ways {
                let Some(situation) = situations(kind).into_iter().find(|s| s.name == name) else {
                    continue;
                };
                let view = View { operation, ..situation.view };
                let when = match kind {
                    Kind::Recover => format!("{name}, recover"),
                    _ => name.to_owned(),
                };
                for (how, proof) in proofs() {
                    let context = situation.context;
                    let what = Input::Answered { context, proof, path: Path::Device };
                    let verdict = operation::step(TERMS, view, what);
                    entries.push(Entry {
                        state: state.clone(),
                        input: format!("answered: {how}"),
                        when: vec![format!("demanded {demanded}"), when.clone()],
                        decision: Decision::of(verdict, |after| place_after(view, after)),
                    });
                }
            }
        }
    }
}

/// The wallet's operation.
pub fn operation() -> Machine {
    let mut entries = Vec::new();
    for kind in Kind::ALL.iter().copied() {
        of_kind(kind, &mut entries);
    }
    answers(&mut entries);
    Machine {
        name: "operation",
        about: "Under the default policy and limits: every state, every input and every kind; the \
                facts around it as usual (a verified account, an aged device in session, the link \
                where the kind needs it), and each single deviation from that. Where it was \
                authenticated, what was proved is what the kind demands as usual.",
        layout: Layout::List,
        entries,
    }
}
