//! The wallet's side: accounts, devices, links, operations, locks, and the wallet client.

pub mod account;
pub mod client;
pub mod device;
pub mod facts;
pub mod kind;
pub mod link;
pub mod lock;
pub mod operation;
pub mod person;
pub mod proof;
