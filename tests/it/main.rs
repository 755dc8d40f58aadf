//! Whole-system tests: what is said about the tree as a whole. One file per subject.

mod generated;
mod links;
mod manifests;
mod orders;
mod outside;
mod planted;
mod proofs;
mod purity;
mod reach;
mod reasons;
mod requirements;
mod stories;
mod tables;
mod tidy;
mod tree;
