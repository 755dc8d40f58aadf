//! The servers, tested through what they offer.

#[path = "it/codes.rs"]
mod codes;
#[path = "it/configuration.rs"]
mod configuration;
#[path = "it/cut.rs"]
mod cut;
#[path = "it/debits.rs"]
mod debits;
#[path = "it/demo.rs"]
mod demo;
#[path = "it/folder.rs"]
mod folder;
#[path = "it/http.rs"]
mod http;
#[path = "it/lanes.rs"]
mod lanes;
#[path = "it/logs.rs"]
mod logs;
#[path = "it/older.rs"]
mod older;
#[path = "it/openapi.rs"]
mod openapi;
#[path = "it/operator.rs"]
mod operator;
#[path = "it/overdue.rs"]
mod overdue;
#[path = "it/passkey.rs"]
mod passkey;
#[path = "it/postgres.rs"]
mod postgres;
#[path = "it/process.rs"]
mod process;
#[path = "it/production.rs"]
mod production;
#[path = "it/rates.rs"]
mod rates;
#[path = "it/recovery.rs"]
mod recovery;
#[path = "it/repeated.rs"]
mod repeated;
#[path = "it/restart.rs"]
mod restart;
#[path = "it/signature.rs"]
mod signature;
#[path = "it/silent.rs"]
mod silent;
#[path = "it/stores.rs"]
mod stores;
#[path = "it/strangers.rs"]
mod strangers;
#[path = "it/together.rs"]
mod together;
