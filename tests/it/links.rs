//! Links from one page of this repository to another, to a heading in it, and to pictures.

use std::collections::{BTreeMap, BTreeSet};

use crate::tree::{File, files, pictures, root};

/// A page, as far as links are looked at.
struct Page {
    /// What its headings are reached by.
    anchors: BTreeSet<String>,
    /// Where it links to, with the line.
    links: Vec<(usize, String)>,
}

/// What a heading is reached by: its words in lower case, joined by hyphens, without other marks.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// Reads a page; what stands in fences or between backticks is no link.
fn page(text: &str) -> Page {
    let mut page = Page { anchors: BTreeSet::new(), links: Vec::new() };
    let mut fenced = false;
    for (place, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        if line.starts_with('#') {
            let own = anchor(line.trim_start_matches('#'));
            let again = (1..).map(|count| format!("{own}-{count}"));
            let mut names = std::iter::once(own.clone()).chain(again);
            page.anchors.extend(names.find(|name| !page.anchors.contains(name)));
        }
        let plain: String = line.split('`').step_by(2).collect();
        for rest in plain.split("](").skip(1) {
            let target = rest.split([')', ' ']).next().unwrap_or_default();
            page.links.push((place + 1, target.to_owned()));
        }
    }
    page
}

/// A path from the root, of a target that stands in the page at `from`.
fn resolved(from: &str, target: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." | "" => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Every page, by its path.
fn pages(files: &[File]) -> BTreeMap<&str, Page> {
    let pages = files.iter().filter(|file| file.path.ends_with(".md"));
    pages.map(|file| (file.path.as_str(), page(&file.text))).collect()
}

/// Every link that leads nowhere; `exists` says what there is.
fn dead(files: &[File], exists: impl Fn(&str) -> bool) -> Vec<String> {
    let pages = pages(files);
    let leads = |path: &str, link: &str| {
        let (target, heading) = link.split_once('#').unwrap_or((link, ""));
        let target = match target {
            "" => path.to_owned(),
            target => resolved(path, target),
        };
        let known = |page: &Page| heading.is_empty() || page.anchors.contains(heading);
        exists(&target) && pages.get(target.as_str()).is_none_or(known)
    };
    let mut dead = Vec::new();
    for (path, page) in &pages {
        let within = page.links.iter().filter(|(_, link)| !link.contains("://"));
        for (line, link) in within.filter(|(_, link)| !leads(path, link)) {
            dead.push(format!("{path}:{line}: {link}"));
        }
    }
    dead
}

/// Every picture that no page shows or links to.
fn unseen(files: &[File], pictures: &[String]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    for (path, page) in pages(files) {
        seen.extend(page.links.iter().map(|(_, link)| resolved(path, link)));
    }
    pictures.iter().filter(|picture| !seen.contains(*picture)).cloned().collect()
}

/// Every line with a picture that says nothing to whoever does not see it.
fn nameless(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with(".md")) {
        let lines = (1..).zip(file.text.lines()).filter(|(_, line)| line.contains("![]("));
        found.extend(lines.map(|(place, _)| format!("{}:{place}", file.path)));
    }
    found
}

#[test]
fn every_link_within_the_repository_leads_somewhere() {
    let dead = dead(&files(), |path| root().join(path).exists());
    assert!(dead.is_empty(), "\n{}\n", dead.join("\n"));
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let text = "# A page\n\n## What it is, here\n## What it is, here\n\
                [a](b.md) [b](#what-it-is-here)\n\
                [c](#what-it-is-here-1) [d](#nothing) `[e](f.md)` [g](../x/y.md#z)\n\
                ```\n# no heading [j](k.md)\n```\n[h](https://i/j.md) [l](z.md)\n";
    let files = [File::new("x/y.md", text), File::new("x/z.md", "")];
    let found = dead(&files, |path| files.iter().any(|file| file.path == path));
    assert_eq!(found, ["x/y.md:5: b.md", "x/y.md:6: #nothing", "x/y.md:6: ../x/y.md#z"]);
}

#[test]
fn every_picture_of_the_documents_is_shown_and_says_what_it_shows() {
    let (files, pictures) = (files(), pictures());
    assert!(!pictures.is_empty(), "there are pictures");
    let unseen = unseen(&files, &pictures);
    assert!(unseen.is_empty(), "no page shows\n{}\n", unseen.join("\n"));
    let nameless = nameless(&files);
    assert!(nameless.is_empty(), "without a text:\n{}\n", nameless.join("\n"));
}

#[test]
fn a_picture_that_no_page_shows_and_one_without_a_text_are_found() {
    let text = "![what it shows](p/a.png)\n```\n![c](p/c.png)\n```\n![](p/a.png)\n";
    let files = [File::new("docs/x.md", text), File::new("docs/y.rs", "![b](p/b.png)")];
    let pictures = ["docs/p/a.png", "docs/p/b.png", "docs/p/c.png"].map(str::to_owned);
    assert_eq!(unseen(&files, &pictures), ["docs/p/b.png", "docs/p/c.png"]);
    assert_eq!(nameless(&files), ["docs/x.md:5"]);
}
