//! `bindproof-server`: a bank's server, a wallet's server, and a demonstration of both.

use std::path::PathBuf;
use std::process::ExitCode;

use bindproof_server::demo;
use clap::{Parser, Subcommand};

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
    },
}

fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env();
    let filter = filter.unwrap_or_else(|_| "error".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).json().init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    match Arguments::parse().command {
        Command::Demo { headless, data } => runtime.block_on(run_demo(headless, data)),
    }
}

fn failed(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("bindproof-server: {error}");
    ExitCode::FAILURE
}

async fn run_demo(headless: bool, data: Option<PathBuf>) -> ExitCode {
    let given = data.is_some();
    let folder = data.unwrap_or_else(|| {
        std::env::temp_dir().join(format!("bindproof-demo-{}", std::process::id()))
    });
    if let Err(error) = std::fs::create_dir_all(&folder) {
        return failed(&format!("{}: {error}", folder.display()));
    }
    let code = if headless {
        match demo::headless(&folder, |line| println!("{line}")).await {
            Ok(verified) => {
                let (persons, lines) = (verified.persons, verified.lines);
                println!("{persons} journals with {lines} decisions verified.");
                ExitCode::SUCCESS
            }
            Err(error) => failed(&error),
        }
    } else {
        until_interrupted(&folder).await
    };
    if !given && let Err(error) = std::fs::remove_dir_all(&folder) {
        return failed(&format!("{}: {error}", folder.display()));
    }
    code
}

async fn until_interrupted(folder: &std::path::Path) -> ExitCode {
    let cast = match demo::Cast::start(folder).await {
        Ok(cast) => cast,
        Err(error) => return failed(&error),
    };
    println!("DEVELOPMENT: sessions, identity, codes and authenticators are stand-ins.");
    for (name, url) in ["north-bank", "south-bank", "wallet"].iter().zip(&cast.urls) {
        println!("{name:<12}{url}");
    }
    if let Err(error) = tokio::signal::ctrl_c().await {
        return failed(&error);
    }
    cast.stop().await;
    ExitCode::SUCCESS
}
