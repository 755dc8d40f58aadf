//! Generated files are what the sources say; nobody edits them.

use crate::tree::{compare, first_difference};

#[test]
fn the_state_tables_are_what_the_steps_decide() {
    compare("docs/generated/tables.md", &bindproof_models::table::all());
}

#[test]
fn a_generated_file_that_differs_is_told_by_its_first_different_line() {
    assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
    let words = first_difference("a\nb\n", "a\nc\n").unwrap_or_default();
    assert!(words.contains("line 2") && words.contains("found:    b"), "{words}");
    let words = first_difference("", "a\n").unwrap_or_default();
    assert!(words.contains("line 1") && words.contains("(the end)"), "{words}");
    assert!(first_difference("a", "a\n").is_some(), "a missing line end is a difference");
}
