//! What the model says of each input on each view of a server: the view after it, every decision,
//! and what is told.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use bindproof::bank::binding;
use bindproof::control::AllOn;
use bindproof::journal::{Decided, Event};
use bindproof::policy::{Policy, Requirement};
use bindproof::refusal::Refusal;
use bindproof::wallet::kind::Kind;
use bindproof::wallet::operation::Operation;
use bindproof_models::action::{Action, Answer, Delivery};
use bindproof_models::drive::{Fired, Key};
use bindproof_models::model::Without;
use bindproof_models::network::ToBank;
use bindproof_models::scope::Scope;
use bindproof_models::scopes::find;
use bindproof_models::search::{Watch, search};
use bindproof_models::views::LocalView;

use crate::view::{BankView, Input, Model, ToTheBank, ToTheWallet, WalletView, World, inputs};

/// What whoever asked is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Nobody asked, or nobody is told.
    Nothing,
    /// A problem.
    Problem(Refusal),
    /// The bank's client: it is not decided yet.
    Pending,
    /// The bank's client: it is active.
    Active,
    /// The bank's client: it is over.
    Over,
    /// The bank.
    Bank(ToBank),
    /// The wallet: its notice was heard.
    Receipt,
    /// The wallet's client: a challenge of this class.
    Challenge(Requirement),
    /// The wallet's client: what became of its operation.
    Outcome(Operation),
}

/// What the model says of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected<V> {
    /// The view after it.
    pub view: V,
    /// Every decision, in order, and of which record.
    pub steps: Vec<(Key, Decided)>,
    /// What is told.
    pub told: Told,
    /// The view between an answer and the execution that follows at once, if there is one.
    pub between: Option<V>,
}

/// What the model says of every input on one view, and in how many transitions of the scope.
pub type Of<V, I> = BTreeMap<V, BTreeMap<I, (Expected<V>, u64)>>;

/// Everything that happens to the servers in a scope.
pub struct Table {
    /// Where the scope begins.
    pub initial: World,
    /// To the bank.
    pub bank: Of<BankView, ToTheBank>,
    /// To the wallet.
    pub wallet: Of<WalletView, ToTheWallet>,
    /// Distinct states.
    pub states: usize,
    /// Transitions.
    pub transitions: u64,
    /// Those of them that reach no server.
    pub at_clients: u64,
    /// What each step of a server saw and decided.
    pub views: BTreeSet<LocalView>,
}

/// The model of a built-in scope.
pub fn model(scope: &str) -> Model {
    let built_in = find(scope).unwrap();
    let scope = Scope::parse(built_in.file, built_in.text).unwrap();
    Model::new(scope, Policy::DEFAULT, Without::default())
}

impl Table {
    /// Walks every transition of the scope.
    ///
    /// # Panics
    /// If the same input on the same view of a server is decided in two ways: then a view has not
    /// in it what a server decides on.
    pub fn of(model: &Model) -> Self {
        let initial = model.initial();
        let mut walker = Walker {
            model,
            table: Self {
                initial,
                bank: BTreeMap::new(),
                wallet: BTreeMap::new(),
                states: 0,
                transitions: 0,
                at_clients: 0,
                views: BTreeSet::new(),
            },
        };
        let explored = search(model, usize::MAX, &mut walker);
        assert_eq!(explored.cut, None);
        walker.table.states = explored.states.len();
        walker.table
    }
}

struct Walker<'a> {
    model: &'a Model,
    table: Table,
}

impl Watch<Model> for Walker<'_> {
    fn state(&mut self, _: u32, _: &World) {}

    fn step(&mut self, _: u32, before: &World, action: &Action, _: &Fired, _: u32, after: &World) {
        self.table.transitions += 1;
        let inputs = inputs(before, *action);
        self.table.at_clients += u64::from(inputs.is_empty());
        let (bank, wallet) = (BankView::of(before), WalletView::of(before));
        let reaches = |bank: bool| inputs.iter().any(|i| matches!(i, Input::Bank(_)) == bank);
        assert!(reaches(true) || BankView::of(after) == bank, "{action:?} changes the bank");
        assert!(reaches(false) || WalletView::of(after) == wallet, "{action:?} changes the wallet");
        for input in inputs {
            match input {
                Input::Bank(input) => {
                    let expected = of_bank(self.model, before, *action);
                    assert_eq!(expected.view, BankView::of(after), "{action:?}");
                    noted(&mut self.table.bank, bank, input, expected);
                }
                Input::Wallet(input) => {
                    let expected = of_wallet(self.model, before, *action, input);
                    let reached = WalletView::of(after);
                    let here = expected.view == reached || expected.between == Some(reached);
                    assert!(here, "{action:?} leads elsewhere");
                    noted(&mut self.table.wallet, wallet, input, expected);
                }
            }
        }
        let (_, views) = self.model.fire_with_views(before, *action);
        self.table.views.extend(views.into_iter().filter(|view| view.seen.is_of_a_server()));
    }

    fn done(&mut self, _: u32, _: &World) {}

    fn stop(&mut self, _: usize, _: u32) -> bool {
        false
    }
}

fn noted<V: Ord + std::fmt::Debug, I: Ord + std::fmt::Debug>(
    of: &mut Of<V, I>,
    view: V,
    input: I,
    expected: Expected<V>,
) {
    match of.entry(view).or_default().entry(input) {
        Entry::Vacant(place) => {
            place.insert((expected, 1));
        }
        Entry::Occupied(mut place) => {
            assert_eq!(place.get().0, expected, "{:?} is decided in two ways", place.key());
            place.get_mut().1 += 1;
        }
    }
}

/// The key of the record that an event is about.
pub fn key_of<K: Copy>(event: &Event<K>) -> K {
    match *event {
        Event::Binding { id, .. } | Event::Link { id, .. } | Event::Operation { id, .. } => id,
        Event::Debit { operation, .. } => operation,
        Event::Device { id, .. } => id,
        Event::Lock { path, .. } => path,
    }
}

/// Carries an action out in the model: the world after it, and what each server decided.
fn fired(model: &Model, world: &World, action: Action) -> (World, Vec<(Key, Decided)>) {
    let (after, journal) = model.fire_with_journal(world, action);
    let steps = journal.iter().map(|(event, decided)| (key_of(event), *decided));
    (after, steps.collect())
}

fn refusal(steps: &[(Key, Decided)]) -> Option<Refusal> {
    match steps.first() {
        Some((_, Decided::Refused(refusal))) => Some(*refusal),
        _ => None,
    }
}

/// What the model says of an action that reaches the bank.
pub fn of_bank(model: &Model, before: &World, action: Action) -> Expected<BankView> {
    let (after, steps) = fired(model, before, action);
    let told = match (refusal(&steps), action) {
        (_, Action::BankDeadline(_)) => Told::Nothing,
        (Some(refusal), _) => Told::Problem(refusal),
        (None, Action::Deliver { delivery: Delivery::ToBank { .. }, .. }) => Told::Nothing,
        (None, Action::Notice { .. }) => Told::Receipt,
        (None, _) => standing(after.bindings[0].state),
    };
    Expected { view: BankView::of(&after), steps, told, between: None }
}

/// What the bank's client is told of a binding.
const fn standing(state: binding::State) -> Told {
    use binding::State;
    match state {
        State::Active | State::Suspended => Told::Active,
        State::Absent | State::Ending(_) | State::Closed(_) => Told::Over,
        State::Looking | State::Registering | State::Linking | State::AwaitingApproval => {
            Told::Pending
        }
    }
}

/// What the model says of an action that reaches the wallet. A server executes what an answer has
/// authenticated in the transaction of the answer, so here an execution follows its answer at once;
/// and one that is left over from before follows a repeated answer.
pub fn of_wallet(
    model: &Model,
    before: &World,
    action: Action,
    input: ToTheWallet,
) -> Expected<WalletView> {
    // What was answered before does not hide what is answered now.
    let asked = World { to_bank: [0], ..*before };
    match input {
        ToTheWallet::Receipt => {
            let after = World { notices: [false], ..*before };
            let (view, steps) = (WalletView::of(&after), Vec::new());
            Expected { view, steps, told: Told::Nothing, between: None }
        }
        ToTheWallet::Message { message, .. } => {
            let (after, steps) = fired(model, &asked, action);
            let answers = ToBank::in_mask(after.to_bank[0]).next();
            let told = match (refusal(&steps), answers) {
                (Some(refusal), _) => Told::Problem(refusal),
                (None, Some(answer)) => Told::Bank(answer),
                (None, None) => panic!("{message:?} is not answered"),
            };
            Expected { view: WalletView::of(&after), steps, told, between: None }
        }
        ToTheWallet::Request(o) => {
            let (after, steps) = fired(model, &asked, action);
            let told = refusal(&steps).map_or_else(|| stands(model, &after, o), Told::Problem);
            Expected { view: WalletView::of(&after), steps, told, between: None }
        }
        ToTheWallet::Answer { operation, answer, .. } => {
            answered(model, &asked, operation, Action::Answer { operation, answer })
        }
        ToTheWallet::Execute(operation) => {
            let answer = Action::Answer { operation, answer: Answer::Best };
            answered(model, &asked, operation, answer)
        }
        ToTheWallet::ApprovalDeadline | ToTheWallet::OperationDeadline(_) => {
            let (after, steps) = fired(model, &asked, action);
            let (view, told) = (WalletView::of(&after), Told::Nothing);
            Expected { view, steps, told, between: None }
        }
    }
}

fn answered(model: &Model, before: &World, o: u8, answer: Action) -> Expected<WalletView> {
    let (mut after, mut steps) = fired(model, before, answer);
    if let Some(refusal) = refusal(&steps) {
        let (view, told) = (WalletView::of(&after), Told::Problem(refusal));
        return Expected { view, steps, told, between: None };
    }
    let mut between = None;
    if matches!(after.operations[usize::from(o)], Operation::Authenticated { .. }) {
        between = Some(WalletView::of(&after));
        let (executed, more) = fired(model, &after, Action::Execute(o));
        (after, steps) = (executed, [steps, more].concat());
    }
    let told = match stands(model, &after, o) {
        Told::Challenge(_) => Told::Problem(Refusal::ChallengeInvalid),
        told => told,
    };
    Expected { view: WalletView::of(&after), steps, told, between }
}

/// Where an operation stands, as its client is told.
fn stands(model: &Model, world: &World, o: u8) -> Told {
    let kind: Kind = model.scope.operation[usize::from(o)].kind;
    match world.operations[usize::from(o)] {
        Operation::Challenged { demand, .. } => Told::Challenge(demand.shown_as(AllOn, kind)),
        state if state.is_over() => Told::Outcome(state),
        _ => Told::Problem(Refusal::IdempotencyInProgress),
    }
}
