//! Writes the shortest run of every mutant whose property a single run shows into the folder that
//! is given: `cargo run --release -p bindproof-models --example replays -- models/replays`.

use bindproof::policy::Policy;
use bindproof_models::check::Options;
use bindproof_models::mutants::{MUTANTS, PROGRESS, run};
use bindproof_models::replay::Replay;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("which folder?")?;
    for mutant in MUTANTS.iter().chain(PROGRESS) {
        // A possibility is shown by what is not there, and so by no run.
        let possibility = bindproof_models::properties::possibility_names();
        if possibility.contains(&mutant.property) {
            continue;
        }
        let options = Options { most: 4_000_000, ..Options::under(("default", &Policy::DEFAULT)) };
        let report = run(mutant, &options)?;
        let found = report.run.ok_or_else(|| format!("{} survives", mutant.name()))?;
        let (scope, property) = (mutant.scope, Some(mutant.property));
        let mut replay = Replay::new(scope, mutant.controls, property, &found.actions);
        // A run after which nothing happens any more goes around nothing.
        replay.loop_from = found.loop_from.filter(|from| *from < found.actions.len());
        let text = replay.to_json()?;
        let name = format!("{}--{}.json", mutant.name().replace(" + ", "+"), mutant.property);
        std::fs::write(std::path::Path::new(&folder).join(&name), text)?;
        eprintln!("{name}");
    }
    Ok(())
}
