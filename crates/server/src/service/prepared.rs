//! What a configuration comes to, before anything is opened.

use std::path::Path;
use std::sync::Arc;

use bindproof::limits::Limits;
use bindproof::policy::Policy;
use bindproof::settings::{SKEW_MS, Settings};
use ed25519_dalek::pkcs8::DecodePrivateKey;
use ed25519_dalek::{SigningKey, VerifyingKey};

use super::ServiceError;
use crate::clock::World;
use crate::config::{
    Config, ConfigError, KEY_VARIABLE, Mode, OPERATOR_VARIABLE, PeerEntry, Role, operator,
    read_toml,
};
use crate::defect::{Defect, planted};
use crate::hex;
use crate::passkey::PasskeyVerifier;
use crate::signature::Signer;
use crate::signing::{Peer, PeerKey, Registry};
use crate::site::Hooks;

/// What a server is made from, but its store and its address.
pub(super) struct Prepared {
    pub world: World,
    pub rules: Settings,
    pub registry: Registry,
    pub signer: Signer,
    pub derive_from: Signer,
    pub operator: Option<String>,
}

impl Prepared {
    /// What this configuration and the environment come to.
    pub fn of(config: &Config) -> Result<Self, ConfigError> {
        let signer = signer(config)?;
        refuse_own_key(&config.peer, &signer)?;
        let derive_from = match &config.key.derive_from {
            Some(file) => Signer::new(config.key.id.clone(), signing_key(&config.key.id, file)?),
            None => signer.clone(),
        };
        Ok(Self {
            world: World::system(),
            rules: rules(config)?,
            registry: registry(&config.peer)?,
            signer,
            derive_from,
            operator: operator(std::env::var(OPERATOR_VARIABLE).ok())?,
        })
    }
}

/// Whether a server would start with this, as far as that can be told without opening its store
/// and its address.
///
/// # Errors
/// If it would not.
pub fn check(config: &Config, role: Role) -> Result<(), ServiceError> {
    config.check(role)?;
    let Prepared { world, signer, .. } = Prepared::of(config)?;
    site(config, &signer, &world)?;
    if let (Role::Wallet, Some(origin)) = (role, &config.passkey_origin) {
        PasskeyVerifier::new(origin, Arc::clone(&world.chance))?;
    }
    Ok(())
}

/// The site's own service, in production.
pub(super) fn site(
    config: &Config,
    signer: &Signer,
    world: &World,
) -> Result<Option<Arc<Hooks>>, ConfigError> {
    let (Mode::Production, Some(site)) = (config.mode, &config.site) else { return Ok(None) };
    let peer = PeerEntry { name: config.name, url: site.url.clone(), key: site.key.clone() };
    let (url, keys) = (site.url.clone(), registry(&[peer])?);
    Ok(Some(Arc::new(Hooks::new(url, keys, signer.clone(), world.clone()))))
}

/// The rules that a configuration gives.
///
/// # Errors
/// If the policy cannot be read or is below the floor.
pub fn rules(config: &Config) -> Result<Settings, ConfigError> {
    let policy = match &config.policy {
        None => Policy::DEFAULT,
        Some(file) => {
            let fault =
                |error: String| ConfigError::File { file: file.display().to_string(), error };
            let text = std::fs::read_to_string(file).map_err(|error| fault(error.to_string()))?;
            read_toml(&file.display().to_string(), &text)?
        }
    };
    let tries = if planted(Defect::TriesUnlimited) { u8::MAX } else { config.limits.tries };
    let limits = Limits { tries, ..config.limits };
    Ok(Settings { limits, timing: config.timing, policy, skew_ms: SKEW_MS })
}

fn registry(peers: &[PeerEntry]) -> Result<Registry, ConfigError> {
    let peers = peers.iter().map(|peer| {
        let keys = peer.key.iter().map(|key| {
            let fault = |why: &str| ConfigError::Key { id: key.id.clone(), why: why.to_owned() };
            let bytes = hex::decode(&key.public).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
            let bytes = bytes.ok_or_else(|| {
                fault("a peer's key is 64 hexadecimal digits, as `keygen` prints them")
            })?;
            let public = VerifyingKey::from_bytes(&bytes);
            let public = public.map_err(|_| fault("it is no Ed25519 key"))?;
            if public.is_weak() {
                return Err(fault("it is a weak key, which anybody can sign for"));
            }
            Ok(PeerKey {
                id: key.id.clone(),
                key: public,
                from_ms: key.from_ms.unwrap_or(0),
                until_ms: key.until_ms.unwrap_or(i64::MAX),
            })
        });
        let keys = keys.collect::<Result<Vec<PeerKey>, ConfigError>>()?;
        Ok(Peer { name: peer.name, url: peer.url.clone(), keys })
    });
    let peers = peers.collect::<Result<Vec<Peer>, ConfigError>>()?;
    Registry::new(peers).map_err(ConfigError::Registry)
}

/// The halves of two keys are easily mistaken for each other.
fn refuse_own_key(peers: &[PeerEntry], signer: &Signer) -> Result<(), ConfigError> {
    let own = hex::encode(&signer.public());
    let is_own = |peer: &&PeerEntry| peer.key.iter().any(|key| key.public == own);
    match peers.iter().find(is_own) {
        Some(peer) => {
            Err(ConfigError::Own { peer: peer.name.as_str().to_owned(), what: "public key" })
        }
        None => Ok(()),
    }
}

fn signer(config: &Config) -> Result<Signer, ConfigError> {
    let id = config.key.id.clone();
    let key = match std::env::var(KEY_VARIABLE) {
        Ok(pem) => key_in(&id, &pem, KEY_VARIABLE)?,
        Err(_) => signing_key(&id, &config.key.file)?,
    };
    Ok(Signer::new(id, key))
}

fn signing_key(id: &str, file: &Path) -> Result<SigningKey, ConfigError> {
    if file.to_string_lossy().contains('\n') {
        let why = "its file is to be named, not to be given itself".to_owned();
        return Err(ConfigError::Key { id: id.to_owned(), why });
    }
    let pem = std::fs::read_to_string(file).map_err(|error| {
        let why = format!("{}: {error}", file.display());
        ConfigError::Key { id: id.to_owned(), why }
    })?;
    key_in(id, &pem, &file.display().to_string())
}

fn key_in(id: &str, pem: &str, place: &str) -> Result<SigningKey, ConfigError> {
    let why = format!("{place}: it is not Ed25519 in PKCS#8 and PEM, as `keygen` writes it");
    SigningKey::from_pkcs8_pem(pem).map_err(|_| ConfigError::Key { id: id.to_owned(), why })
}
