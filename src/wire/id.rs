//! Ids and keys of a fixed length.

use core::fmt;
use core::hash::{Hash, Hasher};
use core::hint::black_box;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use super::read;

/// Why a text is not an id, a key or a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum IdError {
    /// Nothing there.
    #[error("must not be empty")]
    Empty,
    /// Not of the one length that it has.
    #[error("must be {expected} bytes long, found {found}")]
    Length {
        /// The length in bytes that it has.
        expected: usize,
        /// The length in bytes that was found.
        found: usize,
    },
    /// Longer than it may be.
    #[error("must be at most {most} bytes long, found {found}")]
    TooLong {
        /// The longest that it may be, in bytes.
        most: usize,
        /// The length in bytes that was found.
        found: usize,
    },
    /// A character that does not belong at this place.
    #[error("must have {expected} at byte {at}")]
    Character {
        /// What belongs there.
        expected: &'static str,
        /// The place in bytes, from 0.
        at: usize,
    },
    /// Twelve to nineteen digits with the check digit of a card number.
    #[error("looks like a card number")]
    CardNumber,
}

const HEX: &str = "a lower-case hexadecimal digit";
const HYPHENS: [usize; 4] = [8, 13, 18, 23];

fn nibble(byte: u8, at: usize) -> Result<u8, IdError> {
    match byte {
        b'0'..=b'9' => Ok(byte - b'0'),
        b'a'..=b'f' => Ok(byte - b'a' + 10),
        _ => Err(IdError::Character { expected: HEX, at }),
    }
}

/// `N` bytes from `2 * N` lower-case hexadecimal digits.
fn bytes_from_hex<const N: usize>(text: &str) -> Result<[u8; N], IdError> {
    if text.len() != 2 * N {
        return Err(IdError::Length { expected: 2 * N, found: text.len() });
    }
    let mut bytes = [0; N];
    for (at, &digit) in text.as_bytes().iter().enumerate() {
        bytes[at / 2] = (bytes[at / 2] << 4) | nibble(digit, at)?;
    }
    Ok(bytes)
}

/// 16 bytes from a lower-case hyphenated uuid.
fn bytes_from_uuid(text: &str) -> Result<[u8; 16], IdError> {
    if text.len() != 36 {
        return Err(IdError::Length { expected: 36, found: text.len() });
    }
    let mut digits = [0; 32];
    let mut free = digits.iter_mut();
    for (at, &byte) in text.as_bytes().iter().enumerate() {
        if HYPHENS.contains(&at) {
            if byte != b'-' {
                return Err(IdError::Character { expected: "a hyphen", at });
            }
        } else if let Some(digit) = free.next() {
            *digit = nibble(byte, at)?;
        }
    }
    let mut bytes = [0; 16];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = pair.iter().fold(0, |byte, digit| (byte << 4) | digit);
    }
    Ok(bytes)
}

struct Uuid<'a>(&'a [u8; 16]);

impl fmt::Display for Uuid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, byte) in self.0.iter().enumerate() {
            if matches!(place, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Declares ids of 128 bits, written as lower-case hyphenated uuids of any version.
macro_rules! uuid_ids {
    ($( $(#[$meta:meta])* $id:ident = $label:literal, )+) => { $(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $id([u8; 16]);

        impl $id {
            /// The id with these bytes, the first digit first.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The bytes, the first digit first.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", Uuid(&self.0))
            }
        }

        impl fmt::Debug for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", Uuid(&self.0))
            }
        }

        impl FromStr for $id {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                bytes_from_uuid(text).map(Self)
            }
        }

        impl Serialize for $id {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $id {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                read::text_form(deserializer, $label)
            }
        }
    )+ };
}

//= BIND-072 ids bounded and well formed
uuid_ids! {
    /// A binding, and the link under the same id. Made by the bank, never reused.
    BindingId = "binding id",
    /// An account. Made by the wallet, never changes, never reused.
    AccountId = "account id",
    /// An operation. Made by the wallet client.
    OperationId = "operation id",
    /// A challenge. Made by the wallet.
    ChallengeId = "challenge id",
    /// One request, a retry being another one. Made by its sender.
    RequestId = "request id",
}

/// Whether all bytes are the same, in a time that does not tell which: every byte is looked at, and
/// the compiler is kept from seeing that it could stop at the first that differs.
fn same<const N: usize>(a: &[u8; N], b: &[u8; N]) -> bool {
    let differing = a.iter().zip(b).fold(0, |differing, (a, b)| black_box(differing | (a ^ b)));
    differing == 0
}

/// Declares bytes that are written as lower-case hexadecimal digits and that `Debug` does not show.
macro_rules! secrets {
    ($( $(#[$meta:meta])* $secret:ident($length:literal) = $label:literal, )+) => { $(
        $(#[$meta])*
        #[derive(Clone, Copy, Eq, PartialOrd, Ord)]
        pub struct $secret([u8; $length]);

        impl $secret {
            /// The secret with these bytes.
            pub const fn from_bytes(bytes: [u8; $length]) -> Self {
                Self(bytes)
            }

            /// The bytes. A guess is compared with `==` on the whole secret, and never with `==` on
            /// these, nor by the order of secrets: those take longer the more of it is right.
            pub const fn reveal(&self) -> &[u8; $length] {
                &self.0
            }
        }

        /// Takes the same time wherever the two differ.
        impl PartialEq for $secret {
            fn eq(&self, other: &Self) -> bool {
                same(&self.0, &other.0)
            }
        }

        impl Hash for $secret {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.0.hash(state);
            }
        }

        impl fmt::Debug for $secret {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($secret), "(..)"))
            }
        }

        impl FromStr for $secret {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                bytes_from_hex(text).map(Self)
            }
        }

        impl Serialize for $secret {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&Hex(&self.0))
            }
        }

        impl<'de> Deserialize<'de> for $secret {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                read::text_form(deserializer, $label)
            }
        }
    )+ };
}

secrets! {
    /// What the codes of one binding are derived from. Made by the bank, told only to the wallet.
    Secret(32) = "secret",
    /// The code that ties the two screens together. Unguessable, spent when first presented.
    BindingCode(16) = "binding code",
}

/// The public key that a device is known by: 32 bytes, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceKey([u8; 32]);

impl DeviceKey {
    /// The key with these bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Hex(&self.0))
    }
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Hex(&self.0))
    }
}

impl FromStr for DeviceKey {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        bytes_from_hex(text).map(Self)
    }
}

impl Serialize for DeviceKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DeviceKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read::text_form(deserializer, "device key")
    }
}
