//! Whole-system tests: what is said about the tree as a whole. One file per subject.

mod generated;
mod orders;
mod outside;
mod purity;
mod reach;
mod requirements;
mod tidy;
mod tree;
