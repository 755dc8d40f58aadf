//! Who may sign what: the registry of the other side's keys, and one's own.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use bindproof::wire::Issuer;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{EncodePrivateKey, Error, KeypairBytes};
use ed25519_dalek::{SigningKey, VerifyingKey};

/// A key of one's own as the text of a file: PKCS#8 and PEM.
///
/// # Errors
/// If it cannot be written so.
pub fn pem(key: &SigningKey) -> Result<String, Error> {
    // Without the public key, as RFC 8410 has it: with it, not every library reads the file.
    let bare = KeypairBytes { secret_key: key.to_bytes(), public_key: None };
    bare.to_pkcs8_pem(LineEnding::LF).map(|text| text.as_str().to_owned())
}

/// Writes a key of one's own into a new file that only its owner reads.
///
/// # Errors
/// If the file is there already, or cannot be written.
pub fn write(key: &SigningKey, file: &Path) -> io::Result<()> {
    let text = pem(key).map_err(io::Error::other)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    file.write_all(text.as_bytes())
}

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

#[cfg(test)]
mod tests {
    use ed25519_dalek::pkcs8::DecodePrivateKey;
    use ed25519_dalek::pkcs8::spki::der::pem::decode_vec;

    use super::*;

    #[test]
    fn a_key_is_written_as_rfc_8410_has_it_and_read_again() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let text = pem(&key).unwrap();
        let (label, der) = decode_vec(text.as_bytes()).unwrap();
        // Version 0, the algorithm 1.3.101.112, and the 32 bytes: nothing behind them.
        let head = [0x30, 46, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 34, 4, 32];
        assert_eq!((label, &der[..16], &der[16..]), ("PRIVATE KEY", &head[..], &[7; 32][..]));
        assert_eq!(SigningKey::from_pkcs8_pem(&text).unwrap(), key);
    }
}
