//! Tests of planted defects run in a stage of their own, by words in their names: each has one.

use crate::tree::{File, files, root};

/// What a test stands behind that plants something.
const GATE: &str = "cfg(feature = \"defects\")";
/// What the stage begins with in `.ci/run`.
const STAGE: &str = "stage \"planted defects\"";

/// The words by which the stage chooses its tests.
fn words(run: &str) -> Vec<&str> {
    let stage = run.split(STAGE).nth(1).unwrap_or_default();
    let stage = stage.split("\nstage ").next().unwrap_or_default();
    let words = stage.split(" -- ").nth(1).unwrap_or_default();
    words.split_whitespace().collect()
}

/// The tests that stand behind the gate, each as the path that the test runner calls it by ends.
fn planted(files: &[File]) -> Vec<String> {
    let of_a_program = |file: &&File| {
        let path = file.path.strip_prefix("crates/server/tests/");
        path.is_some_and(|path| path.starts_with("campaign") || path.starts_with("conform"))
    };
    files.iter().filter(of_a_program).flat_map(of_file).collect()
}

fn of_file(file: &File) -> Vec<String> {
    let module = file.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
    let all = file.text.contains(&format!("#![{GATE}]"));
    let mut found = Vec::new();
    let mut gated = false;
    let mut tests = false;
    for line in file.text.lines() {
        gated |= line == format!("#[{GATE}]");
        tests |= line == "#[test]" || line.starts_with("#[tokio::test");
        let named = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
        if let Some(named) = named {
            let name = named.split('(').next().unwrap_or_default();
            if tests && (gated || all) {
                found.push(format!("{module}::{name}"));
            }
        }
        // An attribute is of what comes next, and of nothing behind that.
        if !line.starts_with("#[") && !line.starts_with("//") {
            (gated, tests) = (false, false);
        }
    }
    found
}

/// Those that no word chooses.
fn left_out(tests: &[String], words: &[&str]) -> Vec<String> {
    let chosen = |test: &&String| words.iter().any(|word| test.contains(word));
    tests.iter().filter(|test| !chosen(test)).cloned().collect()
}

#[test]
fn every_test_of_a_planted_defect_runs_in_the_stage_for_them() {
    let run = std::fs::read_to_string(root().join(".ci/run")).expect("there");
    let (words, tests) = (words(&run), planted(&files()));
    println!("{} tests, chosen by {words:?}", tests.len());
    assert!(tests.len() > 10 && !words.is_empty(), "{tests:?}");
    assert_eq!(left_out(&tests, &words), Vec::<String>::new());
}

#[test]
fn a_test_with_another_name_is_seen() {
    let text = format!(
        "#[test]\nfn open() {{}}\n\n#[{GATE}]\n#[tokio::test(x)]\nasync fn hidden() {{\n}}\n\n\
         #[{GATE}]\nfn helper() {{}}\n"
    );
    let files = [File::new("crates/server/tests/conform/some.rs", &text)];
    let tests = planted(&files);
    assert_eq!(tests, ["some::hidden"]);
    assert_eq!(left_out(&tests, &["found"]), ["some::hidden"]);
    let run = format!("{STAGE} a test \\\n  -- found hid\nstage \"other\" -- open\n");
    assert_eq!(words(&run), ["found", "hid"]);
    assert_eq!(left_out(&tests, &words(&run)), Vec::<String>::new());
}
