//! Tests of every step: by hand what each requirement says, and by chance what holds of all.
//!
//! What is drawn by chance is the same in every run: the seed is fixed, and printed.

mod any;
mod bank;
mod binding;
mod chance;
mod execute;
mod facts;
mod link;
mod operation;
mod proof;
mod settings;
mod small;
mod stranger;

use core::fmt::Debug;
use core::mem::size_of;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use std::{panic, println};

use crate::verdict::{ORDERS_MAX, Orders, Verdict};

/// Where chance begins.
const SEED: u64 = 0x6269_6e64_7072_6f66;
/// How many cases are drawn for one statement.
const CASES: u32 = 2000;

/// Checks `test` for values drawn from `strategy`.
fn for_any<S: Strategy>(strategy: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    println!("{CASES} cases from seed {SEED:#x}");
    let config = Config {
        cases: CASES,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(SEED),
        ..Config::default()
    };
    if let Err(error) = TestRunner::new(config).run(&strategy, test) {
        panic!("{error}");
    }
}

/// The state after a move.
fn moved<S: Copy, O>(verdict: &Verdict<S, O>) -> Option<S> {
    match verdict {
        Verdict::Apply(step) => Some(step.state),
        _ => None,
    }
}

/// A refusal orders nothing, and whatever is not refused has a rule. An order that did not fit
/// would have panicked when it was pushed.
fn is_sound<S, O: Copy>(verdict: &Verdict<S, O>) -> Result<(), TestCaseError> {
    prop_assert!(verdict.refusal().is_none() || verdict.orders().next().is_none());
    prop_assert!(verdict.refusal().is_some() != verdict.rule().is_some());
    Ok(())
}

#[test]
#[should_panic(expected = "at most ORDERS_MAX orders")]
fn an_order_that_does_not_fit_is_not_lost_in_silence() {
    let mut orders = Orders::none();
    for order in 0..=ORDERS_MAX {
        orders.push(order);
    }
}

/// What applied once changes nothing when it comes again: it is answered from the record, refused,
/// or applied to the same effect.
fn is_idempotent<S: Copy + Eq + Debug, O: Copy + Debug>(
    state: S,
    step: impl Fn(S) -> Verdict<S, O>,
) -> Result<(), TestCaseError> {
    let Some(after) = moved(&step(state)) else { return Ok(()) };
    if let Some(again) = moved(&step(after)) {
        prop_assert_eq!(again, after);
    }
    Ok(())
}

#[test]
fn every_record_is_a_few_bytes() {
    use crate::{bank, policy, wallet};
    assert!(size_of::<bank::binding::Binding>() <= 4);
    assert!(size_of::<bank::debit::Debit>() <= 1);
    assert!(size_of::<bank::client::State>() <= 1);
    assert!(size_of::<wallet::account::Account>() <= 4);
    assert!(size_of::<wallet::device::Device>() <= 4);
    assert!(size_of::<wallet::link::Link>() <= 4);
    assert!(size_of::<wallet::lock::Lock>() <= 4);
    assert!(size_of::<wallet::operation::Operation>() <= 4);
    assert!(size_of::<wallet::client::State>() <= 1);
    assert!(size_of::<wallet::link::View>() <= 8);
    assert!(size_of::<wallet::operation::View>() <= 16);
    assert!(size_of::<wallet::operation::Context>() <= 16);
    assert!(size_of::<policy::Facts>() <= 16);
}
