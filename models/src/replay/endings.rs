//! What the end of a replay says, in every case.

use bindproof::control::Control;
use bindproof::policy::Policy;

use super::Replay;
use super::memory::{Mark, Place};
use super::retold::{Again, Ending, Retold, carry_out};
use crate::action::{Action, Delivery};
use crate::capacity::Job as _;
use crate::check::{Options, PANIC};
use crate::network::ToWallet;
use crate::scope::Scope;
use crate::scopes::find;

const CLAIMED: &str = "never-bound-without-registered-account";

/// A binding without an account: what happens, and what is off for it.
fn bound_too_early() -> Replay {
    let file = include_str!(
        "../../replays/waits-for-account--never-bound-without-registered-account.json"
    );
    Replay::parse("file", file).expect("parses")
}

fn retold(replay: &Replay) -> Retold {
    let built_in = find(&replay.scope).expect("built in");
    let scope = Scope::parse(built_in.file, built_in.text).expect("parses");
    carry_out(built_in.file, &scope, ("default", &Policy::DEFAULT), replay).expect("fits")
}

#[test]
fn a_run_that_ends_in_its_violation_is_confirmed_and_its_last_step_says_so() {
    let replay = bound_too_early();
    let retold = retold(&replay);
    assert_eq!(retold.ending, Ending::Confirmed(CLAIMED));
    assert_eq!(retold.steps.len(), retold.planned);
    let violated: Vec<_> =
        retold.steps.iter().map(|step| step.violated.contains(&CLAIMED)).collect();
    assert_eq!(violated.iter().position(|violated| *violated), Some(violated.len() - 1));
    assert!(retold.mermaid.starts_with("sequenceDiagram\n") && retold.svg.starts_with("<svg"));
}

#[test]
fn a_run_that_violates_nothing_or_something_else_is_not_confirmed() {
    let mut replay = bound_too_early();
    replay.violates = Some("tries-bounded");
    let Ending::NotViolated { claimed, instead } = retold(&replay).ending else {
        panic!("confirmed")
    };
    assert_eq!(
        (claimed, instead.contains(&(CLAIMED, replay.actions.len()))),
        ("tries-bounded", true)
    );
    replay.actions.pop();
    let ending = retold(&replay).ending;
    assert_eq!(ending, Ending::NotViolated { claimed: "tries-bounded", instead: Vec::new() });
    assert!(ending.sentence().starts_with("NOT confirmed: tries-bounded is not violated"));
}

#[test]
fn a_run_that_goes_on_after_its_violation_of_a_step_is_not_confirmed() {
    let file = include_str!("../../replays/account-fixed--identity-never-changes.json");
    let mut replay = Replay::parse("file", file).expect("parses");
    assert_eq!(retold(&replay).ending, Ending::Confirmed("identity-never-changes"));
    let step = replay.actions.len();
    replay.actions.push(*replay.actions.last().expect("two"));
    let Ending::NotViolated { instead, .. } = retold(&replay).ending else { panic!("confirmed") };
    assert!(instead.contains(&("identity-never-changes", step)), "{instead:?}");
}

#[test]
fn nothing_claimed_is_fulfilled_if_every_action_is_possible() {
    let replay = Replay::new("smoke", &[], None, &[Action::Ask(0)]);
    assert_eq!(retold(&replay).ending, Ending::Possible);
}

#[test]
fn an_impossible_action_is_named_with_its_step_and_with_what_is_most_like_it() {
    let query =
        |binding| Delivery::ToWallet { binding, message: ToWallet::AccountQuery, fresh: true };
    let ask = Action::Deliver { delivery: Delivery::Ask(0), heard: true };
    // Binding 7 is not even in the scope.
    for binding in [0, 7] {
        let deliver = Action::Deliver { delivery: query(binding), heard: true };
        let replay = Replay::new("smoke", &[], None, &[Action::Ask(0), deliver, ask]);
        let retold = retold(&replay);
        assert_eq!((retold.steps.len(), retold.planned), (1, 3));
        let Ending::Impossible { step, action, possible } = &retold.ending else {
            panic!("{:?}", retold.ending)
        };
        assert_eq!(*step, 2);
        assert!(action.contains("account_query"), "{action}");
        assert_eq!(possible[0], "BindRequest for binding 0 arrives");
        assert!(retold.ending.sentence().contains("BindRequest for binding 0 arrives; "));
    }
}

#[test]
fn a_loop_has_to_lead_back_to_where_it_is_said_to() {
    let ask = Action::Deliver { delivery: Delivery::Ask(0), heard: true };
    let mut replay = Replay::new("smoke", &[], None, &[Action::Ask(0), ask, ask]);
    replay.loop_from = Some(2);
    assert_eq!(retold(&replay).ending, Ending::Possible, "a repetition changes nothing");
    replay.loop_from = Some(1);
    assert_eq!(retold(&replay).ending, Ending::NoLoop { from: 1 });
}

#[test]
fn rest_is_not_violated_while_something_has_yet_to_happen() {
    let mut replay = Replay::new("smoke", &[], Some("quiescent-agreement"), &[Action::Ask(0)]);
    let not = Ending::NotViolated { claimed: "quiescent-agreement", instead: Vec::new() };
    assert_eq!(retold(&replay).ending, not);
    replay.violates = Some("can-bind-again");
    assert_eq!(retold(&replay).ending, Ending::NotShownByARun("can-bind-again"));
}

#[test]
fn each_step_tells_what_is_remembered_where_and_what_is_new() {
    let ask = Action::Deliver { delivery: Delivery::Ask(0), heard: true };
    let run = [Action::Ask(0), ask];
    let retold = retold(&Replay::new("smoke", &[Control::ProofSpent], None, &run));
    let first = retold.steps[0].memory.since(&retold.beginning);
    let new: Vec<_> = first.iter().filter(|marked| marked.mark == Mark::New).collect();
    assert_eq!(new.len(), 1, "{new:?}");
    assert_eq!(new[0].line.place, Place::BankClient);
    let second = retold.steps[1].memory.since(&retold.steps[0].memory);
    let texts: Vec<String> = second
        .iter()
        .filter(|marked| marked.mark == Mark::New)
        .map(|marked| format!("{} | {}", marked.line.place.name(), marked.line.text()))
        .collect();
    assert_eq!(
        texts,
        [
            "bank server | binding 0: Looking",
            "in flight between the servers | AccountQuery for binding 0: repeated",
            "noted by the observer | request for binding 0: was begun on the holder's \
             authentication for it",
        ]
    );
}

#[test]
fn a_loop_that_breaks_a_promise_of_fairness_shows_nothing() {
    // The client asks and asks where it stands; that its request arrives is promised.
    let run = [Action::Ask(0), Action::Status { binding: 0, own: true }];
    let mut replay = Replay::new("smoke", &[], Some("every-request-settles"), &run);
    replay.loop_from = Some(1);
    let not = Ending::NotViolated { claimed: "every-request-settles", instead: Vec::new() };
    assert_eq!(retold(&replay).ending, not);
    let file = include_str!("../../replays/challenge-expires--every-challenge-settles.json");
    let replay = Replay::parse("file", file).expect("parses");
    assert_eq!(retold(&replay).ending, Ending::Confirmed("every-challenge-settles"));
    let with_every_control = Replay { without: Vec::new(), ..replay };
    let ending = retold(&with_every_control).ending;
    assert!(matches!(ending, Ending::NotViolated { .. }), "its deadline passes: {ending:?}");
}

#[test]
fn a_panic_is_met_again_in_what_comes_next() {
    // In too small a world there is no room for an account that comes to be with a control off.
    let off = [Control::OneAccountPerPerson];
    let built_in = find("limits").expect("built in");
    let scope = Scope::parse(built_in.file, built_in.text).expect("parses");
    let options = Options { without: &off, ..Options::under(("default", &Policy::DEFAULT)) };
    let report = (&options).run::<2, 3, 1, 2, 0>(&scope);
    let panic = report.properties.iter().find(|property| property.name == PANIC);
    let run = panic.and_then(|property| property.run.as_ref()).expect("a run");
    let kept = Replay::new("limits", &off, Some(PANIC), &run.actions);
    let read = Replay::parse("file", &kept.to_json().expect("serialises"));
    assert_eq!(read, Ok(kept.clone()));
    let again = Again { policy: &Policy::DEFAULT, replay: &kept };
    assert_eq!(again.run::<2, 3, 1, 2, 0>(&scope).ending, Ending::Confirmed(PANIC));
    // Where there is room enough nothing panics, nor one step earlier.
    let not = Ending::NotViolated { claimed: PANIC, instead: Vec::new() };
    assert_eq!(retold(&kept).ending, not);
    let shorter = &run.actions[..run.actions.len() - 1];
    let earlier = Replay::new("limits", &off, Some(PANIC), shorter);
    let again = Again { policy: &Policy::DEFAULT, replay: &earlier };
    assert_eq!(again.run::<2, 3, 1, 2, 0>(&scope).ending, not);
}
