//! The accept loop: HTTP/1.1 with a time for each part of a request and for each answer, and a cap
//! on connections.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use serde::{Deserialize, Serialize};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use super::unread::Unread;
use crate::metrics::Metrics;

/// How long the header of a request may take.
const HEADER: Duration = Duration::from_secs(5);
/// How long a shutdown waits for requests that are being worked on.
const GRACE: Duration = Duration::from_secs(10);
/// How long the loop waits after the system gave it no connection.
const PAUSE: Duration = Duration::from_millis(50);

/// How many connections are open at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Connections {
    /// In all; at least 1. More wait until there is room.
    pub max: usize,
    /// From one address; at least 1. More are closed at once, so that nobody fills the room alone.
    /// Behind a load balancer everybody comes from one address: there this is as much as `max`.
    pub per_address_max: usize,
}

impl Connections {
    /// As many as a server may be told to take.
    pub const MAXIMUM: Self = Self { max: 65_536, per_address_max: 65_536 };
}

impl Default for Connections {
    fn default() -> Self {
        Self { max: 1024, per_address_max: 256 }
    }
}

/// Who is inside, and who is let in.
#[derive(Clone, Debug)]
pub struct Door {
    connections: Connections,
    metrics: Arc<Metrics>,
    inside: Arc<Mutex<BTreeMap<IpAddr, usize>>>,
}

impl Door {
    /// A door for so many.
    pub fn new(connections: Connections, metrics: Arc<Metrics>) -> Self {
        Self { connections, metrics, inside: Arc::default() }
    }

    /// Lets one more in from this address, if there are not too many.
    fn enter(&self, address: IpAddr) -> Option<Inside> {
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        let count = inside.entry(address).or_insert(0);
        if *count >= self.connections.per_address_max {
            self.metrics.turned_away();
            return None;
        }
        *count += 1;
        Some(Inside { of: Arc::clone(&self.inside), address, _open: self.metrics.connection() })
    }
}

/// One who is inside until this is dropped.
struct Inside {
    of: Arc<Mutex<BTreeMap<IpAddr, usize>>>,
    address: IpAddr,
    _open: crate::metrics::Connection,
}

impl Drop for Inside {
    fn drop(&mut self) {
        let mut inside = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = inside.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                inside.remove(&self.address);
            }
        }
    }
}

/// Serves until `stop` is true, then finishes what is being worked on.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    door: Door,
    mut stop: watch::Receiver<bool>,
) {
    let room = Arc::new(Semaphore::new(door.connections.max));
    let mut open = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = stopped(&mut stop) => break,
            accepted = accept(&listener, &room) => accepted,
        };
        let Some((stream, address, permit)) = accepted else { continue };
        let Some(inside) = door.enter(address) else { continue };
        let (router, stop) = (router.clone(), stop.clone());
        open.spawn(async move {
            connection(stream, router, stop).await;
            drop((permit, inside));
        });
        while open.try_join_next().is_some() {}
    }
    drop(listener);
    let finish = async { while open.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, finish).await.is_err() {
        tracing::warn!("requests were still under way when the server stopped");
    }
}

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, IpAddr, OwnedSemaphorePermit)> {
    let permit = Arc::clone(room).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, from)) => Some((stream, from.ip(), permit)),
        Err(error) => {
            // Out of file descriptors, say: the next one may fare better.
            tracing::warn!(%error, "no connection could be accepted");
            tokio::time::sleep(PAUSE).await;
            None
        }
    }
}

async fn connection(stream: TcpStream, router: Router, mut stop: watch::Receiver<bool>) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection without nodelay");
    }
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER)
        .max_headers(64)
        .max_buf_size(32 * 1024)
        .serve_connection(TokioIo::new(Unread::new(stream)), TowerToHyperService::new(router));
    tokio::pin!(connection);
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = stopped(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a connection ended badly");
    }
}

/// Waits until it is time to stop, or nobody is left who could say so.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|stop| *stop).await);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_fills_the_room_alone_and_who_leaves_makes_room() {
        let connections = Connections { max: 9, per_address_max: 2 };
        let door = Door::new(connections, Arc::new(Metrics::new()));
        let (one, other) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2]));
        let first = door.enter(one);
        let second = door.enter(one);
        assert!(first.is_some() && second.is_some());
        assert!(door.enter(one).is_none());
        assert!(door.enter(other).is_some());
        drop(first);
        assert!(door.enter(one).is_some());
    }
}
