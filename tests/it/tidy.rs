//! House style that no compiler looks after, as pure functions over the tree's files.

use std::collections::BTreeSet;

use crate::tree::{File, files};

mod red;

/// The most lines of a file of a program.
const LINES_MAX: usize = 500;
/// The most columns of a line of a program, and of prose.
const COLUMNS_MAX: usize = 100;

/// How the names of files end that are as long as people read at most.
const PROGRAMS: &[&str] = &[".rs", ".js", ".css", ".html", ".py", ".sh"];

/// Words that no file may contain. They are put together here so that this file does not.
const FORBIDDEN: &[&str] = &[
    concat!("#[al", "low("),
    concat!("#![al", "low("),
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/tmp/", "target"),
    concat!("../sha", "red"),
];

/// Where a path in prose begins if it is one of this repository.
const FOLDERS: &[&str] = &["src/", "models/", "crates/", "tests/", "docs/"];

/// The step whose controls can be chosen.
const CHOSEN_CONTROLS: &str = "step_with";

/// The one file of a program that chooses controls, in a build that plants defects.
const PLANTS: &str = "crates/server/src/defect/steps.rs";

/// Files of programs, pages and scripts with too many lines.
fn too_long(files: &[File]) -> Vec<String> {
    let count = |file: &File| file.text.lines().count();
    let written = |file: &File| PROGRAMS.iter().any(|ending| file.path.ends_with(ending));
    let long = files.iter().filter(|file| written(file) && count(file) > LINES_MAX);
    long.map(|file| format!("{} has {} lines", file.path, count(file))).collect()
}

/// Lines of programs, pages and scripts with too many columns, and TABs anywhere in them.
fn too_wide(files: &[File]) -> Vec<String> {
    let written = |file: &&File| PROGRAMS.iter().any(|ending| file.path.ends_with(ending));
    each_line(files.iter().filter(written), |line| {
        let columns = line.chars().count();
        if columns > COLUMNS_MAX {
            return Some(format!("{columns} columns"));
        }
        line.contains('\t').then(|| "a TAB".to_owned())
    })
}

/// Lines of prose with too many columns that could be broken. Tables, headings, code and links'
/// targets cannot be; a requirement's sentence is one line, since it stands elsewhere, too.
fn wide_prose(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    let written =
        |file: &&File| file.path.ends_with(".md") && !file.path.starts_with("docs/generated/");
    for file in files.iter().filter(written) {
        let mut fenced = false;
        for (place, line) in (1..).zip(file.text.lines()) {
            let columns = line.chars().count();
            fenced ^= line.trim_start().starts_with("```");
            if !fenced && columns > COLUMNS_MAX && can_be_broken(line) {
                found.push(format!("{}:{place}: {columns} columns", file.path));
            }
        }
    }
    found
}

/// Whether a line of a page has a place for an end of line.
fn can_be_broken(line: &str) -> bool {
    let text = line.trim_start();
    if ["|", "#", "- [BIND-", "<!--", "```"].iter().any(|mark| text.starts_with(mark)) {
        return false;
    }
    let item = text.split_once(' ').filter(|(mark, _)| {
        matches!(*mark, "*" | "-" | "+") || mark.trim_end_matches('.').parse::<u32>().is_ok()
    });
    let text = item.map_or(text, |(_, text)| text);
    let is_definition = text.starts_with('[') && text.contains("]: ");
    !is_definition && text.split('`').step_by(2).any(|outside| outside.contains(' '))
}

/// Words that say that something is not finished, is silenced, or is of one machine.
fn forbidden(files: &[File]) -> Vec<String> {
    each_line(files.iter(), |line| {
        let word = FORBIDDEN.iter().find(|word| line.contains(**word))?;
        Some(format!("{word:?}"))
    })
}

/// Paths in backticks in prose that are not there.
fn missing_paths(files: &[File]) -> Vec<String> {
    let there: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let exists = |path: &str| {
        let folder = format!("{}/", path.trim_end_matches('/'));
        there.contains(path) || there.iter().any(|file| file.starts_with(&folder))
    };
    let prose = files.iter().filter(|file| {
        let in_docs = file.path.starts_with("docs/") && !file.path.starts_with("docs/generated/");
        file.path.ends_with(".md") && (in_docs || !file.path.contains('/'))
    });
    each_line(prose, |line| {
        let spans = line.split('`').skip(1).step_by(2);
        let mut missing = spans.filter(|span| is_path(span) && !exists(span));
        missing.next().map(|path| format!("there is no `{path}`"))
    })
}

/// Looks like the path of a file or folder of this repository.
fn is_path(span: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    FOLDERS.iter().any(|folder| span.starts_with(folder)) && span.chars().all(plain)
}

/// Programs that could switch a control off.
fn chosen_controls(files: &[File]) -> Vec<String> {
    let programs = files.iter().filter(|file| {
        let tests = file.path.contains("/tests/") || file.path.ends_with("/tests.rs");
        file.path.starts_with("crates/") && file.is_rust() && !tests && file.path != PLANTS
    });
    each_line(programs, |line| {
        line.contains(CHOSEN_CONTROLS).then(|| "chooses controls".to_owned())
    })
}

/// Generated files without an end of line at the end.
fn unended(files: &[File]) -> Vec<String> {
    let generated = files.iter().filter(|file| file.path.starts_with("docs/generated/"));
    generated.filter(|file| !file.text.ends_with('\n')).map(|file| file.path.clone()).collect()
}

/// `path:line: fault` for every line with a fault.
fn each_line<'a>(
    files: impl Iterator<Item = &'a File>,
    fault: impl Fn(&str) -> Option<String>,
) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        for (place, line) in file.text.lines().enumerate() {
            if let Some(fault) = fault(line) {
                found.push(format!("{}:{}: {fault}", file.path, place + 1));
            }
        }
    }
    found
}

/// Fails with one fault a line.
fn none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn no_file_of_a_program_is_longer_than_people_read() {
    none(&too_long(&files()));
}

#[test]
fn no_rust_line_is_wider_than_the_page_or_has_a_tab() {
    none(&too_wide(&files()));
}

#[test]
fn no_line_of_prose_is_wider_than_the_page() {
    none(&wide_prose(&files()));
}

#[test]
fn nothing_is_silenced_left_for_later_or_of_one_machine_only() {
    none(&forbidden(&files()));
}

#[test]
fn every_path_in_prose_is_there() {
    none(&missing_paths(&files()));
}

#[test]
fn no_program_can_switch_a_control_off() {
    none(&chosen_controls(&files()));
}

#[test]
fn every_generated_file_ends_with_a_line_end() {
    none(&unended(&files()));
}
