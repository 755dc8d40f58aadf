//! Which state may follow which; the specification says it.

pub use bindproof::order::{binding, link, operation};
