use std::collections::BTreeSet;

use super::{UNREACHED, Which, faults, of_scope};
use crate::table::tuples;

/// All that the list does not have, as if it were reached.
fn as_listed() -> BTreeSet<crate::table::Tuple> {
    tuples().into_iter().filter(|tuple| !UNREACHED.iter().any(|gap| gap.has(tuple))).collect()
}

#[test]
fn a_list_that_has_all_that_is_not_reached_and_nothing_else_has_no_fault() {
    assert_eq!(faults(&as_listed(), UNREACHED), Vec::<String>::new());
}

#[test]
fn a_pair_that_is_no_longer_reached_is_a_fault() {
    let mut reached = as_listed();
    let lost = reached.pop_last().expect("there are some");
    let expected = format!("{lost} is not reached, and no reason is given");
    assert_eq!(faults(&reached, UNREACHED), [expected]);
}

#[test]
fn a_pair_that_is_reached_although_it_is_listed_is_a_fault() {
    let mut reached = as_listed();
    let listed = tuples().into_iter().find(|tuple| !reached.contains(tuple)).expect("some");
    let expected = format!("{listed} is reached, though it is listed as not");
    reached.insert(listed);
    assert_eq!(faults(&reached, UNREACHED), [expected]);
}

#[test]
fn a_pair_that_no_table_has_and_a_gap_that_is_like_nothing_are_faults() {
    let mut reached = as_listed();
    let mut strange = reached.first().expect("there are some").clone();
    strange.state = "nowhere".into();
    reached.insert(strange);
    let mut gaps = UNREACHED.to_vec();
    gaps.push(super::Gap { states: Which::These(&["nowhere"]), ..UNREACHED[0] });
    let found = faults(&reached, &gaps);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].ends_with("is in no table") && found[1].starts_with("nothing is like"));
}

#[test]
fn a_pair_that_is_listed_twice_is_a_fault() {
    let mut gaps = UNREACHED.to_vec();
    gaps.push(UNREACHED[0]);
    assert!(faults(&as_listed(), &gaps).iter().all(|fault| fault.ends_with("more than once")));
    assert!(!faults(&as_listed(), &gaps).is_empty());
}

#[test]
fn what_a_scope_reaches_is_named_as_the_tables_name_it() {
    let all = tuples();
    for name in ["smoke", "approval", "recovery"] {
        let reached = of_scope(name).expect("built in");
        assert!(reached.len() > 50 && reached.is_subset(&all), "{name}");
    }
}
