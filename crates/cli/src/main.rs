//! The `bindproof` command: checks the protocol, switches its controls off one by one, and prints
//! what follows from it. Results go to stdout, everything else to stderr.
//!
//! | exit code | means |
//! |---|---|
//! | 0 | done; for a check: every reachable state was seen and every property is decided for it |
//! | 1 | a property is violated, a mutant survives, a replay or a journal is not what it says |
//! | 2 | cut short, or undecided; no server listens where one was to be driven |
//! | 64 | used wrongly |
//! | 65 | a scope, a policy, a replay, a configuration or a key is malformed |
//! | 66 | a file cannot be read |
//! | 70 | a defect of this program; never expected |
//! | 73 | the output cannot be written |

mod arguments;
mod check;
mod conform;
mod distance;
mod explore;
mod failure;
mod figures;
mod input;
mod layout;
mod markdown;
mod mutants;
mod names;
mod output;
mod pace;
mod pages;
mod paint;
mod policy;
mod progress;
mod replay;
mod save;
mod scopes;
mod stop;
mod subject;
mod target;
mod trace;
mod vectors;
mod work;

use std::panic::catch_unwind;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use clap::Parser;

use arguments::{Cli, Command, PolicyCommand, TraceCommand};
use failure::Failure;
use output::Output;

/// What the last panic said, and where.
static LAST_PANIC: Mutex<String> = Mutex::new(String::new());

fn main() -> ExitCode {
    // A panic of the model is a finding of the search in which it happens; what nobody catches is a
    // defect of this program.
    std::panic::set_hook(Box::new(|defect| {
        let what = failure::one_line(&defect.to_string());
        *LAST_PANIC.lock().unwrap_or_else(PoisonError::into_inner) = what;
    }));
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(arguments::refuse(&error)),
    };
    match catch_unwind(|| run(&cli.command)) {
        Err(_) => {
            let what = LAST_PANIC.lock().unwrap_or_else(PoisonError::into_inner);
            eprintln!("bindproof: defect in this program: {what}");
            ExitCode::from(failure::DEFECT)
        }
        Ok(Ok(code)) => ExitCode::from(code),
        Ok(Err(failure)) => {
            eprintln!("bindproof: {}", failure::one_line(&failure.to_string()));
            ExitCode::from(failure.exit_code())
        }
    }
}

fn run(command: &Command) -> Result<u8, Failure> {
    let mut out = Output::new();
    match command {
        Command::Check(arguments) => check::run(arguments, &mut out),
        Command::Mutants(arguments) => mutants::run(arguments, &mut out),
        Command::Replay(arguments) => replay::run(arguments, &mut out),
        Command::Explore(arguments) => explore::run(arguments, &mut out),
        Command::Policy { command: PolicyCommand::Check { file } } => policy::run(file, &mut out),
        Command::Trace { command: TraceCommand::Check(arguments) } => {
            trace::run(arguments, &mut out)
        }
        Command::Conform(arguments) => conform::run(arguments, &mut out),
        Command::Vectors(arguments) => vectors::run(arguments, &mut out),
        Command::Table { party } => pages::table(*party, &mut out),
        Command::Requirements => pages::requirements(&mut out),
        Command::Coverage => pages::coverage(&mut out),
        Command::Saturation => pages::saturation(&mut out),
        Command::Scopes { print } => scopes::run(print.as_deref(), &mut out),
    }
}
