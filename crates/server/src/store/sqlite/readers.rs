//! The connections that read.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError, RwLock};

use rusqlite::{Connection, OpenFlags};

use crate::store::StoreError;

/// Connections to one file, as many as threads have ever read at once.
#[derive(Debug)]
pub(super) struct Readers {
    file: PathBuf,
    idle: Mutex<Vec<Connection>>,
    /// Whether nothing more is read; held by whoever reads.
    closed: RwLock<bool>,
}

impl Readers {
    /// The readers of this file, the first one open.
    pub fn of(file: PathBuf) -> Result<Self, StoreError> {
        let readers = Self { file, idle: Mutex::default(), closed: RwLock::new(false) };
        readers.read(|_| Ok(()))?;
        Ok(readers)
    }

    /// Reads by a connection that nobody else reads by meanwhile.
    pub fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let closed = self.closed.read().unwrap_or_else(PoisonError::into_inner);
        if *closed {
            return Err(StoreError::Closed);
        }
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let on = idle.map_or_else(|| self.open(), Ok)?;
        let value = read(&on);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(on);
        drop(closed);
        value
    }

    /// Waits for those who read, and closes every connection. Whoever comes later reads nothing.
    pub fn close(&self) {
        *self.closed.write().unwrap_or_else(PoisonError::into_inner) = true;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn open(&self) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let on = Connection::open_with_flags(&self.file, flags)?;
        super::set(&on)?;
        Ok(on)
    }
}
