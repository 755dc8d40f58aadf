//! Random walks: what they show is so, the same seed shows the same, and they never say that there
//! is nothing else.

use bindproof_checker::{Check, Checker, Cut, Evidence, Finding, Kind, Verdict, Walked};
use stateright::{Model, Property};

/// A knight on a board, far larger than can be searched, who may also stay where he is or try to
/// jump off. The corner away from where he begins is walled in: nothing leads out of it.
#[derive(Clone, Copy)]
struct Knight {
    side: u32,
    panics: bool,
}

type Square = (u32, u32);

const HUGE: Knight = Knight { side: 1 << 20, panics: false };
const SMALL: Knight = Knight { side: 8, panics: false };

const JUMPS: [(i32, i32); 10] =
    [(0, 0), (1, 2), (2, 1), (2, -1), (1, -2), (-1, -2), (-2, -1), (-2, 1), (-1, 2), (-9, 0)];

impl Model for Knight {
    type State = Square;
    type Action = usize;

    fn init_states(&self) -> Vec<Square> {
        vec![(0, 0), (self.side, 0)]
    }

    fn actions(&self, (x, y): &Square, actions: &mut Vec<usize>) {
        if (*x, *y) != (self.side - 1, self.side - 1) {
            actions.extend(0..JUMPS.len());
        }
    }

    fn next_state(&self, (x, y): &Square, jump: usize) -> Option<Square> {
        assert!(!self.panics || *x < 6, "the horse shies");
        let (dx, dy) = JUMPS[jump];
        Some((x.checked_add_signed(dx)?, y.checked_add_signed(dy)?))
    }

    fn within_boundary(&self, (x, y): &Square) -> bool {
        *x < self.side && *y < self.side
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("on the board", |model: &Self, (x, _): &Square| *x < model.side)]
    }
}

fn shown<'w>(walked: &'w Walked<Square, usize>, name: &str) -> &'w Evidence<Square, usize> {
    let property = walked.properties.iter().find(|property| property.name == name);
    let evidence = property.and_then(|property| property.evidence.as_ref());
    let evidence = evidence.unwrap_or_else(|| panic!("{name} is not shown"));
    assert!(evidence.confirmed, "{name}");
    evidence
}

/// That a run is one, and never comes back to where it was but for its last step.
fn goes(model: Knight, evidence: &Evidence<Square, usize>) {
    let path = &evidence.path;
    assert_eq!(path.states[0], (0, 0));
    assert_eq!(path.states.len(), path.actions.len() + 1);
    for (squares, jump) in path.states.windows(2).zip(&path.actions) {
        assert_eq!(model.next_state(&squares[0], *jump), Some(squares[1]));
    }
    let before = &path.states[..path.states.len() - 1];
    for (at, square) in before.iter().enumerate() {
        assert!(!before[..at].contains(square), "a detour");
    }
}

fn asked(knight: &Knight) -> Checker<'_, Knight> {
    knight
        .check()
        .always("near", |_, (x, y)| x + y < 40)
        .sometimes("diagonal", |_, (x, y)| x == y && *x > 3)
        .step("never left by two", |_, step| step.before.0 < step.after.0 + 2)
        .witness("stays", |_, step| step.before == step.after)
        .possible("way", |_, _| true, |_, square| *square == (0, 0))
}

#[test]
fn a_walk_shows_what_it_finds_in_a_space_that_cannot_be_searched() {
    let walked = asked(&HUGE).walk(1, 20, 2_000);
    assert!(matches!(
        &walked.verdict,
        Verdict::Violated { property, states } if property == "near" && *states > 13
    ));
    assert_eq!((walked.walks, walked.seed), (20, 1));
    assert!(walked.steps > 0 && walked.longest <= 2_000);
    for name in ["near", "diagonal", "never left by two", "stays"] {
        goes(HUGE, shown(&walked, name));
    }
    let near = shown(&walked, "near").path.states.last().expect("a run");
    assert!(near.0 + near.1 >= 40);
    let findings: Vec<&Finding> = walked.properties.iter().map(|p| &p.finding).collect();
    let undecided = Finding::Undecided(None);
    let (violated, witnessed) = (Finding::Violated, Finding::Witnessed);
    let expected = [&undecided, &violated, &witnessed, &violated, &witnessed, &undecided];
    assert_eq!(findings, expected);
}

#[test]
fn the_same_seed_shows_the_same() {
    let shown = |seed: u64| format!("{:?}", asked(&HUGE).walk(seed, 10, 500));
    assert_eq!(shown(1), shown(1));
    assert_ne!(shown(1), shown(2));
}

#[test]
fn a_walk_is_never_a_success() {
    // It has been everywhere, and still says only that it has walked.
    let walked = SMALL.check().walk(3, 100, 1_000);
    assert_eq!(walked.verdict, Verdict::Truncated(Cut::Walks(100)));
    assert!(!walked.verdict.is_success());
    assert_eq!(walked.verdict.exit_code(), 2);
    assert!(walked.beyond > 0);
    assert_eq!(SMALL.check().walk(3, 0, 1_000).verdict, Verdict::Truncated(Cut::Walks(0)));
    let nothing = SMALL.check().only(|_| false).walk(3, 5, 10);
    assert_eq!(nothing.verdict, Verdict::Truncated(Cut::Walks(5)));
}

#[test]
fn rest_is_looked_at_where_a_walk_can_go_no_further() {
    let asked = SMALL.check().no_deadlock("goes on", |_, _| false);
    let walked = asked.walk(4, 20, 1_000);
    assert_eq!(shown(&walked, "goes on").path.states.last(), Some(&(7, 7)));
    goes(SMALL, shown(&walked, "goes on"));
    assert!(walked.steps < 20_000, "walks end there");
    let may = SMALL.check().no_deadlock("goes on", |_, square| *square == (7, 7));
    assert_eq!(may.walk(4, 20, 1_000).verdict, Verdict::Truncated(Cut::Walks(20)));
}

#[test]
fn a_panic_is_shown_by_the_walk_that_leads_there() {
    let shy = Knight { panics: true, ..HUGE };
    for asked in [shy.check(), shy.check().no_panic()] {
        let walked = asked.walk(5, 50, 1_000);
        let property = walked.properties.last().expect("told");
        assert_eq!((property.kind, &property.finding), (Kind::NoPanic, &Finding::Violated));
        let evidence = shown(&walked, "no-panic");
        assert_eq!(evidence.panic.as_deref(), Some("the horse shies"));
        assert!(evidence.path.states.last().is_some_and(|(x, _)| *x >= 6));
        goes(shy, evidence);
        assert_eq!(walked.verdict.exit_code(), 1);
        assert_eq!(walked.properties.len(), 2);
    }
}
