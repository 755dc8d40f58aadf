//! Signs of life on stderr.

use std::time::Duration;

use crate::pace::Pace;
use crate::ran::run;

/// At which of these ages, in milliseconds, something is said.
fn said(mut pace: Pace, ages_ms: impl IntoIterator<Item = u64>) -> Vec<u64> {
    ages_ms.into_iter().filter(|age| pace.is_due(Duration::from_millis(*age))).collect()
}

#[test]
fn a_log_gets_a_line_every_ten_seconds_and_none_before() {
    assert!(said(Pace::WRITTEN, (0..10_000).step_by(7)).is_empty());
    assert_eq!(said(Pace::WRITTEN, (0..=35_000).step_by(100)), [10_000, 20_000, 30_000]);
}

#[test]
fn lines_that_were_missed_are_not_made_up_for() {
    assert_eq!(said(Pace::WRITTEN, [65_000, 65_001, 74_999, 75_000]), [65_000, 75_000]);
    assert_eq!(said(Pace::WRITTEN, [u64::MAX, u64::MAX]), [u64::MAX]);
}

#[test]
fn a_terminal_is_drawn_at_once_and_not_with_every_state() {
    assert_eq!(said(Pace::DRAWN, 0..400), [0, 150, 300]);
}

#[test]
fn a_short_check_is_quiet() {
    for format in ["text", "json"] {
        let ran = run(&["check", "impostor", "lockout", "--format", format]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    }
}

#[test]
fn a_program_is_told_at_once_and_then_every_second() {
    assert_eq!(said(Pace::TOLD, (0..2_500).step_by(100)), [0, 1_000, 2_000]);
    let ran = run(&["check", "smoke", "--progress", "json"]);
    assert_eq!(ran.code, 0);
    let first = ran.err.lines().next().expect("a line");
    let told: serde_json::Value = serde_json::from_str(first).expect("an object");
    assert_eq!(
        (&told["schema"], &told["scope"]),
        (&"bindproof.progress/1".into(), &"smoke".into())
    );
    for figure in ["seconds", "distinct", "generated", "waiting", "depth", "bytes"] {
        assert!(told[figure].is_number(), "{first}");
    }
    assert_eq!(run(&["check", "smoke", "--progress", "none"]).err, "");
}
