//! What a check counts: every kind of action, every rule, refusal and message between the parties.

use bindproof::journal::Decided;
use bindproof::message::LinkStatus;
use bindproof::policy::{Band, DeviceStanding, Environment, Facts, Origin, TrustAge};
use bindproof::refusal::Refusal;
use bindproof::rule::Rule;
use bindproof::wallet::kind::Kind;
use bindproof_checker::{Family, Step};

use crate::action::{Action, Answer, Delivery};
use crate::drive::{Fired, Record};
use crate::model::Protocol;
use crate::network::{ToBank, ToWallet};

/// A family of things to cover, in a world of this capacity.
type Of<'m, const B: usize, const O: usize, const A: usize, const D: usize, const S: usize> =
    Family<'m, Protocol<B, O, A, D, S>, Fired>;

/// A step, as the checker sees it.
type Seen<'a, const B: usize, const O: usize, const A: usize, const D: usize, const S: usize> =
    Step<'a, Protocol<B, O, A, D, S>, Fired>;

/// What no default scope brings about: family, thing, and the reason.
pub const UNREACHED: &[(&str, &str, &str)] = &[
    (RULES, "deadline-meant-nothing", "the model lets only those deadlines pass that are armed"),
    (REFUSALS, "request_malformed", "parsing is the edge's; the model sends what parses"),
    (REFUSALS, "idempotency_in_progress", "the edge's; the model's steps are not interrupted"),
    (REFUSALS, "origin_not_allowed", "the edge's: web origins are not in the model"),
    (REFUSALS, "account_exists_approval_required", "the edge's wording of a link that waits"),
    (REFUSALS, "challenge_invalid", "the edge's wording of a wrong answer"),
    (REFUSALS, "state_timeout", "the edge's wording of a deadline that passed"),
    (REFUSALS, "limit_exceeded", "counts per account stay below their limits in every scope"),
    (
        REFUSALS,
        "instrument_unavailable",
        "a refused payment carries it; banks block what is bound only",
    ),
    (REFUSALS, "account_unavailable", "an operation carries it; no input is refused by it"),
    (REFUSALS, "step_up_required", "an operation carries it; no input is refused by it"),
    (REFUSALS, "challenge_limit_reached", "an operation carries it; no input is refused by it"),
    (REFUSALS, "binding_limit_reached", "a link carries it as a reason; no input is refused by it"),
];

/// The rules, by their names. One counts whether it was applied or its answer repeated.
pub const RULES: &str = "rule";
/// The refusals, by their codes.
pub const REFUSALS: &str = "refusal";
/// The kinds of action.
pub const ACTIONS: &str = "action";
/// What reaches a server from another party.
pub const MESSAGES: &str = "message";
/// What the condition looks at, value by value.
pub const FACTS: &str = "fact";

/// Every family.
pub fn families<
    'm,
    const B: usize,
    const O: usize,
    const A: usize,
    const D: usize,
    const S: usize,
>() -> [Of<'m, B, O, A, D, S>; 5] {
    let rules = Rule::ALL.iter().map(ToString::to_string).collect();
    let refusals = Refusal::ALL.iter().map(ToString::to_string).collect();
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    [
        Family::new(RULES, rules, |_, step: &Seen<'_, B, O, A, D, S>, hit| {
            for (_, decided) in step.tag.steps() {
                if let Decided::Applied(rule) | Decided::Replayed(rule) = decided {
                    hit(rule as usize);
                }
            }
        }),
        Family::new(REFUSALS, refusals, |_, step: &Seen<'_, B, O, A, D, S>, hit| {
            for (_, decided) in step.tag.steps() {
                if let Decided::Refused(refusal) = decided {
                    hit(refusal as usize);
                }
            }
        }),
        Family::new(ACTIONS, names(ACTION_NAMES), |_, step, hit| hit(kind(*step.action))),
        Family::new(MESSAGES, names(MESSAGE_NAMES), |_, step, hit| {
            if let Some(message) = message(*step.action) {
                hit(message);
            }
        }),
        Family::new(FACTS, fact_names(), |model, step: &Seen<'_, B, O, A, D, S>, hit| {
            if let Action::Request { operation, .. } | Action::Execute(operation) = *step.action {
                // Not of those that end with it: no condition is evaluated for them.
                let decided = |(record, decided)| {
                    record == Record::Operation(operation) && matches!(decided, Decided::Applied(_))
                };
                if step.tag.steps().any(decided) {
                    facts(model.true_facts(step.before, usize::from(operation)), hit);
                }
            }
        }),
    ]
}

/// The values of every fact, in the order of [`facts`]. Amount, total and whether it is the first
/// are facts of payments.
fn fact_names() -> Vec<String> {
    let of = |fact: &'static str, values: &[&str]| -> Vec<String> {
        values.iter().map(|value| format!("{fact}: {value}")).collect()
    };
    let bands: Vec<&str> = Band::ALL.iter().map(|band| band.name()).collect();
    let surroundings: Vec<&str> = Environment::ALL.iter().map(|value| value.name()).collect();
    let devices: Vec<&str> = DeviceStanding::ALL.iter().map(|value| value.name()).collect();
    let ages: Vec<&str> = TrustAge::ALL.iter().map(|value| value.name()).collect();
    let origins: Vec<&str> = Origin::ALL.iter().map(|value| value.name()).collect();
    let names = [
        of("amount", &bands),
        of("total", &bands),
        of("first_payment", &["false", "true"]),
        of("environment", &surroundings),
        of("device", &devices),
        of("trust_age", &ages),
        of("origin", &origins),
        of("authenticated", &["false", "true"]),
    ];
    names.concat()
}

/// Each value among `facts`, by its place in [`fact_names`].
fn facts(facts: Facts, hit: &mut dyn FnMut(usize)) {
    let mut before = 0;
    let mut value = |counts: bool, place: usize, of: usize| {
        if counts {
            hit(before + place);
        }
        before += of;
    };
    let pays = facts.kind == Kind::Pay;
    value(pays, facts.amount as usize, Band::ALL.len());
    value(pays, facts.total as usize, Band::ALL.len());
    value(pays, usize::from(facts.first_payment), 2);
    value(true, facts.environment as usize, Environment::ALL.len());
    value(true, facts.device as usize, DeviceStanding::ALL.len());
    value(true, facts.trust_age as usize, TrustAge::ALL.len());
    value(true, facts.origin as usize, Origin::ALL.len());
    value(true, usize::from(facts.authenticated), 2);
}

const ACTION_NAMES: &[&str] = &[
    "a binding is asked for",
    "a binding is given up",
    "a message arrives",
    "its answer is lost",
    "a notice arrives",
    "its receipt is lost",
    "the bank blocks",
    "the bank unblocks",
    "the bank reconciles",
    "the bank's deadline passes",
    "the approval's deadline passes",
    "a binding code is renewed",
    "an operation is started",
    "an operation is asked for",
    "the answer to it is lost",
    "the best answer to a challenge",
    "a wrong answer to a challenge",
    "a code in vain",
    "a proof of another operation",
    "an answer from elsewhere",
    "an operation is executed",
    "an operation's deadline passes",
    "a debit is asked for",
    "a debit is answered",
    "a lock's time passes",
    "a day ends",
    "a session ends",
    "a device ages",
    "a stranger asks with another body",
    "a client asks for the status",
    "a stranger asks for the status",
    "a stranger ends a binding",
    "a hostile bank speaks",
    "a hostile bank answers a debit",
    "an attacker starts again",
    "an instance takes a message",
    "an instance commits",
    "an instance answers",
    "an instance answers in vain",
    "an instance crashes",
];

/// The place of an action's kind in [`ACTION_NAMES`].
const fn kind(action: Action) -> usize {
    match action {
        Action::Ask(_) => 0,
        Action::Leave(_) => 1,
        Action::Deliver { heard: true, .. } => 2,
        Action::Deliver { heard: false, .. } => 3,
        Action::Notice { receipted: true, .. } => 4,
        Action::Notice { receipted: false, .. } => 5,
        Action::Block(_) => 6,
        Action::Unblock(_) => 7,
        Action::Reconcile(_) => 8,
        Action::BankDeadline(_) => 9,
        Action::ApprovalDeadline(_) => 10,
        Action::RenewCode(_) => 11,
        Action::Start(_) => 12,
        Action::Request { heard: true, .. } => 13,
        Action::Request { heard: false, .. } => 14,
        Action::Answer { answer, .. } => match answer {
            Answer::Best => 15,
            Answer::Wrong => 16,
            Answer::CodeInVain => 17,
            Answer::ProofOfAnother => 18,
            Answer::FromElsewhere => 19,
        },
        Action::Execute(_) => 20,
        Action::OperationDeadline(_) => 21,
        Action::DebitRequest(_) => 22,
        Action::DebitAnswer { .. } => 23,
        Action::LockEnds(_) => 24,
        Action::DayEnds => 25,
        Action::SessionEnds { .. } => 26,
        Action::DeviceAges { .. } => 27,
        Action::AskOtherBody(_) => 28,
        Action::Status { own: true, .. } => 29,
        Action::Status { own: false, .. } => 30,
        Action::LeaveForeign(_) => 31,
        Action::Hostile { .. } => 32,
        Action::HostileDebitAnswer { .. } => 33,
        Action::StartAnother(_) => 34,
        Action::Take { .. } => 35,
        Action::Commit(_) => 36,
        Action::Reply { heard: true, .. } => 37,
        Action::Reply { heard: false, .. } => 38,
        Action::Crash(_) => 39,
    }
}

const MESSAGE_NAMES: &[&str] = &[
    "BindRequest",
    "BindCancel or UnbindRequest",
    "AccountQuery",
    "AccountRegistration",
    "LinkRequest",
    "LinkEnd",
    "LinkQuery",
    "LinkSuspend",
    "LinkResume",
    "AccountAnswer: unregistered",
    "AccountAnswer: registered",
    "RegistrationAnswer: created",
    "RegistrationAnswer: existing",
    "RegistrationAnswer: refused",
    "LinkAnswer: registered",
    "LinkAnswer: awaiting approval",
    "LinkAnswer: active",
    "LinkAnswer: suspended",
    "LinkAnswer: ended",
    "LinkAnswer: refused",
    "problem: not_found",
    "LinkNotice",
    "OperationRequest",
    "DebitRequest",
    "DebitAnswer: accepted",
    "DebitAnswer: refused",
];

/// The place in [`MESSAGE_NAMES`] of what an action brings to a server, if it brings anything.
fn message(action: Action) -> Option<usize> {
    Some(match action {
        Action::Deliver { delivery, .. } | Action::Take { delivery, .. } => match delivery {
            Delivery::Ask(_) => 0,
            Delivery::Leave(_) => 1,
            Delivery::ToWallet { message, .. } => to_wallet(message),
            Delivery::ToBank { answer, .. } => to_bank(answer),
        },
        Action::Notice { .. } => 21,
        Action::Request { .. } => 22,
        Action::DebitRequest(_) => 23,
        Action::DebitAnswer { accepted: true, .. } => 24,
        Action::DebitAnswer { accepted: false, .. } => 25,
        _ => return None,
    })
}

const fn to_wallet(message: ToWallet) -> usize {
    match message {
        ToWallet::AccountQuery => 2,
        ToWallet::AccountRegistration => 3,
        ToWallet::LinkRequest => 4,
        ToWallet::LinkEnd => 5,
        ToWallet::LinkQuery => 6,
        ToWallet::Decision(revision) => 8 - (revision % 2) as usize,
    }
}

const fn to_bank(answer: ToBank) -> usize {
    match answer {
        ToBank::Unregistered => 9,
        ToBank::Registered(_) => 10,
        ToBank::Created(_) => 11,
        ToBank::Existing(_) => 12,
        ToBank::RegistrationRefused(_) => 13,
        ToBank::Link(LinkStatus::Registered) => 14,
        ToBank::Link(LinkStatus::AwaitingApproval) => 15,
        ToBank::Link(LinkStatus::Active { .. }) => 16,
        ToBank::Link(LinkStatus::Suspended { .. }) => 17,
        ToBank::Link(LinkStatus::Ended) => 18,
        ToBank::Link(LinkStatus::Refused { .. }) => 19,
        ToBank::NotFound => 20,
    }
}
