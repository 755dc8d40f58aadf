//! Strict reading. What serde accepts out of kindness (lists for objects, `null` for an absent
//! member, `{"word":null}` for a word) is refused here, so that one message has one shape.

use core::fmt;
use core::marker::PhantomData;
use core::str::FromStr;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, IntoDeserializer, MapAccess, Visitor};
use thiserror::Error;

use crate::bank::binding::REVISION_MAX;
use crate::message::Message;

/// What is wrong with a message whose members are well formed one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ShapeError {
    /// A member that this case needs is not there.
    #[error("missing field `{field}`, which `{case}` needs")]
    Missing {
        /// The member.
        field: &'static str,
        /// The message, or the case of it.
        case: &'static str,
    },
    /// A member that belongs to another case is there.
    #[error("field `{field}` does not belong to `{case}`")]
    Foreign {
        /// The member.
        field: &'static str,
        /// The message, or the case of it.
        case: &'static str,
    },
    /// Another message than the one that belongs here.
    #[error("expected message `{expected}`, found `{found}`")]
    OtherMessage {
        /// What belongs here.
        expected: Message,
        /// What it says it is.
        found: Message,
    },
    /// The wallet's revision is not the one that the status has.
    #[error("wallet_revision is {found} and this status has {expected}")]
    Revision {
        /// What the status has.
        expected: u8,
        /// What the message says.
        found: u8,
    },
    /// No number that a bank's decision has.
    #[error("bank_revision is {found}, and a bank's decisions are {least} to {REVISION_MAX}")]
    Decision {
        /// The least number that stands here.
        least: u8,
        /// What the message says.
        found: u8,
    },
    /// An answer to a challenge without anything in it.
    #[error("a proof needs at least one of its fields")]
    EmptyProof,
    /// A challenge that asks for nothing.
    #[error("a challenge requires something")]
    NothingRequired,
}

/// The member that `case` needs.
pub(super) fn needed<T>(
    member: Option<T>,
    field: &'static str,
    case: &'static str,
) -> Result<T, ShapeError> {
    member.ok_or(ShapeError::Missing { field, case })
}

/// The absence of a member that `case` does not have.
pub(super) fn absent<T>(
    member: &Option<T>,
    field: &'static str,
    case: &'static str,
) -> Result<(), ShapeError> {
    if member.is_some() { Err(ShapeError::Foreign { field, case }) } else { Ok(()) }
}

//= BIND-071 strict parsing
/// An object, and never a list of its members.
pub(super) fn object<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct Object<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map))
        }
    }

    deserializer.deserialize_map(Object(PhantomData))
}

/// The number of a decision of the bank to suspend or resume.
pub(super) fn decision<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    match u8::deserialize(deserializer)? {
        revision @ 1..=REVISION_MAX => Ok(revision),
        found => Err(D::Error::custom(ShapeError::Decision { least: 1, found })),
    }
}

/// A word out of a list, and never an object with the word as its only member.
pub(super) fn word<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct Word<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Word<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a word")
        }

        fn visit_str<E: Error>(self, word: &str) -> Result<T, E> {
            T::deserialize(word.into_deserializer())
        }
    }

    deserializer.deserialize_str(Word(PhantomData))
}

/// A member that may be absent but not `null`.
pub(super) fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// [`object`] for a member that may be absent.
pub(super) fn present_object<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    object(deserializer).map(Some)
}

/// [`word`] for a member that may be absent.
pub(super) fn present_word<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    word(deserializer).map(Some)
}

/// A value in its text form; `label` names it in the error.
pub(super) fn text_form<'de, D, T>(deserializer: D, label: &'static str) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    struct TextForm<T>(&'static str, PhantomData<T>);

    impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for TextForm<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(|error| E::custom(format_args!("{}: {error}", self.0)))
        }
    }

    deserializer.deserialize_str(TextForm(label, PhantomData))
}
