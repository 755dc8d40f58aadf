//! Records as the specification's facts about many of them take them.

use bindproof::control::AllOn;
use bindproof::wallet::facts::{Hanging, Payment};
use bindproof::wallet::kind::Kind as OperationKind;
use bindproof::wallet::person::is_claimed;

use super::{Records, behind};
use crate::key::Key;

/// The number of a bank's name, if a line had it. One that is not named is the same as none.
#[derive(Clone, Copy, Debug)]
pub struct Bank(pub Option<u16>);

impl PartialEq for Bank {
    fn eq(&self, other: &Self) -> bool {
        self.0.is_some() && self.0 == other.0
    }
}

impl Records {
    /// What was paid on an account since then, without this operation, in minor units. This is the
    /// specification's running total, kept along as payments come and go.
    pub fn paid(&self, account: Key, since_ms: i64, without: Key) -> u64 {
        let sum = self.payments.get(&account).map_or(0, |payments| payments.since(since_ms));
        let own = self
            .payment(without)
            .filter(|payment| payment.account == Some(account) && payment.counts(AllOn, since_ms));
        sum.saturating_sub(own.map_or(0, |payment| payment.minor))
    }

    /// An operation as a payment, if it is one.
    pub fn payment(&self, operation: Key) -> Option<Payment<Key, Key, Key>> {
        let refs = self.operations.get(&operation)?;
        let binding = refs.binding.filter(|_| refs.kind == OperationKind::Pay)?;
        Some(Payment {
            operation,
            account: refs.account,
            binding,
            state: self.operation(operation),
            minor: refs.amount_minor,
            asked_ms: refs.debited_ms,
        })
    }

    /// The payments that were executed through a binding.
    pub fn executed_through(&self, binding: Key) -> impl Iterator<Item = Payment<Key, Key, Key>> {
        behind(&self.executed, binding).filter_map(|operation| self.payment(operation))
    }

    /// A link among the others.
    pub fn hanging(&self, binding: Key) -> Hanging<Key, Bank, Key> {
        let refs = self.links.get(&binding).copied().unwrap_or_default();
        let state = self.link(binding).state;
        Hanging { binding, bank: Bank(refs.bank), account: refs.account, state }
    }

    /// Whether these are the records of nobody known yet: of accounts that nobody has verified.
    pub fn are_nobodys(&self) -> bool {
        let accounts = self.open_accounts.iter().chain(&self.closed_account);
        !self.open_accounts.is_empty() && !is_claimed(accounts.map(|key| self.account(*key)))
    }
}

#[cfg(test)]
mod tests {
    use bindproof::policy::Environment;
    use bindproof::refusal::Refusal;
    use bindproof::wallet::facts::Running;
    use bindproof::wallet::operation::Operation;

    use super::super::{Kind, OperationRefs, State};
    use super::*;

    const WINDOW_MS: i64 = 50;

    const fn key(number: u8) -> Key {
        Key::from_bytes([number; 16])
    }

    /// A payment of one of two accounts, through one of three bindings.
    fn refs(number: u8, at_ms: i64) -> OperationRefs {
        OperationRefs {
            kind: OperationKind::Pay,
            account: Some(key(201 + number % 2)),
            device: None,
            content: None,
            signed: true,
            environment: Some(Environment::Normal),
            binding: Some(key(211 + number % 3)),
            revoked_device: None,
            amount_minor: u64::from(number) + 1,
            debited_ms: Some(at_ms),
            executions: 0,
            due_ms: None,
        }
    }

    /// Compares what is kept along with what the specification derives from all payments.
    fn compare(records: &Records, number: u8, now_ms: i64) {
        let (id, since_ms) = (key(number), now_ms - WINDOW_MS);
        let refs = records.operations[&id];
        let running = Running {
            operation: id,
            kind: refs.kind,
            account: refs.account,
            binding: refs.binding,
            minor: refs.amount_minor,
        };
        let all = || records.operations.keys().filter_map(|other| records.payment(*other));
        let paid = refs.account.map_or(0, |account| records.paid(account, since_ms, id));
        assert_eq!(paid + running.minor, running.total(AllOn, since_ms, all()), "{number}");
        let through = refs.binding.into_iter().flat_map(|b| records.executed_through(b));
        let first = running.is_first_payment(through);
        assert_eq!(first, running.is_first_payment(all()), "{number}");
    }

    #[test]
    fn what_is_kept_of_payments_is_what_the_specification_derives_from_all_of_them() {
        let mut records = Records::new(WINDOW_MS);
        let mut write = |records: &mut Records, number: u8, state: Operation| {
            records.write(Kind::Operation, key(number), State::Operation(state), 1, 1);
        };
        for number in 0..60 {
            let now_ms = i64::from(number) * 7;
            records.operations.insert(key(number), refs(number, now_ms));
            compare(&records, number, now_ms);
            write(&mut records, number, Operation::Debiting);
            // The bank answers some time later, for one in four against it.
            if let Some(earlier) = number.checked_sub(3) {
                let state = match earlier % 4 {
                    0 => Operation::Refused(Refusal::InstrumentUnavailable),
                    _ => Operation::Executed,
                };
                write(&mut records, earlier, state);
            }
            for other in 0..=number {
                compare(&records, other, now_ms);
            }
        }
    }

    #[test]
    fn two_banks_that_are_not_named_are_not_the_same() {
        assert!(Bank(Some(1)) == Bank(Some(1)) && Bank(Some(1)) != Bank(Some(2)));
        assert!(Bank(None) != Bank(None) && Bank(None) != Bank(Some(1)));
    }
}
