//! What can be asked of the command.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use bindproof::message::Party;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::failure::{self, FINE, USAGE};

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (protocol bindproof/1)");
const _: () = assert!(bindproof::PROTOCOL.len() == "bindproof/1".len());

/// Checks the binding protocol between banks and wallets.
#[derive(Debug, Parser)]
#[command(name = "bindproof", version = VERSION, max_term_width = 100, after_help = AFTER_HELP)]
pub struct Cli {
    /// What is asked.
    #[command(subcommand)]
    pub command: Command,
}

const AFTER_HELP: &str = "\
Exit codes:
  0   done; for a check: every reachable state was seen, and every property is
      decided for it
  1   a property is violated, a mutant survives, a replay does not do what it
      says, or a journal is not one of the protocol
  2   cut short, or undecided; no server listens where one was to be driven
  64  used wrongly                     66  a file cannot be read
  65  a file is malformed              73  the output cannot be written

Results go to stdout, progress and errors to stderr. NO_COLOR is honoured.";

/// What is asked.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Search everything reachable in some scopes, and decide every property for it
    ///
    /// Every state is stored and compared in full; nothing is sampled. The results come in the
    /// order of the scopes and do not depend on the number of threads. An interrupt (Ctrl-C) stops
    /// the search and tells what was seen until then.
    Check(CheckArguments),
    /// Switch every control off, one by one, and see which properties notice
    ///
    /// A control that can be switched off unnoticed guards nothing, or is not checked. First the
    /// scopes are checked with every control on.
    Mutants(MutantsArguments),
    /// Carry out again a run that was kept, step by step, forward and back
    ///
    /// In a terminal the keys move along the run (? tells which), and the screen shows what each
    /// party remembers and what changed; elsewhere all steps are printed. It ends with 0 if the run
    /// does what its file says: it violates that property at its end.
    Replay(ReplayArguments),
    /// Walk through the states of a scope in a browser
    Explore(ExploreArguments),
    /// Look at policies: what must be proved before an operation executes
    Policy {
        /// What is asked of policies.
        #[command(subcommand)]
        command: PolicyCommand,
    },
    /// Look at journals of running servers
    Trace {
        /// What is asked of journals.
        #[command(subcommand)]
        command: TraceCommand,
    },
    /// Drive a live bank's or wallet's server over HTTP and find out whether it follows the
    /// protocol
    ///
    /// The kit plays the other side and the clients, honest ones and others. It ends with 0 if
    /// every case passed, 1 if a MUST failed and 2 if something is not known: what is skipped has
    /// not passed. How to set a server up for it: docs/conformance.md.
    Conform(ConformArguments),
    /// Write the vectors for other teams: single steps, whole runs of messages, and cryptography
    ///
    /// They are made from the model's shortest runs to every rule, refusal, attack and behaviour of
    /// an adversary, and by the functions that servers sign by, and are the same each time. How to
    /// use them: docs/conformance.md.
    Vectors(VectorsArguments),
    /// Print the total state table of one party: every state, every input, what happens
    Table {
        /// The party.
        #[arg(value_enum)]
        party: PartyName,
    },
    /// Print the requirement table: each requirement with what establishes it
    Requirements,
    /// Print what the default scopes cover of the state tables, and why they do not cover the rest
    ///
    /// Nothing is searched: it is docs/generated/coverage.md, as it was when this command was
    /// built.
    Coverage,
    /// Print how chains of growing scopes went: whether larger ones show the steps anything new
    ///
    /// Nothing is searched: it is docs/generated/saturation.md, as it was when this command was
    /// built.
    Saturation,
    /// List the built-in scopes, or print one so that it can be copied and changed
    Scopes {
        /// Print the TOML text of this built-in scope
        #[arg(long, value_name = "NAME")]
        print: Option<String>,
    },
}

/// The arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// Built-in scopes by name, or paths of TOML files; all but `night`, and every pair of worlds,
    /// if none is given
    #[arg(value_name = "SCOPE")]
    pub scopes: Vec<String>,
    /// The policy to check under, a TOML file; the default policy if left out
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Threads: as many scopes at once, and several threads a scope if there are fewer; as many as
    /// the machine has cores if left out
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,
    /// What to print: text to read, or one JSON object a scope and line and a last one that sums up
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = CheckFormat::Text)]
    pub format: CheckFormat,
    /// Decide only this property or witness, in the scopes that ask for it
    #[arg(long, value_name = "NAME")]
    pub property: Option<String>,
    /// Stop each scope when it has this many states, so that it cannot take all memory; a check cut
    /// short ends with 2, or with 1 if it has seen a violation
    #[arg(
        long, value_name = "N", default_value_t = 20_000_000,
        value_parser = clap::value_parser!(u32).range(1..=1_073_741_824)
    )]
    pub max_states: u32,
    /// Switch these controls off, to see an attack; names: `bindproof mutants`
    #[arg(long, value_name = "CONTROL", value_delimiter = ',')]
    pub without: Vec<String>,
    /// Search one state of each orbit: what banks, devices, bindings and operations that are alike
    /// do in each other's place is looked at once. Progress is not decided then. Pairs of worlds
    /// are searched as ever
    #[arg(long)]
    pub symmetry: bool,
    /// Decide states, steps, rest and witnesses only, with states stored packed: what comes to be
    /// and what stays possible is not run, and the same memory holds several times as many states.
    /// Pairs of worlds are searched as ever
    #[arg(long)]
    pub safety: bool,
    /// How to say how far it is, on stderr
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ProgressFormat::Text)]
    pub progress: ProgressFormat,
    /// Keep the run of each violation in this folder: as a file to replay, a story and a chart
    #[arg(long, value_name = "DIR")]
    pub save: Option<PathBuf>,
}

/// How progress is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProgressFormat {
    /// To read: drawn over in a terminal, a line now and then elsewhere.
    Text,
    /// One object a second and scope, on a line of its own.
    Json,
    /// Not at all.
    None,
}

/// How the results of `check` are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// To read.
    Text,
    /// One object a scope, and one that sums up.
    Json,
}

/// The arguments of `mutants`.
#[derive(Debug, Args)]
pub struct MutantsArguments {
    /// Controls by name, or mutants of several controls; all if none is given
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// The policy to check under, a TOML file; the default policy if left out
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// How many mutants are checked at once; as many as the machine has cores if left out
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,
    /// What to print: text to read, one JSON object a mutant and line and a last one that sums up,
    /// or a Markdown page
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = MutantsFormat::Text)]
    pub format: MutantsFormat,
    /// Keep the shortest attack on each mutant in this folder: as a file to replay, a story and a
    /// chart
    #[arg(long, value_name = "DIR")]
    pub save: Option<PathBuf>,
}

/// How the results of `mutants` are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MutantsFormat {
    /// To read.
    Text,
    /// One object a mutant, and one that sums up.
    Json,
    /// A page with every shortest attack.
    Markdown,
}

/// The arguments of `replay`.
#[derive(Debug, Args)]
pub struct ReplayArguments {
    /// The run, a JSON file: one of models/replays, or one that --save has written
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Print all steps, also in a terminal
    #[arg(long)]
    pub plain: bool,
    /// Print only this step, with all that is remembered after it; 0 is the beginning
    #[arg(long, value_name = "N")]
    pub step: Option<usize>,
    /// What to print: text to read, a Mermaid diagram, a picture, or the file itself
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ReplayFormat::Text)]
    pub format: ReplayFormat,
}

/// The faces of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReplayFormat {
    /// To read.
    Text,
    /// A sequence diagram as Mermaid.
    Mermaid,
    /// A sequence diagram as SVG.
    Svg,
    /// The replay file.
    Json,
}

/// The arguments of `explore`.
#[derive(Debug, Args)]
pub struct ExploreArguments {
    /// A built-in scope by name, or the path of a TOML file
    #[arg(value_name = "SCOPE", default_value = "smoke")]
    pub scope: String,
    /// Where to serve the pages; only addresses of this machine itself
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3000")]
    pub address: String,
    /// The policy to explore under, a TOML file; the default policy if left out
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
}

/// What is asked of policies.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Load a policy, compare it with the floor, and print what it asks
    Check {
        /// The policy, a TOML file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// The arguments of `vectors`.
#[derive(Debug, Args)]
pub struct VectorsArguments {
    /// Where to write them: the folder gets `steps`, `messages` and `cryptography`
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// Where the kept attacks are
    #[arg(long, value_name = "FOLDER", default_value = "models/replays")]
    pub replays: PathBuf,
}

/// What is asked of journals.
#[derive(Debug, Subcommand)]
pub enum TraceCommand {
    /// Check the journals of one or both sides against the specification's own steps
    ///
    /// Every entry is replayed; verdicts, orders, records, facts and messages are compared, and the
    /// safety properties are read on the run of each person. Journals may be partial: what could
    /// not be decided is said, and then it ends with 2. How to write one: docs/trace.md.
    Check(TraceArguments),
}

/// The arguments of `conform`.
#[derive(Debug, Args)]
pub struct ConformArguments {
    /// Which side the server is
    #[arg(long, value_enum, value_name = "ROLE")]
    pub role: RoleName,
    /// Where it listens: http://host:port
    #[arg(long, value_name = "URL", required_unless_present = "list")]
    pub url: Option<String>,
    /// The kit's configuration: the server's keys, the peers that the kit is, the test persons
    #[arg(long, value_name = "FILE", required_unless_present = "list")]
    pub config: Option<PathBuf>,
    /// Run this case only; may be given more than once
    #[arg(long = "case", value_name = "CASE")]
    pub cases: Vec<String>,
    /// Write report.txt, report.json, report.xml (JUnit) and report.html into this folder
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,
    /// Cases that are known to fail, each with a reason
    #[arg(long, value_name = "FILE")]
    pub deviations: Option<PathBuf>,
    /// What starts the server again, for cases about restarts; best by killing it
    #[arg(long, value_name = "CMD")]
    pub restart_command: Option<String>,
    /// List the cases, and run none
    #[arg(long)]
    pub list: bool,
}

/// Which side a server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RoleName {
    /// A bank's server
    Bank,
    /// A wallet's server
    Wallet,
}

/// The arguments of `trace check`.
#[derive(Debug, Args)]
pub struct TraceArguments {
    /// Journals, a JSON object a line: of a bank's server, of a wallet's, or of both together
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// They are all there is, from the beginning to the end: nothing may be missing
    #[arg(long)]
    pub complete: bool,
    /// What to print: text to read, one JSON object, or a Mermaid diagram a finding
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = TraceFormat::Text)]
    pub format: TraceFormat,
}

/// How the report of `trace check` is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TraceFormat {
    /// To read.
    Text,
    /// One object.
    Json,
    /// A sequence diagram for each finding.
    Mermaid,
}

/// A party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PartyName {
    /// The bank's own app
    BankClient,
    /// The server of the institution that keeps the instrument
    BankServer,
    /// The server of the payment application
    WalletServer,
    /// The payment application on a device
    WalletClient,
}

impl From<PartyName> for Party {
    fn from(name: PartyName) -> Self {
        match name {
            PartyName::BankClient => Self::BankClient,
            PartyName::BankServer => Self::BankServer,
            PartyName::WalletServer => Self::WalletServer,
            PartyName::WalletClient => Self::WalletClient,
        }
    }
}

/// Says what is wrong with the arguments, in one line, or prints the help that was asked for.
/// Answers with the exit code.
pub fn refuse(error: &clap::Error) -> u8 {
    use clap::error::ErrorKind::{
        DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion,
    };
    match error.kind() {
        DisplayHelp | DisplayVersion => {
            // Nobody is left to tell that help could not be printed.
            let _ = error.print();
            FINE
        }
        DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            USAGE
        }
        _ => {
            eprintln!("bindproof: {}", summary(&error.to_string()));
            USAGE
        }
    }
}

/// clap's paragraphs on one line, without the usage and the pointer to the help.
fn summary(message: &str) -> String {
    let parts: Vec<String> = message
        .split("\n\n")
        .map(failure::one_line)
        .filter(|part| !part.is_empty() && !part.starts_with("Usage:"))
        .map(|part| part.trim_start_matches("error: ").to_owned())
        .filter(|part| !part.starts_with("For more information"))
        .collect();
    format!("{}; see `{} --help`", parts.join("; "), asked_of(std::env::args_os().skip(1)))
}

/// The subcommand that these arguments name, as it is typed: its help is the one to read.
fn asked_of(arguments: impl Iterator<Item = OsString>) -> String {
    let mut command = Cli::command();
    let mut typed = command.get_name().to_owned();
    for argument in arguments {
        let Some(sub) = command.find_subcommand(&argument).cloned() else { break };
        typed = format!("{typed} {}", sub.get_name());
        command = sub;
    }
    typed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
        assert!(
            VERSION.ends_with(&format!("({})", format_args!("protocol {}", bindproof::PROTOCOL)))
        );
    }

    #[test]
    fn every_argument_is_documented() {
        fn walk(command: &clap::Command) {
            for argument in command.get_arguments() {
                assert!(
                    argument.get_help().is_some(),
                    "{}: {}",
                    command.get_name(),
                    argument.get_id()
                );
            }
            assert!(command.get_about().is_some(), "{}", command.get_name());
            command.get_subcommands().for_each(walk);
        }
        walk(&Cli::command());
    }
}
