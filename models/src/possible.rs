//! Which actions are possible in a world, in a fixed order, and who makes them.

use bindproof::bank::binding;
use bindproof::bank::client::State as Client;
use bindproof::control::{Control, Controls};
use bindproof::wallet::client::State as Asker;
use bindproof::wallet::device::Device;
use bindproof::wallet::kind::Kind;
use bindproof::wallet::operation::Operation;
use bindproof::wallet::{link, lock};

use crate::action::{Action, Answer, Delivery, Mover, PathOf};
use crate::model::Protocol;
use crate::network::{ToBank, ToWallet};
use crate::scope::{Owner, Slots};
use crate::server::Slot;
use crate::world::{Actor, World};

/// Appends every action that is possible in `world`.
pub fn possible<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    world: &World<B, O, A, D, S>,
    actions: &mut Vec<Action>,
) {
    for b in 0..model.scope.binding.len() {
        at_the_bank(model, world, b, actions);
        between_the_servers(model, world, b, actions);
        of_the_bank_s_adversaries(model, world, b, actions);
    }
    for o in 0..model.scope.operation.len() {
        in_the_wallet(model, world, o, actions);
    }
    if model.scope.faults.time {
        as_time_passes(model, world, actions);
    }
    on_devices(model, world, actions);
    in_the_hands(model, world, actions);
}

/// Whether a message for this server is taken by an instance that works step by step.
pub(crate) fn by_hand(slots: Slots, delivery: Delivery) -> bool {
    let to_wallet = matches!(delivery, Delivery::ToWallet { .. });
    match slots {
        Slots::None => false,
        Slots::OneEach => true,
        Slots::TwoWallets => to_wallet,
        Slots::TwoBanks => !to_wallet,
    }
}

/// A message that may arrive: at a server that does everything at once, or into the hands of an
/// instance that is free.
fn arrives<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    world: &World<B, O, A, D, S>,
    delivery: Delivery,
    actions: &mut Vec<Action>,
) {
    let faults = &model.scope.faults;
    if !by_hand(faults.slots, delivery) {
        actions.push(Action::Deliver { delivery, heard: true });
        let to_client = matches!(delivery, Delivery::Ask(_) | Delivery::Leave(_));
        if faults.lost_answers && to_client {
            actions.push(Action::Deliver { delivery, heard: false });
        }
        return;
    }
    let own = match faults.slots {
        Slots::OneEach if matches!(delivery, Delivery::ToWallet { .. }) => 1..2,
        Slots::OneEach => 0..1,
        _ => 0..2,
    };
    for slot in own.filter(|slot| world.slots[*slot].is_empty()) {
        actions.push(Action::Take { slot: slot as u8, delivery });
    }
}

fn at_the_bank<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    world: &World<B, O, A, D, S>,
    b: usize,
    actions: &mut Vec<Action>,
) {
    let id = b as u8;
    let faults = &model.scope.faults;
    let binding = world.bindings[b];
    match world.clients[b] {
        Client::Idle => actions.push(Action::Ask(id)),
        Client::Sent | Client::Settled if faults.leaves => actions.push(Action::Leave(id)),
        _ => {}
    }
    if world.clients[b] != Client::Idle {
        arrives(model, world, Delivery::Ask(id), actions);
        actions.push(Action::Status { binding: id, own: true });
    }
    if world.clients[b] == Client::Leaving {
        arrives(model, world, Delivery::Leave(id), actions);
    }
    let blocked = world.history.blocked[b];
    if binding.revision < faults.blocks && binding.state.holds_instrument() {
        actions.push(if blocked { Action::Unblock(id) } else { Action::Block(id) });
    }
    let ending = matches!(binding.state, binding::State::Ending(_));
    let gives_up = ending && !model.controls.on(Control::EndingNeverGivesUp);
    if faults.deadlines && (binding.state.waits() || gives_up) {
        actions.push(Action::BankDeadline(id));
    }
    let asks = matches!(
        binding.state,
        binding::State::Linking | binding::State::AwaitingApproval | binding::State::Active
    );
    if faults.reconcile && asks && world.to_wallet[b].sent & ToWallet::LinkQuery.bit() == 0 {
        actions.push(Action::Reconcile(id));
    }
}

fn between_the_servers<
    const B: usize,
    const O: usize,
    const A: usize,
    const D: usize,
    const S: usize,
>(
    model: &Protocol<B, O, A, D, S>,
    world: &World<B, O, A, D, S>,
    b: usize,
    actions: &mut Vec<Action>,
) {
    let id = b as u8;
    let mail = world.to_wallet[b];
    for message in ToWallet::ALL {
        let owed = mail.owed & message.bit() != 0;
        if !owed && mail.sent & message.bit() == 0 {
            continue;
        }
        // Without this control a retry keeps its first time of issue, and so an end that is
        // late enough is only ever stale.
        let outlived = message == ToWallet::LinkEnd
            && model.scope.faults.stale
            && !model.controls.on(Control::EndsExemptFromWindow);
        let ages = [true, false].into_iter().filter(|fresh| match fresh {
            true => !outlived,
            false => model.scope.faults.stale,
        });
        for fresh in ages {
            let delivery = Delivery::ToWallet { binding: id, message, fresh };
            arrives(model, world, delivery, actions);
        }
    }
    for answer in ToBank::in_mask(world.to_bank[b]) {
        arrives(model, world, Delivery::ToBank { binding: id, answer }, actions);
    }
    if world.notices[b] {
        actions.push(Action::Notice { binding: id, receipted: true });
        if model.scope.faults.lost_answers {
            actions.push(Action::Notice { binding: id, receipted: false });
        }
    }
    if model.scope.faults.deadlines && world.links[b].state == link::State::AwaitingApproval {
        actions.push(Action::ApprovalDeadline(id));
    }
}

fn of_the_bank_s_adversaries<
    const B: usize,
    const O: usize,
    const A: usize,
    const D: usize,
    const S: usize,
>(
    model: &Protocol<B, O, A, D, S>,
    world: &World<B, O, A, D, S>,
    b: usize,
    actions: &mut Vec<Action>,
) {
    let id = b as u8;
    if model.scope.adversary.meddles && world.bindings[b].state != binding::State::Absent {
        actions.push(Action::AskOtherBody(id));
        actions.push(Action::LeaveForeign(id));
        actions.push(Action::Status { binding: id, own: false });
    }
    if model.scope.bank.iter().all(|bank| bank.honest) {
        return;
    }
    for message in ToWallet::ALL {
        match message {
            ToWallet::AccountQuery | ToWallet::Decision(3) => {}
            ToWallet::LinkRequest => {
                let there = (0..A).filter(|a| world.accounts[*a].is_open());
                for account in there.map(|a| a as u8) {
                    actions.push(Action::Hostile { binding: id, message, account });
                }
            }
            _ => {
                let account = crate::world::NONE;
                actions.push(Action::Hostile { binding: id, message, account });
            }
        }
    }
}

fn in_the_wallet<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    world: &World<B, O, A, D, S>,
    o: usize,
    actions: &mut Vec<Action>,
) {
    let operation = o as u8;
    let scope = &model.scope.operation[o];
    let faults = &model.scope.faults;
    let asker = world.askers[o];
    match asker {
        Asker::Idle if may_start(model, world, o) => actions.push(Action::Start(operation)),
        Asker::Sent | Asker::Answering => {
            actions.push(Action::Request { operation, heard: true });
            if faults.lost_answers {
                actions.push(Action::Request { operation, heard: false });
            }
        }
        _ => {}
    }
    if asker == Asker::Answering {
        answers(model, world, o, actions);
    }
    match world.operations[o] {
        Operation::Authenticated { .. } => actions.push(Action::Execute(operation)),
        state if state.is_over() && scope.again => actions.push(Action::StartAnother(operation)),
        _ => {}
    }
    if faults.deadlines && world.operations[o].is_under_way() {
        actions.push(Action::OperationDeadline(operation));
    }
    let honest = model.scope.bank.iter().all(|bank| bank.honest);
    let own_binding = scope.kind == Kind::Pay && model.scope.honest(usize::from(scope.binding));
    if !honest && own_binding && world.operations[o] == Operation::Debiting {
        for accepted in [true, false] {
            actions.push(Action::HostileDebitAnswer { operation, accepted });
        }
    }
    let mail = world.debit_mail[o];
    if mail.owed || (mail.sent && faults.duplicates) {
        actions.push(Action::DebitRequest(operation));
    }
    if mail.accepted {
        actions.push(Action::DebitAnswer { operation, accepted: true });
    }
    if mail.refused {
        actions.push(Action::DebitAnswer { operation, accepted: false });
    }
}

/// An attacker who only claims a device needs the adversary to be allowed to.
fn may_start<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    world: &World<B, O, A, D, S>,
    o: usize,
) -> bool {
    let scope = &model.scope.operation[o];
    // A person starts on a link only what she has seen there.
    let link_seen =
        !scope.kind.names_link() || world.links[usize::from(scope.binding)].state.is_live();
    link_seen && (model.has_key(o) || model.scope.adversary.false_device)
}

fn answers<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    world: &World<B, O, A, D, S>,
    o: usize,
    actions: &mut Vec<Action>,
) {
    let operation = o as u8;
    let mut push = |answer| actions.push(Action::Answer { operation, answer });
    let adversary = &model.scope.adversary;
    push(Answer::Best);
    match model.scope.operation[o].by {
        Owner::Holder => {
            if model.scope.faults.mistakes {
                push(Answer::Wrong);
                push(Answer::CodeInVain);
            }
            if adversary.answers_for_others {
                push(Answer::FromElsewhere);
            }
        }
        Owner::Attacker => {
            if adversary.guesses {
                push(Answer::Wrong);
            }
            let proofs = world.history.proved_by.contains(&Actor::Holder);
            if adversary.reuses_proofs && proofs {
                push(Answer::ProofOfAnother);
            }
        }
    }
}

fn as_time_passes<
    const B: usize,
    const O: usize,
    const A: usize,
    const D: usize,
    const S: usize,
>(
    model: &Protocol<B, O, A, D, S>,
    world: &World<B, O, A, D, S>,
    actions: &mut Vec<Action>,
) {
    let run_closed = |lock: &lock::Lock| lock.closed == lock::Closed::ForRun;
    if run_closed(&world.strangers) {
        actions.push(Action::LockEnds(PathOf::Strangers));
    }
    for d in 0..model.scope.device.len() {
        if run_closed(&world.device_locks[d]) {
            actions.push(Action::LockEnds(PathOf::Device(d as u8)));
        }
    }
    let mut counted = world.strangers.day > 0
        || world.history.strangers.day > 0
        || world.device_locks.iter().any(|lock| lock.day > 0)
        || world.history.devices.iter().any(|wrong| wrong.day > 0);
    for b in 0..model.scope.binding.len() {
        counted |= world.code_locks[b].day > 0 || world.history.codes[b].day > 0;
        if run_closed(&world.code_locks[b]) {
            actions.push(Action::LockEnds(PathOf::Code(b as u8)));
        }
        if world.links[b].code_spent && world.links[b].state.is_live() {
            actions.push(Action::RenewCode(b as u8));
        }
    }
    if counted {
        actions.push(Action::DayEnds);
    }
}

fn on_devices<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    world: &World<B, O, A, D, S>,
    actions: &mut Vec<Action>,
) {
    use bindproof::policy::TrustAge;
    for a in 0..A {
        for d in 0..model.scope.device.len() {
            let (account, device) = (a as u8, d as u8);
            let Device::Trusted { session, age, .. } = world.devices[a][d] else { continue };
            if model.scope.faults.sessions && session {
                actions.push(Action::SessionEnds { account, device });
            }
            if model.scope.faults.ageing && age == TrustAge::Recent {
                actions.push(Action::DeviceAges { account, device });
            }
        }
    }
}

fn in_the_hands<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    world: &World<B, O, A, D, S>,
    actions: &mut Vec<Action>,
) {
    let answers_early = !model.controls.on(Control::CommitBeforeAnswer);
    for s in 0..S {
        let slot = s as u8;
        match world.slots[s].slot() {
            Slot::Empty => continue,
            Slot::Decided { answered, .. } => {
                actions.push(Action::Commit(slot));
                if answers_early && !answered {
                    actions.push(Action::Reply { slot, heard: true });
                }
            }
            Slot::Committed(_) => {
                actions.push(Action::Reply { slot, heard: true });
                if model.scope.faults.lost_answers {
                    actions.push(Action::Reply { slot, heard: false });
                }
            }
        }
        if model.scope.faults.crashes {
            actions.push(Action::Crash(slot));
        }
    }
}

/// Who makes a move. Only the delivery of what is owed is certain: a copy of a message that its
/// sender no longer retries may arrive or not, and an answer is certain as long as the request
/// that it answers is repeated.
pub fn mover<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    world: &World<B, O, A, D, S>,
    action: Action,
) -> Mover {
    let obliged_if = |owed: bool| if owed { Mover::Obliged } else { Mover::Optional };
    let optional_or = |attacker: bool| if attacker { Mover::Adversary } else { Mover::Optional };
    let attacker_asks = |b: u8| model.scope.binding[usize::from(b)].asked_by == Owner::Attacker;
    let attacker = |o: u8| model.scope.operation[usize::from(o)].by == Owner::Attacker;
    match action {
        Action::Ask(b) | Action::Leave(b) => optional_or(attacker_asks(b)),
        Action::Start(o) | Action::StartAnother(o) => optional_or(attacker(o)),
        Action::Answer { operation, answer } => {
            optional_or(attacker(operation) || answer == Answer::FromElsewhere)
        }
        Action::Request { operation: o, .. } | Action::Execute(o) if attacker(o) => {
            Mover::Adversary
        }
        Action::AskOtherBody(_)
        | Action::LeaveForeign(_)
        | Action::Hostile { .. }
        | Action::HostileDebitAnswer { .. }
        | Action::Status { own: false, .. } => Mover::Adversary,
        Action::Deliver { delivery, .. } | Action::Take { delivery, .. } => {
            obliged_if(is_owed(world, delivery))
        }
        Action::DebitRequest(o) | Action::DebitAnswer { operation: o, .. } => {
            obliged_if(world.debit_mail[usize::from(o)].owed)
        }
        Action::Block(_)
        | Action::Unblock(_)
        | Action::Reconcile(_)
        | Action::RenewCode(_)
        | Action::LockEnds(_)
        | Action::DayEnds
        | Action::SessionEnds { .. }
        | Action::DeviceAges { .. }
        | Action::Status { .. }
        | Action::Crash(_) => Mover::Optional,
        Action::Notice { .. }
        | Action::BankDeadline(_)
        | Action::ApprovalDeadline(_)
        | Action::Request { .. }
        | Action::Execute(_)
        | Action::OperationDeadline(_)
        | Action::Commit(_)
        | Action::Reply { .. } => Mover::Obliged,
    }
}

/// Whether the sender of what would be delivered still retries.
pub(crate) fn is_owed<
    const B: usize,
    const O: usize,
    const A: usize,
    const D: usize,
    const S: usize,
>(
    world: &World<B, O, A, D, S>,
    delivery: Delivery,
) -> bool {
    match delivery {
        Delivery::Ask(b) => world.clients[usize::from(b)] == Client::Sent,
        Delivery::Leave(b) => world.clients[usize::from(b)] == Client::Leaving,
        Delivery::ToWallet { binding, message, fresh } => {
            // Every retry carries its own time of issue. Without the control that exempts ends
            // from the window there are only stale ones left.
            let current = fresh || message == ToWallet::LinkEnd;
            current && world.to_wallet[usize::from(binding)].owed & message.bit() != 0
        }
        Delivery::ToBank { binding, .. } => world.to_wallet[usize::from(binding)].owed != 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bindproof::policy::Policy;
    use stateright::Model as _;

    use crate::model::Without;
    use crate::scope::Scope;
    use crate::scopes::find;

    #[test]
    fn a_day_ends_however_much_was_counted_in_it() {
        let built_in = find("smoke").expect("built in");
        let mut scope = Scope::parse(built_in.file, built_in.text).expect("parses");
        scope.faults.time = true;
        let model: Protocol<1, 2, 2, 2, 0> =
            Protocol::new(scope, Policy::DEFAULT, Without::default());
        let mut world = model.initial();
        let ends = |world: &World<1, 2, 2, 2, 0>| {
            let mut actions = Vec::new();
            model.actions(world, &mut actions);
            actions.contains(&Action::DayEnds)
        };
        assert!(!ends(&world));
        world.strangers.day = 100;
        assert!(ends(&world));
        // Together it is more than a byte holds.
        world.device_locks.iter_mut().for_each(|lock| lock.day = 100);
        assert!(ends(&world));
    }
}
