//! Whole-system tests; they live in `it/`.
