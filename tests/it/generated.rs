//! Generated files are what the sources say; nobody edits them.

use bindproof::policy::Policy;

use crate::tree::{compare, first_difference, read};

#[test]
fn the_state_tables_are_what_the_steps_decide() {
    compare("docs/generated/tables.md", &bindproof_models::table::all());
}

/// What stands above the default policy on its page.
const POLICY: &str = "\
# The default policy

Generated from `models/policies/default.toml`; do not edit. Regenerate with
`BINDPROOF_BLESS=1 cargo test --release -p bindproof-tests --test it generated`.

This is what a wallet requires whose configuration names no policy. What the facts are, what the
floor is and what else a policy may say stands in
[section 5 of the specification](../specification.md#5-the-condition).

```toml
";

#[test]
fn the_page_of_the_default_policy_is_its_file() {
    let file = read("models/policies/default.toml").unwrap_or_default();
    assert_eq!(toml::from_str::<Policy>(&file).ok(), Some(Policy::DEFAULT));
    compare("docs/generated/policy.md", &format!("{POLICY}{file}```\n"));
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
