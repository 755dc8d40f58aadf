//! The hash of the plain search, which is the checker's, and digests.

use std::hash::{Hash, Hasher};

pub use bindproof_checker::hash::Words;

/// A digest of a text, in hexadecimal: to tell apart what was checked, not to keep anybody from
/// forging it.
pub fn digest(text: &str) -> String {
    let mut hasher = Words::default();
    text.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
