//! The conformance kit against the reference servers: they pass all of it, and each server that has
//! a defect planted fails it for that defect.

#[path = "conform/bench.rs"]
mod bench;
#[path = "conform/covered.rs"]
mod covered;
#[path = "conform/defects.rs"]
mod defects;
#[path = "it/folder.rs"]
mod folder;
#[path = "conform/pass.rs"]
mod pass;
#[path = "it/postgres.rs"]
mod postgres;
#[path = "conform/rows.rs"]
mod rows;
#[path = "conform/trial.rs"]
mod trial;
#[path = "conform/words.rs"]
mod words;
