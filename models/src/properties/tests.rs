//! Each property is seen to fail where a step of the protocol would have had to be wrong: the model
//! has no control for that, so a test does what the wrong step would have done.

use bindproof::bank::binding::{Binding, State};
use bindproof::control::Control;
use bindproof::policy::{Environment, Policy};
use bindproof::wallet::account::Account;
use bindproof::wallet::device::Device;
use bindproof::wallet::link::{Link, State as LinkState};
use bindproof::wallet::operation::Operation;
use bindproof::wallet::proof::{Demand, Factors};

use super::step::Step;
use crate::action::{Action, Answer, Delivery};
use crate::check::{Options, check};
use crate::model::{Protocol, Without};
use crate::network::ToWallet;
use crate::replay::retold::violated;
use crate::report::PropertyVerdict;
use crate::scope::Scope;
use crate::scopes::find;
use crate::world::{Authentication, NONE, World};

const APPROVAL: &str = "existing-account-needs-approval";
const AUTHENTICATED: &str = "always-authenticated-when-condition-met";
const CAPTURES_NOTHING: &str = "pre-registered-account-captures-nothing";
const ASKED_FOR: &str = "every-binding-was-asked-for";
const REFUSAL: &str = "refusal-changes-nothing";
const WEAKER: &str = "no-weaker-proof-accepted";

/// Two bindings, three operations: room for most scopes.
type Medium = Protocol<2, 3, 2, 2, 0>;
type MediumWorld = World<2, 3, 2, 2, 0>;

fn scope(name: &str) -> Scope {
    let built_in = find(name).expect("built in");
    Scope::parse(built_in.file, built_in.text).expect("parses")
}

fn model(name: &str, without: &[Control]) -> Medium {
    Medium::new(scope(name), Policy::DEFAULT, Without::these(without))
}

/// The world after `actions`, none of which violates anything.
fn after(model: &Medium, world: MediumWorld, actions: &[Action]) -> MediumWorld {
    actions.iter().fold(world, |world, action| {
        assert_eq!(violated(model, &world, *action), [] as [&str; 0], "{action:?}");
        model.fire(&world, *action).0
    })
}

/// Operation `o` is asked for.
fn asked(o: u8) -> [Action; 2] {
    [Action::Start(o), Action::Request { operation: o, heard: true }]
}

/// Its challenge is answered as well as whoever runs it can, and it is executed.
fn answered(o: u8) -> [Action; 2] {
    [Action::Answer { operation: o, answer: Answer::Best }, Action::Execute(o)]
}

/// A hostile bank's binding waits on the holder's account, and she is about to approve it.
fn pushed_to_approve(model: &Medium) -> MediumWorld {
    let message = ToWallet::LinkRequest;
    let waits = Action::Hostile { binding: 1, message, account: 0 };
    after(model, model.initial(), &[&[waits], &asked(2)[..]].concat())
}

#[test]
fn an_approval_that_demands_less_than_code_contact_and_factors_is_seen() {
    let model = model("hostile-approval", &[]);
    for (demand, weaker) in [
        (Demand::Factors(Factors::Two), true),
        (Demand::Factors(Factors::Possession), true),
        (Demand::CodeContactAndFactors, false),
    ] {
        let mut world = pushed_to_approve(&model);
        let Operation::Challenged { tries_left, .. } = world.operations[2] else {
            panic!("{:?}", world.operations[2])
        };
        // What a wallet would have written that takes an approval for any other operation.
        world.operations[2] = Operation::Challenged { demand, tries_left };
        let [answer, execute] = answered(2);
        assert_eq!(violated(&model, &world, answer).contains(&WEAKER), weaker, "{demand:?}");
        let world = model.fire(&world, answer).0;
        let found = violated(&model, &world, execute);
        let executes = demand == Demand::Factors(Factors::Two);
        assert_eq!(found.contains(&APPROVAL), executes, "{demand:?}: {found:?}");
        assert_eq!(found.contains(&AUTHENTICATED), executes, "{demand:?}: {found:?}");
    }
}

#[test]
fn an_account_that_comes_to_be_while_she_recovers_is_hers_from_then_on() {
    let registers =
        Action::Hostile { binding: 0, message: ToWallet::AccountRegistration, account: NONE };
    let [answer, recovers] = answered(0);
    let begins = [Action::Ask(0), registers];
    let before = [&asked(0)[..], &begins, &asked(1), &answered(1), &[answer]].concat();
    for (without, outlives) in [(&[][..], false), (&[Control::ProvenIdentityRevokes], true)] {
        let model = model("hostile-recovery", without);
        let world = after(&model, model.initial(), &before);
        // Her recovery was asked for when there was no account.
        assert_eq!(world.operation_account[0], NONE);
        assert!(!world.history.reclaimed[0] && world.devices[0][1].is_trusted());
        let found = violated(&model, &world, recovers);
        assert_eq!(found.contains(&CAPTURES_NOTHING), outlives, "{found:?}");
        assert!(model.fire(&world, recovers).0.history.reclaimed[0]);
    }
}

#[test]
fn an_authentication_for_another_binding_begins_none() {
    type Large = Protocol<3, 4, 3, 3, 2>;
    let [asks, hers] = [0, 2].map(Action::Ask);
    let arrives = Action::Deliver { delivery: Delivery::Ask(0), heard: true };
    let begun = |without: &[Control], actions: &[Action]| {
        let model = Large::new(scope("impostor"), Policy::DEFAULT, Without::these(without));
        let world = actions.iter().fold(model.initial(), |world, a| model.fire(&world, *a).0);
        let after = model.fire(&world, arrives).0;
        (after.history.begun_on[0], violated(&model, &world, arrives).contains(&ASKED_FOR))
    };
    let off = [Control::HolderAuthenticated];
    assert_eq!(begun(&[], &[hers, asks]), (Authentication::Nobodys, false));
    assert_eq!(begun(&off, &[hers, asks]), (Authentication::OfAnother, true));
    assert_eq!(begun(&off, &[asks]), (Authentication::Nobodys, true));
    // Of the holder's own bindings, begun on what she made for the other one.
    let model = model("rebind", &[]);
    let arrives = Action::Deliver { delivery: Delivery::Ask(1), heard: true };
    let mut world = after(&model, model.initial(), &[Action::Ask(0), Action::Ask(1), arrives]);
    let query = Action::Status { binding: 1, own: true };
    assert_eq!(violated(&model, &world, query), [] as [&str; 0]);
    world.history.begun_on[1] = Authentication::OfAnother;
    assert_eq!(violated(&model, &world, query), [ASKED_FOR]);
}

#[test]
fn a_refused_step_that_writes_is_seen_although_a_client_is_told() {
    type Large = Protocol<3, 4, 3, 3, 2>;
    let model = Large::new(scope("impostor"), Policy::DEFAULT, Without::default());
    let before = model.fire(&model.initial(), Action::Ask(0)).0;
    let action = Action::Deliver { delivery: Delivery::Ask(0), heard: true };
    let (after, fired) = model.fire(&before, action);
    let holds = |after: &World<3, 4, 3, 3, 2>| {
        let step = Step { before: &before, action, fired: &fired, after };
        let found = Large::STEP.iter().find(|(name, _)| *name == REFUSAL);
        found.is_some_and(|(_, holds)| holds(&model, &step))
    };
    assert!(before.clients[0] != after.clients[0] && holds(&after));
    let mut wrote = after;
    wrote.bindings[0] = Binding { state: State::Looking, ..Binding::ABSENT };
    assert!(!holds(&wrote));
    let mut wrote = after;
    wrote.links[2] = Link { state: LinkState::Ended, ..Link::ABSENT };
    assert!(!holds(&wrote));
    let mut wrote = after;
    wrote.strangers.run = 1;
    assert!(!holds(&wrote));
    let mut spent = after;
    spent.links[2].code_spent = true;
    assert!(holds(&spent));
}

#[test]
fn a_wallet_that_reads_the_facts_wrong_is_seen() {
    // It takes a payment for gone through that the bank was never heard to stand by.
    let pays = Action::Request { operation: 2, heard: true };
    type Large = Protocol<3, 4, 3, 3, 2>;
    let mut wide = Large::new(scope("small-payments"), Policy::DEFAULT, Without::default());
    let mut world = wide.initial();
    world.links[0] = Link { state: LinkState::Active, ..Link::ABSENT };
    world.link_account[0] = 0;
    let started = wide.fire(&world, Action::Start(2)).0;
    assert!(!violated(&wide, &started, pays).contains(&AUTHENTICATED));
    let mut mistaken = started;
    mistaken.operations[1] = Operation::Executed;
    mistaken.operation_account[1] = 0;
    let found = violated(&wide, &mistaken, pays);
    assert!(found.contains(&AUTHENTICATED), "{found:?}");
    mistaken.history.went_through[1] = true;
    let found = violated(&wide, &mistaken, pays);
    assert!(!found.contains(&AUTHENTICATED), "{found:?}");
    // It does not look at the surroundings: what it does is judged where they are unknown.
    let (after, fired) = wide.fire(&mistaken, pays);
    wide.scope.operation[2].environment = Environment::Unknown;
    let step = Step { before: &mistaken, action: pays, fired: &fired, after: &after };
    let judged = Large::STEP.iter().find(|(name, _)| *name == AUTHENTICATED);
    assert!(judged.is_some_and(|(_, holds)| !holds(&wide, &step)));
}

#[test]
fn to_wait_for_an_approval_that_nobody_can_give_is_not_to_be_bound() {
    let model = model("rebind", &[]);
    let open = |authenticated| Account::Open {
        origin: bindproof::policy::Origin::BankRegistered,
        verified: true,
        authenticated,
    };
    let mut world = model.initial();
    world.bindings[1] = Binding { state: State::AwaitingApproval, ..Binding::ABSENT };
    world.links[1] = Link { state: LinkState::AwaitingApproval, ..Link::ABSENT };
    world.link_account[1] = 0;
    world.accounts[0] = open(false);
    assert!(!model.is_bound(&world));
    world.accounts[0] = open(true);
    assert!(model.is_bound(&world));
    world.links[1].state = LinkState::Ended;
    assert!(!model.is_bound(&world));
    world.bindings[0] = Binding { state: State::Active, ..Binding::ABSENT };
    assert!(model.is_bound(&world) && world.devices[0][0] == Device::Unknown);
}

#[test]
fn a_scope_that_is_for_some_property_notices_a_control_of_it() {
    use Control::{ApprovalTakesCode, DebitOnlyWhileActive, DebitOwedUntilAnswer};
    for (name, control, property) in [
        ("hostile-first", ApprovalTakesCode, CAPTURES_NOTHING),
        ("hostile-first-contact", ApprovalTakesCode, CAPTURES_NOTHING),
        ("amounts", Control::ProofClassCompared, AUTHENTICATED),
        ("surroundings", Control::ProofClassCompared, AUTHENTICATED),
        ("pay-end", DebitOnlyWhileActive, "no-debit-unless-active-on-both-sides"),
        ("pay-recover", DebitOwedUntilAnswer, "every-challenge-settles"),
    ] {
        let under = Options::under(("default", &Policy::DEFAULT));
        let options = Options { without: &[control], property: Some(property), ..under };
        let report = check(name, &scope(name), &options).expect("fits");
        let found = report.properties.iter().find(|found| found.name == property);
        let verdict = found.map(|found| found.verdict);
        assert_eq!(verdict, Some(PropertyVerdict::Violated), "{name}: {control}");
    }
}
