//! Keys for what the model has small numbers for.

use bindproof::journal::Event;
use bindproof_models::action::PathOf;
use bindproof_models::drive::Key as ModelKey;

use crate::key::Key;

/// The wallet's name.
pub const WALLET: &str = "wallet";

/// A bank's name.
pub fn bank(number: usize) -> String {
    format!("bank-{number}")
}

/// Names of one run.
#[derive(Clone, Debug)]
pub struct Names {
    run: u64,
    /// How often each operation was started anew.
    again: Vec<u8>,
    requests: u64,
    letters: u64,
}

impl Names {
    /// Names for a run with so many operations.
    pub fn new(run: u64, operations: usize) -> Self {
        Self { run, again: vec![0; operations], requests: 0, letters: 0 }
    }

    /// A key that looks like any other, and is the same for the same run, kind and number.
    fn key(&self, kind: u8, number: u64) -> Key {
        let mut bytes = [0; 16];
        let word = mixed(self.run ^ mixed(u64::from(kind) << 48 ^ number));
        bytes[..8].copy_from_slice(&word.to_be_bytes());
        bytes[8..].copy_from_slice(&mixed(word ^ self.run).to_be_bytes());
        Key::from_bytes(bytes)
    }

    pub fn person(&self) -> Key {
        self.key(1, 0)
    }

    pub fn stranger(&self) -> Key {
        self.key(1, 1)
    }

    pub fn binding(&self, b: u8) -> Key {
        self.key(2, b.into())
    }

    pub fn account(&self, a: u8) -> Key {
        self.key(3, a.into())
    }

    pub fn device(&self, a: u8, d: u8) -> Key {
        self.key(4, u64::from(a) << 8 | u64::from(d))
    }

    pub fn operation(&self, o: u8) -> Key {
        let again = self.again.get(usize::from(o)).copied().unwrap_or(0);
        self.key(5, u64::from(o) << 8 | u64::from(again))
    }

    /// The operation's number stands for another one from now on.
    pub fn another(&mut self, o: u8) {
        if let Some(again) = self.again.get_mut(usize::from(o)) {
            *again = again.wrapping_add(1);
        }
    }

    pub fn device_key(&self, d: u8) -> Key {
        self.key(6, d.into())
    }

    pub fn instrument(&self, bank: u8, instrument: u8) -> Key {
        self.key(7, u64::from(bank) << 8 | u64::from(instrument))
    }

    /// What a request for a binding asks; `other` is another body under the same key.
    pub fn body(&self, b: u8, other: bool) -> Key {
        self.key(8, u64::from(b) << 1 | u64::from(other))
    }

    pub fn content(&self, o: u8) -> Key {
        let again = self.again.get(usize::from(o)).copied().unwrap_or(0);
        self.key(9, u64::from(o) << 8 | u64::from(again))
    }

    /// The id of the next request.
    pub fn request(&mut self) -> Key {
        self.requests += 1;
        self.key(10, self.requests)
    }

    /// The key of the next letter.
    pub fn letter(&mut self) -> String {
        self.letters += 1;
        self.key(11, self.letters).to_string()
    }

    pub fn path(&self, path: PathOf) -> Key {
        match path {
            PathOf::Strangers => self.key(12, 0),
            PathOf::Device(d) => self.device_key(d),
            PathOf::Code(b) => self.binding(b),
        }
    }

    fn of(&self, key: ModelKey) -> Key {
        match key {
            ModelKey::Binding(b) => self.binding(b),
            ModelKey::Account(a) => self.account(a),
            ModelKey::Device(a, d) => self.device(a, d),
            ModelKey::Operation(o) => self.operation(o),
            ModelKey::Path(path) => self.path(path),
        }
    }

    /// An event with keys in place of numbers.
    pub fn event(&self, event: Event<ModelKey>) -> Event<Key> {
        let some = |key: Option<ModelKey>| key.map(|key| self.of(key));
        match event {
            Event::Binding { id, input } => Event::Binding { id: self.of(id), input },
            Event::Debit { operation, input } => {
                Event::Debit { operation: self.of(operation), input }
            }
            Event::Link { id, account, input } => {
                Event::Link { id: self.of(id), account: some(account), input }
            }
            Event::Operation { id, account, device, path, input } => Event::Operation {
                id: self.of(id),
                account: some(account),
                device: some(device),
                path: some(path),
                input,
            },
            Event::Device { id, input } => Event::Device { id: self.of(id), input },
            Event::Lock { path, input } => Event::Lock { path: self.of(path), input },
        }
    }
}

/// A mixer of 64 bits that loses none of them (SplitMix64's).
pub const fn mixed(word: u64) -> u64 {
    let word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}
