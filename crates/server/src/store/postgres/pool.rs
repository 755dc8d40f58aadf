//! The connections of one instance. They are held for as long as the store is: one that was used
//! well just now is used again as it is, and only another is tried first.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use crate::store::StoreError;

/// How many connections one instance holds.
const CONNECTIONS: usize = 16;
/// How long a connection may have been idle, to be used without being tried.
const IDLE: Duration = Duration::from_millis(500);
/// How long is waited for a connection.
const PATIENCE: Duration = Duration::from_secs(30);

/// Connections to one database.
#[derive(Debug)]
pub(super) struct Pool {
    options: PgConnectOptions,
    room: Semaphore,
    idle: Mutex<Vec<Idle>>,
}

#[derive(Debug)]
struct Idle {
    on: PgConnection,
    /// When it was last used to the end; none if what was asked of it last may not be through.
    well: Option<Instant>,
}

impl Pool {
    /// A pool that connects as it is asked to.
    pub fn new(options: PgConnectOptions) -> Self {
        Self { options, room: Semaphore::new(CONNECTIONS), idle: Mutex::default() }
    }

    /// A connection that nobody else has.
    pub async fn acquire(&self) -> Result<Held<'_>, StoreError> {
        let late = |_| StoreError::from(sqlx::Error::PoolTimedOut);
        tokio::time::timeout(PATIENCE, self.connection()).await.map_err(late)?
    }

    async fn connection(&self) -> Result<Held<'_>, StoreError> {
        let room = self.room.acquire().await.map_err(|_| StoreError::Closed)?;
        let mut on = None;
        while let Some(idle) = self.pop() {
            on = idle.tried().await;
            if on.is_some() {
                break;
            }
        }
        let on = match on {
            Some(on) => on,
            None => PgConnection::connect_with(&self.options).await?,
        };
        Ok(Held { on: Some(on), well: false, pool: self, _room: room })
    }

    fn pop(&self) -> Option<Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

impl Idle {
    /// The connection, if it is there.
    async fn tried(self) -> Option<PgConnection> {
        let Self { mut on, well } = self;
        if well.is_some_and(|at| at.elapsed() <= IDLE) {
            return Some(on);
        }
        on.ping().await.is_ok().then_some(on)
    }
}

/// A connection until this is dropped.
pub(super) struct Held<'a> {
    on: Option<PgConnection>,
    well: bool,
    pool: &'a Pool,
    _room: SemaphorePermit<'a>,
}

impl Held<'_> {
    /// What was asked, to the end: if it came about, the connection need not be tried.
    pub fn used<T>(mut self, asked: Result<T, StoreError>) -> Result<T, StoreError> {
        self.well = asked.is_ok();
        asked
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let Some(on) = self.on.take() else { return };
        let idle = Idle { on, well: self.well.then(Instant::now) };
        self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(idle);
    }
}

/// What is asked is asked of a connection that is there.
const HELD: &str = "a connection is held until it is dropped";

impl Deref for Held<'_> {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        self.on.as_ref().expect(HELD)
    }
}

impl DerefMut for Held<'_> {
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.on.as_mut().expect(HELD)
    }
}
