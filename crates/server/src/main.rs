//! `bindproof-server`: a bank's server, a wallet's server, and a demonstration of both.

mod look;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use bindproof_server::clock::World;
use bindproof_server::config::{Config, Mode, Role};
use bindproof_server::development::OpenInbox;
use bindproof_server::{bench, demo, hex, openapi, operator, service, signing};
use clap::{Args, Parser, Subcommand, ValueEnum};
use ed25519_dalek::SigningKey;
use tokio::sync::watch;

/// The reference servers of the binding protocol.
#[derive(Parser)]
#[command(name = "bindproof-server", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Plants a defect in the server, so that a check can be seen to find it.
    #[cfg(feature = "defects")]
    #[arg(long, global = true, value_name = "NAME")]
    defect: Vec<bindproof_server::defect::Defect>,
    /// Has the server decide without a control of the protocol, so that a check can be seen to find
    /// it.
    #[cfg(feature = "defects")]
    #[arg(long, global = true, value_name = "CONTROL", value_parser = control)]
    without: Vec<bindproof::control::Control>,
}

#[derive(Subcommand)]
enum Command {
    /// Runs two banks and a wallet on this machine, with nothing to install or configure.
    Demo {
        /// Tell the whole story over HTTP, check every journal, and end.
        #[arg(long)]
        headless: bool,
        /// Where the stores are kept; a new folder that is removed again if none is given. The
        /// story is told on new stores only.
        #[arg(long, value_name = "FOLDER")]
        data: Option<PathBuf>,
        /// Keep the journals of all three in this folder, for `bindproof trace check`.
        #[arg(long, value_name = "FOLDER", requires = "headless")]
        journals: Option<PathBuf>,
    },
    /// Runs a bank server.
    Bank(Served),
    /// Runs a wallet server.
    Wallet(Served),
    /// Measures a bank and a wallet on SQLite and PostgreSQL, beside the bare stores, and prints a
    /// page's tables.
    Bench {
        /// How long customers come at each rate.
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=60))]
        seconds: u32,
        /// Customers a second at first; then twice as many, and so on, as long as they are served.
        #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(u32).range(1..=200))]
        rate: u32,
        /// Leave PostgreSQL out.
        #[arg(long)]
        only_sqlite: bool,
        /// Writes the page into this file, and prints nothing.
        #[arg(long, value_name = "FILE")]
        write: Option<PathBuf>,
    },
    /// Makes a key for a server and prints its public half.
    Keygen {
        /// The file that is to hold it. It must not be there yet.
        file: PathBuf,
    },
    /// Prints what a server answers to, in OpenAPI 3.1.
    Openapi {
        /// Which server.
        #[arg(value_enum)]
        server: Which,
    },
    /// Lists every binding of a store: where it stands here, since when, and what is owed. A bank
    /// asks the wallet where it stands there.
    Bindings {
        #[command(flatten)]
        of: Configured,
        /// Ask nobody.
        #[arg(long)]
        offline: bool,
        /// As JSON, one binding a line.
        #[arg(long)]
        json: bool,
    },
    /// Has a bank ask the wallet where each binding stands, reports where the two sides disagree,
    /// and repairs what can be repaired. Ends with 1 if anything is left.
    Reconcile {
        #[command(flatten)]
        of: Configured,
        /// Repair nothing.
        #[arg(long)]
        look_only: bool,
        /// As JSON, one binding a line.
        #[arg(long)]
        json: bool,
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

impl Command {
    /// Whether it runs a server, whose standard error is its log.
    const fn serves(&self) -> bool {
        matches!(self, Self::Bank(given) | Self::Wallet(given) if !given.print_config)
    }
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Which {
    /// The bank's.
    Bank,
    /// The wallet's.
    Wallet,
}

#[derive(Args)]
struct Configured {
    /// The configuration.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// What runs a server. Only here is the configuration printed: what looks into a store or mends it
/// would do that first.
#[derive(Args)]
struct Served {
    #[command(flatten)]
    of: Configured,
    /// Print what is in force, without what is secret, and end. Fails on what no server starts
    /// with; the store and the address are not opened.
    #[arg(long)]
    print_config: bool,
}

#[derive(Subcommand)]
enum JournalCommand {
    /// Checks the chain of every journal and replays every decision.
    Verify(Configured),
    /// Draws what happened to one binding.
    Show {
        #[command(flatten)]
        of: Configured,
        /// The binding.
        #[arg(long, value_name = "ID")]
        binding: String,
        /// How it is drawn.
        #[arg(long, value_enum, default_value_t)]
        format: operator::Form,
    },
    /// Writes every journal to stdout, for `bindproof trace check`.
    Export {
        /// Whose journals.
        #[arg(value_enum)]
        side: Side,
        #[command(flatten)]
        of: Configured,
    },
}

/// What a server is.
#[derive(Clone, Copy, ValueEnum)]
enum Side {
    /// A bank's server.
    Bank,
    /// A wallet's server.
    Wallet,
}

/// What is listed for people, or for programs.
#[derive(Args)]
struct Listing {
    #[command(flatten)]
    of: Configured,
    /// As JSON, one a line.
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
enum OutboxCommand {
    /// Says how many letters wait in each lane, and since when.
    Waiting(Listing),
    /// Lists the letters that were given up.
    Dead(Listing),
    /// Takes the letters up again that were given up.
    Resume(Configured),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_default_env();
    let filter = filter.unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).json().init();
    #[cfg(feature = "defects")]
    {
        bindproof_server::defect::plant(arguments.defect);
        bindproof_server::defect::switch_off(arguments.without);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    let serves = arguments.command.serves();
    if serves {
        log_panics();
    }
    match runtime.block_on(run(arguments.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if serves && tracing::enabled!(tracing::Level::ERROR) => {
            tracing::error!(error, "the server has ended");
            ExitCode::FAILURE
        }
        Err(error) => failed(&error),
    }
}

/// Has a panic say in the log what it is: of a server, everything on standard error is one.
fn log_panics() {
    let plainly = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !tracing::enabled!(tracing::Level::ERROR) {
            return plainly(panic);
        }
        let place = panic.location().map(ToString::to_string);
        tracing::error!(error = panic.payload_as_str(), place, "a panic");
    }));
}

/// Prints, for as long as anybody reads: who has read enough is no fault.
fn say(text: &str) -> Result<(), String> {
    let mut out = std::io::stdout();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(format!("the output cannot be written: {error}"))
        }
        _ => Ok(()),
    }
}

/// Prints a line.
fn say_line(line: impl std::fmt::Display) -> Result<(), String> {
    say(&format!("{line}\n"))
}

/// A control by its name.
#[cfg(feature = "defects")]
fn control(name: &str) -> Result<bindproof::control::Control, String> {
    let control = bindproof::control::Control::from_name(name);
    control.ok_or_else(|| format!("there is no control {name}"))
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
        Command::Bench { seconds, rate, only_sqlite, write } => {
            measure(bench::Plan { seconds, rate, only_sqlite }, write.as_deref()).await
        }
        Command::Keygen { file } => keygen(&file),
        Command::Openapi { server } => {
            let document = match server {
                Which::Bank => openapi::bank(),
                Which::Wallet => openapi::wallet(),
            };
            say(&openapi::text(&document))
        }
        Command::Bindings { of, offline, json } => look::bindings(&of, offline, json).await,
        Command::Reconcile { of, look_only, json } => look::reconcile(&of, !look_only, json).await,
        Command::Journal { what } => match what {
            JournalCommand::Verify(given) => look::verify(&given).await,
            JournalCommand::Show { of, binding, format } => look::show(&of, &binding, format).await,
            JournalCommand::Export { side, of } => look::export(&of, side).await,
        },
        Command::Outbox { what } => match what {
            OutboxCommand::Waiting(given) => look::waiting(&given.of, given.json).await,
            OutboxCommand::Dead(given) => look::dead(&given.of, given.json).await,
            OutboxCommand::Resume(given) => look::resume(&given).await,
        },
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
    std::fs::create_dir_all(&folder).map_err(|error| match folder.exists() {
        true => format!("{} is no folder; name another one with --data", folder.display()),
        false => at(error),
    })?;
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
    let told = demo::headless(folder, journals, |line| drop(say_line(line))).await;
    say_line(told.map_err(|error| error.to_string())?)
}

async fn wait(folder: &Path) -> Result<(), String> {
    let cast = demo::Cast::start_for_people(folder).await.map_err(|error| error.to_string())?;
    say_line("DEVELOPMENT: the banks' books and sessions, codes and identity are stand-ins.")?;
    say_line("Begin in a bank's app, and go on in the wallet's:")?;
    for (name, url) in ["north-bank", "south-bank", "wallet"].iter().zip(&cast.pages()) {
        say_line(format_args!("  {name:<12}{url}"))?;
    }
    say_line("Ctrl-C ends it.")?;
    interrupted().await;
    cast.stop().await;
    Ok(())
}

async fn measure(plan: bench::Plan, write: Option<&Path>) -> Result<(), String> {
    let name = format!("bindproof-bench-{}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    let at = |error: std::io::Error| format!("{}: {error}", folder.display());
    let program = std::env::current_exe().map_err(at)?;
    std::fs::create_dir_all(&folder).map_err(at)?;
    let measured = bench::run(&program, &folder, plan, |what| eprintln!("{what}")).await;
    std::fs::remove_dir_all(&folder).map_err(at)?;
    let page = bench::page(&measured.map_err(|error| error.to_string())?);
    match write {
        Some(file) => {
            std::fs::write(file, page).map_err(|error| format!("{}: {error}", file.display()))
        }
        None => say(&page),
    }
}

async fn run_server(given: Served, role: Role) -> Result<(), String> {
    let config = Config::read(&given.of.config, role).map_err(|error| error.to_string())?;
    if given.print_config {
        service::check(&config, role).map_err(|error| error.to_string())?;
        return say(&config.shown());
    }
    if config.mode == Mode::Development {
        tracing::warn!("development: what stands in for a site's own parts is in use");
    }
    let (stop, stopping) = watch::channel(false);
    tokio::spawn(async move {
        interrupted().await;
        // Nobody listening any more is what is wanted.
        let _ = stop.send(true);
    });
    let inbox = Arc::new(OpenInbox::and_file(config.codes.clone()));
    let listening = |address: &str| drop(say_line(format_args!("listening on http://{address}")));
    let ran = service::run(config, role, inbox, listening, stopping).await;
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
    let key = SigningKey::from_bytes(&World::system().bytes());
    signing::write(&key, file).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            format!("{} is there already, and no key is written over; name another", file.display())
        }
        _ => format!("{}: {error}", file.display()),
    })?;
    say_line(hex::encode(key.verifying_key().as_bytes()))
}
