//! The wallet server: its drive around its node, and what checks persons for it.

use std::sync::Arc;

use bindproof::wire::ContactRef;

use crate::development::StandIns;
use crate::drive::Step;
use crate::drive::wallet::WalletDrive;
use crate::key::{Key, Person};
use crate::node::Node;
use crate::record::RecordKind;
use crate::store::StoreError;
use crate::verifier::{Identity, Verifier};

/// Brings one-time codes to contacts.
pub trait Courier: Send + Sync + 'static {
    /// Brings this code to this contact; false if it could not.
    fn deliver(&self, contact: ContactRef, code: &str) -> bool;
}

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
    pub development: Option<StandIns>,
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
        let (verifier, identity) = (&*self.verifier, &*self.identity);
        let code_key = &self.code_key;
        self.node
            .transact(person, names, |shard| {
                let mut drive = WalletDrive { shard, rules, world, verifier, identity, code_key };
                drive.overdue()?;
                decide(&mut drive)
            })
            .await
    }

    /// Steps the deadlines of a person that have passed.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn overdue(&self, person: &Person) -> Result<(), StoreError> {
        self.transact(person, &[], |_| Ok(())).await.map(|_| ())
    }
}
