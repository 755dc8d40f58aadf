//! The reference servers of the binding protocol.
#![forbid(unsafe_code)]

pub mod bank;
pub mod bench;
pub mod client;
pub mod config;
pub mod defect;
pub mod demo;
pub mod development;
pub mod drive;
pub mod http;
pub mod journal;
pub mod key;
pub mod letter;
pub mod metrics;
pub mod node;
pub mod openapi;
pub mod operator;
pub mod outage;
pub mod outbox;
pub mod pages;
pub mod passkey;
pub mod received;
pub mod record;
pub mod service;
pub mod session;
pub mod signing;
pub mod site;
pub mod store;
pub mod verifier;
pub mod wallet;
mod words;

pub use bindproof_http::{clock, codes, hex, signature};
