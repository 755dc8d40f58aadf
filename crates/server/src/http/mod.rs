//! Where HTTP is spoken. What comes in is read strictly and verified here; what reaches a drive is
//! facts.

pub mod accept;
pub mod answer;
pub mod bank;
pub mod client;
pub mod edge;
pub mod keyed;
pub mod observe;
mod person;
pub mod rate;
pub mod wallet;
