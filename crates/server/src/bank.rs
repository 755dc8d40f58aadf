//! The bank server: its drive around its node, and what it knows of its own customers.

use std::sync::Arc;

use bindproof::refusal::Refusal;
use bindproof::wire::{Amount, InstrumentRef, Issuer, PersonRef};

use crate::development::WrittenBooks;
use crate::drive::Step;
use crate::drive::bank::{BankDrive, Holding};
use crate::key::{Key, Person};
use crate::node::Node;
use crate::record::RecordKind;
use crate::session::Sessions;
use crate::store::StoreError;

/// What the bank's own books say.
pub trait Books: Send + Sync + 'static {
    /// What is known of an instrument, if this person is its holder.
    fn holding(&self, person: PersonRef, instrument: InstrumentRef) -> Option<Holding>;

    /// Whether the account behind an instrument covers an amount.
    fn covers(&self, instrument: InstrumentRef, amount: Amount) -> bool;

    /// What she holds, in the order in which it is shown to her.
    fn holds(&self, person: PersonRef) -> Vec<Held>;

    /// Whether there is such a customer.
    fn knows(&self, person: PersonRef) -> bool;
}

/// An instrument as it is shown to its holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The bank's reference of it.
    pub reference: InstrumentRef,
    /// What its holder calls it.
    pub label: String,
}

/// A bank server.
pub struct Bank {
    /// What it is made of.
    pub node: Node,
    /// Its books.
    pub books: Arc<dyn Books>,
    /// The wallet that it binds to.
    pub wallet: Issuer,
    /// The sessions of its clients.
    pub sessions: Sessions,
    /// What stands in, in development, for its own way of knowing its customers.
    pub development: Option<Arc<WrittenBooks>>,
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
    /// If the store fails; the refusal if there is no such instrument of this person.
    pub async fn block(
        &self,
        person: PersonRef,
        instrument: InstrumentRef,
        blocked: bool,
    ) -> Result<Result<(), Refusal>, StoreError> {
        if self.books.holding(person, instrument).is_none() {
            return Ok(Err(Refusal::NotFound));
        }
        let whose = Person::known(person);
        self.transact(&whose, &[], |drive| drive.block(instrument, blocked)).await?;
        Ok(Ok(()))
    }
}
