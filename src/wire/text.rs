//! References, keys and proofs of bounded length.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::id::IdError;
use super::read;

//= BIND-072 ids bounded and well formed
/// One to `N` visible ASCII characters, `!` to `~`, without a heap.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Text<const N: usize> {
    /// The characters, then zeros.
    bytes: [u8; N],
    length: u16,
}

impl<const N: usize> Text<N> {
    /// The text.
    pub fn as_str(&self) -> &str {
        as_str(&self.bytes, self.length)
    }
}

impl<const N: usize> FromStr for Text<N> {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (bytes, length) = bounded(text)?;
        match text.bytes().position(|byte| !byte.is_ascii_graphic()) {
            Some(at) => Err(IdError::Character { expected: "a visible ASCII character", at }),
            None => Ok(Self { bytes, length }),
        }
    }
}

/// A sentence for a person: one to `N` bytes of UTF-8 without control characters, those that turn
/// the direction of writing included, so that nothing can be made to look like something else.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Words<const N: usize> {
    /// The sentence, then zeros.
    bytes: [u8; N],
    length: u16,
}

impl<const N: usize> Words<N> {
    /// The sentence.
    pub fn as_str(&self) -> &str {
        as_str(&self.bytes, self.length)
    }
}

impl<const N: usize> FromStr for Words<N> {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (bytes, length) = bounded(text)?;
        let turns = |c| {
            matches!(c, '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
                || matches!(c, '\u{2066}'..='\u{2069}')
        };
        match text.char_indices().find(|&(_, c)| c.is_control() || turns(c)) {
            Some((at, _)) => Err(IdError::Character { expected: "no control character", at }),
            None => Ok(Self { bytes, length }),
        }
    }
}

impl<const N: usize> fmt::Debug for Words<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl<const N: usize> Serialize for Words<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de, const N: usize> Deserialize<'de> for Words<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read::text_form(deserializer, "words")
    }
}

fn bounded<const N: usize>(text: &str) -> Result<([u8; N], u16), IdError> {
    let mut bytes = [0; N];
    let too_long = IdError::TooLong { most: N, found: text.len() };
    let length = u16::try_from(text.len()).map_err(|_| too_long)?;
    let place = bytes.get_mut(..text.len()).ok_or(too_long)?;
    if text.is_empty() {
        return Err(IdError::Empty);
    }
    place.copy_from_slice(text.as_bytes());
    Ok((bytes, length))
}

/// Both constructors take a `str`, so the bytes are one; the empty text stands for what cannot be.
fn as_str(bytes: &[u8], length: u16) -> &str {
    bytes
        .get(..usize::from(length))
        .and_then(|bytes| core::str::from_utf8(bytes).ok())
        .unwrap_or_default()
}

/// Declares a kind of [`Text`]; `shown` ones appear in `Debug`, `hidden` ones do not.
macro_rules! texts {
    ($(
        $(#[$meta:meta])*
        $text:ident($length:literal) = $label:literal $show:ident $check:ident,
    )+) => { $(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $text(Text<$length>);

        impl $text {
            /// The text.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl fmt::Debug for $text {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                $show(stringify!($text), self.as_str(), f)
            }
        }

        impl FromStr for $text {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let value = text.parse().map(Self)?;
                $check(text)?;
                Ok(value)
            }
        }

        impl Serialize for $text {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $text {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                read::text_form(deserializer, $label)
            }
        }
    )+ };
}

texts! {
    /// The bank's reference of one instrument and holder, and never a card number. It means
    /// something only together with the bank that made it.
    InstrumentRef(64) = "instrument reference" shown no_card_number,
    /// The reference by which bank and wallet mean the same verified person.
    PersonRef(64) = "person reference" shown anything,
    /// The reference of a contact (telephone, mail) that a bank has verified.
    ContactRef(64) = "contact reference" shown anything,
    /// The key under which a request and its retries are one. Made by the sender.
    IdempotencyKey(64) = "idempotency key" shown anything,
    /// Who issued an answer: the name in the registry of keys.
    Issuer(64) = "issuer" shown anything,
    /// Whom a payment is for.
    Payee(64) = "payee" shown anything,
    /// A short code that was sent to a contact.
    OneTimeCode(16) = "one-time code" hidden anything,
    /// What only the edge can read, such as a signed assertion or a sealed registration form, in
    /// the encoding that its sender and reader have agreed on.
    Opaque(1024) = "opaque value" hidden anything,
}

fn shown(_: &str, text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    fmt::Debug::fmt(text, f)
}

fn hidden(name: &str, _: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{name}(..)")
}

fn anything(_: &str) -> Result<(), IdError> {
    Ok(())
}

//= BIND-073 an instrument_ref is never a card number
/// Refuses 12 to 19 digits with the check digit of a card number (ISO/IEC 7812-1, Luhn), also if
/// they are grouped by `-` or `.`.
fn no_card_number(text: &str) -> Result<(), IdError> {
    let mut digits = 0;
    let mut sum = 0;
    for byte in text.bytes().rev() {
        match byte {
            b'0'..=b'9' => {
                let digit = u32::from(byte - b'0');
                let weighed = if digits % 2 == 0 { digit } else { 2 * digit };
                sum += weighed / 10 + weighed % 10;
                digits += 1;
            }
            b'-' | b'.' => {}
            _ => return Ok(()),
        }
    }
    if (12..=19).contains(&digits) && sum % 10 == 0 { Err(IdError::CardNumber) } else { Ok(()) }
}
