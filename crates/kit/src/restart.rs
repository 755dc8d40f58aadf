//! Starting the server under test again, by a command that somebody gave.

use std::process::Stdio;
use std::time::Duration;

use crate::call::Line;
use crate::trouble::{Tried, Trouble};

/// How often is looked whether the server answers again, and with which pause.
const LOOKS: u32 = 150;
const PAUSE: Duration = Duration::from_millis(100);

/// Runs the command and waits until the server answers again.
///
/// # Errors
/// If the command fails or the server does not come back.
pub async fn restart(command: &str, line: &Line) -> Tried {
    let command = command.to_owned();
    let ran = tokio::task::spawn_blocking(move || {
        let mut shell = std::process::Command::new("sh");
        shell.arg("-c").arg(&command).stdin(Stdio::null()).stdout(Stdio::null()).status()
    });
    let ran = ran.await.map_err(|error| Trouble::Undecided(error.to_string()))?;
    match ran {
        Ok(status) if status.success() => {}
        Ok(status) => return Err(Trouble::Undecided(format!("the command ended with {status}"))),
        Err(error) => return Err(Trouble::Undecided(error.to_string())),
    }
    for _ in 0..LOOKS {
        match line.get("/healthz").await {
            Ok(_) => return Ok(()),
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
    Err(Trouble::Undecided("the server did not come back".to_owned()))
}
