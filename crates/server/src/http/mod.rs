//! Where HTTP is spoken. What comes in is read strictly and verified here; what reaches a drive is
//! facts.

pub mod accept;
pub mod answer;
pub mod bank;
pub mod client;
pub(crate) mod development;
pub mod edge;
pub mod endpoint;
pub(crate) mod host;
mod keyed;
mod lenient;
pub mod observe;
pub mod own;
mod person;
pub mod rate;
mod register;
mod stranger;
mod unread;
pub mod wallet;
