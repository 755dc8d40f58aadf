//! The conformance kit: drives a live bank's or wallet's server over HTTP as its honest and its
//! lying peers and clients, and finds out whether it follows the binding protocol.
//!
//! The oracle is the specification itself: beside each message the kit steps records of its own by
//! the specification's steps and compares what the server says with what they say. It needs nothing
//! but HTTP and the keys of the peers that it plays.
#![forbid(unsafe_code)]

mod again;
mod bankplay;
mod banks;
pub mod call;
pub mod case;
pub mod cases;
pub mod config;
mod deviation;
pub mod exchange;
mod faults;
pub mod listen;
mod oracle;
mod play;
pub mod report;
mod restart;
pub mod run;
mod sendings;
mod server_clock;
mod strict;
mod target;
mod terms;
pub mod trouble;
mod wallet_desk;
