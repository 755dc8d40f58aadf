//! The benchmark beside peers: what must never become a row of its page, and that a bound that is
//! missed is told.

#[path = "../benches/peers/bounds.rs"]
mod bounds;
#[path = "../benches/peers/figures.rs"]
mod figures;

use bounds::{Bound, Wanted};
use figures::{Said, Series, Tool};

const SAID: Said = Said { distinct: 288, peak: Some(4096), state: Some(12) };

const SPIN: &str = "\
State-vector 20 byte, depth reached 19, errors: 0
    50816 states, stored
   351490 states, matched
    3.500\ttotal actual memory usage
";

const TLC: &str = "\
Model checking completed. No error has been found.
402306 states generated, 50816 distinct states found, 0 states left on queue.
";

#[test]
fn a_process_that_counts_other_states_is_an_error_and_no_row() {
    assert_eq!(SAID.of("ours", 288), Ok(SAID));
    let why = SAID.of("ours", 289).expect_err("one is missing");
    assert!(why.contains("288") && why.contains("289"), "{why}");
    assert!(SAID.of("ours", 287).is_err(), "one too many is no better");
}

#[test]
fn what_a_process_says_is_read_or_it_said_nothing() {
    assert_eq!(Said::of_ours(&SAID.line()), Some(SAID));
    assert_eq!(Said::of_ours(&format!("something else\n{}", SAID.line())), Some(SAID));
    for text in ["", "distinct 288", "distinct many peak 1 state 1"] {
        assert_eq!(Said::of_ours(text), None, "{text}");
    }
    let spin = Said { distinct: 50_816, peak: Some(3_670_016), state: None };
    assert_eq!(Said::of_spin(SPIN), Some(spin));
    assert_eq!(Said::of_tlc(TLC), Some(Said { peak: None, ..spin }));
}

#[test]
fn a_search_of_a_peer_that_failed_or_was_cut_short_says_nothing() {
    assert_eq!(Said::of_spin(&SPIN.replace("errors: 0", "errors: 1")), None);
    let cut = format!("error: max search depth too small\n{SPIN}");
    assert_eq!(Said::of_spin(&cut), None);
    assert_eq!(Said::of_spin("pan: out of memory"), None);
    assert_eq!(Said::of_tlc(&TLC.replace("No error has been found", "Error")), None);
}

#[test]
fn the_median_is_of_the_times_and_the_peak_the_most() {
    let mut series = Series::default();
    for (seconds, peak) in [(3.0, 10), (1.0, 30), (2.0, 20)] {
        series.add(seconds, Said { peak: Some(peak), ..SAID });
    }
    assert_eq!((series.fastest(), series.median(), series.peak()), (1.0, 2.0, Some(30)));
    assert_eq!(series.runs(), 3);
}

#[test]
fn a_bound_that_is_missed_is_told_and_one_that_was_not_measured_too() {
    let bound = |wanted, measured| Bound { what: "it".into(), wanted, unit: "×", measured };
    assert_eq!(bound(Wanted::AtLeast(2.0), Some(1.99)).met(), Some(false));
    assert_eq!(bound(Wanted::AtLeast(2.0), Some(2.0)).met(), Some(true));
    assert_eq!(bound(Wanted::AtMost(2.0), Some(2.01)).met(), Some(false));
    assert_eq!(bound(Wanted::AtMost(2.0), Some(1.0)).met(), Some(true));
    let row = bound(Wanted::AtLeast(2.0), Some(1.5)).row();
    assert_eq!(row, "| it | at least 2× | 1.50× | **MISSED** |\n");
    assert!(bound(Wanted::AtMost(2.0), Some(1.5)).row().contains("| met |"));
    assert!(bound(Wanted::AtMost(2.0), None).row().contains("| – | not measured |"));
}

#[test]
fn every_tool_has_a_name_of_its_own() {
    let names = Tool::ALL.map(Tool::name);
    assert!((1..names.len()).all(|at| !names[..at].contains(&names[at])));
}
