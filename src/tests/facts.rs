//! Facts about many records, by hand: of each rule every condition, by a case that differs from
//! another one in that alone.

mod bank;
mod link;
mod operation;
mod person;
