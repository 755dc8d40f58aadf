//! The one place that looks at a clock: limits and reports are about time that passes for people.

use std::time::Instant;

/// Now.
#[expect(
    clippy::disallowed_methods,
    reason = "a limit of time and the length of a check are measured"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}
