//! A case: one thing that a server has to do, and what it looks like if it does not.

use std::future::Future;
use std::pin::Pin;

use crate::bankplay::BankPlay;
use crate::config::Role;
use crate::play::Play;
use crate::trouble::Tried;

/// Whether a server must.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It must.
    Must,
    /// It should.
    Should,
}

impl Level {
    /// The key word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
        }
    }
}

/// What plays a case.
pub(crate) type Playing<'a> = Pin<Box<dyn Future<Output = Tried> + Send + 'a>>;

/// How a case is played.
#[derive(Clone, Copy)]
pub(crate) enum How {
    /// Against a wallet server.
    Wallet(for<'a, 'b> fn(&'a mut Play<'b>) -> Playing<'a>),
    /// Against a bank server.
    Bank(for<'a, 'b> fn(&'a mut BankPlay<'b>) -> Playing<'a>),
}

/// A case.
#[derive(Clone, Copy)]
pub struct Case {
    /// Its name; never given to another case.
    pub id: &'static str,
    /// What the server does.
    pub says: &'static str,
    /// The requirements that it shows.
    pub requirements: &'static [&'static str],
    /// Whether the server must.
    pub level: Level,
    /// The defect that it hunts.
    pub hunts: &'static str,
    /// How it is played.
    pub(crate) how: How,
}

impl Case {
    /// Which side's it is.
    pub const fn role(&self) -> Role {
        match self.how {
            How::Wallet(_) => Role::Wallet,
            How::Bank(_) => Role::Bank,
        }
    }
}

/// Declares cases, each with the function that plays it.
macro_rules! cases {
    ($how:ident: $(
        $id:literal $play:ident $level:ident [$($number:literal),+] $says:literal $hunts:literal;
    )+) => {
        /// The cases, in the order in which they are played.
        pub const CASES: &[$crate::case::Case] = &[ $( $crate::case::Case {
            id: $id,
            says: $says,
            requirements: &[ $( concat!("BIND-", $number) ),+ ],
            level: $crate::case::Level::$level,
            hunts: $hunts,
            how: $crate::case::How::$how(|play| Box::pin($play(play))),
        } ),+ ];
    };
}
pub(crate) use cases;
