//! What is searched, and the number of states that a complete search of it has.

use bindproof_models::scope::Scope;
use bindproof_models::scopes;

/// The scope of the protocol that is only for this: larger than those that are checked every day.
const LARGE: &str = include_str!("large.toml");
/// Its states.
const LARGE_STATES: u64 = 17_578_594;

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
            // Undecided, each manager is in one of four states; when it is to commit, in one of
            // two; when it is to abort, in one of six.
            Self::TwoPhase(managers) | Self::HeapTwoPhase(managers) => {
                let each = |states: u64| states.checked_pow((*managers).into());
                each(4)
                    .zip(each(2))
                    .zip(each(6))
                    .map(|((open, commit), abort)| open + commit + abort)
            }
            Self::Scope("large") => Some(LARGE_STATES),
            Self::Scope(name) => {
                let scope = scope_text(name).and_then(|text| Scope::parse(name, text).ok());
                scope.and_then(|scope| scope.pinned).map(|pinned| pinned.distinct)
            }
            Self::PingPong(strokes) => (*strokes == 5).then_some(127_332),
            Self::Register(clients) => (*clients == 3).then_some(4_243),
        };
        pinned.ok_or_else(|| format!("{}: no number of states is pinned", self.name()))
    }
}
