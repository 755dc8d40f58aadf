//! The repository's text files, and the generated ones among them.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// One text file: its path from the root of the repository, with `/`, and what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The path.
    pub path: String,
    /// The text.
    pub text: String,
}

impl File {
    /// A file of this path and text.
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// Rust source.
    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }
}

/// What is built, fetched or kept by tools.
const NOT_OURS: &[&str] = &["target", "node_modules"];

/// How the names of text files end.
const TEXT: &[&str] = &[
    "rs", "md", "toml", "json", "jsonl", "yml", "yaml", "sql", "sh", "html", "css", "js", "svg",
    "txt", "py",
];

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every text file of the repository, in the order of the paths.
pub fn files() -> Vec<File> {
    let mut files = Vec::new();
    collect(&root(), "", &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(files.len() > 50, "this is not the whole tree: {} files", files.len());
    files
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<File>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{prefix}: {error}"));
    for entry in entries {
        let entry = entry.unwrap_or_else(|error| panic!("{prefix}: {error}"));
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        let kind = entry.file_type().unwrap_or_else(|error| panic!("{path}: {error}"));
        if kind.is_dir() && !name.starts_with('.') && !NOT_OURS.contains(&name.as_str()) {
            collect(&entry.path(), &format!("{path}/"), files);
        }
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        if kind.is_file() && TEXT.contains(&ending) {
            let text =
                fs::read_to_string(entry.path()).unwrap_or_else(|error| panic!("{path}: {error}"));
            files.push(File { path, text });
        }
    }
}

/// How the names of pictures end.
const PICTURE: &[&str] = &["png", "jpg", "jpeg", "gif", "webp", "svg"];

/// The path of every picture of the documents, in order.
pub fn pictures() -> Vec<String> {
    let mut pictures = Vec::new();
    let mut folders = vec!["docs".to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(root().join(&folder));
        for entry in entries.unwrap_or_else(|error| panic!("{folder}: {error}")) {
            let entry = entry.unwrap_or_else(|error| panic!("{folder}: {error}"));
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                folders.push(path);
            } else if path.rsplit_once('.').is_some_and(|(_, ending)| PICTURE.contains(&ending)) {
                pictures.push(path);
            }
        }
    }
    pictures.sort();
    pictures
}

/// The text of one file, if it is there.
pub fn read(path: &str) -> Option<String> {
    fs::read_to_string(root().join(path)).ok()
}

/// Compares a generated file with what it should be, or writes it if `BINDPROOF_BLESS` is `1`.
pub fn compare(path: &str, expected: &str) {
    if env::var("BINDPROOF_BLESS").is_ok_and(|value| value == "1") {
        fs::write(root().join(path), expected).unwrap_or_else(|error| panic!("{path}: {error}"));
        return;
    }
    let found = read(path).unwrap_or_default();
    if let Some(difference) = first_difference(&found, expected) {
        panic!(
            "{path} is not what the sources say: {difference}\n\
             look at the change; if it is meant, write it with BINDPROOF_BLESS=1"
        );
    }
}

/// Where two texts differ first, in words.
pub fn first_difference(found: &str, expected: &str) -> Option<String> {
    if found == expected {
        return None;
    }
    let (mut left, mut right) = (found.lines(), expected.lines());
    for number in 1.. {
        match (left.next(), right.next()) {
            (a, b) if a == b && a.is_some() => {}
            (None, None) => break,
            (a, b) => {
                let (a, b) = (a.unwrap_or("(the end)"), b.unwrap_or("(the end)"));
                return Some(format!("line {number}\n  found:    {a}\n  expected: {b}"));
            }
        }
    }
    Some("the line ends differ".to_owned())
}
