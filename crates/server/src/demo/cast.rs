//! The servers of the demonstration.

use bindproof::settings::Settings;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bindproof::wire::Issuer;
use ed25519_dalek::{SigningKey, VerifyingKey};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::DemoError;
use crate::bank::Bank;
use crate::clock::World;
use crate::development::{Customer, OpenInbox, WrittenBooks};
use crate::http::accept::Connections;
use crate::http::rate::Rates;
use crate::journal::{Verified, verify_all};
use crate::pages::{address_of, authorities};
use crate::service::{Parts, run_bank, run_wallet};
use crate::signature::Signer;
use crate::signing::{Peer, PeerKey, Registry};
use crate::store::sqlite::SqliteStore;
use crate::store::{Alone, Store, StoreError};
use crate::wallet::Wallet;

/// Two banks and a wallet that run.
pub struct Cast {
    /// Where they listen: the first bank, the second bank, the wallet.
    pub urls: [String; 3],
    /// The first bank and the second.
    pub banks: [Arc<Bank>; 2],
    /// The wallet.
    pub wallet: Arc<Wallet>,
    /// Where one-time codes arrive.
    pub inbox: Arc<OpenInbox>,
    /// Time and chance.
    pub world: World,
    stop: watch::Sender<bool>,
    running: JoinSet<()>,
    _alone: [Alone; 3],
}

/// The names of the servers.
pub(super) const NAMES: [&str; 3] = ["north-bank", "south-bank", "wallet"];

/// Where a server of this name keeps its records.
pub(super) fn store_of(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.db"))
}

/// A server before it runs.
struct Place {
    listener: TcpListener,
    url: String,
    signer: Signer,
}

impl Place {
    async fn take(name: &str, world: &World) -> Result<Self, DemoError> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let signer = Signer::new(format!("{name}-1"), SigningKey::from_bytes(&world.bytes()));
        Ok(Self { listener, url, signer })
    }

    /// What the others know of it.
    fn peer(&self, name: Issuer) -> Option<Peer> {
        let key = VerifyingKey::from_bytes(&self.signer.public()).ok()?;
        let id = self.signer.key_id().to_owned();
        let keys = vec![PeerKey { id, key, from_ms: 0, until_ms: i64::MAX }];
        Some(Peer { name, url: self.url.clone(), keys })
    }
}

impl Cast {
    /// Starts all three on free ports of the loopback, with their stores in `folder`, for clients
    /// whose authenticators are keys in memory.
    ///
    /// # Errors
    /// If a store cannot be opened or a port cannot be had.
    pub async fn start(folder: &Path) -> Result<Self, DemoError> {
        Self::start_with(folder, false, World::system()).await
    }

    /// The same in another world: by another clock.
    ///
    /// # Errors
    /// If a store cannot be opened or a port cannot be had.
    pub async fn start_in(folder: &Path, world: World) -> Result<Self, DemoError> {
        Self::start_with(folder, false, world).await
    }

    /// Starts all three for people: the wallet's pages make passkeys.
    ///
    /// # Errors
    /// If a store cannot be opened or a port cannot be had.
    pub async fn start_for_people(folder: &Path) -> Result<Self, DemoError> {
        Self::start_with(folder, true, World::system()).await
    }

    /// The addresses of the pages, in the order of [`Self::urls`].
    pub fn pages(&self) -> [String; 3] {
        self.urls.each_ref().map(|url| address_of(url))
    }

    async fn start_with(folder: &Path, passkeys: bool, world: World) -> Result<Self, DemoError> {
        let [north, south, wallet] = NAMES;
        let alone_on = |name| Alone::on(&store_of(folder, name));
        let alone = [alone_on(north)?, alone_on(south)?, alone_on(wallet)?];
        let north_place = Place::take(north, &world).await?;
        let south_place = Place::take(south, &world).await?;
        let wallet_place = Place::take(wallet, &world).await?;
        let banks = [(&north_place, north), (&south_place, south)];
        let banks = banks.into_iter().filter_map(|(place, name)| place.peer(issuer(name)));
        let to_banks: Vec<Peer> = banks.collect();
        let to_wallet: Vec<Peer> = wallet_place.peer(issuer(wallet)).into_iter().collect();
        let mut cast = Starting { folder, world: &world, running: JoinSet::new() };
        let (stop, stopping) = watch::channel(false);
        let urls = [&north_place, &south_place, &wallet_place].map(|place| place.url.clone());
        let north = cast.bank(north, north_place, to_wallet.clone(), &stopping).await?;
        let south = cast.bank(south, south_place, to_wallet, &stopping).await?;
        let inbox = Arc::new(OpenInbox::default());
        let origin = passkeys.then(|| address_of(&wallet_place.url));
        let wallet = cast.wallet(wallet_place, to_banks, &inbox, origin, &stopping).await?;
        let running = cast.running;
        let banks = [north, south];
        Ok(Self { urls, banks, wallet, inbox, world, stop, running, _alone: alone })
    }

    /// Verifies the journals of all three, each for itself and all together.
    ///
    /// # Errors
    /// The first that is not right.
    pub async fn verify(&self) -> Result<Verified, DemoError> {
        let mut all = Verified::default();
        let nodes = [&self.banks[0].node, &self.banks[1].node, &self.wallet.node];
        for (node, server) in nodes.into_iter().zip(NAMES) {
            let verified = verify_all(node.rules.terms(), &*node.store).await;
            let verified =
                verified.map_err(|(person, error)| DemoError::Journal { server, person, error })?;
            all.persons += verified.persons;
            all.lines += verified.lines;
        }
        self.check().await?;
        Ok(all)
    }

    /// Whether nothing is owed any more by anybody.
    ///
    /// # Errors
    /// If a store fails.
    pub async fn is_quiet(&self) -> Result<bool, DemoError> {
        let mut owed = 0;
        for node in [&self.banks[0].node, &self.banks[1].node, &self.wallet.node] {
            owed += node.store.owed().await?;
        }
        Ok(owed == 0)
    }

    /// Stops all three and waits until they have.
    pub async fn stop(mut self) {
        // Nobody listening any more is what is wanted.
        let _ = self.stop.send(true);
        while self.running.join_next().await.is_some() {}
    }
}

fn issuer(name: &str) -> Issuer {
    name.parse().expect("a short plain name")
}

/// What the servers are started with.
struct Starting<'a> {
    folder: &'a Path,
    world: &'a World,
    running: JoinSet<()>,
}

impl Starting<'_> {
    async fn parts(&self, name: &str, place: &Place, peers: Vec<Peer>) -> Result<Parts, DemoError> {
        let store = SqliteStore::open(&store_of(self.folder, name)).await?;
        store.release(name).await?;
        Ok(Parts {
            name: issuer(name),
            instance: name.to_owned(),
            store: Arc::new(store),
            world: self.world.clone(),
            rules: Settings::DEFAULT,
            registry: Registry::new(peers).map_err(StoreError::Unsafe)?,
            signer: place.signer.clone(),
            derive_from: place.signer.clone(),
            authorities: authorities(place.url.trim_start_matches("http://")),
            operator: None,
            connections: Connections::default(),
            rates: Rates::default(),
        })
    }

    async fn bank(
        &mut self,
        name: &'static str,
        place: Place,
        peers: Vec<Peer>,
        stopping: &watch::Receiver<bool>,
    ) -> Result<Arc<Bank>, DemoError> {
        let parts = self.parts(name, &place, peers).await?;
        let books = Arc::new(WrittenBooks::new(customers(name)));
        let bank = Arc::new(parts.bank(books, issuer("wallet")));
        run_bank(&mut self.running, &bank, place.listener, stopping);
        Ok(bank)
    }

    async fn wallet(
        &mut self,
        place: Place,
        peers: Vec<Peer>,
        inbox: &Arc<OpenInbox>,
        origin: Option<String>,
        stopping: &watch::Receiver<bool>,
    ) -> Result<Arc<Wallet>, DemoError> {
        let parts = self.parts("wallet", &place, peers).await?;
        let wallet = parts.wallet(Arc::clone(inbox), origin.as_deref());
        let wallet = Arc::new(wallet.map_err(|error| StoreError::Unsafe(error.to_string()))?);
        run_wallet(&mut self.running, &wallet, place.listener, stopping);
        Ok(wallet)
    }
}

/// The customers, who are at both banks.
fn customers(bank: &str) -> Vec<Customer> {
    ["Ada", "Ben"].map(|name| customer(bank, name)).to_vec()
}

/// One who holds a card and an account. The first one's are named after the bank alone.
fn customer(bank: &str, name: &str) -> Customer {
    let person = name.to_lowercase();
    let (of, contact) = match name {
        "Ada" => (String::new(), "tel:+1-555-0100"),
        _ => (format!("-{person}"), "tel:+1-555-0101"),
    };
    let form = format!(
        "person = '{person}'\nname = '{name}'\ncontact = '{contact}'\n\
         registration = 'sealed:{person}'\n\
         [[instrument]]\nreference = '{bank}-card{of}'\nlabel = 'Debit card'\n\
         covers_minor = 50000\n\
         [[instrument]]\nreference = '{bank}-account{of}'\nlabel = 'Current account'\n\
         covers_minor = 50000\n"
    );
    toml::from_str(&form).expect("a customer, written out above")
}
