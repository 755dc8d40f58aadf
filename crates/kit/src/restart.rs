//! Starting the server under test again, by a command that somebody gave.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use crate::call::Line;
use crate::trouble::{Tried, Trouble};

/// The pause between two looks whether the server answers again.
const PAUSE: Duration = Duration::from_millis(100);

/// How long it has for that at least, in milliseconds.
const COMES_BACK_MS: u64 = 15_000;

/// How long the command may take.
const ENDS: Duration = Duration::from_secs(60);

/// How long a server has until it answers again, in milliseconds: as long as the kit's patience,
/// and 15 seconds at least.
fn comes_back_ms(patience_ms: u64) -> i64 {
    i64::try_from(patience_ms.max(COMES_BACK_MS)).unwrap_or(i64::MAX)
}

/// Runs the command and waits until the server answers again: `GET /healthz`, with any status below
/// 500, for it need not have the path.
///
/// # Errors
/// If the command fails or does not end, or the server does not come back.
pub async fn restart(command: &str, line: &Line) -> Tried {
    let status = ended(command, ENDS).await.map_err(Trouble::Undecided)?;
    if !status.success() {
        return Err(Trouble::Undecided(format!("the restart command ended with {status}")));
    }
    let until_ms = line.world.now_ms().saturating_add(comes_back_ms(line.patience_ms));
    while line.world.now_ms() < until_ms {
        match line.get("/healthz").await {
            Ok(_) => return Ok(()),
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
    Err(Trouble::Undecided("the server did not come back".to_owned()))
}

/// Runs a command of the shell until it ends, or kills the shell when it has run for too long.
async fn ended(command: &str, within: Duration) -> Result<ExitStatus, String> {
    let mut shell = std::process::Command::new("sh");
    shell.arg("-c").arg(command).stdin(Stdio::null()).stdout(Stdio::null());
    let mut shell = shell.spawn().map_err(|error| error.to_string())?;
    let end = tokio::time::timeout(within, async {
        loop {
            match shell.try_wait() {
                Ok(None) => tokio::time::sleep(PAUSE).await,
                Ok(Some(status)) => return Ok(status),
                Err(error) => return Err(error.to_string()),
            }
        }
    });
    if let Ok(ended) = end.await {
        return ended;
    }
    // One that has just ended by itself cannot be killed, which does not matter.
    let _ = shell.kill();
    let _ = shell.wait();
    Err(format!("the restart command did not end within {} s", within.as_secs_f64()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_has_as_long_as_the_kit_waits_to_come_back_and_not_less_than_15_seconds() {
        assert_eq!(
            [0, 14_999, 40_000, u64::MAX].map(comes_back_ms),
            [15_000, 15_000, 40_000, i64::MAX]
        );
    }

    #[tokio::test]
    async fn a_command_ends_by_itself_or_is_killed() {
        let within = Duration::from_secs(60);
        assert_eq!(ended("exit 0", within).await.map(|status| status.success()), Ok(true));
        assert_eq!(ended("exit 3", within).await.map(|status| status.code()), Ok(Some(3)));
        let late = ended("sleep 600", Duration::from_millis(200)).await;
        assert_eq!(late, Err("the restart command did not end within 0.2 s".to_owned()));
    }
}
