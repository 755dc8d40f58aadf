//! The vectors are what the model and the servers' functions say, fit their schema, hold for the
//! specification's own steps and for those functions, and show everything that there is to show.

#[path = "../trace/valid.rs"]
mod valid;

mod cryptography;
mod run;
mod show;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use bindproof_conformance::schema;
use bindproof_conformance::vectors::{File, files};
use serde_json::Value;

/// The root of the repository.
fn root() -> &'static Path {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("crates");
    crates.parent().expect("the root")
}

/// The folder of vectors.
fn folder() -> PathBuf {
    root().join("tests/vectors")
}

/// The vectors as the model says them, made once.
fn made() -> &'static [File] {
    static MADE: OnceLock<Vec<File>> = OnceLock::new();
    MADE.get_or_init(|| files(&root().join("models/replays")).expect("every scope fits"))
}

/// Every file in the folder of vectors, by its name.
fn found() -> BTreeMap<String, String> {
    fn walk(folder: &Path, within: &str, found: &mut BTreeMap<String, String>) {
        let entries = std::fs::read_dir(folder);
        for entry in entries.unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("readable").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let name = if within.is_empty() { name } else { format!("{within}/{name}") };
            if path.is_dir() {
                walk(&path, &name, found);
            } else {
                found.insert(name, std::fs::read_to_string(&path).expect("text"));
            }
        }
    }
    let mut all = BTreeMap::new();
    walk(&folder(), "", &mut all);
    all
}

/// The vectors in a text.
fn vectors(text: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(text).expect("JSON");
    let vectors = file["vectors"].as_array().expect("a list").clone();
    assert_eq!(file["count"], vectors.len(), "the file says how many there are");
    vectors
}

#[test]
fn the_vectors_in_the_repository_are_what_the_model_says_and_there_are_no_others() {
    if std::env::var_os("BINDPROOF_BLESS").is_some() {
        for file in made() {
            let path = folder().join(&file.name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(path, &file.text).expect("written");
        }
    }
    let found = found();
    let names: Vec<&String> = found.keys().collect();
    let expected: Vec<&String> = made().iter().map(|file| &file.name).collect();
    assert_eq!(names, expected);
    for file in made() {
        let differs = found[&file.name].lines().zip(file.text.lines()).position(|(a, b)| a != b);
        let same = found[&file.name] == file.text;
        assert!(same, "{} is not what the model says, from line {differs:?} on", file.name);
    }
}

#[test]
fn the_schema_of_vectors_is_what_the_code_says_and_every_file_fits_it() {
    let schema = schema::vectors();
    let text = serde_json::to_string_pretty(&schema).expect("JSON") + "\n";
    let path = root().join("docs/generated/vectors.schema.json");
    if std::env::var_os("BINDPROOF_BLESS").is_some() {
        std::fs::write(&path, &text).expect("written");
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), text);
    for file in made() {
        let value: Value = serde_json::from_str(&file.text).expect("JSON");
        assert_eq!(valid::fault(&schema, &value), None, "{}", file.name);
    }
}

#[test]
fn the_reader_in_python_runs_the_step_vectors_of_a_binding_and_notices_a_wrong_one() {
    let script = root().join("docs/examples/read_vectors.py");
    let lines = std::fs::read_to_string(&script).expect("there").lines().count();
    assert!(lines <= 150, "the reader has {lines} lines");
    let run = |folder: &Path| {
        let ran = Command::new("python3").arg(&script).arg(folder).output();
        let ran = ran.unwrap_or_else(|error| panic!("python3 is needed: {error}"));
        (ran.status.success(), String::from_utf8_lossy(&ran.stdout).into_owned())
    };
    let (passed, said) = run(&folder());
    assert!(passed && said.contains("binding.json: "), "{said}");
    assert!(said.lines().any(|l| l.starts_with("binding.json") && l.ends_with(" run")), "{said}");
    let copy = std::env::temp_dir().join(format!("bindproof-vectors-{}", std::process::id()));
    std::fs::create_dir_all(copy.join("steps")).expect("made");
    let text = std::fs::read_to_string(folder().join("steps/binding.json")).expect("there");
    let wrong =
        text.replacen("{\"applied\":\"binding.asked\"}", "{\"applied\":\"binding.expired\"}", 1);
    assert_ne!(wrong, text);
    std::fs::write(copy.join("steps/binding.json"), wrong).expect("written");
    let (passed, said) = run(&copy);
    std::fs::remove_dir_all(&copy).expect("removed");
    assert!(!passed && said.contains("BIND-010"), "{said}");
}
