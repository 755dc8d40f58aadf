//! A PostgreSQL of one's own, in a folder that goes when the test goes.

use bindproof_server::bench::Cluster;

use crate::folder::Folder;

/// A server that runs until this is dropped.
pub struct Postgres {
    /// The server. It goes before its folder does.
    pub cluster: Cluster,
    _folder: Folder,
}

impl Postgres {
    /// Starts one, with these settings beside its own.
    ///
    /// It has to be installed: without it nothing is known of the store, and the test fails.
    pub fn start(name: &str, settings: &[&str]) -> Self {
        let folder = Folder::new(name);
        let cluster = Cluster::start(folder.path(), settings);
        let cluster = cluster.unwrap_or_else(|error| panic!("{error}"));
        Self { cluster, _folder: folder }
    }
}
