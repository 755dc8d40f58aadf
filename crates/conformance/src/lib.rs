//! For teams that write a bank's server or a wallet's server themselves: whether what it does is
//! the protocol, and if not, where and why.
//!
//! | module | holds |
//! |---|---|
//! | [`trace`] | journals of one or both servers, checked by the specification's own steps |
//! | [`key`] | how records are named in them |
//! | [`requirements`] | which requirements a decision rests on |
//! | [`schema`] | JSON Schemas of what other teams write and read |
//! | `record` (feature `models`) | runs of the model as journals |
//! | `vectors` (feature `models`) | its shortest runs as data for other teams |
//!
//! No decision of the protocol is written down here a second time: whatever decides is
//! `bindproof`'s step, and the facts that a step is told are derived by its functions, from what a
//! journal holds; so a server that derives one wrongly is found. What is added is what one step
//! cannot see: that what one server heard is what the other said, and that the whole run keeps the
//! properties of the specification.

pub mod key;
#[cfg(feature = "models")]
pub mod record;
pub mod requirements;
pub mod schema;
pub mod trace;
#[cfg(feature = "models")]
pub mod vectors;
