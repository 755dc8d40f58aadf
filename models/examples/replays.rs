//! Writes the shortest run of every mutant whose property a single run shows into the folder that
//! is given: `cargo run --release -p bindproof-models --example replays -- models/replays`. Names
//! of scopes or pairs of worlds after the folder leave the mutants of all others out.

use bindproof::policy::Policy;
use bindproof_models::check::Options;
use bindproof_models::mutants::{all, run};
use bindproof_models::replay::Replay;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("which folder?")?;
    let scopes: Vec<String> = std::env::args().skip(2).collect();
    let wanted = |scope: &str| scopes.is_empty() || scopes.iter().any(|named| named == scope);
    for mutant in all().filter(|mutant| wanted(mutant.scope)) {
        // A possibility is shown by what is not there, and so by no run.
        let possibility = bindproof_models::properties::possibility_names();
        if possibility.contains(&mutant.property) {
            continue;
        }
        let options = Options { most: 4_000_000, ..Options::under(("default", &Policy::DEFAULT)) };
        let report = run(mutant, &options)?;
        let found = report.run.ok_or_else(|| format!("{} survives", mutant.name()))?;
        let (scope, property) = (mutant.scope, Some(mutant.property));
        let replay = match found.pair {
            Some(pair) => Replay::of_pair(scope, mutant.controls, property, pair),
            None => Replay {
                // A run after which nothing happens any more goes around nothing.
                loop_from: found.loop_from.filter(|from| *from < found.actions.len()),
                ..Replay::new(scope, mutant.controls, property, &found.actions)
            },
        };
        let text = replay.to_json()?;
        let name = format!("{}--{}.json", mutant.name().replace(" + ", "+"), mutant.property);
        std::fs::write(std::path::Path::new(&folder).join(&name), text)?;
        eprintln!("{name}");
    }
    Ok(())
}
