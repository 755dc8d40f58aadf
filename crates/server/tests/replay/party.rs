//! The two servers, each as what can be put in any state and given any input.

use std::fmt::Debug;
use std::sync::Arc;

use bindproof::wallet::operation::Operation;
use bindproof::wallet::proof::Demand;
use bindproof::wire::AccountId;
use bindproof_models::world::NONE;
use bindproof_server::clock::World as Clock;
use bindproof_server::codes;
use bindproof_server::drive::bank::BINDING;
use bindproof_server::drive::transact;
use bindproof_server::drive::wallet::{ACCOUNT, CHALLENGE, LINK, OPERATION, PERSON};
use bindproof_server::http;
use bindproof_server::key::{Key, Person};
use bindproof_server::metrics::Metrics;
use bindproof_server::record::{
    AccountRefs, Accounts, Authenticators, Credential, DeviceRefs, Devices, Kept, Links, Locks,
    Operations, RecordKind, Table,
};
use bindproof_server::store::{Head, Loaded, Shard, Store, Timer};

use crate::deliver::BankSide;
use crate::deliver_wallet::WalletSide;
use crate::expected::{Expected, Of, Told};
use crate::line::Wire;
use crate::names::{Names, authenticator, device_key};
use crate::seen::{self, Hidden, Seen, shard};
use crate::servers::{self, BANK, WALLET};
use crate::snapshot::Snapshot;
use crate::view::{BankView, MOST, Model, ToTheBank, ToTheWallet, WalletView};

/// A server of a scope.
pub trait Party {
    /// Its records in the model's types.
    type View: Copy + Ord + Debug;
    /// What reaches it.
    type Input: Copy + Ord + Debug;

    /// Its records, read from a store.
    async fn see(&self, store: &dyn Store, names: &mut Names) -> Seen<(Self::View, Hidden)>;

    /// Has a server on this store decide about an input on this view; what it told.
    async fn deliver(
        &self,
        store: &Arc<dyn Store>,
        names: &Names,
        view: &Self::View,
        input: Self::Input,
    ) -> Seen<Told>;

    /// What the directory may know.
    async fn ids(&self, store: &dyn Store, names: &Names) -> Seen<Vec<(&'static str, String)>>;

    /// The input that the model has in place of one, where the model knows less than a server.
    fn as_in_the_model(&self, input: Self::Input, hidden: Hidden) -> Self::Input;

    /// Puts the records of a store into a state in which the server never rests.
    async fn force(&self, store: &Arc<dyn Store>, names: &Names, view: &Self::View) -> Seen<()>;
}

/// What the model says of an input, as a server in this state sees it.
pub fn expected<'a, P: Party>(
    party: &P,
    of: &'a Of<P::View, P::Input>,
    view: &P::View,
    input: P::Input,
    hidden: Hidden,
) -> Option<&'a Expected<P::View>> {
    let input = party.as_in_the_model(input, hidden);
    of.get(view)?.get(&input).map(|(expected, _)| expected)
}

/// The bank.
pub struct TheBank<'a> {
    /// The scope.
    pub model: &'a Model,
    /// Time and chance.
    pub world: &'a Clock,
}

impl Party for TheBank<'_> {
    type View = BankView;
    type Input = ToTheBank;

    async fn see(&self, store: &dyn Store, names: &mut Names) -> Seen<(BankView, Hidden)> {
        seen::bank(store, names).await
    }

    async fn deliver(
        &self,
        store: &Arc<dyn Store>,
        names: &Names,
        view: &BankView,
        input: ToTheBank,
    ) -> Seen<Told> {
        let limits = self.model.limits;
        let bank = Arc::new(servers::bank(Arc::clone(store), self.world, limits, "http://none"));
        let wire = Wire::inside(BANK, http::bank::router(Arc::clone(&bank)), self.world);
        BankSide { bank, wire }.deliver(names, input, view.has_settled()).await
    }

    async fn ids(&self, _: &dyn Store, names: &Names) -> Seen<Vec<(&'static str, String)>> {
        Ok(vec![(BINDING, names.binding.to_string())])
    }

    /// Of a binding that its cancel alone has begun there is no body that another could differ
    /// from.
    fn as_in_the_model(&self, input: ToTheBank, hidden: Hidden) -> ToTheBank {
        match (input, hidden) {
            (ToTheBank::Ask { .. }, Hidden::Body(false)) => ToTheBank::Ask { same_body: true },
            _ => input,
        }
    }

    async fn force(&self, _: &Arc<dyn Store>, _: &Names, view: &BankView) -> Seen<()> {
        Err(format!("a bank rests in every state, so in {view:?}"))
    }
}

/// The wallet.
pub struct TheWallet<'a> {
    /// The scope.
    pub model: &'a Model,
    /// Time and chance.
    pub world: &'a Clock,
}

impl Party for TheWallet<'_> {
    type View = WalletView;
    type Input = ToTheWallet;

    async fn see(&self, store: &dyn Store, names: &mut Names) -> Seen<(WalletView, Hidden)> {
        seen::wallet(store, names).await
    }

    async fn deliver(
        &self,
        store: &Arc<dyn Store>,
        names: &Names,
        _: &WalletView,
        input: ToTheWallet,
    ) -> Seen<Told> {
        let limits = self.model.limits;
        let wallet = servers::wallet(Arc::clone(store), self.world, limits, "http://none");
        let wallet = Arc::new(wallet);
        let wire = Wire::inside(WALLET, http::wallet::router(Arc::clone(&wallet)), self.world);
        WalletSide { wallet, wire }.deliver(self.model, names, input).await
    }

    async fn ids(&self, store: &dyn Store, names: &Names) -> Seen<Vec<(&'static str, String)>> {
        let mut ids =
            vec![(LINK, names.binding.to_string()), (PERSON, names.person.as_str().to_owned())];
        ids.extend(names.accounts.iter().map(|account| (ACCOUNT, account.to_string())));
        for person in names.shards() {
            let shard = shard(store, names, &person).await?;
            for id in names.operations {
                let kept = shard.find::<Operations>(id.into());
                let Some(kept) = kept.map_err(|error| error.to_string())? else { continue };
                ids.push((OPERATION, id.to_string()));
                ids.extend(kept.refs.challenge.map(|id| (CHALLENGE, id.to_string())));
            }
        }
        Ok(ids)
    }

    fn as_in_the_model(&self, input: ToTheWallet, _: Hidden) -> ToTheWallet {
        input
    }

    async fn force(&self, store: &Arc<dyn Store>, names: &Names, view: &WalletView) -> Seen<()> {
        let person = Person::known(names.person);
        let named = names.operations.map(|id| (RecordKind::Operation, Key::from(id)));
        let metrics = Metrics::new();
        let write = |shard: &mut Shard| write_between(shard, names, view);
        let save = |change, (): &mut ()| store.save(change);
        let done = transact(&**store, self.world, &metrics, &person, &named, write, save);
        done.await.map(|_| ()).map_err(|error| error.to_string())
    }
}

/// Writes the records as they are between an answer and the execution that follows at once.
fn write_between(
    shard: &mut Shard,
    names: &Names,
    view: &WalletView,
) -> Result<(), bindproof_server::store::StoreError> {
    for (id, state) in names.operations.into_iter().zip(view.operations) {
        let Some(mut kept) = shard.find::<Operations>(id.into())? else { continue };
        kept.state = state;
        if let Operation::Authenticated { demand, .. } = state {
            shard.arm(RecordKind::Operation, id.into(), Timer::State, 60_000);
            if demand == Demand::CodeAndContact {
                kept.refs.enrolment = Some(Credential { form: authenticator().public() });
            }
        }
        shard.put::<Operations>(id.into(), &kept)?;
    }
    if let Some(mut kept) = shard.find::<Links>(names.binding.into())? {
        if view.link.code_spent && !kept.state.code_spent {
            kept.refs.spent_through = codes::period(shard.now_ms());
        }
        kept.state = view.link;
        shard.put::<Links>(names.binding.into(), &kept)?;
    }
    let devices = (0..MOST).map(|d| Key::of_device_path(&device_key(d))).zip(view.device_locks);
    let others = [(Key::of_strangers(), view.strangers), (names.binding.into(), view.code_lock)];
    for (key, state) in devices.chain(others) {
        if state != bindproof::wallet::lock::Lock::OPEN || shard.find::<Locks>(key)?.is_some() {
            shard.put::<Locks>(key, &Kept { state, refs: () })?;
        }
    }
    Ok(())
}

/// Where a scope begins at the bank: with nothing, and with accounts that have names at the wallet.
pub fn at_the_bank(mut names: Names) -> Snapshot {
    let account = |number| AccountId::from(Key::derived("account", &[&[number]]));
    names.accounts = vec![account(0), account(1)];
    Snapshot::empty(names)
}

/// Writes what is there at the wallet before anything happens.
pub async fn begin(store: &dyn Store, model: &Model, names: &mut Names) -> Seen<()> {
    let person = Person::known(names.person);
    let named = names.person.as_str().as_bytes();
    let world = model.initial();
    let loaded = Loaded { person, head: Head::NEW, rows: Vec::new(), timers: Vec::new() };
    let mut shard = Shard::new(loaded, &[], names.started_ms);
    let failed = |error: bindproof_server::store::StoreError| error.to_string();
    for (a, state) in world.accounts.into_iter().enumerate() {
        if !state.is_open() {
            continue;
        }
        let account = AccountId::from(Key::derived("account", &[named, &[a as u8]]));
        names.accounts.push(account);
        let refs = AccountRefs { created_for: None, bank: None };
        put::<Accounts>(&mut shard, account.into(), state, refs)?;
        shard.claim(ACCOUNT, account.to_string(), String::new());
        if state.is_verified() {
            shard.claim(PERSON, names.person.as_str().to_owned(), String::new());
        }
        for (d, state) in world.devices[a].into_iter().enumerate() {
            let refs = DeviceRefs { account, device: device_key(d) };
            let key = Key::of_device(account.into(), &device_key(d));
            if state.is_trusted() {
                put::<Devices>(&mut shard, key, state, refs.clone())?;
            }
            if state.has_authenticator() {
                let credential = Credential { form: authenticator().public() };
                put::<Authenticators>(&mut shard, key, credential, refs)?;
            }
        }
        assert_eq!(world.created_for[a], NONE);
    }
    if shard.is_changed() {
        let change = shard.into_change().map_err(failed)?;
        store.save(change).await.map_err(failed)?;
    }
    Ok(())
}

fn put<T: Table>(shard: &mut Shard, key: Key, state: T::State, refs: T::Refs) -> Seen<()> {
    shard.put::<T>(key, &Kept { state, refs }).map_err(|error| error.to_string())
}
