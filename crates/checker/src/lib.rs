//! An exact checker for [`stateright`] models.
//!
//! Any [`stateright::Model`] can be checked; nothing here knows what it is a model of. Verdicts
//! cannot lie: only a search that saw every reachable state, stored and compared in full, and
//! decided every property for it, is a success. Results are the same for any number of threads.
//!
//! ```
//! use bindproof_checker::Check as _;
//! use stateright::{Model, Property};
//!
//! struct Clock;
//! impl Model for Clock {
//!     type State = u8;
//!     type Action = ();
//!     fn init_states(&self) -> Vec<u8> { vec![1] }
//!     fn actions(&self, _: &u8, actions: &mut Vec<()>) { actions.push(()) }
//!     fn next_state(&self, hour: &u8, _: ()) -> Option<u8> { Some(hour % 12 + 1) }
//!     fn properties(&self) -> Vec<Property<Self>> {
//!         vec![Property::always("hours are on the dial", |_, hour| (1..=12).contains(hour))]
//!     }
//! }
//!
//! let report = Clock.check().run();
//! report.assert_exhausted();
//! assert_eq!((report.distinct, report.generated, report.depth), (12, 13, 12));
//! ```

pub mod audit;
mod checker;
mod clock;
mod coverage;
mod decide;
mod firing;
mod game;
mod graph;
pub mod hash;
mod label;
mod lasso;
mod leads_to;
mod limits;
mod monitor;
mod path;
mod processor;
mod progress;
mod property;
mod report;
mod run;
mod search;
mod verdict;
mod walk;

pub use checker::{Check, Checker, Pins};
pub use coverage::{Coverage, Family};
pub use firing::{ByTag, Firing, Step, Tagged, Untagged};
pub use game::{Move, Position, Strategy};
pub use leads_to::LeadsTo;
pub use limits::{Cut, Moment};
pub use property::{Fair, Kind, Strength};
pub use report::{Evidence, Finding, Mode, Path, PropertyReport, Report};
pub use search::keep::Packed;
pub use verdict::{Doubt, Verdict};
pub use walk::Walked;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
