//! A bank and a wallet as a site would run them: keys, configurations, stores, and a proxy in front
//! of each.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use bindproof::wire::{ContactRef, InstrumentRef, PersonRef};

use crate::postgres::Postgres;
use crate::proxy::Proxy;
use crate::server::program;

/// A customer of the bank.
#[derive(Clone, Copy, Debug)]
pub struct Customer {
    pub person: PersonRef,
    pub contact: ContactRef,
    /// What is bound first, and what is bound again and again.
    pub cards: [InstrumentRef; 2],
}

impl Customer {
    pub fn of(number: usize) -> Self {
        let card = |name: &str| format!("card-{name}-{number}").parse().unwrap();
        Self {
            person: format!("person-{number}").parse().unwrap(),
            contact: format!("tel:+1-555-{number:04}").parse().unwrap(),
            cards: [card("a"), card("b")],
        }
    }
}

/// Where the parts of a site are.
pub struct Site {
    pub bank: Proxy,
    pub wallet: Proxy,
    /// How many customers the bank has.
    pub customers: usize,
    pub bank_config: PathBuf,
    pub wallet_config: PathBuf,
    pub codes: PathBuf,
}

/// Where the stores of a site are.
pub struct Stores {
    pub bank: String,
    pub wallet: String,
}

impl Stores {
    /// Each in a database of its own.
    pub fn in_databases(postgres: &Postgres) -> Self {
        let made = |name| postgres.cluster.database(name).unwrap_or_else(|error| panic!("{error}"));
        Self { bank: made("bank"), wallet: made("wallet") }
    }

    /// Each in a file of its own.
    pub fn in_files(folder: &Path) -> Self {
        let file = |name: &str| format!("sqlite:{}", folder.join(name).display());
        Self { bank: file("bank.db"), wallet: file("wallet.db") }
    }
}

impl Site {
    /// Writes everything down in `folder`, for a bank with so many customers.
    pub async fn found(folder: &Path, stores: &Stores, customers: usize) -> Self {
        let (bank, wallet) = (Proxy::start().await, Proxy::start().await);
        let keys = ["north", "wallet"].map(|name| keygen(&folder.join(format!("{name}.pem"))));
        let codes = folder.join("codes");
        let shared = |own: &str, store: &str, authority: &str, peer: (&str, &str, &str)| {
            let pem = folder.join(format!("{own}.pem"));
            let (name, url, public) = peer;
            format!(
                "name = '{own}'\nmode = 'development'\nstore = '{store}'\n\
                 authorities = ['{authority}']\n\
                 rates = {{ per_second = 10000, burst = 10000, strangers_per_second = 10000, \
                 strangers_burst = 10000 }}\n\
                 key = {{ id = '{own}-1', file = '{}' }}\n\
                 peer = [{{ name = '{name}', url = '{url}', \
                 key = [{{ id = '{name}-1', public = '{public}' }}] }}]\n",
                pem.display()
            )
        };
        // A peer is down for a moment again and again, and is to be found soon when it is back.
        let timing = timing();
        let to_wallet = ("wallet", &*wallet.url(), &*keys[1]);
        let mut config = shared("north", &stores.bank, &bank.authority, to_wallet);
        write!(config, "{timing}{}", written(customers)).unwrap();
        let bank_config = folder.join("bank.toml");
        std::fs::write(&bank_config, config).unwrap();
        let to_bank = ("north", &*bank.url(), &*keys[0]);
        let mut config = shared("wallet", &stores.wallet, &wallet.authority, to_bank);
        write!(config, "codes = '{}'\n{timing}", codes.display()).unwrap();
        let wallet_config = folder.join("wallet.toml");
        std::fs::write(&wallet_config, config).unwrap();
        Self { bank, wallet, customers, bank_config, wallet_config, codes }
    }
}

/// The times of the specification, but for the longest pause between two sends.
fn timing() -> String {
    let timing =
        bindproof::limits::Timing { longest_retry_ms: 400, ..bindproof::limits::Timing::DEFAULT };
    #[derive(serde::Serialize)]
    struct Table {
        timing: bindproof::limits::Timing,
    }
    toml::to_string(&Table { timing }).unwrap()
}

fn written(customers: usize) -> String {
    let mut text = String::new();
    for customer in (0..customers).map(Customer::of) {
        let (person, contact) = (customer.person.as_str(), customer.contact.as_str());
        write!(
            text,
            "[[customer]]\nperson = '{person}'\ncontact = '{contact}'\nregistration = 'sealed'\n"
        )
        .unwrap();
        for card in customer.cards {
            let card = card.as_str();
            write!(text, "[[customer.instrument]]\nreference = '{card}'\ncovers_minor = 50000\n")
                .unwrap();
        }
    }
    text
}

/// Makes a key; its public half.
fn keygen(file: &Path) -> String {
    let made = program().arg("keygen").arg(file).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    String::from_utf8(made.stdout).unwrap().trim().to_owned()
}
