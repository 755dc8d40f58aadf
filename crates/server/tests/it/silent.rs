//! A database that is not heard of any more, on connections that nobody closes.

use std::future::pending;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bindproof_server::service::existing_store;
use bindproof_server::store::postgres::PostgresStore;
use bindproof_server::store::{Store, StoreError};
use tokio::io::copy_bidirectional;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::folder::Folder;
use crate::postgres::Postgres;

/// How long a store may take to notice. It is longer than it waits for anything.
const PATIENCE: Duration = Duration::from_secs(60);
/// The name of a database's socket in its folder.
const SOCKET: &str = ".s.PGSQL.5432";

/// A way to a database. When it is cut, the connections that go over it carry nothing any more, and
/// stay open; when it is closed they end, and no new one is made until it is open again.
pub struct Way {
    folder: Folder,
    there: PathBuf,
    cut: watch::Sender<()>,
    carrying: JoinHandle<()>,
}

impl Way {
    /// To the database at this address.
    pub fn to(url: &str) -> Self {
        let folder = Folder::new("way");
        let (cut, _) = watch::channel(());
        let (_, database) = url.split_once("host=").unwrap();
        let there = Path::new(database).join(SOCKET);
        let carrying = tokio::spawn(async {});
        let mut way = Self { folder, there, cut, carrying };
        way.open();
        way
    }

    pub fn url(&self) -> String {
        format!("postgres://postgres@localhost/postgres?host={}", self.folder.path().display())
    }

    fn cut(&self) {
        self.cut.send(()).unwrap();
    }

    /// Lets connections through from now on.
    pub fn open(&mut self) {
        let listener = UnixListener::bind(self.folder.path().join(SOCKET)).unwrap();
        let (there, is_cut) = (self.there.clone(), self.cut.subscribe());
        self.carrying = tokio::spawn(async move {
            let mut carried = JoinSet::new();
            while let Ok((here, _)) = listener.accept().await {
                carried.spawn(carry(here, there.clone(), is_cut.clone()));
            }
        });
    }

    /// Ends every connection, and lets none through any more.
    pub fn close(&self) {
        std::fs::remove_file(self.folder.path().join(SOCKET)).unwrap();
        self.carrying.abort();
    }
}

async fn carry(mut here: UnixStream, there: PathBuf, mut is_cut: watch::Receiver<()>) {
    is_cut.mark_unchanged();
    let mut there = UnixStream::connect(there).await.unwrap();
    // Whether it is cut is looked at first: nothing that is sent afterwards gets through.
    tokio::select! {
        biased;
        _ = is_cut.changed() => pending().await,
        _ = copy_bidirectional(&mut here, &mut there) => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_goes_on_after_its_connections_have_died_without_a_word() {
    let postgres = Postgres::start("silent-pg", &[]);
    let way = Way::to(&postgres.cluster.url("postgres"));
    let store = PostgresStore::open(&way.url()).await.unwrap();
    let told = async {
        assert!(store.spend("key", "1", 1_000).await.unwrap());
        way.cut();
        match store.spend("key", "2", 1_000).await {
            Err(StoreError::Late) => {
                assert!(store.spend("key", "2", 1_000).await.unwrap(), "by another connection");
            }
            // This machine took so long that the connection was idle for a while.
            said => assert!(said.unwrap(), "by another connection"),
        }
        // One that was idle for a while is tried before it is used.
        tokio::time::sleep(Duration::from_secs(1)).await;
        way.cut();
        assert!(store.spend("key", "3", 1_000).await.unwrap(), "by another connection");
    };
    tokio::time::timeout(PATIENCE, told).await.expect("it has noticed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_looks_into_a_store_does_not_wait_for_ever_for_a_database_that_says_nothing() {
    let folder = Folder::new("mute");
    let _mute = UnixListener::bind(folder.path().join(SOCKET)).unwrap();
    let host = folder.path().display();
    let url = format!("postgres://postgres@localhost/postgres?host={host}");
    let told = tokio::time::timeout(PATIENCE, existing_store(&url)).await.expect("it gives up");
    let said = told.err().expect("there is none").to_string();
    assert!(said.contains("did not answer in time"), "{said}");
}
