//! Facts about many records of one person, derived from those records. Here they are derived once,
//! for the model, the servers, the kit and the check of traces alike.
//!
//! Whoever calls a step lays its records out as the small values of this module, whatever it keeps
//! them in, and is told the fact. Keys, banks, bindings and accounts are whatever can be compared:
//! no step ever sees a name. Nothing here is stored, and nothing is allocated.
//!
//! Facts that belong to one record are that record's own methods; which account is a person's is
//! told by [`super::person`].

mod link;
mod operation;

pub use link::{Asking, Hanging, Made, is_last};
pub use operation::{
    Beginning, Beside, Payment, Running, demanded, ends_with_account, path_of_answer,
    path_of_request, runs_on, waiting,
};
