//! `bindproof explore`.

use std::net::{SocketAddr, TcpListener};

use bindproof_models::explore::serve;

use crate::arguments::ExploreArguments;
use crate::failure::{FINE, Failure};
use crate::input;
use crate::layout::paragraph;
use crate::output::Output;
use crate::paint::Tone;

/// Serves the states of a scope to a browser until it is interrupted.
///
/// # Errors
/// If the address is not one of this machine itself or cannot be had, or the scope or policy
/// cannot be used.
pub fn run(arguments: &ExploreArguments, out: &mut Output) -> Result<u8, Failure> {
    let address = own(&arguments.address)?;
    let loaded = input::scope(&arguments.scope)?;
    let (_, policy) = input::policy(arguments.policy.as_deref())?;
    // The server below would only panic.
    TcpListener::bind(address)
        .map_err(|error| Failure::Usage(format!("--address {address} cannot be had: {error}")))?;
    out.toned(Tone::Strong, &format!("http://{address}"))?;
    out.line(&paragraph("  scope  ", &format!("{}: {}", loaded.scope.name, loaded.scope.about)))?;
    out.line(&paragraph(
        "  use    ",
        "Open the address in a browser. At the left are the run so far and, below it, the actions \
         that are possible; choosing one moves on. The arrow keys (or J and K) walk along the run, \
         and the browser's address names it, so that it can be kept. Ctrl-C here ends it.",
    ))?;
    out.line(&paragraph(
        "  note   ",
        "Only properties of single states are checked here, and only in the states that are \
         looked at. That all is green is no verdict; bindproof check gives one.",
    ))?;
    serve(&loaded.scope, &policy, address)?;
    Ok(FINE)
}

/// The address, if it is this machine's own. The pages are for whoever sits here: they have no
/// sign-in, and nothing keeps them from computing for ever.
fn own(address: &str) -> Result<SocketAddr, Failure> {
    let numeric = address
        .strip_prefix("localhost:")
        .map_or_else(|| address.to_owned(), |port| format!("127.0.0.1:{port}"));
    let parsed: SocketAddr = numeric.parse().map_err(|_| {
        let text = format!("--address {address}: not an address and port, such as 127.0.0.1:3000");
        Failure::Usage(text)
    })?;
    if parsed.ip().is_loopback() {
        Ok(parsed)
    } else {
        let text = format!(
            "--address {address}: only addresses of this machine itself are served, such as \
             127.0.0.1:3000 or [::1]:3000, since the pages have no sign-in"
        );
        Err(Failure::Usage(text))
    }
}
