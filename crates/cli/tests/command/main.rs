//! The command as its users meet it: what it prints, what it says when something is wrong, and
//! with which code it ends.

mod conform;
mod cut;
mod json;
mod mutants;
mod narrow;
#[path = "../../src/pace.rs"]
mod pace;
mod pages;
mod progress;
mod ran;
mod refusals;
mod replay;
mod save;
mod text;
mod trace;
