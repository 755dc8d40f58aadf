//! The wallet server: its drive around its node, and what checks persons for it.

use std::sync::Arc;

use bindproof::wire::PersonRef;

use crate::development::WalletStandIns;
use crate::drive::Step;
use crate::drive::wallet::{PERSON, WalletDrive};
use crate::key::{Key, Person};
use crate::node::Node;
use crate::record::RecordKind;
use crate::site::{Courier, Identity};
use crate::store::{Found, StoreError};
use crate::verifier::Verifier;

/// A wallet server.
pub struct Wallet {
    /// What it is made of.
    pub node: Node,
    /// What checks factors.
    pub verifier: Arc<dyn Verifier>,
    /// What checks identity.
    pub identity: Arc<dyn Identity>,
    /// What brings codes to contacts.
    pub courier: Arc<dyn Courier>,
    /// What one-time codes are derived from.
    pub code_key: [u8; 32],
    /// What stands in, in development, for a site's own couriers and proof of identity.
    pub development: Option<WalletStandIns>,
}

impl Wallet {
    /// One transaction on one person: what is overdue first, then `decide`.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn transact<T>(
        &self,
        person: &Person,
        names: &[(RecordKind, Key)],
        mut decide: impl FnMut(&mut WalletDrive<'_>) -> Result<T, StoreError>,
    ) -> Result<Step<T>, StoreError> {
        let (rules, world) = (&self.node.rules, &self.node.world);
        let verifier = &*self.verifier;
        let code_key = &self.code_key;
        self.node
            .transact(person, names, |shard| {
                let person = shard.person().reference();
                let elsewhere = false;
                let mut drive =
                    WalletDrive { shard, rules, world, verifier, code_key, person, elsewhere };
                drive.overdue()?;
                decide(&mut drive)
            })
            .await
    }

    /// Where a person's records are.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn shard_of(&self, person: PersonRef) -> Result<Person, StoreError> {
        Ok(shard_of(person, self.node.store.find(PERSON, person.as_str()).await?))
    }

    /// Steps the deadlines of a person that have passed.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn overdue(&self, person: &Person) -> Result<(), StoreError> {
        self.transact(person, &[], |_| Ok(())).await.map(|_| ())
    }
}

/// In which shard the records of a person are, as the directory knows her.
pub(crate) fn shard_of(person: PersonRef, found: Option<Found>) -> Person {
    found.map_or_else(|| Person::known(person), |found| found.person)
}
