//! A run: cases, one after the other, and what came of each.

use ed25519_dalek::VerifyingKey;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use thiserror::Error;

use bindproof_http::clock::World;

use crate::bankplay::{BankKit, BankPlay};
use crate::banks::BankDesk;
use crate::call::Line;
use crate::case::{Case, How};
use crate::cases;
use crate::config::{Config, ConfigError, Role};
use crate::deviation::{Deviation, DeviationError};
use crate::listen::Listener;
use crate::play::{BankPeer, Play, WalletKit};
use crate::report::{CaseResult, Outcome, Report};
use crate::trouble::Trouble;
use crate::wallet_desk::WalletDesk;

/// What is asked of a run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Which side the server is.
    pub role: Role,
    /// Where it listens.
    pub url: String,
    /// The cases, by their names; all if none is named.
    pub cases: Vec<String>,
    /// The file of the deviations that are known.
    pub deviations: Option<PathBuf>,
    /// What starts the server again.
    pub restart: Option<String>,
}

/// Why there is no run.
#[derive(Debug, Error)]
pub enum RunError {
    /// The configuration does not do.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The deviations do not do.
    #[error(transparent)]
    Deviations(#[from] DeviationError),
    /// There is no such case.
    #[error("there is no case {0:?} about a {1} server")]
    UnknownCase(String, &'static str),
    /// There is nothing to run.
    #[error("there is no case to run")]
    Nothing,
    /// The kit cannot listen.
    #[error("{address}: {error}")]
    Listen {
        /// Where.
        address: String,
        /// Why.
        error: std::io::Error,
    },
}

/// The cases that a plan names.
///
/// # Errors
/// If one is not there, or there is none.
pub fn chosen(plan: &Plan) -> Result<Vec<Case>, RunError> {
    let all = cases::of(plan.role);
    for name in &plan.cases {
        if !all.iter().any(|case| case.id == name) {
            return Err(RunError::UnknownCase(name.clone(), plan.role.name()));
        }
    }
    let wanted = |case: &Case| plan.cases.is_empty() || plan.cases.iter().any(|n| n == case.id);
    let chosen: Vec<Case> = all.into_iter().filter(wanted).collect();
    if chosen.is_empty() { Err(RunError::Nothing) } else { Ok(chosen) }
}

/// Runs the cases against the server; each is told as it is done.
///
/// # Errors
/// If the run cannot begin.
pub async fn run(
    config: &Config,
    plan: &Plan,
    mut told: impl FnMut(&CaseResult),
) -> Result<Report, RunError> {
    let chosen = chosen(plan)?;
    let deviations = match &plan.deviations {
        Some(file) => Deviation::read(file)?,
        None => Vec::new(),
    };
    let kit = Kit::new(config, plan).await?;
    let mut results = Vec::new();
    for case in chosen {
        let known: Vec<&Deviation> = deviations.iter().filter(|of| of.case == case.id).collect();
        let result = one(&kit, &case, &known).await;
        told(&result);
        results.push(result);
    }
    let unused = deviations
        .into_iter()
        .filter(|deviation| !results.iter().any(|result| result.case.id == deviation.case));
    let unused = unused.map(|deviation| deviation.case).collect();
    Ok(Report { role: plan.role, url: plan.url.clone(), results, unused })
}

/// The kit in its role.
enum Kit {
    Bank(Box<BankKit>),
    Wallet(Box<WalletKit>),
}

async fn one(kit: &Kit, case: &Case, known: &[&Deviation]) -> CaseResult {
    // What was said before the case began is no part of it.
    drop(kit.line().transcript.take());
    let world = World::system();
    let began_ms = world.now_ms();
    let (tried, log) = match (kit, case.how) {
        (Kit::Wallet(kit), How::Wallet(play)) => {
            let mut played = Play::new(kit);
            let tried = play(&mut played).await;
            let tried = tried.and_then(|()| played.finish());
            if tried.is_err() {
                played.excuse();
            }
            (tried, played.log)
        }
        (Kit::Bank(kit), How::Bank(play)) => {
            let mut played = BankPlay::new(kit);
            let tried = play(&mut played).await;
            let tried = tried.and_then(|()| played.finish());
            if tried.is_err() {
                played.excuse();
            }
            (tried, played.log)
        }
        _ => (Err(Trouble::Undecided("it is about another role".to_owned())), Vec::new()),
    };
    let took_ms = world.now_ms() - began_ms;
    let result = CaseResult::new(*case, tried, known, log, took_ms);
    match result.outcome {
        Outcome::Passed => result,
        _ => CaseResult { exchanges: kit.line().transcript.take(), ..result },
    }
}

impl Kit {
    /// The line to the server under test.
    fn line(&self) -> &Line {
        match self {
            Self::Bank(kit) => &kit.line,
            Self::Wallet(kit) => &kit.line,
        }
    }

    async fn new(config: &Config, plan: &Plan) -> Result<Self, RunError> {
        match plan.role {
            Role::Bank => Ok(Self::Bank(Box::new(against_bank(config, plan).await?))),
            Role::Wallet => Ok(Self::Wallet(Box::new(against_wallet(config, plan).await?))),
        }
    }
}

async fn against_wallet(config: &Config, plan: &Plan) -> Result<WalletKit, RunError> {
    let keys = config.keys()?;
    let line = line(config, plan, keys.clone());
    let mut banks = Vec::new();
    for peer in &config.peer {
        let signer = peer.signer()?;
        let desk = Arc::new(BankDesk::new(peer.name));
        let (own, keys) = (signer.clone(), keys.clone());
        let (transcript, world) = (line.transcript.clone(), World::system());
        let listener = Listener::start(&peer.listen, own, keys, desk, transcript, world).await;
        let listen = |error| RunError::Listen { address: peer.listen.clone(), error };
        let listener = listener.map_err(listen)?;
        banks.push(BankPeer { signer, listener, name: peer.name });
    }
    if banks.is_empty() {
        return Err(ConfigError::Wrong("the kit has to be one bank at least".to_owned()).into());
    }
    Ok(WalletKit { line, banks, rules: config.rules()? })
}

async fn against_bank(config: &Config, plan: &Plan) -> Result<BankKit, RunError> {
    let (keys, rules) = (config.keys()?, config.rules()?);
    let [peer] = &config.peer[..] else {
        let given = config.peer.len();
        let wrong = format!("against a bank the kit is one wallet, and {given} [[peer]] are given");
        return Err(ConfigError::Wrong(wrong).into());
    };
    let signer = peer.signer()?;
    let desk = Arc::new(WalletDesk::new(peer.name, Arc::clone(&rules)));
    let line = line(config, plan, keys.clone());
    let (own, transcript) = (signer.clone(), line.transcript.clone());
    let world = World::system();
    let listener = Listener::start(&peer.listen, own, keys, desk, transcript, world).await;
    let listen = |error| RunError::Listen { address: peer.listen.clone(), error };
    Ok(BankKit {
        line,
        signer,
        listener: listener.map_err(listen)?,
        rules,
        customers: Mutex::new(config.person.iter().cloned().collect()),
    })
}

/// The line to the server under test.
fn line(config: &Config, plan: &Plan, keys: Vec<(String, VerifyingKey)>) -> Line {
    let (patience_ms, restart) = (config.patience_ms, plan.restart.clone());
    Line::new(&plan.url, config.target.name, keys, patience_ms, restart)
}
