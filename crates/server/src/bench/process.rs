//! Processes that do not outlive this one, and what they have used, as the kernel counts it.

use std::path::Path;
use std::process::Command;

use super::BenchError;

/// A command that runs what is added to it as a process of its own, which gets this signal when the
/// thread that starts it is gone, however that came about.
pub fn with_parent(signal: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", signal]);
    command
}

/// What was used from a process's beginning, or between two moments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Used {
    /// Time on a processor, in milliseconds.
    pub cpu_ms: u64,
    /// Bytes sent towards the disk.
    pub written: u64,
}

impl Used {
    /// What was used since `before`.
    pub const fn since(self, before: Self) -> Self {
        Self {
            cpu_ms: self.cpu_ms.saturating_sub(before.cpu_ms),
            written: self.written.saturating_sub(before.written),
        }
    }
}

/// What these processes and those that come from them have used.
pub(super) fn used(processes: &[u32]) -> Result<Used, BenchError> {
    let mut all = processes.to_vec();
    let folder = std::fs::read_dir("/proc");
    let folder = folder.map_err(|error| BenchError::at(Path::new("/proc"), error))?;
    for entry in folder.filter_map(Result::ok) {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        if stat(id).is_some_and(|stat| processes.contains(&stat.parent)) {
            all.push(id);
        }
    }
    let mut sum = Used::default();
    for id in all {
        // One that has ended meanwhile is not counted any more.
        sum.cpu_ms += stat(id).map_or(0, |stat| stat.cpu_ms);
        sum.written += written(id).unwrap_or(0);
    }
    Ok(sum)
}

struct Stat {
    parent: u32,
    cpu_ms: u64,
}

fn stat(id: u32) -> Option<Stat> {
    // The kernel counts in hundredths of a second, whatever it runs on.
    const TICK_MS: u64 = 10;
    let text = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name is in parentheses and may hold anything.
    let (_, rest) = text.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    let ticks = |place: usize| fields.get(place)?.parse::<u64>().ok();
    let parent = fields.get(1)?.parse().ok()?;
    Some(Stat { parent, cpu_ms: (ticks(11)? + ticks(12)?) * TICK_MS })
}

fn written(id: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{id}/io")).ok()?;
    text.lines().find_map(|line| line.strip_prefix("write_bytes: ")?.parse().ok())
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    #[test]
    fn what_is_started_does_not_outlive_who_started_it() {
        // The signal is asked for before the program is there, and after the process is.
        let runs = |id: u32| {
            std::fs::read_to_string(format!("/proc/{id}/comm")).is_ok_and(|name| name == "sleep\n")
        };
        let start = move || {
            let started = with_parent("KILL").args(["sleep", "60"]).spawn()?;
            for _ in 0..10_000_000 {
                if runs(started.id()) {
                    break;
                }
                std::thread::yield_now();
            }
            Ok::<_, std::io::Error>(started)
        };
        let Ok(Ok(mut left)) = std::thread::spawn(start).join() else { panic!("not started") };
        let status = left.wait().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(status.signal(), Some(9), "it slept to its end");
    }

    #[test]
    fn this_process_has_used_something_and_more_later() {
        let own = [std::process::id()];
        let before = used(&own).unwrap_or_default();
        let file = std::env::temp_dir().join(format!("bindproof-used-{}", own[0]));
        let mut work = vec![0u8; 4 << 20];
        while used(&own).unwrap_or_default().cpu_ms <= before.cpu_ms {
            work.iter_mut().for_each(|byte| *byte = byte.wrapping_add(1));
        }
        std::fs::write(&file, &work).unwrap_or_else(|error| panic!("{error}"));
        let used = used(&own).unwrap_or_default().since(before);
        std::fs::remove_file(&file).unwrap_or_else(|error| panic!("{error}"));
        assert!(used.cpu_ms > 0 && used.written >= work.len() as u64, "{used:?}");
    }
}
