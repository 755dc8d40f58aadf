//! The models, for the tests here and for the benchmark.

pub mod ping_pong;
pub mod register;
pub mod two_phase;
