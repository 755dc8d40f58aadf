//! Money and time.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use super::id::IdError;
use super::read;

/// The largest integer that every JSON reader reads exactly (RFC 8259, section 6).
const LARGEST: u64 = (1 << 53) - 1;

/// Why a number is not an amount or a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NumberError {
    /// Not a sum that can be paid.
    #[error("minor must be 1 to 9007199254740991, found {found}")]
    Amount {
        /// What was found.
        found: u64,
    },
    /// Not a time since 1970 that every reader reads exactly.
    #[error("issued_at must be 0 to 9007199254740991, found {found}")]
    IssuedAt {
        /// What was found.
        found: i64,
    },
}

/// A currency by its three letters (ISO 4217), whether or not it is in use.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The letters.
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Currency {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let letters: [u8; 3] = text
            .as_bytes()
            .try_into()
            .map_err(|_| IdError::Length { expected: 3, found: text.len() })?;
        match letters.iter().position(|letter| !letter.is_ascii_uppercase()) {
            Some(at) => Err(IdError::Character { expected: "a letter A to Z", at }),
            None => Ok(Self(letters)),
        }
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read::text_form(deserializer, "currency")
    }
}

/// A sum of money to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "AmountShape", into = "AmountShape")]
pub struct Amount {
    currency: Currency,
    minor: u64,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AmountShape {
    minor: u64,
    currency: Currency,
}

impl Amount {
    /// `minor` units (cents) of `currency`.
    ///
    /// # Errors
    /// If `minor` is 0 or larger than what every JSON reader reads exactly.
    pub const fn new(minor: u64, currency: Currency) -> Result<Self, NumberError> {
        match minor {
            1..=LARGEST => Ok(Self { currency, minor }),
            found => Err(NumberError::Amount { found }),
        }
    }

    /// The sum in minor units (cents), at least 1.
    pub const fn minor(&self) -> u64 {
        self.minor
    }

    /// The currency.
    pub const fn currency(&self) -> Currency {
        self.currency
    }
}

impl TryFrom<AmountShape> for Amount {
    type Error = NumberError;

    fn try_from(shape: AmountShape) -> Result<Self, NumberError> {
        Self::new(shape.minor, shape.currency)
    }
}

impl From<Amount> for AmountShape {
    fn from(amount: Amount) -> Self {
        Self { minor: amount.minor, currency: amount.currency }
    }
}

/// When a request was issued, by its sender's clock: milliseconds since the start of 1970 (UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct IssuedAt(i64);

impl IssuedAt {
    /// The time `ms` milliseconds after the start of 1970 (UTC).
    ///
    /// # Errors
    /// If `ms` is negative or larger than what every JSON reader reads exactly.
    pub const fn new(ms: i64) -> Result<Self, NumberError> {
        if ms >= 0 && ms <= LARGEST.cast_signed() {
            Ok(Self(ms))
        } else {
            Err(NumberError::IssuedAt { found: ms })
        }
    }

    /// Milliseconds since the start of 1970 (UTC).
    pub const fn ms(self) -> i64 {
        self.0
    }
}

impl TryFrom<i64> for IssuedAt {
    type Error = NumberError;

    fn try_from(ms: i64) -> Result<Self, NumberError> {
        Self::new(ms)
    }
}

impl From<IssuedAt> for i64 {
    fn from(issued_at: IssuedAt) -> Self {
        issued_at.0
    }
}
