//! A run in words: one sentence an action, one line a change.

use bindproof::wallet::kind::Kind;

use crate::action::{Action, Answer, Delivery, PathOf};
use crate::drive::{Fired, Record};
use crate::scope::{Owner, Scope};
use crate::words;
use crate::world::World;
use bindproof::journal::Decided;

/// Who, in words.
const fn who(owner: Owner) -> &'static str {
    match owner {
        Owner::Holder => "the holder",
        Owner::Attacker => "the attacker",
    }
}

/// An operation in words, for example "pay on link 0".
pub fn operation_name(scope: &Scope, o: u8) -> String {
    let operation = &scope.operation[usize::from(o)];
    let kind = operation.kind.name().replace('_', " ");
    match operation.kind {
        Kind::Pay => format!("{kind} {},000 through link {}", operation.amount, operation.binding),
        kind_ if kind_.names_link() => format!("{kind} {}", operation.binding),
        _ => kind,
    }
}

/// One action as a sentence.
#[expect(clippy::too_many_lines, reason = "one line for each action, and nothing else")]
pub fn sentence(scope: &Scope, action: Action) -> String {
    let lost = |heard: bool| if heard { "" } else { " (the answer is lost)" };
    let starter = |o: u8| who(scope.operation[usize::from(o)].by);
    let path = |path: PathOf| match path {
        PathOf::Strangers => "the strangers' path".to_owned(),
        PathOf::Device(d) => format!("device {d}'s path"),
        PathOf::Code(b) => format!("the path of binding {b}'s code"),
    };
    match action {
        Action::Ask(b) => {
            let asker = who(scope.binding[usize::from(b)].asked_by);
            format!("{asker} asks for binding {b} in the bank client")
        }
        Action::Leave(b) => {
            let asker = who(scope.binding[usize::from(b)].asked_by);
            format!("{asker} gives up binding {b} in the bank client")
        }
        Action::Deliver { delivery, heard } => {
            format!("{} arrives{}", delivery_name(delivery), lost(heard))
        }
        Action::Notice { binding, receipted } => {
            let lost = if receipted { "" } else { " (the receipt is lost)" };
            format!("LinkNotice for binding {binding} reaches the bank{lost}")
        }
        Action::Block(b) => format!("the bank blocks the instrument of binding {b}"),
        Action::Unblock(b) => format!("the bank unblocks the instrument of binding {b}"),
        Action::Reconcile(b) => format!("the bank asks where link {b} stands"),
        Action::BankDeadline(b) => format!("the bank's deadline for binding {b} passes"),
        Action::ApprovalDeadline(b) => format!("the wallet's deadline to approve {b} passes"),
        Action::RenewCode(b) => format!("the bank client shows the next code of binding {b}"),
        Action::Start(o) => format!("{} starts: {}", starter(o), operation_name(scope, o)),
        Action::Request { operation, heard } => {
            let name = operation_name(scope, operation);
            format!("OperationRequest arrives: {name}{}", lost(heard))
        }
        Action::Answer { operation, answer } => {
            let what = match answer {
                Answer::Best => "gives the best proof there is",
                Answer::Wrong => "answers wrongly",
                Answer::CodeInVain => "presents the code without the rest",
                Answer::ProofOfAnother => "presents a proof made for another operation",
                Answer::FromElsewhere => "is answered for, from another device,",
            };
            let name = operation_name(scope, operation);
            format!("{} {what} to: {name}", starter(operation))
        }
        Action::Execute(o) => format!("the wallet executes: {}", operation_name(scope, o)),
        Action::OperationDeadline(o) => {
            format!("the deadline passes for: {}", operation_name(scope, o))
        }
        Action::DebitRequest(o) => format!("DebitRequest arrives: {}", operation_name(scope, o)),
        Action::DebitAnswer { operation, accepted } => {
            let answer = if accepted { "accepted" } else { "refused" };
            format!("DebitAnswer arrives ({answer}): {}", operation_name(scope, operation))
        }
        Action::LockEnds(p) => format!("the lock on {} ends", path(p)),
        Action::DayEnds => "the day ends".into(),
        Action::SessionEnds { account, device } => {
            format!("the session of device {device} on account {account} runs out")
        }
        Action::DeviceAges { account, device } => {
            format!("device {device} on account {account} has been trusted long enough")
        }
        Action::AskOtherBody(b) => {
            format!("a stranger sends another body under the key of binding {b}")
        }
        Action::Status { binding, own: true } => {
            format!("BindingQuery for binding {binding} reaches the bank")
        }
        Action::Status { binding, own: false } => {
            format!("a stranger asks the bank about binding {binding}")
        }
        Action::LeaveForeign(b) => format!("a stranger tries to end binding {b}"),
        Action::Hostile { binding, message, account } => {
            let names = if account == crate::world::NONE {
                String::new()
            } else {
                format!(", naming account {account}")
            };
            format!("the hostile bank sends {} for binding {binding}{names}", message.name())
        }
        Action::HostileDebitAnswer { operation, accepted } => {
            let answer = if accepted { "accepted" } else { "refused" };
            let name = operation_name(scope, operation);
            format!("the hostile bank answers ({answer}) for: {name}")
        }
        Action::StartAnother(o) => {
            format!("{} starts another: {}", starter(o), operation_name(scope, o))
        }
        Action::Take { slot, delivery } => {
            format!("instance {slot} takes {}", delivery_name(delivery))
        }
        Action::Commit(slot) => format!("instance {slot} commits"),
        Action::Reply { slot, heard } => format!("instance {slot} answers{}", lost(heard)),
        Action::Crash(slot) => format!("instance {slot} crashes"),
    }
}

/// A delivery in words.
pub fn delivery_name(delivery: Delivery) -> String {
    match delivery {
        Delivery::Ask(b) => format!("BindRequest for binding {b}"),
        Delivery::Leave(b) => format!("BindCancel for binding {b}"),
        Delivery::ToWallet { binding, message, fresh } => {
            let stale = if fresh { "" } else { ", too old," };
            format!("{} for binding {binding}{stale}", message.name())
        }
        Delivery::ToBank { binding, answer } => {
            format!("{} for binding {binding}", answer.name())
        }
    }
}

/// What one action changed, a line a record, and which rules fired.
pub fn changes<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    before: &World<B, O, A, D, S>,
    after: &World<B, O, A, D, S>,
    fired: &Fired,
) -> Vec<String> {
    let mut lines: Vec<String> =
        fired.steps().map(|(record, tag)| step_line(record, tag)).collect();
    let mut changed = |what: String, old: String, new: String| {
        if old != new {
            lines.push(format!("{what}: {old} → {new}"));
        }
    };
    for b in 0..B {
        let (old, new) = (before.bindings[b], after.bindings[b]);
        changed(format!("binding {b}"), words::binding(old), words::binding(new));
        changed(format!("link {b}"), words::link(before.links[b]), words::link(after.links[b]));
    }
    for a in 0..A {
        let (old, new) = (before.accounts[a], after.accounts[a]);
        changed(format!("account {a}"), words::account(old), words::account(new));
        for d in 0..D {
            let (old, new) = (before.devices[a][d], after.devices[a][d]);
            let what = format!("device {d} on account {a}");
            changed(what, words::device(old), words::device(new));
        }
    }
    for o in 0..O {
        let (old, new) = (before.operations[o], after.operations[o]);
        changed(format!("operation {o}"), words::operation(old), words::operation(new));
        let (old, new) = (before.debits[o], after.debits[o]);
        changed(format!("debit {o}"), format!("{old:?}"), format!("{new:?}"));
    }
    lines
}

/// One step as a line, for example "link 0: link.activated".
pub fn step_line(record: Record, tag: Decided) -> String {
    let record = match record {
        Record::Client(b) => format!("bank client, binding {b}"),
        Record::Binding(b) => format!("bank, binding {b}"),
        Record::Debit(o) => format!("bank, debit of operation {o}"),
        Record::Link(b) => format!("wallet, link {b}"),
        Record::Operation(o) => format!("wallet, operation {o}"),
        Record::Asker(o) => format!("wallet client, operation {o}"),
        Record::Device(a, d) => format!("wallet, device {d} of account {a}"),
        Record::Lock => "wallet, locks".into(),
    };
    match tag {
        Decided::Applied(rule) => format!("{record}: {rule}"),
        Decided::Replayed(rule) => format!("{record}: {rule}, again"),
        Decided::Refused(refusal) => format!("{record}: refused, {refusal}"),
    }
}
