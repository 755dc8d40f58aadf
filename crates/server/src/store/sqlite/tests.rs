use std::path::PathBuf;

use super::*;

fn file(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("bindproof-sqlite-{}-{name}.db", std::process::id()))
}

/// What the engine says with this code.
fn failure(code: i32) -> StoreError {
    StoreError::from(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None))
}

/// A write that is refused hears why; what waited beside it is written all the same.
#[tokio::test]
async fn a_write_that_is_undone_alone_hears_why() {
    let file = file("undone");
    let store = SqliteStore::open(&file).await.unwrap();
    // The writer is kept busy until all three wait, so that they are written together.
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let first = store.write(move |_| {
        // Asked again, it need not wait any more.
        let _ = wait.recv();
        Ok(())
    });
    let spent = store.spend("key", "nonce", 1);
    let twice = store.write(|on| {
        on.execute("INSERT INTO nonces (key_id, nonce, until_ms) VALUES ('key', 'other', 1)", [])?;
        on.execute("INSERT INTO nonces (key_id, nonce, until_ms) VALUES ('key', 'other', 1)", [])?;
        Ok(())
    });
    let unread = store.write(|_| Err::<(), _>(StoreError::corrupt("a row", "it is planted")));
    let all = async { tokio::join!(first, spent, twice, unread) };
    let going = async move {
        tokio::task::yield_now().await;
        go.send(()).unwrap();
    };
    let ((first, spent, twice, unread), ()) = tokio::join!(all, going);
    first.unwrap();
    assert!(spent.unwrap());
    let twice = twice.unwrap_err();
    assert!(twice.to_string().contains("UNIQUE"), "{twice}");
    assert!(!twice.is_outage(), "it is about this write alone");
    assert!(matches!(unread.unwrap_err(), StoreError::Corrupt { .. }));
    // Of what the engine undoes by itself everybody hears why.
    let undone = store.write(|on| {
        on.execute_batch("ROLLBACK")?;
        Err::<(), _>(failure(rusqlite::ffi::SQLITE_IOERR_WRITE))
    });
    let undone = undone.await.unwrap_err();
    assert!(undone.is_outage() && undone.to_string().contains("disk I/O error"), "{undone}");
    // Nothing of what was undone is there.
    assert!(store.spend("key", "other", 1).await.unwrap());
    assert!(!store.spend("key", "nonce", 1).await.unwrap());
    drop(store);
    for suffix in ["", "-wal", "-shm"] {
        // What SQLite has taken away itself is away.
        let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
    }
}

/// A file that cannot be written is an outage, whatever was asked.
#[test]
fn what_is_wrong_with_the_file_is_an_outage() {
    let says = |code| StoreError::Together(Arc::new(failure(code))).is_outage();
    assert!(says(rusqlite::ffi::SQLITE_FULL));
    assert!(says(rusqlite::ffi::SQLITE_READONLY));
    assert!(says(rusqlite::ffi::SQLITE_IOERR_WRITE));
    assert!(!says(rusqlite::ffi::SQLITE_CONSTRAINT));
}
