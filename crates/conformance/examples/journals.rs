//! Writes the journals of many arbitrary runs into a folder, one file a server, to see how fast
//! they are checked:
//!
//! ```sh
//! cargo run --release -p bindproof-conformance --features models --example journals -- \
//!     FOLDER 1000000
//! bindproof trace check --complete FOLDER/*.ndjson
//! ```

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use bindproof_conformance::record::{Chance, walk};
use bindproof_conformance::trace::line::{End, Ending};
use bindproof_models::scope::Scope;
use bindproof_models::scopes::find;

/// Scopes with one bank that keeps a journal, under the same policy and limits.
const SCOPES: [&str; 4] = ["registration", "approval", "suspend-pay", "recovery"];
/// How many actions a run has.
const STEPS: usize = 200;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(wanted)) = (arguments.next(), arguments.next()) else {
        return Err("journals FOLDER LINES".into());
    };
    let wanted: u64 = wanted.parse()?;
    std::fs::create_dir_all(&folder)?;
    let scopes: Vec<Scope> = SCOPES
        .iter()
        .map(|name| find(name).and_then(|found| Scope::parse(found.file, found.text)))
        .collect::<Result<_, _>>()?;
    let mut files: BTreeMap<String, (BufWriter<File>, End)> = BTreeMap::new();
    let mut chance = Chance::new(1);
    let mut written = 0;
    for run in 0.. {
        if written >= wanted {
            break;
        }
        let scope = &scopes[chance.below(scopes.len())];
        for journal in walk(scope, run, STEPS, &mut chance)? {
            let text = journal.text();
            let mut lines = text.lines();
            let header = lines.next().unwrap_or_default();
            let name = format!("{}.ndjson", journal.header.server);
            if !files.contains_key(&name) {
                let mut file = BufWriter::new(File::create(Path::new(&folder).join(&name))?);
                writeln!(file, "{header}")?;
                files.insert(name.clone(), (file, End { lines: 0, persons: 0 }));
            }
            let Some((file, end)) = files.get_mut(&name) else { continue };
            let count = journal.lines.len();
            for line in lines.take(count) {
                writeln!(file, "{line}")?;
            }
            let persons: std::collections::BTreeSet<_> =
                journal.lines.iter().map(|line| line.person).collect();
            end.lines += count as u64;
            end.persons += persons.len() as u64;
            written += count as u64;
        }
    }
    for (name, (mut file, end)) in files {
        writeln!(file, "{}", serde_json::to_string(&Ending { end })?)?;
        println!("{name}: {} lines of {} persons", end.lines, end.persons);
    }
    Ok(())
}
