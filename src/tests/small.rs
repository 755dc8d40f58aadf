//! Device, lock, person and the wallet client, by hand.

use super::{any, moved};
use crate::control::AllOn;
use crate::limits::Limits;
use crate::policy::DeviceStanding;
use crate::refusal::Refusal;
use crate::wallet::account::Account;
use crate::wallet::client;
use crate::wallet::device::{self, Device};
use crate::wallet::lock::{self, Closed, Lock, Path};
use crate::wallet::person::matched;
use crate::wallet::proof::{Demand, Tie};

const LIMITS: Limits = Limits::DEFAULT;

//= BIND-036 a revoked key is good for nothing, and its authenticator is gone
//= BIND-037 what a device had ends with its account
#[test]
fn a_trusted_device_that_is_revoked_or_whose_account_closes_has_nothing_left() {
    for device in any::devices().into_iter().filter(|device| device.is_trusted()) {
        for input in [device::Input::Revoked, device::Input::AccountClosed] {
            let after = moved(&device::step(device, input));
            assert_eq!(after, Some(Device::Revoked), "{device:?}");
        }
    }
    let revoked = Device::Revoked;
    assert!(!revoked.is_trusted() && !revoked.in_session() && !revoked.has_authenticator());
    assert_eq!(revoked.signed_in(true), revoked);
    assert_eq!(revoked.enrolled(), revoked);
    for signed in any::BOTH {
        assert_eq!(revoked.standing(signed), DeviceStanding::Revoked);
    }
}

//= BIND-084 a device counts only with its signature inside a session
#[test]
fn a_trusted_device_that_did_not_sign_in_a_session_stands_as_unknown() {
    for device in any::devices().into_iter().filter(|device| device.is_trusted()) {
        assert_eq!(device.standing(false), DeviceStanding::Unknown);
        assert_eq!(device.standing(true), DeviceStanding::Trusted);
    }
    assert_eq!(Device::Unknown.standing(true), DeviceStanding::Unknown);
}

//= BIND-038 a genuine code has its own path
//= BIND-039 a trusted key has its own path
#[test]
fn a_code_decides_the_path_before_the_key_and_all_others_are_strangers() {
    let first = Demand::CodeAndContact;
    assert_eq!(Path::of(AllOn, first, Tie::Demanded, true), Path::Code);
    assert_eq!(Path::of(AllOn, first, Tie::Demanded, false), Path::Code);
    assert_eq!(Path::of(AllOn, first, Tie::None, true), Path::Device);
    assert_eq!(Path::of(AllOn, first, Tie::None, false), Path::Strangers);
    // Another binding's code, or a code where factors can be guessed at, gives no path.
    assert_eq!(Path::of(AllOn, first, Tie::Other, false), Path::Strangers);
    let approval = Demand::CodeContactAndFactors;
    assert_eq!(Path::of(AllOn, approval, Tie::Demanded, true), Path::Device);
    assert_eq!(Path::of(AllOn, approval, Tie::Demanded, false), Path::Strangers);
}

//= BIND-040 the limits close the path
#[test]
fn the_fifth_wrong_answer_in_a_row_closes_for_a_while_and_the_tenth_of_a_day_for_the_day() {
    let mut lock = Lock::OPEN;
    for count in 1..=LIMITS.day {
        lock = lock.counted(AllOn, &LIMITS);
        assert_eq!(lock.day, count);
        let expected = match count {
            10 => Closed::ForDay,
            5 => Closed::ForRun,
            _ => Closed::No,
        };
        assert_eq!(lock.closed, expected, "after {count}");
        if expected == Closed::ForRun {
            lock = moved(&lock::step(lock, lock::Input::LockEnded)).unwrap_or(lock);
        }
    }
}

//= BIND-041 a success ends the run and keeps the day
//= BIND-141 but on the strangers' path it ends no run
#[test]
fn a_right_answer_leaves_the_day_s_count_and_ends_the_run_unless_it_is_the_strangers() {
    for day in 0..LIMITS.day {
        let lock = Lock { run: day.min(4), day, closed: Closed::No };
        for path in [Path::Device, Path::Code] {
            assert_eq!(lock.succeeded(AllOn, path), Lock { run: 0, ..lock });
        }
        assert_eq!(lock.succeeded(AllOn, Path::Strangers), lock);
    }
}

//= BIND-042 only time opens a path, each lock its own time
#[test]
fn a_run_is_opened_by_its_time_and_a_day_by_the_days_end_only() {
    let run = Lock { run: 5, day: 5, closed: Closed::ForRun };
    let day = Lock { run: 2, day: 10, closed: Closed::ForDay };
    let after = |lock, input| moved(&lock::step(lock, input));
    let opened = Lock { run: 0, day: 5, closed: Closed::No };
    assert_eq!(after(run, lock::Input::LockEnded), Some(opened));
    let still = after(run, lock::Input::DayEnded).map(|lock| lock.closed);
    assert_eq!(still, Some(Closed::ForRun));
    assert_eq!(after(day, lock::Input::LockEnded), None);
    assert_eq!(after(day, lock::Input::DayEnded), Some(Lock::OPEN));
    for lock in [run, day] {
        for path in any::PATHS {
            assert!(!lock.succeeded(AllOn, path).is_open(), "a success opens nothing");
        }
        assert!(!lock.counted(AllOn, &LIMITS).is_open());
    }
}

//= BIND-013 a self-asserted account is nobody's
//= BIND-052 the one verified account that is open is the person's
#[test]
fn a_persons_account_is_her_open_verified_one_and_no_other() {
    for account in any::accounts() {
        let found = matched(AllOn, [(7u8, account)].into_iter());
        let hers = account.is_open() && account.is_verified();
        assert_eq!(found.key, hers.then_some(7), "{account:?}");
        let expected = match account {
            account if hers => account,
            Account::Closed => Account::Closed,
            _ => Account::Absent,
        };
        assert_eq!(found.account, expected, "a self-asserted one looks like none");
    }
    let several = [(0u8, Account::Closed), (1, Account::RECOVERED), (2, Account::Closed)];
    assert_eq!(matched(AllOn, several.into_iter()).key, Some(1));
}

#[test]
fn a_wallet_client_asks_again_until_it_is_told_and_then_stays_settled() {
    use client::{Input, State, step};
    assert_eq!(moved(&step(State::Idle, Input::Start)), Some(State::Sent));
    assert_eq!(moved(&step(State::Sent, Input::Challenged)), Some(State::Answering));
    assert_eq!(moved(&step(State::Answering, Input::Told)), Some(State::Settled));
    for input in [Input::Start, Input::Challenged, Input::Told] {
        assert_eq!(moved(&step(State::Settled, input)), None);
    }
    for input in [Input::Challenged, Input::Told] {
        assert_eq!(step(State::Idle, input).refusal(), Some(Refusal::InvalidState));
    }
}
