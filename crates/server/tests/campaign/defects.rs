//! Nobody can plant a defect in a program that was not built for it.

use std::process::{Command, Output};

fn server(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bindproof-server")).args(arguments).output().unwrap()
}

#[cfg(not(feature = "defects"))]
#[test]
fn a_program_that_was_not_built_for_it_takes_no_defect_and_holds_none() {
    let refused = server(&["bank", "--config", "none.toml", "--defect", "answer-before-commit"]);
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("unexpected argument '--defect'"), "{said}");
    let program = std::fs::read(env!("CARGO_BIN_EXE_bindproof-server")).unwrap();
    let holds = |text: &[u8]| program.windows(text.len()).any(|window| window == text);
    assert!(holds(b"bindproof-server"), "the positive control");
    assert!(!holds(b"answer-before-commit") && !holds(b"AnswerBeforeCommit"));
}

#[cfg(feature = "defects")]
#[test]
fn a_program_that_was_built_for_it_says_which_defects_it_takes() {
    let help = server(&["bank", "--help"]);
    let said = String::from_utf8(help.stdout).unwrap();
    assert!(said.contains("--defect") && said.contains("answer-before-commit"), "{said}");
}

/// A key that all share is asked for by a request and by its cancel; a race is let through in hand
/// and overlooked in the record.
const IN_TWO_PLACES: [&str; 2] = ["KeysShared", "RequestsRaced"];

#[test]
fn every_defect_is_looked_at_in_one_place_or_is_known_to_be_in_two() {
    let sources = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let declared = std::fs::read_to_string(sources.join("defect.rs")).unwrap();
    let (_, body) = declared.split_once("pub enum Defect {").unwrap();
    let (body, _) = body.split_once("\n}").unwrap();
    let names: Vec<&str> = body
        .lines()
        .map(|line| line.trim().trim_end_matches(','))
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .collect();
    assert!(!names.is_empty());
    let mut text = String::new();
    read_all(&sources, &mut text);
    for name in names {
        let asked = [")", ","].map(|end| text.matches(&format!("(Defect::{name}{end}")).count());
        let places = if IN_TWO_PLACES.contains(&name) { 2 } else { 1 };
        assert_eq!(asked.iter().sum::<usize>(), places, "{name}");
    }
}

fn read_all(folder: &std::path::Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => read_all(&path, text),
            false => text.push_str(&std::fs::read_to_string(&path).unwrap()),
        }
    }
}
