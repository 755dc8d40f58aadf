//! A stranger's program for stateright is checked by this crate once two of its lines are changed:
//! the examples `stranger_before` and `stranger`, and the README, which shows them.

#[path = "../examples/stranger.rs"]
mod after;
#[path = "../examples/stranger_before.rs"]
mod before;

const BEFORE: &str = include_str!("../examples/stranger_before.rs");
const AFTER: &str = include_str!("../examples/stranger.rs");
const README: &str = include_str!("../README.md");

/// The lines in which the programs differ.
fn changes() -> Vec<(&'static str, &'static str)> {
    assert_eq!(BEFORE.lines().count(), AFTER.lines().count());
    BEFORE.lines().zip(AFTER.lines()).filter(|(before, after)| before != after).collect()
}

#[test]
fn both_programs_run() {
    before::main();
    after::main();
}

#[test]
fn two_lines_differ() {
    let changes = changes();
    assert_eq!(changes.len(), 2, "{changes:#?}");
}

#[test]
fn the_readme_shows_these_two_lines_and_the_whole_program() {
    for (before, after) in changes() {
        let change = format!("-{before}\n+{after}\n");
        assert!(README.contains(&change), "\n{change}");
    }
    let program: String = AFTER.lines().skip(2).map(|line| format!("{line}\n")).collect();
    assert!(README.contains(&format!("```rust\n{program}```\n")), "\n{program}");
}
