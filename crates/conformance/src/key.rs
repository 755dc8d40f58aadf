//! How records are named in a trace: by sixteen bytes that say nothing about anybody.

use std::fmt;
use std::str::FromStr;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The key of a record, of a person or of a request: written as 32 lower-case hexadecimal digits.
/// An id of the wire is read as it is, with its hyphens, too.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key([u8; 16]);

impl Key {
    /// The key with these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The first eight digits: enough to tell the few records of one run apart.
    pub fn short(&self) -> String {
        self.0[..4].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key is 32 lower-case hexadecimal digits")]
pub struct KeyError;

impl FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let text = text.as_bytes();
        let hyphens = text.len() == 36;
        if !hyphens && text.len() != 32 {
            return Err(KeyError);
        }
        let (mut bytes, mut digits) = ([0; 16], 0);
        for (at, letter) in text.iter().enumerate() {
            if hyphens && matches!(at, 8 | 13 | 18 | 23) {
                if *letter != b'-' {
                    return Err(KeyError);
                }
                continue;
            }
            bytes[digits / 2] = bytes[digits / 2] << 4 | nibble(*letter)?;
            digits += 1;
        }
        Ok(Self(bytes))
    }
}

const fn nibble(letter: u8) -> Result<u8, KeyError> {
    match letter {
        b'0'..=b'9' => Ok(letter - b'0'),
        b'a'..=b'f' => Ok(letter - b'a' + 10),
        _ => Err(KeyError),
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("32 lower-case hexadecimal digits")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Key, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_with_and_without_hyphens_and_nothing_else_is_one() {
        let plain: Key = "00112233445566778899aabbccddeeff".parse().expect("a key");
        let uuid: Key = "00112233-4455-6677-8899-aabbccddeeff".parse().expect("a key");
        assert_eq!((plain, plain.to_string().len()), (uuid, 32));
        assert_eq!(plain.short(), "00112233");
        for wrong in [
            "",
            "00112233445566778899aabbccddeef",
            "00112233445566778899AABBCCDDEEFF",
            "00112233-4455-6677-8899aabbccddeeff-",
            "0011223344556677889-aabbccddeeffxxxx",
        ] {
            assert_eq!(wrong.parse::<Key>(), Err(KeyError), "{wrong}");
        }
    }
}
