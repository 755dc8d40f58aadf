//! A server's records at one moment, taken out of its store and put into another through the
//! interface that every store has.

use std::sync::Arc;

use bindproof_server::key::{Key, Person};
use bindproof_server::record::RecordKind;
use bindproof_server::store::{Change, DirectoryRow, Found, Head, Loaded, OwedRow, Saved, Store};

use crate::names::Names;
use crate::seen::Seen;

/// A server's records at one moment, but its journal, of which only the end is kept.
#[derive(Clone, Debug)]
pub struct Snapshot {
    shards: Vec<(Loaded, Vec<OwedRow>)>,
    directory: Vec<(DirectoryRow, Person)>,
    /// What they are called.
    pub names: Names,
}

impl Snapshot {
    /// Of a server that has nothing.
    pub const fn empty(names: Names) -> Self {
        Self { shards: Vec::new(), directory: Vec::new(), names }
    }

    /// Takes the records of these names; `ids` are what the directory may know of them.
    pub async fn take(
        store: &dyn Store,
        names: &Names,
        ids: Vec<(&'static str, String)>,
    ) -> Seen<Self> {
        let named = names.operations.map(|id| (RecordKind::Operation, Key::from(id)));
        let failed = |error| format!("{error}");
        let mut snapshot = Self::empty(names.clone());
        for person in names.shards() {
            let loaded = store.load(&person, &named).await.map_err(failed)?;
            let letters = store.letters(&person).await.map_err(failed)?;
            if loaded.head != Head::NEW {
                snapshot.shards.push((loaded, letters));
            }
        }
        for (scope, id) in ids {
            let found = store.find(scope, &id).await.map_err(failed)?;
            if let Some(Found { person, value }) = found {
                snapshot.directory.push((DirectoryRow { scope, id, value }, person));
            }
        }
        Ok(snapshot)
    }

    /// Puts them into an empty store.
    pub async fn put(&self, store: &Arc<dyn Store>) -> Seen<()> {
        for (loaded, letters) in &self.shards {
            let person = loaded.person.clone();
            let hers = self.directory.iter().filter(|(_, whose)| *whose == person);
            let change = Change {
                rows: loaded.rows.clone(),
                armed: loaded.timers.clone(),
                owed: letters.clone(),
                directory: hers.map(|(row, _)| row.clone()).collect(),
                ..Change::nothing(person, Head::NEW, loaded.head.clone())
            };
            match store.save(change).await.map_err(|error| error.to_string())? {
                Saved::Done => {}
                other => return Err(format!("the records are not put there: {other:?}")),
            }
        }
        Ok(())
    }
}
