//! Whether everything under way is to stop: at an interrupt, or when nobody reads the results.

use std::sync::atomic::{AtomicBool, Ordering};

static STOP: AtomicBool = AtomicBool::new(false);

/// Makes an interrupt stop what is under way, so that what was seen is still told. A second
/// interrupt ends the process at once.
pub fn on_interrupt() {
    // Without a handler an interrupt ends the process, which is not worth an error.
    let _ = ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::Relaxed) {
            std::process::exit(crate::failure::UNDECIDED.into());
        }
    });
}

/// Stops what is under way.
pub fn stop() {
    STOP.store(true, Ordering::Relaxed);
}

/// Whether to stop.
pub fn stopped() -> bool {
    STOP.load(Ordering::Relaxed)
}
