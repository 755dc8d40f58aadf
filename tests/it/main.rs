//! Whole-system tests: what is said about the tree as a whole. One file per subject.

mod generated;
mod outside;
mod purity;
mod reach;
mod reasons;
mod requirements;
mod tidy;
mod tree;
