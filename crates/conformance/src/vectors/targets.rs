//! What vectors are to show, where it is looked for, and what each flag hunts.

use bindproof_models::action::{Action, Answer, Delivery};
use bindproof_models::model::Protocol;
use bindproof_models::mutants;
use bindproof_models::network::ToWallet;
use bindproof_models::scope::Owner;
use bindproof_models::world::World;

use crate::requirements::id;

/// The scopes that are looked through, each up to so many states. Shorter runs are found in smaller
/// scopes first; the larger ones are there for what only they have.
pub const SCOPES: &[(&str, usize)] = &[
    ("smoke", 6_000),
    ("registration", 20_000),
    ("approval", 20_000),
    ("false-device", 20_000),
    ("step-up", 20_000),
    ("guessing", 20_000),
    ("debit", 30_000),
    ("small-payments", 20_000),
    ("suspend", 20_000),
    ("suspend-pay", 30_000),
    ("end", 20_000),
    ("rebind", 20_000),
    ("same-instrument", 20_000),
    ("second-binding", 20_000),
    ("limits", 20_000),
    ("two-banks", 20_000),
    ("impostor", 20_000),
    ("hostile", 20_000),
    ("hostile-approval", 20_000),
    ("hostile-code", 20_000),
    ("hostile-recovery", 20_000),
    ("hostile-debit", 20_000),
    ("recycled", 20_000),
    ("takeover", 20_000),
    ("recovery", 20_000),
    ("closing", 20_000),
    ("lockout", 20_000),
    ("lockout-new", 20_000),
    ("lockout-lost", 20_000),
];

/// Something that an adversary, a fault or time does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Behaviour(pub &'static str);

/// Every behaviour: its name, the numbers of the requirements that it tries, the defect that a
/// vector with it hunts, and what that costs.
pub const BEHAVIOURS: &[(&str, &[u16], &str, &str)] = &[
    (
        "other-body",
        &[23],
        "A body is not compared with the one its key stood for.",
        "Another request gets the first one's answer.",
    ),
    (
        "leaves-foreign",
        &[18],
        "Whose a binding is, is not looked at.",
        "A stranger ends the holder's binding.",
    ),
    (
        "asks-foreign",
        &[18],
        "Whose a binding is, is not looked at.",
        "A stranger learns of the holder's binding.",
    ),
    (
        "guesses",
        &[40, 89],
        "Wrong answers are not counted where they belong.",
        "A stranger guesses as often as he likes.",
    ),
    (
        "from-elsewhere",
        &[86],
        "Which key signed an answer is not looked at.",
        "Somebody else answers the holder's challenge.",
    ),
    (
        "proof-of-another",
        &[46],
        "A proof is not compared with what it was made for.",
        "A proof is used for something else.",
    ),
    (
        "seen-code",
        &[58],
        "A code is not spent when it is presented.",
        "Whoever has seen it uses it again.",
    ),
    (
        "holds-phone",
        &[44, 45],
        "Possession alone is taken for two factors.",
        "Whoever holds the phone is the holder.",
    ),
    (
        "false-device",
        &[84],
        "What a client says of its device is believed unsigned.",
        "A stranger is asked for as little as the holder.",
    ),
    (
        "hostile-own",
        &[6, 107],
        "A bank's word about its own binding is believed too far.",
        "A hostile bank gets into an account.",
    ),
    (
        "hostile-foreign",
        &[17],
        "A bank's name is not compared with the link's.",
        "A bank changes another bank's links.",
    ),
    (
        "hostile-debit",
        &[94],
        "Who answers a debit is not looked at.",
        "A bank decides another bank's debits.",
    ),
    (
        "stale",
        &[50, 22],
        "Age is looked at first, or not at all.",
        "Something old begins anew, or a repetition is refused.",
    ),
    (
        "late-copy",
        &[51, 54],
        "A copy that arrives late is taken for something new.",
        "What is over comes back.",
    ),
    (
        "lost-answer",
        &[23, 95],
        "A repeated request is not answered from the record.",
        "A retry does harm.",
    ),
    ("block", &[24], "A block does not reach the binding.", "A blocked instrument is used."),
    (
        "unblock",
        &[24],
        "The end of a block does not reach the binding.",
        "An instrument stays suspended.",
    ),
    (
        "bank-deadline",
        &[25, 31],
        "A deadline closes without telling the wallet.",
        "Half a binding stays.",
    ),
    (
        "approval-deadline",
        &[7],
        "An approval waits for ever.",
        "A binding comes alive long after it was asked for.",
    ),
    (
        "operation-deadline",
        &[83],
        "A challenge or a proof does not expire.",
        "A proof is spent long after it was given.",
    ),
    (
        "lock-ends",
        &[42],
        "A lock does not end with its time, or before.",
        "The holder stays out, or guessing goes on.",
    ),
    ("day-ends", &[42], "The day's count is not given back.", "The holder stays out."),
    ("session-ends", &[84], "A session does not end.", "A device counts as signed in for ever."),
    (
        "device-ages",
        &[84],
        "Trust does not age, or at once.",
        "Too much is asked of an old device, or too little of a new one.",
    ),
    (
        "renews-code",
        &[58],
        "A spent code becomes current again.",
        "A code that somebody saw is used.",
    ),
    (
        "reconciles",
        &[49, 26],
        "A query leaves something behind, or \"not found\" ends something.",
        "Asking changes what is asked about.",
    ),
    (
        "mistake",
        &[89],
        "A wrong answer ends more than a try.",
        "The holder's slip costs her the operation.",
    ),
    (
        "code-in-vain",
        &[58],
        "A code that is presented in vain is not spent.",
        "Whoever saw it uses it.",
    ),
    (
        "starts-again",
        &[85],
        "A new challenge resets the counts.",
        "Guessing goes on under a new id.",
    ),
];

/// Flags of vectors that are there for what they decide.
const DECISIONS: &[(&str, &str, &str)] = &[
    (
        "moves",
        "A move is missing, or is another.",
        "A record stands where the other side does not expect it.",
    ),
    (
        "repeats",
        "A repetition is taken for something new, or refused.",
        "A retry does harm, or never ends.",
    ),
    (
        "refuses",
        "Something is let through, or refused under another code.",
        "Somebody gets what is not his, or cannot go on.",
    ),
];

/// What a flag hunts, and what it costs to fail.
pub fn note(flag: &str) -> (String, String) {
    let behaviours = BEHAVIOURS.iter().map(|(name, _, defect, effect)| (name, defect, effect));
    let decisions = DECISIONS.iter().map(|(name, defect, effect)| (name, defect, effect));
    if let Some((_, defect, effect)) = behaviours.chain(decisions).find(|(name, ..)| **name == flag)
    {
        return ((*defect).to_owned(), (*effect).to_owned());
    }
    let mutant = mutants::all().find(|mutant| mutant.controls.iter().any(|c| c.name() == flag));
    let effect = mutant.map_or("", |mutant| mutant.about);
    (format!("The guard {flag} is missing."), effect.to_owned())
}

impl Behaviour {
    /// The ids of the requirements that it tries.
    pub fn requirements(self) -> Vec<String> {
        let known = BEHAVIOURS.iter().filter(|(name, ..)| *name == self.0);
        known.flat_map(|(_, numbers, ..)| numbers.iter().map(|number| id(*number))).collect()
    }

    /// What behaviours an action is, in this world.
    pub fn of<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        model: &Protocol<B, O, A, D, S>,
        world: &World<B, O, A, D, S>,
        action: Action,
    ) -> impl Iterator<Item = Self> + use<B, O, A, D, S> {
        let attacker = |o: u8| model.scope.operation[usize::from(o)].by == Owner::Attacker;
        let one = match action {
            Action::AskOtherBody(_) => Some("other-body"),
            Action::LeaveForeign(_) => Some("leaves-foreign"),
            Action::Status { own: false, .. } => Some("asks-foreign"),
            Action::Answer { operation, answer: Answer::Wrong } if attacker(operation) => {
                Some("guesses")
            }
            Action::Answer { answer: Answer::Wrong, .. } => Some("mistake"),
            Action::Answer { answer: Answer::CodeInVain, .. } => Some("code-in-vain"),
            Action::Answer { answer: Answer::FromElsewhere, .. } => Some("from-elsewhere"),
            Action::Answer { answer: Answer::ProofOfAnother, .. } => Some("proof-of-another"),
            Action::Answer { operation, answer: Answer::Best } if attacker(operation) => {
                world.history.code_leaked.contains(&true).then_some("seen-code")
            }
            Action::Request { operation, .. } if attacker(operation) => {
                foreign_device(model, operation)
            }
            Action::Hostile { binding, .. } if model.scope.honest(usize::from(binding)) => {
                Some("hostile-foreign")
            }
            Action::Hostile { .. } => Some("hostile-own"),
            Action::HostileDebitAnswer { .. } => Some("hostile-debit"),
            Action::Block(_) => Some("block"),
            Action::Unblock(_) => Some("unblock"),
            Action::BankDeadline(_) => Some("bank-deadline"),
            Action::ApprovalDeadline(_) => Some("approval-deadline"),
            Action::OperationDeadline(_) => Some("operation-deadline"),
            Action::LockEnds(_) => Some("lock-ends"),
            Action::DayEnds => Some("day-ends"),
            Action::SessionEnds { .. } => Some("session-ends"),
            Action::DeviceAges { .. } => Some("device-ages"),
            Action::RenewCode(_) => Some("renews-code"),
            Action::StartAnother(_) => Some("starts-again"),
            Action::Notice { receipted: false, .. }
            | Action::Request { heard: false, .. }
            | Action::Deliver { heard: false, .. } => Some("lost-answer"),
            Action::Deliver {
                delivery: Delivery::ToWallet { binding, message, fresh }, ..
            } => {
                let mail = world.to_wallet[usize::from(binding)];
                match (fresh, message) {
                    (false, _) => Some("stale"),
                    (true, ToWallet::LinkQuery) => Some("reconciles"),
                    _ => (mail.owed & message.bit() == 0).then_some("late-copy"),
                }
            }
            _ => None,
        };
        one.map(Self).into_iter()
    }
}

/// What an attacker does who runs an operation on a device that is not his.
fn foreign_device<
    const B: usize,
    const O: usize,
    const A: usize,
    const D: usize,
    const S: usize,
>(
    model: &Protocol<B, O, A, D, S>,
    operation: u8,
) -> Option<&'static str> {
    let at = usize::from(operation);
    let device = model.scope.operation[at].device;
    let holders = model.scope.device[usize::from(device)].owner == Owner::Holder;
    match (holders, model.has_key(at)) {
        (true, true) => Some("holds-phone"),
        (true, false) => Some("false-device"),
        (false, _) => None,
    }
}
