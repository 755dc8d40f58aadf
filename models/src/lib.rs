//! The world of the binding protocol's four parties, driven by the specification's own steps, as a
//! [`stateright::Model`]; with scopes, faults, an adversary, properties and mutants.

pub mod action;
pub mod capacity;
pub mod chart;
pub mod check;
pub mod coverage;
pub mod drive;
pub mod explore;
pub mod facts;
pub mod fairness;
pub mod game;
pub mod hash;
pub mod hunt;
pub mod model;
pub mod mutants;
pub mod network;
pub mod packed;
pub mod possible;
pub mod progress;
pub mod properties;
pub mod replay;
pub mod report;
pub mod saturation;
pub mod scope;
pub mod scopes;
pub mod search;
pub mod server;
pub mod shown;
pub mod story;
pub mod svg;
pub mod symmetry;
pub mod table;
pub mod two_worlds;
pub mod views;
pub mod words;
pub mod world;
