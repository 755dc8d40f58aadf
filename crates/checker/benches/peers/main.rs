//! Ours and its peers side by side, in one run, each measurement a process of its own:
//!
//! ```text
//! cargo bench -p bindproof-checker --bench peers -- --write docs/generated/performance.md
//! ```
//!
//! `--quick` runs each peer once on small models and only shows that all of it works; `--runs N`
//! sets how often each is run; `--lock FILE` holds a lock on that file while something is measured,
//! so that whoever else takes it stays out of the way. Peers are stateright's searches on the same
//! model object; SPIN, where `spin` and `gcc` are installed; and TLC, where the variable
//! `TLA2TOOLS` names its archive and `java` is installed. A process that does not count the pinned
//! number of states ends the run with an error: there is no row for it.

mod bounds;
mod child;
mod figures;
mod groups;
mod measure;
mod musts;
mod outside;
mod page;
mod subject;

#[path = "../../examples/two_phase/model.rs"]
mod two_phase;

#[path = "../../tests/heap/models/mod.rs"]
mod heap;

use std::fs::File;
use std::path::PathBuf;
use std::process::ExitCode;

use groups::Plan;

/// How the whole is run.
#[derive(Debug, Default)]
struct Options {
    write: Option<PathBuf>,
    lock: Option<PathBuf>,
    runs: Option<usize>,
    quick: bool,
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut options = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut value = || rest.next().ok_or_else(|| format!("{argument} needs a value"));
            match argument.as_str() {
                "--write" => options.write = Some(value()?.into()),
                "--lock" => options.lock = Some(value()?.into()),
                "--runs" => {
                    let runs = value()?.parse().ok().filter(|runs| *runs > 0);
                    options.runs = Some(runs.ok_or("--runs needs a number")?);
                }
                "--quick" => options.quick = true,
                // What `cargo bench` adds.
                "--bench" => {}
                other => return Err(format!("{other} is not understood")),
            }
        }
        Ok(options)
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.split_first() {
        Some((first, rest)) if first == child::FLAG => child::run(rest),
        _ => Options::parse(&arguments).and_then(|options| drive(&options)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Measures everything, and writes the page or prints it.
fn drive(options: &Options) -> Result<(), String> {
    let plan = if options.quick { Plan::quick() } else { Plan::full() };
    let runs = options.runs.unwrap_or(if options.quick { 1 } else { 5 });
    let lock = options.lock.as_ref().map(|file| {
        File::options().append(true).create(true).open(file).map_err(|why| format!("lock: {why}"))
    });
    let outside = outside::Outside::prepare()?;
    let measured = measure::all(&plan, runs, lock.transpose()?.as_ref(), &outside)?;
    let page = page::render(&measured, &outside.installed(), &page::machine(), options.quick);
    match &options.write {
        Some(file) => {
            let file = from_the_root(file);
            std::fs::write(&file, page).map_err(|why| format!("{}: {why}", file.display()))
        }
        None => {
            print!("{page}");
            Ok(())
        }
    }
}

/// A path as it is meant: cargo runs a benchmark in the folder of its package, but whoever calls it
/// stands in that of the repository.
fn from_the_root(path: &std::path::Path) -> PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}
