//! The peers that are programs of their own: whether they are installed, and how they are called.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::figures::Tool;
use crate::subject::Subject;

/// Where what is built for them lies.
const FOLDER: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/peers");

/// The variable that names TLC's archive.
const ARCHIVE: &str = "TLA2TOOLS";

/// What SPIN's search is compiled with: no reduction, as nobody else here reduces, and nothing
/// that only slows it down.
const FLAGS: [&str; 6] =
    ["-O2", "-DSAFETY", "-DNOREDUCE", "-DNOFAIR", "-DNOBOUNDCHECK", "-DNOSTUTTER"];

/// Those that are installed.
#[derive(Debug)]
pub struct Outside {
    spin: Option<String>,
    tlc: Option<(PathBuf, String)>,
}

impl Outside {
    /// Looks for them.
    ///
    /// # Errors
    /// If the folder for what is built cannot be made, or the variable names no archive.
    pub fn prepare() -> Result<Self, String> {
        std::fs::create_dir_all(FOLDER).map_err(|why| format!("{FOLDER}: {why}"))?;
        let spin = first_line(Command::new("spin").arg("-V"));
        let gcc = first_line(Command::new("gcc").arg("-dumpfullversion"));
        let spin = spin.zip(gcc).map(|(spin, gcc)| {
            let version = spin.trim_start_matches("Spin Version ").split(' ').next();
            format!("SPIN {}, compiled by gcc {gcc}", version.unwrap_or_default())
        });
        let archive = std::env::var_os(ARCHIVE).map(PathBuf::from);
        let tlc = match archive {
            Some(archive) if !archive.exists() => {
                return Err(format!("{ARCHIVE} names what is not there"));
            }
            Some(archive) => {
                // Without a module it only says what it is.
                let version = first_line(&mut tlc(&archive));
                let java = first_line(Command::new("java").arg("--version"));
                let version = version.filter(|version| version.starts_with("TLC"));
                let both = version.zip(java).ok_or("TLC does not say what it is")?;
                Some((archive, format!("{}, on {}", both.0, both.1)))
            }
            None => None,
        };
        Ok(Self { spin, tlc })
    }

    /// Whether it is there; those that are this program always are.
    pub const fn has(&self, tool: Tool) -> bool {
        match tool {
            Tool::Spin => self.spin.is_some(),
            Tool::Tlc => self.tlc.is_some(),
            _ => true,
        }
    }

    /// A line of each.
    pub fn installed(&self) -> [String; 2] {
        let or_not = |what: &str, found: Option<&String>| {
            found.cloned().unwrap_or_else(|| format!("{what}: not installed"))
        };
        [
            or_not("SPIN", self.spin.as_ref()),
            or_not("TLC", self.tlc.as_ref().map(|(_, version)| version)),
        ]
    }

    /// How it is called for this subject. Whatever has to be compiled is compiled here, before the
    /// clock runs.
    ///
    /// # Errors
    /// If there is nothing to call, or it cannot be compiled.
    pub fn command(&self, tool: Tool, subject: Subject, threads: usize) -> Result<Command, String> {
        let Subject::TwoPhase(managers) = subject else {
            return Err(format!("{} has no model of {}", tool.name(), subject.name()));
        };
        let command = match (tool, &self.tlc) {
            (Tool::Spin, _) => spin(managers, subject.pinned()?),
            (Tool::Tlc, Some((archive, _))) => model_for_tlc(archive, managers, threads),
            _ => return Err(format!("{} is not installed", tool.name())),
        };
        command.map_err(|why| format!("{}: {why}", tool.name()))
    }
}

/// The first line that a program prints, if it is there and prints one.
fn first_line(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
}

fn spin(managers: u8, states: u64) -> Result<Command, String> {
    let folder = Path::new(FOLDER).join(format!("spin-{managers}"));
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/two_phase.pml");
    let search = folder.join("pan");
    std::fs::create_dir_all(&folder).map_err(|why| why.to_string())?;
    let managers = format!("-DMANAGERS={managers}");
    done(Command::new("spin").args([&managers, "-a", source]).current_dir(&folder))?;
    done(Command::new("gcc").args(FLAGS).args(["-o", "pan", "pan.c"]).current_dir(&folder))?;
    // Two to four slots of its table for every state: with fewer it is slower.
    let slots = format!("-w{}", u64::BITS - states.leading_zeros() + 1);
    let mut command = Command::new(search);
    command.args(["-m1000", "-n", &slots]).current_dir(folder);
    Ok(command)
}

fn model_for_tlc(archive: &Path, managers: u8, threads: usize) -> Result<Command, String> {
    let folder = Path::new(FOLDER).join("tlc");
    std::fs::create_dir_all(&folder).map_err(|why| why.to_string())?;
    let names: Vec<String> = (1..=managers).map(|manager| format!("r{manager}")).collect();
    let all = format!("CONSTANT RM = {{{}}}", names.join(", "));
    let configuration = include_str!("two_phase.cfg")
        .lines()
        .map(|line| if line.starts_with("CONSTANT") { all.as_str() } else { line });
    let configuration: Vec<&str> = configuration.collect();
    let files = [
        ("two_phase.tla", include_str!("two_phase.tla")),
        ("two_phase.cfg", &configuration.join("\n")),
    ];
    for (file, text) in files {
        std::fs::write(folder.join(file), text).map_err(|why| why.to_string())?;
    }
    let mut command = tlc(archive);
    command.args(["-workers", &threads.to_string(), "-cleanup", "two_phase"]);
    command.current_dir(folder);
    Ok(command)
}

fn tlc(archive: &Path) -> Command {
    let mut command = Command::new("java");
    command.args(["-XX:+UseParallelGC", "-cp"]).arg(archive).arg("tlc2.TLC");
    command
}

/// Runs a program to its end.
fn done(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|why| why.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}
