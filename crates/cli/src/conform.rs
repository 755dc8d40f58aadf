//! `bindproof conform`.

use bindproof_kit::config::{Config, ConfigError, Role};
use bindproof_kit::report::{self, Outcome};
use bindproof_kit::run::{Plan, RunError, chosen, run as run_cases};

use crate::arguments::{ConformArguments, RoleName};
use crate::failure::{FINE, Failure};
use crate::input::read;
use crate::output::Output;
use crate::paint::Tone;
use crate::target;

/// Drives a server and says what it does otherwise.
///
/// # Errors
/// If the configuration does not do, a case is not there, or nothing can be printed.
pub fn run(arguments: &ConformArguments, out: &mut Output) -> Result<u8, Failure> {
    let plan = Plan {
        role: match arguments.role {
            RoleName::Bank => Role::Bank,
            RoleName::Wallet => Role::Wallet,
        },
        url: arguments.url.clone().unwrap_or_default(),
        cases: arguments.cases.clone(),
        deviations: arguments.deviations.clone(),
        restart: arguments.restart_command.clone(),
    };
    if arguments.list {
        for case in chosen(&plan).map_err(refused)? {
            let says = crate::failure::one_line(case.says);
            out.line(&format!("{:<36}{:<7}{says}", case.id, case.level.name()))?;
        }
        return Ok(FINE);
    }
    let config = readable(arguments)?;
    target::listens(target::address(&plan.url)?)?;
    let threads = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let threads = threads.map_err(Failure::Unwritable)?;
    let mut unwritten = None;
    let ran = threads.block_on(run_cases(&config, &plan, |result| {
        let tone = match result.outcome {
            Outcome::Passed | Outcome::Deviates(..) => Tone::Good,
            Outcome::Failed(_) | Outcome::NoDeviation(_) => Tone::Bad,
            Outcome::Skipped(_) | Outcome::Undecided(_) => Tone::Doubtful,
        };
        unwritten = unwritten.take().or(out.toned(tone, &report::line(result)).err());
    }));
    let ran = ran.map_err(refused)?;
    if let Some(failure) = unwritten {
        return Err(failure);
    }
    out.write(&report::text(&ran))?;
    if let Some(folder) = &arguments.report {
        let not_saved = |error| Failure::NotSaved { file: folder.display().to_string(), error };
        report::write(&ran, folder).map_err(not_saved)?;
    }
    Ok(ran.exit_code())
}

/// The configuration. It and every file that it and the arguments name can be read.
fn readable(arguments: &ConformArguments) -> Result<Config, Failure> {
    let Some(file) = &arguments.config else {
        return Err(Failure::Usage("there is no --config".to_owned()));
    };
    read(file)?;
    let config = Config::read(file).map_err(|error| Failure::Malformed(error.to_string()))?;
    let keys = config.peer.iter().map(|peer| &peer.key_file);
    for named in keys.chain(&config.policy).chain(&arguments.deviations) {
        read(named)?;
    }
    Ok(config)
}

fn refused(error: RunError) -> Failure {
    match error {
        RunError::UnknownCase(..) | RunError::Nothing => Failure::Usage(error.to_string()),
        RunError::Config(ConfigError::Wrong(_) | ConfigError::File { .. })
        | RunError::Deviations(_) => Failure::Malformed(error.to_string()),
        RunError::Listen { address, error } => Failure::Unreadable { file: address, error },
    }
}
