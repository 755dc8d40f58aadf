//! The binding protocol between banks and wallets, as executable types.
//!
//! A bank's customer wants her card usable in a wallet, starting from the bank's app, even if she
//! never registered there. Four programs of two companies must agree. This crate *is* their
//! agreement: what each remembers, what can happen to it, and what it does then.
//!
//! | module | holds |
//! |---|---|
//! | [`message`] | every message: from, to, and the facts in it |
//! | [`bank`] | the bank server's binding and debit, and the bank client |
//! | [`wallet`] | the wallet server's account, device, link, operation, lock; the wallet client |
//! | [`policy`] | the condition under which a person is authenticated |
//! | [`control`] | the guards, by name |
//! | [`rule`], [`refusal`] | the name of every move, and of every no |
//! | [`verdict`] | what a step answers |
//! | [`order`] | which state may follow which |
//! | [`journal`] | one entry of a journal, and its replay |
//! | [`limits`] | counts and times, and how they relate |
//! | [`settings`] | what a server runs under: those, and the condition |
//!
//! # Invariants of this crate
//!
//! * One `step` function per record decides; the model checker, the servers, the journals and the
//!   vectors all call it.
//! * What a step is told of many records is derived by one function, too: [`wallet::facts`] and
//!   [`bank::facts`] are for all who call a step.
//! * No I/O, no clock, no randomness, no heap: time is an input, and an effect is an order that
//!   the caller carries out after its commit.
//! * No input panics. A refusal changes nothing.
//! * Every step lies within one person; no record of two persons is ever in one view.
#![no_std]

pub mod bank;
pub mod control;
pub mod journal;
pub mod limits;
pub mod message;
mod named;
pub mod order;
pub mod policy;
pub mod refusal;
pub mod rule;
pub mod settings;
pub mod verdict;
pub mod wallet;
#[cfg(feature = "serde")]
pub mod wire;

#[cfg(test)]
extern crate std;
#[cfg(test)]
mod tests;

/// The version of the protocol that messages and journals carry. It changes when the meaning of a
/// message, a record or a step changes; the crate's own version says nothing about it.
pub const PROTOCOL: &str = "bindproof/1";
