//! A check that is cut short decides nothing.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::ran::{command, run};

/// Whether the text says anywhere that something holds.
fn claims(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    words.any(|word| matches!(word, "hold" | "holds" | "held" | "exhausted"))
}

#[test]
fn a_limit_ends_with_2_and_claims_nothing() {
    let ran = run(&["check", "smoke", "approval", "--max-states", "200"]);
    assert_eq!((ran.code, ran.err.as_str()), (2, ""), "{}", ran.out);
    assert!(ran.out.contains("smoke: cut short, "));
    assert!(ran.out.contains("cut short by: limit of 200 states; --max-states N raises it"));
    assert!(ran.out.replace('\n', " ").contains("raise the limit with --max-states N."));
    assert!(ran.out.contains("no violation was seen so far, and nothing is\nclaimed"));
    assert!(!claims(&ran.out), "{}", ran.out);
}

#[test]
fn one_scope_cut_short_keeps_the_others_from_claiming() {
    let ran = run(&["check", "impostor", "smoke", "--max-states", "1000"]);
    assert_eq!(ran.code, 2, "{}", ran.out);
    assert!(ran.out.contains("impostor: exhausted"));
    assert!(!claims(&ran.out.replace("exhausted", "")), "{}", ran.out);
}

#[test]
fn a_violation_outranks_a_limit() {
    let without = ["--without", "waits-for-account", "--max-states", "100"];
    let ran = run(&[&["check", "smoke"][..], &without].concat());
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.out.replace('\n', " ").contains("The search was cut short; there may be more."));
}

#[cfg(unix)]
#[test]
fn an_interrupt_tells_what_was_seen_and_ends_with_2() {
    let mut child = command(&["check", "impostor", "endless.toml", "--threads", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut lines = BufReader::new(child.stdout.take().expect("it has a stdout")).lines();
    let mut text = String::new();
    // When the first scope is told, the second is under way.
    while !text.contains("impostor: exhausted") {
        text.push_str(&lines.next().expect("more is told").expect("it is text"));
    }
    let killed = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .expect("there is a kill command");
    assert!(killed.success());
    for line in lines {
        text.push_str(&line.expect("it is text"));
        text.push('\n');
    }
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("endless: cut short, "), "{text}");
    assert!(text.contains("cut short by: interrupt"), "{text}");
    assert!(!text.contains("--max-states"), "{text}");
    assert!(!claims(&text.replace("exhausted", "")), "{text}");
    assert!(output.stderr.is_empty());
}

/// Waits until a process has a handler for SIGINT.
#[cfg(target_os = "linux")]
fn until_it_listens(process: u32) {
    let caught = |status: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?;
        u64::from_str_radix(line.trim(), 16).ok()
    };
    loop {
        let status = std::fs::read_to_string(format!("/proc/{process}/status"));
        if caught(&status.expect("it runs")).is_some_and(|signals| signals & 2 != 0) {
            return;
        }
        std::thread::yield_now();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn mutants_that_are_interrupted_say_so_and_end_with_2() {
    for format in ["text", "json"] {
        let child = command(&["mutants", "--threads", "1", "--format", format])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        until_it_listens(child.id());
        let killed = std::process::Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status()
            .expect("there is a kill command");
        assert!(killed.success());
        let output = child.wait_with_output().expect("it ends");
        let (out, err) = (output.stdout, String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(2), "{err}");
        let why = "cut short by interrupt, before any mutant was looked at: nothing is claimed";
        assert_eq!(err, format!("bindproof: {why}\n"));
        if format == "json" {
            let told: serde_json::Value = serde_json::from_slice(&out).expect("an object");
            assert_eq!((&told["exit_code"], &told["reason"]), (&2.into(), &why.into()));
            assert!(told["idle"].is_null(), "{told}");
        } else {
            assert!(out.is_empty());
        }
    }
}

#[test]
fn a_reader_who_leaves_is_no_error() {
    for arguments in [&["check", "impostor"][..], &["scopes"], &["check", "--help"]] {
        let mut child = command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    }
}

#[expect(clippy::disallowed_methods, reason = "that it is soon is what is tested")]
#[test]
fn a_reader_who_leaves_stops_what_is_under_way() {
    let started = Instant::now();
    let arguments = ["check", "impostor", "endless.toml", "--threads", "1"];
    let mut child = command(&arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stderr.is_empty());
    assert!(started.elapsed() < Duration::from_secs(60));
}
