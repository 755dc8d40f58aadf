use crate::settings::{SKEW_MS, Settings};

#[test]
fn the_window_is_closed_at_both_ends() {
    let settings = Settings::DEFAULT;
    let freshness_ms = i64::try_from(settings.timing.freshness_ms).unwrap();
    let fresh = |age_ms: i64| settings.is_fresh(1_000_000_000_000, 1_000_000_000_000 + age_ms);
    assert!(fresh(0) && fresh(freshness_ms) && fresh(-SKEW_MS));
    assert!(!fresh(freshness_ms + 1) && !fresh(-SKEW_MS - 1));
    assert!(!settings.is_fresh(i64::MIN, i64::MAX) && !settings.is_fresh(i64::MAX, i64::MIN));
}
