//! Whose ids are, and what keys stand for: each found by its own key.

use sqlx::{PgConnection, Row as _};

use super::together::Question;
use crate::key::Person;
use crate::store::{Asked, Found, Known, StoreError};

/// First the ids that were found and then the keys, each with its place among those asked for,
/// from 1. `OFFSET 0` keeps each search by itself: joined with the table, it might read all of it.
const LOOK: &str = "\
    SELECT TRUE, asked.place, d.person, d.value \
    FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (scope, id, place) \
    CROSS JOIN LATERAL (SELECT person, value FROM directory \
      WHERE scope = asked.scope AND id = asked.id OFFSET 0) d \
    UNION ALL \
    SELECT FALSE, asked.place, k.digest, NULL \
    FROM unnest($3::text[], $4::text[]) WITH ORDINALITY AS asked (scope, id, place) \
    CROSS JOIN LATERAL (SELECT digest FROM keys \
      WHERE scope = asked.scope AND id = asked.id OFFSET 0) k";

/// What is asked before it is known whose records a request is about.
#[derive(Debug)]
pub(super) struct Look {
    ids: Vec<(&'static str, String)>,
    key: Option<(String, String)>,
}

impl Look {
    /// What is asked.
    pub fn of(asked: Asked<'_>) -> Self {
        let ids = asked.ids.iter().map(|(scope, id)| (*scope, (*id).to_owned())).collect();
        Self { ids, key: asked.key.map(|(scope, id)| (scope.to_owned(), id.to_owned())) }
    }
}

impl Question for Look {
    type Answer = Known;

    async fn ask(on: &mut PgConnection, all: &[Self]) -> Result<Vec<Known>, StoreError> {
        let ids = || all.iter().flat_map(|look| &look.ids);
        let keys = || all.iter().filter_map(|look| look.key.as_ref());
        let rows = sqlx::query(LOOK)
            .bind(ids().map(|(scope, _)| *scope).collect::<Vec<&str>>())
            .bind(ids().map(|(_, id)| id.as_str()).collect::<Vec<&str>>())
            .bind(keys().map(|(scope, _)| scope.as_str()).collect::<Vec<&str>>())
            .bind(keys().map(|(_, id)| id.as_str()).collect::<Vec<&str>>())
            .fetch_all(on)
            .await?;
        let mut found = vec![None; ids().count()];
        let mut bodies = vec![None; keys().count()];
        for row in &rows {
            let place = usize::try_from(row.try_get::<i64, _>(1)? - 1).unwrap_or(usize::MAX);
            let said: String = row.try_get(2)?;
            if row.try_get(0)? {
                let value = row.try_get(3)?;
                put(&mut found, place, Found { person: Person::from_store(said), value })?;
            } else {
                put(&mut bodies, place, said)?;
            }
        }
        let (mut found, mut bodies) = (found.into_iter(), bodies.into_iter());
        let known = |look: &Self| Known {
            found: found.by_ref().take(look.ids.len()).collect(),
            body: look.key.as_ref().and_then(|_| bodies.next().flatten()),
        };
        Ok(all.iter().map(known).collect())
    }
}

/// Puts what was found into the place of what was asked for.
fn put<T>(all: &mut [Option<T>], place: usize, found: T) -> Result<(), StoreError> {
    *all.get_mut(place).ok_or_else(unasked)? = Some(found);
    Ok(())
}

/// The database answers what it was not asked for.
pub(super) fn unasked() -> StoreError {
    StoreError::corrupt("an answer", "it was not asked for")
}
