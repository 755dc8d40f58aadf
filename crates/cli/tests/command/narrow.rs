//! Text for a terminal that is narrower than a page.

use crate::ran::command;

/// What is printed where lines have this many columns.
fn printed(arguments: &[&str], columns: &str) -> String {
    let output = command(arguments).env("COLUMNS", columns).output().expect("the command starts");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("stdout is text");
    // Diagrams are for a program that draws them.
    text.split("```").step_by(2).collect()
}

fn widest(text: &str) -> usize {
    text.lines().map(|line| line.chars().count()).max().unwrap_or(0)
}

const USES: [&[&str]; 6] = [
    &["check", "smoke", "impostor"],
    &["check", "smoke", "--without", "waits-for-account"],
    &["check", "smoke", "--max-states", "200"],
    &["check", "pinned.toml", "unreached.toml"],
    &["mutants", "waits-for-account"],
    &["scopes"],
];

#[test]
fn nothing_is_wider_than_the_terminal() {
    for arguments in USES {
        for columns in ["80", "88", "100"] {
            let text = printed(arguments, columns);
            let room = columns.parse().expect("a number");
            assert!(widest(&text) <= room, "{} of {columns} columns:\n{text}", widest(&text));
        }
    }
}

#[test]
fn the_columns_of_two_worlds_line_up() {
    let pair = ["check", "pair-claimed-device", "--without", "revoked-untold"];
    for (columns, at) in [("60", 32), ("80", 42), ("100", 52)] {
        let text = printed(&pair, columns);
        let steps = text.split("\nConfirmed: ").next().expect("a beginning");
        let room = columns.parse().expect("a number");
        assert!(widest(steps) <= room, "{} of {columns} columns:\n{text}", widest(steps));
        let bars = text.lines().filter(|line| line.contains('│'));
        let places: Vec<_> = bars.map(|line| line.chars().position(|c| c == '│')).collect();
        assert!(places.len() > 5 && places.iter().all(|place| *place == Some(at + 1)), "{text}");
        assert!(text.contains("\n        with the account "), "{text}");
    }
}

#[test]
fn help_is_not_wider_than_the_terminal() {
    for arguments in [&["--help"][..], &["check", "--help"], &["mutants", "--help"]] {
        assert!(widest(&printed(arguments, "80")) <= 80, "{arguments:?}");
    }
}

#[test]
fn lines_do_not_get_longer_than_can_be_read_or_shorter() {
    let arguments = ["check", "smoke", "--max-states", "200"];
    assert!(widest(&printed(&arguments, "300")) <= 100);
    assert_eq!(
        printed(&arguments, "none").lines().count(),
        printed(&arguments, "100").lines().count()
    );
    let sentences = |columns| {
        let text = printed(&arguments, columns);
        text.lines().last().map(str::to_owned)
    };
    assert_eq!(sentences("10"), sentences("60"));
}

#[test]
fn tables_go_without_what_can_be_spared_below_88_columns() {
    for (columns, all) in [("87", false), ("88", true)] {
        let text = printed(&["check", "smoke", "impostor"], columns);
        let head = |first: &str| {
            let is = |line: &&str| line.split_whitespace().next() == Some(first);
            text.lines().find(is).unwrap_or_else(|| panic!("no table {first}:\n{text}")).to_owned()
        };
        assert_eq!(head("#").contains("  kind"), all, "{text}");
        assert_eq!(head("scope").contains("  time"), all, "{text}");
        assert_eq!(head("scope").contains("  memory"), all, "{text}");
        assert!(head("#").contains("  verdict") && head("scope").contains("  states"));
    }
}
