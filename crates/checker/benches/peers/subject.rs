//! What is searched, and the number of states that a complete search of it has.

use bindproof_models::scope::Scope;
use bindproof_models::scopes;

/// The scope of the protocol that is only for this: larger than those that are checked every day.
const LARGE: &str = include_str!("large.toml");

/// Something that is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Two-phase commit with so many managers, in a few machine words.
    TwoPhase(u8),
    /// A scope of the protocol.
    Scope(&'static str),
    /// Two-phase commit with so many managers, on the heap.
    HeapTwoPhase(u8),
    /// Actors who play ping-pong, so many strokes.
    PingPong(u8),
    /// Actors who use a register: so many clients.
    Register(u8),
}

/// The scope of this name, as its file says it.
pub fn scope_text(name: &str) -> Option<&'static str> {
    if name == "large" { Some(LARGE) } else { scopes::find(name).ok().map(|found| found.text) }
}

impl Subject {
    /// Its name.
    pub fn name(&self) -> String {
        match self {
            Self::TwoPhase(managers) => format!("two-phase commit, {managers} managers"),
            Self::Scope(name) => format!("scope {name}"),
            Self::HeapTwoPhase(managers) => format!("heap: two-phase commit, {managers} managers"),
            Self::PingPong(strokes) => format!("heap: ping-pong, {strokes} strokes"),
            Self::Register(clients) => format!("heap: register, {clients} clients"),
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        let numbered = (0..=u8::MAX).flat_map(|number| {
            let of = [Self::TwoPhase, Self::HeapTwoPhase, Self::PingPong, Self::Register];
            of.map(|subject| subject(number))
        });
        let scopes = scopes::BUILT_IN.iter().map(|scope| scope.name).chain(["large"]);
        numbered.chain(scopes.map(Self::Scope)).find(|subject| subject.name() == name)
    }

    /// Its distinct states.
    ///
    /// # Errors
    /// If nobody has pinned them.
    pub fn pinned(&self) -> Result<u64, String> {
        let pinned = match self {
            Self::TwoPhase(managers) | Self::HeapTwoPhase(managers) => match managers {
                5 => Some(8_832),
                6 => Some(50_816),
                7 => Some(296_448),
                8 => Some(1_745_408),
                9 => Some(10_340_352),
                10 => Some(61_515_776),
                _ => None,
            },
            Self::Scope(name) => {
                let scope = scope_text(name).and_then(|text| Scope::parse(name, text).ok());
                scope.and_then(|scope| scope.pinned).map(|pinned| pinned.distinct)
            }
            Self::PingPong(strokes) => match strokes {
                5 => Some(1),
                _ => None,
            },
            Self::Register(clients) => match clients {
                2 => Some(93),
                _ => None,
            },
        };
        pinned.ok_or_else(|| format!("{}: no number of states is pinned", self.name()))
    }
}
