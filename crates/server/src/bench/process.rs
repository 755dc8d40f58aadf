//! Processes that do not outlive this one, and what they have used, as the kernel counts it.

use std::os::unix::fs::MetadataExt;
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
    /// Bytes that the disk was given, by whomever; none if there is no such disk.
    pub written: Option<u64>,
}

impl Used {
    /// What was used since `before`.
    pub fn since(self, before: Self) -> Self {
        Self {
            cpu_ms: self.cpu_ms.saturating_sub(before.cpu_ms),
            written: self.written.zip(before.written).map(|(now, then)| now.saturating_sub(then)),
        }
    }
}

/// What these processes and those that come from them have used, and what the disk under `folder`
/// was given.
pub(super) fn used(processes: &[u32], on: &Path) -> Result<Used, BenchError> {
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
    // One that has ended meanwhile is not counted any more.
    let cpu_ms = all.into_iter().filter_map(stat).map(|stat| stat.cpu_ms).sum();
    Ok(Used { cpu_ms, written: written(on) })
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

/// The disk's own count. That of a process is of no use: a page that is written again counts as all
/// the pages that the kernel keeps together with it, up to two million bytes for eight thousand.
fn written(folder: &Path) -> Option<u64> {
    /// The unit in which the kernel counts, whatever the disk's own is.
    const SECTOR: u64 = 512;
    let device = std::fs::metadata(folder).ok()?.dev();
    let major = (device >> 8 & 0xfff) | (device >> 32 & !0xfff);
    let minor = (device & 0xff) | (device >> 12 & !0xff & 0xffff_ffff);
    let text = std::fs::read_to_string(format!("/sys/dev/block/{major}:{minor}/stat")).ok()?;
    let sectors: u64 = text.split_whitespace().nth(6)?.parse().ok()?;
    Some(sectors * SECTOR)
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
        let (own, folder) = ([std::process::id()], std::env::temp_dir());
        let before = used(&own, &folder).unwrap_or_default();
        let mut work = vec![0u8; 4 << 20];
        while used(&own, &folder).unwrap_or_default().cpu_ms <= before.cpu_ms {
            work.iter_mut().for_each(|byte| *byte = byte.wrapping_add(1));
        }
        let path = folder.join(format!("bindproof-used-{}", own[0]));
        let file = std::fs::write(&path, &work).and_then(|()| std::fs::File::open(&path));
        let written = file.and_then(|file| file.sync_all());
        let used = used(&own, &folder).unwrap_or_default().since(before);
        std::fs::remove_file(&path).unwrap_or_else(|error| panic!("{error}"));
        written.unwrap_or_else(|error| panic!("{error}"));
        assert!(used.cpu_ms > 0, "{used:?}");
        // Where there is no disk under the folder, nothing is counted.
        assert!(used.written.is_none_or(|bytes| bytes >= work.len() as u64), "{used:?}");
    }
}
