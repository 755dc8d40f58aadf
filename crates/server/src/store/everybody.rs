//! Everybody of whom a store keeps something, one after the other.

use std::vec::IntoIter;

use super::{Store, StoreError};
use crate::key::Person;

/// How many are asked for at once.
const PAGE: i64 = 256;

/// Goes through everybody in the order of their keys. Whoever is new meanwhile is met if her key is
/// still to come.
pub struct Everybody<'a> {
    store: &'a dyn Store,
    page: IntoIter<Person>,
    after: Option<Person>,
}

impl<'a> Everybody<'a> {
    /// Of a store, from the beginning.
    pub fn of(store: &'a dyn Store) -> Self {
        Self { store, page: Vec::new().into_iter(), after: None }
    }

    /// The next one; none after the last.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn next(&mut self) -> Result<Option<Person>, StoreError> {
        if self.page.as_slice().is_empty() {
            let page = self.store.persons(self.after.as_ref(), PAGE).await?;
            self.after = page.last().cloned().or_else(|| self.after.take());
            self.page = page.into_iter();
        }
        Ok(self.page.next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::memory::MemoryStore;
    use crate::store::{Change, Head, Saved};

    #[tokio::test]
    async fn everybody_is_met_once_and_in_order_however_many_pages_there_are() {
        for count in [0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE + 1] {
            let store = MemoryStore::new();
            let person = |number: i64| Person::from_store(format!("{number:04}"));
            for number in 0..count {
                let after = Head { version: 1, ..Head::NEW };
                let change = Change::nothing(person(number), Head::NEW, after);
                assert_eq!(store.save(change).await.unwrap(), Saved::Done);
            }
            let mut everybody = Everybody::of(&store);
            for number in 0..count {
                assert_eq!(everybody.next().await.unwrap(), Some(person(number)));
            }
            assert_eq!(everybody.next().await.unwrap(), None);
        }
    }
}
