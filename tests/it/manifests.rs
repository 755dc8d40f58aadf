//! What a crate depends on, its source names.

use crate::tree::{File, files, read};

/// Folders of crates that ship something, each with its manifest.
const CRATES: &[&str] = &[
    "",
    "models/",
    "crates/checker/",
    "crates/cli/",
    "crates/conformance/",
    "crates/http/",
    "crates/kit/",
    "crates/server/",
];

/// The dependencies in this manifest that no source below `src/` names. What only tests name is a
/// dependency of tests.
fn unnamed(manifest: &str, source: &[&File]) -> Vec<String> {
    let table: toml::Table = manifest.parse().expect("a manifest");
    let found = table.get("dependencies").and_then(toml::Value::as_table);
    let keys = found.into_iter().flat_map(toml::Table::keys);
    let named = |key: &&String| {
        let name = key.replace('-', "_");
        let forms = [format!("{name}::"), format!("use {name}"), format!("#[{name}(")];
        source.iter().any(|file| forms.iter().any(|form| file.text.contains(form)))
    };
    keys.filter(|key| !named(key)).cloned().collect()
}

#[test]
fn every_dependency_is_named_in_the_source_that_ships() {
    let files = files();
    for folder in CRATES {
        let manifest = read(&format!("{folder}Cargo.toml")).expect("there");
        let sources = format!("{folder}src/");
        let source: Vec<&File> = files
            .iter()
            .filter(|file| file.path.starts_with(&sources) && file.is_rust())
            .filter(|file| !file.path.ends_with("/tests.rs") && !file.path.contains("/tests/"))
            .collect();
        assert!(!source.is_empty(), "{folder}");
        assert_eq!(unnamed(&manifest, &source), Vec::<String>::new(), "{folder}Cargo.toml");
    }
}

#[test]
fn a_dependency_that_nothing_names_is_found() {
    let manifest = "[dependencies]\nused-one = \"1\"\nidle = \"1\"\n[dev-dependencies]\nx = \"1\"";
    let file = File::new("src/a.rs", "use used_one::Thing;\nfn idle() {}\n");
    assert_eq!(unnamed(manifest, &[&file]), ["idle"]);
    assert_eq!(unnamed(manifest, &[]).len(), 2);
}
