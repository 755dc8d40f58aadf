//! The bank's side: bindings, debits, and the bank client.

pub mod binding;
pub mod client;
pub mod debit;
pub mod facts;
