//! The commands that print a generated page.

use bindproof_models::table::markdown;

use crate::arguments::PartyName;
use crate::failure::{FINE, Failure};
use crate::output::Output;

const REQUIREMENTS: &str = include_str!("../../../docs/generated/requirements.md");
const COVERAGE: &str = include_str!("../../../docs/generated/coverage.md");
const SATURATION: &str = include_str!("../../../docs/generated/saturation.md");

/// Prints the total state table of a party.
///
/// # Errors
/// If it cannot be written.
pub fn table(party: PartyName, out: &mut Output) -> Result<u8, Failure> {
    out.line(markdown(party.into()).trim_end())?;
    Ok(FINE)
}

/// Prints the requirement table.
///
/// # Errors
/// If it cannot be written.
pub fn requirements(out: &mut Output) -> Result<u8, Failure> {
    out.line(REQUIREMENTS.trim_end())?;
    Ok(FINE)
}

/// Prints what the default scopes cover.
///
/// # Errors
/// If it cannot be written.
pub fn coverage(out: &mut Output) -> Result<u8, Failure> {
    out.line(COVERAGE.trim_end())?;
    Ok(FINE)
}

/// Prints how the chains of growing scopes went.
///
/// # Errors
/// If it cannot be written.
pub fn saturation(out: &mut Output) -> Result<u8, Failure> {
    out.line(SATURATION.trim_end())?;
    Ok(FINE)
}
