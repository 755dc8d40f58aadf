//! What can be checked: a scope, or a pair of worlds.

use bindproof_models::check::{Options, check};
use bindproof_models::report::Report;
use bindproof_models::scope::{Scope, ScopeError};
use bindproof_models::scopes::{BUILT_IN, DEFAULT};
use bindproof_models::two_worlds::{self, PROPERTY, VARIANTS, Variant};

use crate::failure::Failure;
use crate::input::{self, Loaded};
use crate::{distance, names};

/// One thing that can be checked.
pub enum Subject {
    /// A scope: one world.
    Scope(Box<Loaded>),
    /// Two worlds side by side, and what the pair is about.
    Pair(&'static Variant, String),
}

impl Subject {
    /// The scope or pair with this built-in name, or the scope in the file at this path.
    ///
    /// # Errors
    /// If there is none, if it cannot be read, if it is malformed or larger than any compiled
    /// model.
    pub fn named(name: &str) -> Result<Self, Failure> {
        if let Some(variant) = two_worlds::find(name) {
            let about = Scope::parse(variant.name, variant.text)?.about;
            return Ok(Self::Pair(variant, about));
        }
        if name.starts_with("pair-") && !name.contains(['/', '\\', '.']) {
            let known = VARIANTS.iter().map(|variant| variant.name);
            return Err(Failure::Usage(distance::unknown("scope", name, known)));
        }
        input::scope(name).map(|loaded| Self::Scope(Box::new(loaded)))
    }

    /// What is checked if nothing is named, in its order.
    ///
    /// # Errors
    /// If something that is built in does not parse; the tests keep that from happening.
    pub fn default() -> Result<Vec<Self>, Failure> {
        let pairs = VARIANTS.iter().map(|variant| variant.name);
        DEFAULT.iter().copied().chain(pairs).map(Self::named).collect()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Scope(loaded) => &loaded.scope.name,
            Self::Pair(variant, _) => variant.name,
        }
    }

    /// Where it comes from: a file, or what it is built in as.
    pub fn file(&self) -> &str {
        match self {
            Self::Scope(loaded) => &loaded.file,
            Self::Pair(variant, _) => variant.name,
        }
    }

    /// What it is about.
    pub fn about(&self) -> &str {
        match self {
            Self::Scope(loaded) => &loaded.scope.about,
            Self::Pair(_, about) => about,
        }
    }

    /// Whether it asks for a property or witness at all.
    pub fn asks(&self, name: &str) -> bool {
        match self {
            Self::Scope(loaded) => names::asked_in(&loaded.scope, name),
            Self::Pair(variant, _) => name == PROPERTY || variant.witnesses.contains(&name),
        }
    }

    /// Checks it.
    ///
    /// # Errors
    /// If it fits no compiled model, or not the policy.
    pub fn check(&self, options: &Options<'_>) -> Result<Report, ScopeError> {
        match self {
            Self::Scope(loaded) => check(&loaded.file, &loaded.scope, options),
            Self::Pair(variant, _) => two_worlds::check(variant, None, options),
        }
    }
}

/// The text of the scope that is built in under this name.
///
/// # Errors
/// Wrong usage, with the nearest names that are known; also for a pair, of which a copy would be
/// one world.
pub fn text(name: &str) -> Result<&'static str, Failure> {
    if two_worlds::find(name).is_some() {
        let why = format!("{name} is two worlds, and a copy would be one: pairs are built in only");
        return Err(Failure::Usage(why));
    }
    let found = BUILT_IN.iter().find(|built_in| built_in.name == name);
    found.map(|built_in| built_in.text).ok_or_else(|| {
        let known = BUILT_IN.iter().map(|built_in| built_in.name);
        Failure::Usage(distance::unknown("built-in scope", name, known))
    })
}
