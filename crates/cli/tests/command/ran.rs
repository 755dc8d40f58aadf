//! Runs the command and looks at what it says.

use std::process::{Command, Stdio};

/// What a run of the command came to.
pub struct Ran {
    /// Its exit code; -1 for a signal.
    pub code: i32,
    /// Its stdout.
    pub out: String,
    /// Its stderr.
    pub err: String,
}

/// The command, in the folder of the test data, so that paths are the same everywhere.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bindproof"));
    command
        .args(arguments)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data"))
        .env_remove("NO_COLOR")
        .env_remove("COLUMNS")
        .stdin(Stdio::null());
    command
}

/// Runs it to its end.
pub fn run(arguments: &[&str]) -> Ran {
    let output = command(arguments).output().expect("the command starts");
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).expect("stdout is text"),
        err: String::from_utf8(output.stderr).expect("stderr is text"),
    }
}

/// Runs it, and looks at what is the same of every failure: nothing on stdout, and one line that
/// names the command. Answers with the code and that line.
pub fn fails(arguments: &[&str]) -> (i32, String) {
    let ran = run(arguments);
    assert_eq!(ran.out, "", "{arguments:?}");
    let line = ran.err.strip_suffix('\n').unwrap_or(&ran.err).to_owned();
    assert!(!line.contains('\n'), "more than one line: {line}");
    assert!(line.starts_with("bindproof: "), "{line}");
    assert!(!line.contains("panicked"), "{line}");
    (ran.code, line)
}
