//! Who may sign what: the registry of the other side's keys, and one's own.

use bindproof::wire::Issuer;
use ed25519_dalek::VerifyingKey;

/// A key of another server, and when it is in use. Two at a time are how keys are changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerKey {
    /// The name under which it signs.
    pub id: String,
    /// The key.
    pub key: VerifyingKey,
    /// From when on it is accepted, in milliseconds since 1970.
    pub from_ms: i64,
    /// Until when it is accepted, in milliseconds since 1970.
    pub until_ms: i64,
}

/// Another server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The name that it issues its answers under.
    pub name: Issuer,
    /// Where it listens: scheme, host and port.
    pub url: String,
    /// Its keys.
    pub keys: Vec<PeerKey>,
}

/// Every server that this one speaks with.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    peers: Vec<Peer>,
}

impl Registry {
    /// The registry of these servers.
    ///
    /// # Errors
    /// If two have one name, or two keys one id: it would not be clear who signed.
    pub fn new(peers: Vec<Peer>) -> Result<Self, String> {
        let mut names: Vec<&Issuer> = peers.iter().map(|peer| &peer.name).collect();
        let mut ids: Vec<&str> =
            peers.iter().flat_map(|peer| &peer.keys).map(|key| key.id.as_str()).collect();
        names.sort();
        ids.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(format!("two peers are named {}", twice[0].as_str()));
        }
        if let Some(twice) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(format!("two keys have the id {}", twice[0]));
        }
        Ok(Self { peers })
    }

    /// Whose key this is, and the key, if it is in use at `now_ms`.
    pub fn key(&self, id: &str, now_ms: i64) -> Option<(&Peer, VerifyingKey)> {
        self.peers.iter().find_map(|peer| {
            let key = peer.keys.iter().find(|key| key.id == id)?;
            (key.from_ms..key.until_ms).contains(&now_ms).then_some((peer, key.key))
        })
    }

    /// The server of this name.
    pub fn peer(&self, name: Issuer) -> Option<&Peer> {
        self.peers.iter().find(|peer| peer.name == name)
    }

    /// Every server.
    pub fn peers(&self) -> &[Peer] {
        &self.peers
    }
}
