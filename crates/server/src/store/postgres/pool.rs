//! The connections of one instance. They are held for as long as the store is: one that was used
//! well just now is used again as it is, and only another is tried first.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};
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
/// How long one that was idle for longer may take to say that it is there.
const TRIAL: Duration = Duration::from_secs(2);
/// How long is waited for a connection, and then for what is asked of it.
const PATIENCE: Duration = Duration::from_secs(15);

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
        in_time(self.connection()).await
    }

    async fn connection(&self) -> Result<Held<'_>, StoreError> {
        let room = self.room.acquire().await.map_err(|_| StoreError::Closed)?;
        let idle = self.idle().pop();
        let tried = match idle {
            Some(idle) => idle.tried().await,
            None => None,
        };
        let on = match tried {
            Some(on) => on,
            None => {
                // Whatever ended the one that was tried has ended the others, too.
                self.idle().clear();
                PgConnection::connect_with(&self.options).await?
            }
        };
        Ok(Held { on: Some(on), well: false, pool: self, _room: room })
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Idle {
    /// The connection, if it is there.
    async fn tried(self) -> Option<PgConnection> {
        let Self { mut on, well } = self;
        if well.is_some_and(|at| at.elapsed() <= IDLE) {
            return Some(on);
        }
        let answered = tokio::time::timeout(TRIAL, on.ping()).await;
        answered.is_ok_and(|answer| answer.is_ok()).then_some(on)
    }
}

/// What is asked of the database, if it answers in time. A connection that has died without a word
/// would never say so.
pub(in crate::store) async fn in_time<T>(
    asked: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    tokio::time::timeout(PATIENCE, asked).await.unwrap_or(Err(StoreError::Late))
}

/// A connection until this is dropped.
pub(super) struct Held<'a> {
    on: Option<PgConnection>,
    well: bool,
    pool: &'a Pool,
    _room: SemaphorePermit<'a>,
}

impl Held<'_> {
    /// What was asked: if it came about, the connection need not be tried. One that did not answer
    /// in time is closed, since nobody knows what it is still to answer.
    pub fn used<T>(mut self, asked: Result<T, StoreError>) -> Result<T, StoreError> {
        match &asked {
            Ok(_) => self.well = true,
            Err(StoreError::Late) => drop(self.on.take()),
            Err(_) => {}
        }
        asked
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let Some(on) = self.on.take() else { return };
        let idle = Idle { on, well: self.well.then(Instant::now) };
        self.pool.idle().push(idle);
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
