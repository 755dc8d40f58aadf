//! What a process with a defect remembers of what was there before. One without remembers nothing.

#[cfg(not(feature = "defects"))]
pub use none::{is_lost, kept_first, unseen};

#[cfg(feature = "defects")]
pub use some::{is_lost, kept_first, unseen};

#[cfg(not(feature = "defects"))]
mod none {
    use axum::http::HeaderMap;

    use crate::defect::Defect;

    /// What is given: no first one is kept in its place.
    pub const fn kept_first<T: Copy>(_: Defect, _: &str, value: T) -> T {
        value
    }

    /// Whether the answer to a request is lost: never.
    pub const fn is_lost(_: &str, _: &HeaderMap) -> bool {
        false
    }

    /// Whether something is overlooked because it has just come: never.
    pub const fn unseen(_: &str, _: i64) -> bool {
        false
    }
}

#[cfg(feature = "defects")]
mod some {
    use std::collections::{BTreeMap, BTreeSet};
    use std::sync::{Mutex, PoisonError};

    use axum::http::HeaderMap;
    use serde::Serialize;
    use serde::de::DeserializeOwned;

    use crate::defect::{Defect, planted};

    /// For how long a decision is not seen by the next, in milliseconds.
    const UNSEEN_MS: i64 = 400;

    static FIRST: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());

    static LOST: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

    static BEGUN: Mutex<BTreeMap<String, i64>> = Mutex::new(BTreeMap::new());

    /// With this defect what was given first under this key, otherwise what is given.
    pub fn kept_first<T>(defect: Defect, key: &str, value: T) -> T
    where
        T: Copy + Serialize + DeserializeOwned,
    {
        if !planted(defect) {
            return value;
        }
        let mut first = FIRST.lock().unwrap_or_else(PoisonError::into_inner);
        let form = serde_json::to_string(&value).unwrap_or_default();
        let form = first.entry(format!("{defect:?} {key}")).or_insert(form);
        serde_json::from_str(form).unwrap_or(value)
    }

    /// Whether the answer to a request is lost, if it is a good one: every other time that one
    /// comes to this path under this key, the first as well.
    pub fn is_lost(path: &str, fields: &HeaderMap) -> bool {
        if !planted(Defect::AnswersLost) || !path.starts_with("/v1/") {
            return false;
        }
        let request = format!("{path} {:?}", fields.get("idempotency-key"));
        let mut lost = LOST.lock().unwrap_or_else(PoisonError::into_inner);
        !lost.remove(&request) && lost.insert(request)
    }

    /// With a defect, whether this has come for the first time only just now, so that it is
    /// overlooked.
    pub fn unseen(what: &str, now_ms: i64) -> bool {
        if !planted(Defect::RequestsRaced) {
            return false;
        }
        let mut begun = BEGUN.lock().unwrap_or_else(PoisonError::into_inner);
        let since_ms = *begun.entry(what.to_owned()).or_insert(now_ms);
        now_ms - since_ms < UNSEEN_MS
    }
}
