//! `bindproof scopes`.

use bindproof_models::scope::Scope;
use bindproof_models::scopes::{BUILT_IN, DEFAULT};
use bindproof_models::two_worlds::VARIANTS;

use crate::failure::{FINE, Failure};
use crate::figures::{count, thousands};
use crate::layout::{Align, Table, paragraph, plain};
use crate::output::Output;
use crate::paint::Tone;
use crate::subject;

/// Lists the built-in scopes, or prints one.
///
/// # Errors
/// If there is no such scope, or it cannot be written.
pub fn run(print: Option<&str>, out: &mut Output) -> Result<u8, Failure> {
    match print {
        Some(name) => {
            out.write(&to_copy(subject::text(name)?))?;
        }
        None => list(out)?,
    }
    Ok(FINE)
}

/// What takes the place of the pinned figures.
const LEFT_OUT: &str = "\n# [pinned] is left out: a copy that is changed has other figures.\n";

/// A scope's text without its pinned figures: those of a copy that is changed are others.
fn to_copy(text: &str) -> String {
    let end = text.find("\n[pinned]").unwrap_or(text.len());
    let (scope, pinned) = text.split_at(end);
    let left_out = if pinned.is_empty() { "" } else { LEFT_OUT };
    format!("{scope}{left_out}")
}

fn list(out: &mut Output) -> Result<(), Failure> {
    let mut scopes = Vec::new();
    for built_in in BUILT_IN {
        scopes.push((built_in.name, Scope::parse(built_in.file, built_in.text)?));
    }
    for (name, scope) in &scopes {
        let mark = if DEFAULT.contains(name) { "" } else { "  (only when named)" };
        out.line(&format!("{}{mark}", out.paint.tone(Tone::Strong, name)))?;
        out.line(&paragraph("  ", &scope.about))?;
    }
    for variant in VARIANTS {
        let scope = Scope::parse(variant.name, variant.text)?;
        let mark = "  (two worlds side by side)";
        out.line(&format!("{}{mark}", out.paint.tone(Tone::Strong, variant.name)))?;
        out.line(&paragraph("  ", &scope.about))?;
    }
    out.line("")?;
    let mut table = Table::new(&[
        ("scope", Align::Left),
        ("pinned states", Align::Right),
        ("depth", Align::Right),
        ("bindings", Align::Right),
        ("operations", Align::Right),
        ("devices", Align::Right),
        ("witnesses", Align::Right),
        ("possibilities", Align::Right),
    ])
    .sparing(&["witnesses", "possibilities"]);
    for (name, scope) in &scopes {
        let pinned = |figure: Option<u64>| plain(figure.map_or("–".into(), thousands));
        table.row(vec![
            plain(*name),
            pinned(scope.pinned.map(|pinned| pinned.distinct)),
            pinned(scope.pinned.map(|pinned| pinned.depth.into())),
            plain(scope.binding.len().to_string()),
            plain(scope.operation.len().to_string()),
            plain(scope.device.len().to_string()),
            plain(scope.witnesses.len().to_string()),
            plain(scope.possibilities.len().to_string()),
        ]);
    }
    for variant in VARIANTS {
        let scope = Scope::parse(variant.name, variant.text)?;
        table.row(vec![
            plain(variant.name),
            plain(thousands(variant.distinct.iter().sum::<usize>() as u64)),
            plain("–"),
            plain(scope.binding.len().to_string()),
            plain(scope.operation.len().to_string()),
            plain(scope.device.len().to_string()),
            plain(variant.witnesses.len().to_string()),
            plain("–"),
        ]);
    }
    out.write(&table.render(out.paint))?;
    out.line("")?;
    let all = count(BUILT_IN.len(), "scope", "scopes");
    out.line(&paragraph(
        "",
        &format!(
            "{all} and {}; `bindproof check` without arguments checks {} and every pair. To change \
             one: bindproof scopes --print NAME > my.toml, then bindproof check ./my.toml.",
            count(VARIANTS.len(), "pair of worlds", "pairs of worlds"),
            if DEFAULT.len() == BUILT_IN.len() {
                "all".into()
            } else {
                thousands(DEFAULT.len() as u64)
            }
        ),
    ))
}
