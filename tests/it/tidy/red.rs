//! Each rule of the house shown to find what it is for, and nothing else.

use super::{
    COLUMNS_MAX, FORBIDDEN, LINES_MAX, PROGRAMS, chosen_controls, forbidden, missing_paths,
    too_long, too_wide, unended, wide_prose,
};
use crate::tree::File;

#[test]
fn a_file_of_one_line_too_many_is_found_and_one_of_the_most_is_not() {
    let most = File::new("a.rs", &"x\n".repeat(LINES_MAX));
    let more = File::new("b.rs", &"x\n".repeat(LINES_MAX + 1));
    let prose = File::new("c.md", &"x\n".repeat(LINES_MAX + 1));
    assert_eq!(too_long(&[most, more, prose]), ["b.rs has 501 lines"]);
    for ending in PROGRAMS {
        let file = |lines| File::new(&format!("d{ending}"), &"x\n".repeat(lines));
        assert!(too_long(&[file(LINES_MAX)]).is_empty(), "{ending}");
        assert_eq!(too_long(&[file(LINES_MAX + 1)]), [format!("d{ending} has 501 lines")]);
    }
}

#[test]
fn a_line_of_one_column_too_many_is_found_and_letters_count_not_bytes() {
    let most = "→".repeat(COLUMNS_MAX);
    let file = File::new("a.rs", &format!("{most}\n{most}→\n"));
    assert_eq!(too_wide(&[file]), ["a.rs:2: 101 columns"]);
    for ending in PROGRAMS {
        let path = format!("a{ending}");
        let found = too_wide(&[File::new(&path, &format!("{most}\n{most}→\n"))]);
        assert_eq!(found, [format!("{path}:2: 101 columns")]);
    }
}

#[test]
fn a_line_of_prose_that_is_too_wide_is_found_wherever_it_could_be_broken() {
    let word = "w".repeat(COLUMNS_MAX);
    let most = format!("{}→ 1", "w".repeat(COLUMNS_MAX - 3));
    let found = |line: &str| wide_prose(&[File::new("docs/a.md", line)]);
    assert!(found(&most).is_empty());
    assert_eq!(found(&format!("\n{most}2")), ["docs/a.md:2: 101 columns"]);
    for wide in ["{} w", "w `{}`", "* w {}", "1. w {}", "  w {}", "- BIND {}", "[w]({}) w"] {
        assert_eq!(found(&wide.replace("{}", &word)).len(), 1, "{wide}");
    }
    let whole = ["{}", "* {}", "12. {}", "`w {}`", "* `w {}`", "| w {} |", "# w {}", "```w {}"];
    for whole in whole.iter().chain(&["- [BIND-001] w {}", "[w]: {} w", "```\nw {}\n```"]) {
        let line = whole.replace("{}", &word);
        assert!(found(&line).is_empty(), "{whole}");
    }
    let line = format!("w {word}");
    assert!(wide_prose(&[File::new("docs/generated/a.md", &line)]).is_empty());
    assert!(wide_prose(&[File::new("a.txt", &line)]).is_empty());
}

#[test]
fn a_tab_is_found() {
    assert_eq!(too_wide(&[File::new("a.rs", "x\n\ty\n")]), ["a.rs:2: a TAB"]);
    assert!(too_wide(&[File::new("a.md", "\ty\n")]).is_empty());
}

#[test]
fn every_forbidden_word_is_found_in_any_kind_of_file() {
    for word in FORBIDDEN {
        let found = forbidden(&[File::new("docs/a.md", &format!("fine\nsee {word} here\n"))]);
        assert_eq!(found.len(), 1, "{word}");
        assert!(found[0].starts_with("docs/a.md:2: "), "{found:?}");
    }
    assert!(forbidden(&[File::new("a.rs", "#[expect(dead_code, reason = \"why\")]")]).is_empty());
}

#[test]
fn a_path_in_prose_that_is_not_there_is_found() {
    let lib = File::new("src/lib.rs", "");
    let prose = |text: &str| missing_paths(&[lib.clone(), File::new("README.md", text)]);
    assert_eq!(prose("see `src/gone.rs`"), ["README.md:1: there is no `src/gone.rs`"]);
    assert_eq!(prose("a `src/lib.rs`, b `src/gone`"), ["README.md:1: there is no `src/gone`"]);
    assert!(prose("see `src/lib.rs`, `src/`, `src`").is_empty());
    assert!(prose("`src/*.rs`, `cargo test`, `and/or`, src/gone.rs").is_empty());
    let inner = File::new("docs/decisions/a.md", "see `models/src/lib.rs`");
    assert_eq!(missing_paths(&[inner]).len(), 1);
    assert!(missing_paths(&[File::new("docs/generated/a.md", "`src/gone.rs`")]).is_empty());
}

#[test]
fn a_program_that_chooses_controls_is_found_and_tests_and_models_may() {
    let call = "let verdict = binding::step_with(off, binding, input);";
    let found = |path: &str| chosen_controls(&[File::new(path, call)]).len();
    assert_eq!(found("crates/cli/src/main.rs"), 1);
    assert_eq!(found("crates/server/tests/a.rs"), 0);
    assert_eq!(found("models/src/drive/bank.rs"), 0);
    assert_eq!(found("src/bank/binding.rs"), 0);
}

#[test]
fn a_generated_file_without_its_last_line_end_is_found() {
    assert_eq!(unended(&[File::new("docs/generated/a.md", "x")]), ["docs/generated/a.md"]);
    assert!(unended(&[File::new("docs/generated/a.md", "x\n")]).is_empty());
    assert!(unended(&[File::new("docs/a.md", "x")]).is_empty());
}
