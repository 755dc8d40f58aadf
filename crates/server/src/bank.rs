//! The bank server: its drive around its node, and what it knows of its own customers.

use std::sync::Arc;

use bindproof::refusal::Refusal;
use bindproof::wire::{InstrumentRef, Issuer, PersonRef};

use crate::development::BankStandIns;
use crate::drive::Step;
use crate::drive::bank::BankDrive;
use crate::http::edge::Barred;
use crate::key::{Key, Person};
use crate::node::Node;
use crate::record::RecordKind;
use crate::site::{Books, Customers};
use crate::store::StoreError;

/// A bank server.
pub struct Bank {
    /// What it is made of.
    pub node: Node,
    /// Its books.
    pub books: Arc<dyn Books>,
    /// The wallet that it binds to.
    pub wallet: Issuer,
    /// How it knows its customers.
    pub customers: Arc<dyn Customers>,
    /// What stands in, in development, for books and for a way of knowing customers.
    pub development: Option<BankStandIns>,
}

impl Bank {
    /// One transaction on one person: what is overdue first, then `decide`.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn transact<T>(
        &self,
        person: &Person,
        names: &[(RecordKind, Key)],
        mut decide: impl FnMut(&mut BankDrive<'_>) -> Result<T, StoreError>,
    ) -> Result<Step<T>, StoreError> {
        let (rules, world) = (&self.node.rules, &self.node.world);
        self.node
            .transact(person, names, |shard| {
                let mut drive = BankDrive { shard, rules, world };
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

    /// Blocks an instrument, or lifts the block.
    ///
    /// # Errors
    /// If there is no such instrument of this person, or the site or the store fails.
    pub async fn block(
        &self,
        person: PersonRef,
        instrument: InstrumentRef,
        blocked: bool,
    ) -> Result<(), Barred> {
        if self.books.holding(person, instrument).await?.is_none() {
            return Err(Refusal::NotFound.into());
        }
        let whose = Person::known(person);
        self.transact(&whose, &[], |drive| drive.block(instrument, blocked)).await?;
        Ok(())
    }
}
