//! That one process at a time runs a server on a file.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::StoreError;

/// The right to run a server on a file, until this is dropped. A second server of the same name
/// would take from the first what it has in its hands, as if that had ended, and send it twice.
///
/// The system keeps it in a lock of a file of its own beside the store, and lets go of it with the
/// process, however that ends. SQLite's own locks, and whoever looks into the store or resumes its
/// letters, are not kept out by it.
#[derive(Debug)]
pub struct Alone(File);

impl Alone {
    /// Takes it for the store in `file`.
    ///
    /// # Errors
    /// If another process has it, it cannot be had, or the file has a second name (a hard link): by
    /// that it would be another file to SQLite, with a log of its own, and lose what it holds. Also
    /// if it is a link to what is not there, which has no name yet by which it could be held.
    pub fn on(file: &Path) -> Result<Self, StoreError> {
        if file.is_symlink() && !file.exists() {
            let why = "it is a link to a file that is not there: name the file itself";
            return Err(StoreError::Unsafe(why.to_owned()));
        }
        if std::fs::metadata(file).is_ok_and(|found| found.nlink() > 1) {
            let why = "the file has a second name, a hard link: copy it, and remove the link";
            return Err(StoreError::Unsafe(why.to_owned()));
        }
        let mut lock = its_one_name(file).into_os_string();
        lock.push("-lock");
        let lock = PathBuf::from(lock);
        let at = |error| StoreError::Unsafe(format!("{}: {error}", lock.display()));
        let held = OpenOptions::new().create(true).append(true).mode(0o600).open(&lock);
        let held = held.map_err(|error| match lock.parent() {
            Some(folder) if folder != Path::new("") && !folder.exists() => {
                StoreError::Unsafe(format!("the folder {} is not there", folder.display()))
            }
            _ => at(error),
        })?;
        match held.try_lock() {
            Ok(()) => Ok(Self(held)),
            Err(TryLockError::Error(error)) => Err(at(error)),
            Err(TryLockError::WouldBlock) => Err(StoreError::Unsafe(format!(
                "another server runs on it, which holds the lock on {}: stop that one first, or \
                 give this one a store of its own",
                lock.display()
            ))),
        }
    }
}

impl Drop for Alone {
    /// Lets go of the lock itself. That the file is closed is not enough: a process that is being
    /// started from here has it open, too, until it is another program.
    fn drop(&mut self) {
        // A lock that cannot be let go of goes with the file.
        let _ = self.0.unlock();
    }
}

/// The name of a file that every way to it comes to, also if it is still to be made.
fn its_one_name(file: &Path) -> PathBuf {
    let folder = || Some(file.parent()?.canonicalize().ok()?.join(file.file_name()?));
    file.canonicalize().ok().or_else(folder).unwrap_or_else(|| file.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_one_servers_until_that_lets_go_of_it() {
        let name = format!("bindproof-alone-{}", std::process::id());
        let file = std::env::temp_dir().join(name);
        let held = Alone::on(&file).unwrap();
        let said = Alone::on(&file).unwrap_err().to_string();
        assert!(said.starts_with("another server runs on it"), "{said}");
        assert!(!file.exists(), "the store itself is not touched");
        let nowhere = Alone::on(&file.join("nowhere/a.db")).unwrap_err().to_string();
        let folder = file.join("nowhere").display().to_string();
        assert_eq!(nowhere, format!("the folder {folder} is not there"));
        let link = file.with_extension("link");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let said = Alone::on(&link).unwrap_err().to_string();
        assert!(said.starts_with("it is a link to a file that is not there"), "{said}");
        std::fs::write(&file, "").unwrap();
        assert!(Alone::on(&link).is_err(), "by another name it is the same");
        std::fs::remove_file(&link).unwrap();
        std::fs::hard_link(&file, &link).unwrap();
        let said = Alone::on(&link).unwrap_err().to_string();
        assert!(said.starts_with("the file has a second name"), "{said}");
        std::fs::remove_file(&link).unwrap();
        std::fs::remove_file(&file).unwrap();
        drop(held);
        drop(Alone::on(&file).unwrap());
        std::fs::remove_file(
            file.with_file_name(format!("{}-lock", file.file_name().unwrap().to_string_lossy())),
        )
        .unwrap();
    }
}
