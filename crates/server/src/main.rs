//! `bindproof-server`: a bank's server, a wallet's server, and a demonstration of both.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use bindproof_conformance::trace::line::Role as TraceRole;
use bindproof_server::clock::{Clock, SystemClock, World};
use bindproof_server::config::{Config, Role};
use bindproof_server::development::OpenInbox;
use bindproof_server::store::Store;
use bindproof_server::{demo, hex, journal, service};
use clap::{Args, Parser, Subcommand, ValueEnum};
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use tokio::sync::watch;

/// The reference servers of the binding protocol.
#[derive(Parser)]
#[command(name = "bindproof-server", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs two banks and a wallet on this machine, with nothing to install or configure.
    Demo {
        /// Tell the whole story over HTTP, check every journal, and end.
        #[arg(long)]
        headless: bool,
        /// Where the stores are kept; a new folder that is removed again if none is given.
        #[arg(long, value_name = "FOLDER")]
        data: Option<PathBuf>,
        /// Keep the journals of all three in this folder, for `bindproof trace check`.
        #[arg(long, value_name = "FOLDER", requires = "headless")]
        journals: Option<PathBuf>,
    },
    /// Runs a bank server.
    Bank(Configured),
    /// Runs a wallet server.
    Wallet(Configured),
    /// Makes a key for a server and prints its public half.
    Keygen {
        /// The file that is to hold it. It must not be there yet.
        file: PathBuf,
    },
    /// Looks at the journals of a store.
    Journal {
        #[command(subcommand)]
        what: JournalCommand,
    },
    /// Looks at what a store still owes.
    Outbox {
        #[command(subcommand)]
        what: OutboxCommand,
    },
}

#[derive(Args)]
struct Configured {
    /// The configuration.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Print what is in force, without what is secret, and end.
    #[arg(long)]
    print_config: bool,
}

#[derive(Subcommand)]
enum JournalCommand {
    /// Checks the chain of every journal and replays every decision.
    Verify(Configured),
    /// Writes every journal to stdout, for `bindproof trace check`.
    Export {
        /// Whose journals.
        #[arg(value_enum)]
        of: Of,
        #[command(flatten)]
        given: Configured,
    },
}

/// What a server is.
#[derive(Clone, Copy, ValueEnum)]
enum Of {
    /// A bank's server.
    Bank,
    /// A wallet's server.
    Wallet,
}

#[derive(Subcommand)]
enum OutboxCommand {
    /// Lists the letters that were given up.
    Dead(Configured),
    /// Takes the letters up again that were given up.
    Resume(Configured),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_default_env();
    let filter = filter.unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).json().init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    match runtime.block_on(run(arguments.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn failed(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("bindproof-server: {error}");
    ExitCode::FAILURE
}

async fn run(command: Command) -> Result<(), String> {
    match command {
        Command::Demo { headless, data, journals } => run_demo(headless, data, journals).await,
        Command::Bank(given) => run_server(given, Role::Bank).await,
        Command::Wallet(given) => run_server(given, Role::Wallet).await,
        Command::Keygen { file } => keygen(&file),
        Command::Journal { what: JournalCommand::Verify(given) } => verify(given).await,
        Command::Journal { what: JournalCommand::Export { of, given } } => export(of, given).await,
        Command::Outbox { what: OutboxCommand::Dead(given) } => dead(given).await,
        Command::Outbox { what: OutboxCommand::Resume(given) } => resume(given).await,
    }
}

async fn run_demo(
    headless: bool,
    data: Option<PathBuf>,
    journals: Option<PathBuf>,
) -> Result<(), String> {
    let given = data.is_some();
    let folder = data.unwrap_or_else(|| {
        std::env::temp_dir().join(format!("bindproof-demo-{}", std::process::id()))
    });
    let at = |error: std::io::Error| format!("{}: {error}", folder.display());
    std::fs::create_dir_all(&folder).map_err(at)?;
    let told = match headless {
        true => tell(&folder, journals.as_deref()).await,
        false => wait(&folder).await,
    };
    if !given {
        std::fs::remove_dir_all(&folder).map_err(at)?;
    }
    told
}

async fn tell(folder: &Path, journals: Option<&Path>) -> Result<(), String> {
    let told = demo::headless(folder, journals, |line| println!("{line}")).await;
    let verified = told.map_err(|error| error.to_string())?;
    println!("{} journals with {} decisions verified.", verified.persons, verified.lines);
    Ok(())
}

async fn wait(folder: &Path) -> Result<(), String> {
    let cast = demo::Cast::start(folder).await.map_err(|error| error.to_string())?;
    println!("DEVELOPMENT: sessions, identity, codes and authenticators are stand-ins.");
    for (name, url) in ["north-bank", "south-bank", "wallet"].iter().zip(&cast.urls) {
        println!("{name:<12}{url}");
    }
    interrupted().await;
    cast.stop().await;
    Ok(())
}

async fn run_server(given: Configured, role: Role) -> Result<(), String> {
    let config = Config::read(&given.config, role).map_err(|error| error.to_string())?;
    if given.print_config {
        print!("{}", config.shown());
        return Ok(());
    }
    eprintln!("DEVELOPMENT: what stands in for a site's own parts is in use.");
    let (stop, stopping) = watch::channel(false);
    tokio::spawn(async move {
        interrupted().await;
        // Nobody listening any more is what is wanted.
        let _ = stop.send(true);
    });
    let courier = Arc::new(OpenInbox::default());
    let listening = |address: &str| println!("listening on http://{address}");
    let ran = service::run(config, role, courier, listening, stopping).await;
    ran.map_err(|error| error.to_string())
}

/// Waits until the process is told to stop, by the keyboard or by the system.
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminated) = signal(SignalKind::terminate()) else {
        tracing::error!("the server cannot be told to stop by the system");
        return;
    };
    tokio::select! {
        biased;
        _ = terminated.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

fn keygen(file: &Path) -> Result<(), String> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let at = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let key = SigningKey::from_bytes(&World::system().bytes());
    let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(|error| at(&error))?;
    let options = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let mut options = options.map_err(|error| at(&error))?;
    options.write_all(pem.as_bytes()).map_err(|error| at(&error))?;
    println!("{}", hex::encode(key.verifying_key().as_bytes()));
    Ok(())
}

/// The store that a configuration names, whatever server it is of.
async fn opened(given: &Configured) -> Result<(Config, Arc<dyn Store>), String> {
    let config = Config::read(&given.config, Role::Wallet).map_err(|error| error.to_string())?;
    let store = service::open_store(&config.store).await.map_err(|error| error.to_string())?;
    Ok((config, store))
}

async fn verify(given: Configured) -> Result<(), String> {
    let (config, store) = opened(&given).await?;
    let rules = service::rules(&config).map_err(|error| error.to_string())?;
    let verified = journal::verify_all(rules.terms(), &*store).await;
    let verified = verified.map_err(|(person, error)| match person {
        Some(person) => format!("the journal of {}: {error}", person.as_str()),
        None => error.to_string(),
    })?;
    println!("{} journals with {} decisions verified.", verified.persons, verified.lines);
    Ok(())
}

async fn export(of: Of, given: Configured) -> Result<(), String> {
    let (config, store) = opened(&given).await?;
    let rules = service::rules(&config).map_err(|error| error.to_string())?;
    let role = match of {
        Of::Bank => TraceRole::Bank,
        Of::Wallet => TraceRole::Wallet,
    };
    let out = std::io::BufWriter::new(std::io::stdout().lock());
    let lines = journal::export(&*store, (config.name.as_str(), role), &rules, out).await;
    let lines = lines.map_err(|error| error.to_string())?;
    eprintln!("{lines} lines.");
    Ok(())
}

async fn dead(given: Configured) -> Result<(), String> {
    const LISTED: i64 = 1_000;
    let (_, store) = opened(&given).await?;
    let dead = store.dead(LISTED).await.map_err(|error| error.to_string())?;
    for due in &dead {
        let owed = &due.owed;
        let (slot, since_ms) = (owed.slot.name(), owed.since_ms);
        println!("{slot} {} since {since_ms}, sent {} times", owed.key, owed.attempts);
    }
    println!("{} letters were given up.", dead.len());
    Ok(())
}

async fn resume(given: Configured) -> Result<(), String> {
    let (_, store) = opened(&given).await?;
    let now_ms = SystemClock.now_ms();
    let resumed = store.resume(now_ms).await.map_err(|error| error.to_string())?;
    println!("{resumed} letters are sent again.");
    Ok(())
}
