//! The whole story over HTTP, and what its stores hold afterwards.

use bindproof_server::demo;
use bindproof_server::journal::verify_all;
use bindproof_server::store::Store;
use bindproof_server::store::sqlite::SqliteStore;

use crate::folder::Folder;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_story_is_told_and_every_journal_is_right_also_after_a_restart() {
    let folder = Folder::new("story");
    let mut lines = Vec::new();
    let told = demo::headless(folder.path(), None, |line| lines.push(line.to_owned())).await;
    let verified = told.unwrap_or_else(|error| panic!("{error}\nafter {lines:#?}"));
    assert!(verified.lines > 50, "{verified:?}");
    assert!(lines.len() >= 12, "{lines:#?}");
    assert!(lines.last().is_some_and(|line| line.starts_with("Nothing is owed")), "{lines:#?}");

    let rules = bindproof::settings::Settings::DEFAULT;
    let mut again = 0;
    for name in ["north-bank", "south-bank", "wallet"] {
        let store = SqliteStore::open(&folder.path().join(format!("{name}.db"))).await.unwrap();
        again += verify_all(rules.terms(), &store).await.unwrap_or_else(|e| panic!("{e:?}")).lines;
        assert_eq!(store.owed().await.unwrap(), 0, "{name}");
    }
    assert_eq!(again, verified.lines);

    let twice = demo::headless(folder.path(), None, |line| panic!("{line}")).await;
    let said = twice.unwrap_err().to_string();
    assert!(said.starts_with(&format!("{} holds the stores", folder.path().display())), "{said}");
    assert!(said.ends_with("remove it, or name another folder"), "{said}");
}
