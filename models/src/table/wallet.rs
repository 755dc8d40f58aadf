//! The wallet's small machines: device, lock, and the wallet client.

use bindproof::policy::TrustAge;
use bindproof::wallet::client;
use bindproof::wallet::device::{self, Device};
use bindproof::wallet::lock::{self, Closed, Lock};

use super::render::{Decision, Entry, Layout, Machine, Place};

/// Every value of a device.
pub fn devices() -> Vec<Device> {
    let mut devices = vec![Device::Unknown];
    for age in TrustAge::ALL.iter().copied() {
        for (session, authenticator) in [(true, true), (true, false), (false, true), (false, false)]
        {
            devices.push(Device::Trusted { session, authenticator, age });
        }
    }
    devices.push(Device::Revoked);
    devices
}

/// A device in words.
pub fn device_place(device: Device) -> Place {
    match device {
        Device::Unknown => Place::plain("unknown"),
        Device::Revoked => Place::plain("revoked"),
        Device::Trusted { session, authenticator, age } => {
            let words = [
                if session { "in session" } else { "no session" },
                if authenticator { "authenticator" } else { "no authenticator" },
                age.name(),
            ];
            Place::with("trusted", words.join(", "))
        }
    }
}

/// The wallet's device.
pub fn device() -> Machine {
    let inputs = [
        ("revoked", device::Input::Revoked),
        ("account closed", device::Input::AccountClosed),
        ("session ended", device::Input::SessionEnded),
        ("aged", device::Input::Aged),
    ];
    let mut entries = Vec::new();
    for device in devices() {
        for (input, what) in inputs {
            entries.push(Entry {
                state: device_place(device),
                input: input.to_owned(),
                when: Vec::new(),
                decision: Decision::of(device::step(device, what), device_place),
            });
        }
    }
    Machine {
        name: "device",
        about: "Every value and every input. Trust is given by operations, not here.",
        layout: Layout::Matrix,
        entries,
    }
}

/// A lock in words: what is counted only as none or some.
pub fn lock_place(lock: Lock) -> Place {
    let node = match lock.closed {
        Closed::No => "open",
        Closed::ForRun => "closed_for_run",
        Closed::ForDay => "closed_for_day",
    };
    let count = |count: u8, name: &str| match count {
        0 => format!("{name} 0"),
        _ => format!("{name} n"),
    };
    Place::with(node, format!("{}, {}", count(lock.run, "run"), count(lock.day, "day")))
}

/// The wallet's lock.
pub fn lock() -> Machine {
    let inputs = [("lock ended", lock::Input::LockEnded), ("day ended", lock::Input::DayEnded)];
    let mut entries = Vec::new();
    for closed in [Closed::No, Closed::ForRun, Closed::ForDay] {
        for (run, day) in (0..=5).flat_map(|run| (0..=10).map(move |day| (run, day))) {
            let lock = Lock { run, day, closed };
            for (input, what) in inputs {
                entries.push(Entry {
                    state: lock_place(lock),
                    input: input.to_owned(),
                    when: Vec::new(),
                    decision: Decision::of(lock::step(lock, what), lock_place),
                });
            }
        }
    }
    Machine {
        name: "lock",
        about: "What time does to the lock of a path, for every count up to the default limits; \
                `n` is any count but 0. Answers count, and close a path, in the operation's step.",
        layout: Layout::Matrix,
        entries,
    }
}

/// The wallet client.
pub fn client() -> Machine {
    use client::{Input, State};
    let states = [
        ("idle", State::Idle),
        ("sent", State::Sent),
        ("answering", State::Answering),
        ("settled", State::Settled),
    ];
    let place = |state| {
        Place::plain(states.iter().find(|(_, other)| *other == state).map_or("", |(name, _)| name))
    };
    let inputs =
        [("start", Input::Start), ("challenged", Input::Challenged), ("told", Input::Told)];
    let entries = states.iter().flat_map(|(_, state)| {
        inputs.iter().map(move |(input, what)| Entry {
            state: place(*state),
            input: (*input).to_owned(),
            when: Vec::new(),
            decision: Decision::of(client::step(*state, *what), place),
        })
    });
    Machine {
        name: "request for an operation",
        about: "Every state and every input.",
        layout: Layout::Matrix,
        entries: entries.collect(),
    }
}
