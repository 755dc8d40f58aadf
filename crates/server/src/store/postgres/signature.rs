//! Signatures that are used once.

use std::collections::BTreeSet;

use sqlx::{PgConnection, Row as _};

use super::together::Question;
use crate::store::StoreError;

/// The row of each nonce that was not there. Of the same one twice it is the first.
const SPEND: &str = "\
    INSERT INTO nonces (key_id, nonce, until_ms) \
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[]) \
    ON CONFLICT DO NOTHING RETURNING key_id, nonce";

/// A signature that is used.
#[derive(Debug)]
pub(super) struct Signature {
    /// By which key it was made.
    pub key_id: String,
    /// Its nonce.
    pub nonce: String,
    /// Until when it is remembered, in milliseconds since 1970.
    pub until_ms: i64,
}

impl Signature {
    fn name(&self) -> (&str, &str) {
        (&self.key_id, &self.nonce)
    }
}

impl Question for Signature {
    /// Whether it was not used before.
    type Answer = bool;

    async fn ask(on: &mut PgConnection, all: &[Self]) -> Result<Vec<bool>, StoreError> {
        // All instances write them in one order, so that none waits for another that waits for it.
        let mut sorted: Vec<&Self> = all.iter().collect();
        sorted.sort_by_key(|signature| signature.name());
        let key_ids: Vec<&str> = sorted.iter().map(|signature| &*signature.key_id).collect();
        let nonces: Vec<&str> = sorted.iter().map(|signature| &*signature.nonce).collect();
        let until: Vec<i64> = sorted.iter().map(|signature| signature.until_ms).collect();
        let rows = sqlx::query(SPEND).bind(key_ids).bind(nonces).bind(until).fetch_all(on).await?;
        let spent = rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
        let mut spent = spent.collect::<Result<BTreeSet<(&str, &str)>, StoreError>>()?;
        Ok(all.iter().map(|signature| spent.remove(&signature.name())).collect())
    }
}
