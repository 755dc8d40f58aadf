//! Behaviours of the model, replayed on the servers.

#[path = "replay/behaviours.rs"]
mod behaviours;
#[path = "replay/deliver.rs"]
mod deliver;
#[path = "replay/deliver_wallet.rs"]
mod deliver_wallet;
#[path = "replay/differential.rs"]
mod differential;
#[path = "replay/differential_bank.rs"]
mod differential_bank;
#[path = "replay/differential_wallet.rs"]
mod differential_wallet;
#[path = "replay/expected.rs"]
mod expected;
#[path = "it/folder.rs"]
mod folder;
#[path = "replay/line.rs"]
mod line;
#[path = "replay/names.rs"]
mod names;
#[path = "replay/over_http.rs"]
mod over_http;
#[path = "replay/pair.rs"]
mod pair;
#[path = "replay/party.rs"]
mod party;
#[path = "it/postgres.rs"]
mod postgres;
#[path = "campaign/random.rs"]
mod random;
#[path = "replay/rig.rs"]
mod rig;
#[path = "replay/seen.rs"]
mod seen;
#[path = "replay/servers.rs"]
mod servers;
#[path = "replay/snapshot.rs"]
mod snapshot;
#[path = "replay/tampered.rs"]
mod tampered;
#[path = "replay/transitions.rs"]
mod transitions;
#[path = "replay/view.rs"]
mod view;
