//! The specification has no clock, no randomness, no I/O and no heap, and two dependencies.

use crate::tree::{File, files, read};

/// What the specification may not name.
const IMPURE: &[&str] = &[
    "std::",
    "alloc::",
    "extern crate alloc",
    "rand::",
    "getrandom",
    "chrono",
    "SystemTime",
    "Instant",
    "HashMap",
    "HashSet",
    "RandomState",
    "println!",
    "eprintln!",
    "unsafe ",
    "f32",
    "f64",
];

/// The dependencies that other teams get with the specification.
const DEPENDENCIES: &[&str] = &["serde", "thiserror"];

/// Shipped source of the specification, without the tests at the end of a file.
fn shipped(files: &[File]) -> impl Iterator<Item = (&str, &str)> {
    files
        .iter()
        .filter(|file| file.path.starts_with("src/") && file.is_rust())
        .filter(|file| !file.path.ends_with("/tests.rs") && !file.path.contains("/tests/"))
        .map(|file| {
            let end = file.text.find("#[cfg(test)]\nmod tests {").unwrap_or(file.text.len());
            (file.path.as_str(), &file.text[..end])
        })
}

/// `path: word` for every impure word in the shipped specification.
fn impurities(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in shipped(files) {
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            for word in IMPURE.iter().filter(|word| names(line, word)) {
                found.push(format!("{path}: {word}"));
            }
        }
    }
    found
}

/// `line` has `word`, not as the end of a longer one.
fn names(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

/// The keys of `[dependencies]` in a manifest.
fn dependencies(manifest: &str) -> Vec<String> {
    let table: toml::Table = manifest.parse().unwrap_or_default();
    let found = table.get("dependencies").and_then(toml::Value::as_table);
    found.map(|found| found.keys().cloned().collect()).unwrap_or_default()
}

#[test]
fn the_specification_names_no_clock_randomness_io_or_heap() {
    let files = files();
    assert!(shipped(&files).count() > 15, "the specification is in src/");
    assert_eq!(impurities(&files), Vec::<String>::new());
}

#[test]
fn the_specification_is_compiled_without_the_standard_library() {
    let crate_root = read("src/lib.rs").unwrap_or_default();
    assert!(crate_root.contains("#![no_std]"));
}

#[test]
fn the_specification_depends_on_serde_and_thiserror_only() {
    let mut found = dependencies(&read("Cargo.toml").unwrap_or_default());
    found.sort();
    assert_eq!(found, DEPENDENCIES);
}

#[test]
fn an_impure_word_is_found_in_code_and_not_in_comments_or_tests() {
    let impure = |path: &str, text: &str| impurities(&[File::new(path, text)]);
    assert_eq!(impure("src/a.rs", "let now = std::time::now();"), ["src/a.rs: std::"]);
    assert_eq!(impure("src/a/b.rs", "use foo::{HashMap};"), ["src/a/b.rs: HashMap"]);
    assert!(impure("src/a.rs", "// std::time is not here").is_empty());
    assert!(impure("src/a.rs", "#[cfg(test)]\nmod tests {\nuse std::vec;\n}").is_empty());
    assert!(impure("src/a/tests.rs", "use std::vec;").is_empty());
    assert!(impure("src/a.rs", "let operand::x = 1; let selff32 = 2;").is_empty());
    assert!(impure("models/src/a.rs", "use std::vec;").is_empty());
}

#[test]
fn a_third_dependency_is_found() {
    let manifest =
        "[dependencies]\nserde = \"1\"\nrand.workspace = true\n[dev-dependencies]\nx = \"1\"";
    assert_eq!(dependencies(manifest), ["rand", "serde"]);
}
