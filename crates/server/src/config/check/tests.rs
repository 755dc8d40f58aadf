//! What is refused, and with which line.

use super::*;
use crate::config::{PeerKeyEntry, SiteEntry};
use crate::development::Customer;

const BANK: &str = r#"
    name = "north-bank"
    mode = "development"
    listen = "127.0.0.1:7001"
    key = { id = "north-1", file = "north.pem" }
    [[peer]]
    name = "wallet"
    url = "http://127.0.0.1:7002"
    key = [{ id = "wallet-1", public = "00" }]
"#;

fn config(text: &str) -> Config {
    toml::from_str(text).unwrap_or_else(|error| panic!("{error}"))
}

fn fault(change: impl FnOnce(&mut Config), role: Role) -> String {
    let mut config = config(BANK);
    change(&mut config);
    config.check(role).unwrap_err().to_string()
}

fn site() -> SiteEntry {
    let public = "00".to_owned();
    let key = PeerKeyEntry { id: "site-1".to_owned(), public, from_ms: None, until_ms: None };
    SiteEntry { url: "http://site:9000".to_owned(), key: vec![key] }
}

fn customer() -> Customer {
    let form = "person = 'ada'\ncontact = 'tel:1'\nregistration = 'x'\ninstrument = []";
    toml::from_str(form).unwrap()
}

fn production() -> Config {
    let mut config = config(BANK);
    config.mode = Mode::Production;
    config.listen = "0.0.0.0:7001".to_owned();
    config.site = Some(site());
    config.passkey_origin = Some("https://wallet.example".to_owned());
    config
}

fn in_production(change: impl FnOnce(&mut Config), role: Role) -> String {
    let mut config = production();
    change(&mut config);
    config.check(role).unwrap_err().to_string()
}

#[test]
fn a_server_whose_site_answers_for_everything_may_run_in_production() {
    assert_eq!(production().check(Role::Wallet), Ok(()));
    let bank = Config { passkey_origin: None, ..production() };
    assert_eq!(bank.check(Role::Bank), Ok(()));
}

#[test]
fn a_bank_with_a_wallet_on_the_loopback_may_run() {
    assert_eq!(config(BANK).check(Role::Bank), Ok(()));
    assert_eq!(config(BANK).check(Role::Wallet), Ok(()));
}

#[test]
fn what_no_server_may_run_with_is_one_line_each() {
    let faults = [
        fault(|c| c.limits.tries = 6, Role::Bank),
        fault(|c| c.timing.challenge_ms = 300_001, Role::Wallet),
        fault(|c| c.timing.key_retention_ms = 6_000_000, Role::Bank),
        fault(|c| c.mode = Mode::Production, Role::Bank),
        fault(|c| c.mode = Mode::Production, Role::Wallet),
        fault(|c| c.site = Some(site()), Role::Bank),
        in_production(|c| c.site = Some(SiteEntry { key: Vec::new(), ..site() }), Role::Bank),
        in_production(|c| c.site.as_mut().unwrap().url.push('/'), Role::Bank),
        in_production(|c| c.customer = vec![customer()], Role::Bank),
        in_production(|c| c.codes = Some("codes".into()), Role::Wallet),
        in_production(|c| c.passkey_origin = None, Role::Wallet),
        in_production(|c| c.passkey_origin = Some("http://a".to_owned()), Role::Wallet),
        fault(|c| c.listen = "0.0.0.0:7001".to_owned(), Role::Bank),
        fault(|c| c.listen = "7001".to_owned(), Role::Bank),
        fault(|c| c.store = "mysql://x".to_owned(), Role::Bank),
        fault(|c| c.peer.clear(), Role::Bank),
        fault(|c| c.peer.clear(), Role::Wallet),
        fault(|c| c.authorities = vec!["https://bank.example".to_owned()], Role::Bank),
        fault(|c| c.peer[0].key.clear(), Role::Bank),
        fault(|c| c.peer[0].url.push('/'), Role::Bank),
        fault(|c| c.peer[0].name = c.name, Role::Bank),
        fault(|c| c.peer[0].key[0].id = c.key.id.clone(), Role::Wallet),
        fault(|c| c.passkey_origin = Some("https://a".to_owned()), Role::Bank),
        fault(|c| c.customer = vec![customer()], Role::Wallet),
        fault(|c| c.persons_per_transaction = 0, Role::Bank),
        fault(|c| c.persons_per_transaction = 65, Role::Wallet),
        fault(|c| c.connections.max = 0, Role::Bank),
        fault(|c| c.connections.max = usize::MAX, Role::Bank),
        fault(|c| c.connections.per_address_max = 0, Role::Wallet),
        fault(|c| c.rates.per_second = 0, Role::Wallet),
        fault(|c| c.rates.burst = 1_000_001, Role::Wallet),
    ];
    let expected = [
        "limits: tries is 6 and must be at most 5",
        "timing: challenge_ms is 300001 and must be at most 300000",
        "timing: key_retention_ms is 6000000 and a letter may be repeated for 6000000 ms; \
         the first must be longer",
        "mode is production, and there is no [site] that answers for books and sessions",
        "mode is production, and there is no [site] that answers for couriers and proof of \
         identity",
        "mode is development, and [site] is given, which is asked in production only",
        "[site] needs a key that signs its answers",
        "[site]: url is \"http://site:9000/\", which is not http:// and a host, and what all \
         paths begin with, without a slash at its end",
        "mode is production, and customers are written down; that is for \
         mode = \"development\"",
        "mode is production, and codes are written to a file; that is for \
         mode = \"development\"",
        "mode is production, and there is no passkey_origin, so that authenticators are keys \
         in clients' memory; that is for mode = \"development\"",
        "mode is production, and passkey_origin is \"http://a\", which is not https://",
        "mode is development, and listen is 0.0.0.0:7001, which is not on the loopback",
        "listen is \"7001\", which is no address with a port",
        "store, or BINDPROOF_STORE in its place, must begin with sqlite:, postgres:// or \
         postgresql://",
        "a bank has one peer, its wallet, and 0 are given",
        "a wallet needs a bank among its peers",
        "authorities holds \"https://bank.example\", which is no host, with a port or without",
        "the peer wallet has no key, so that nothing that it signs is believed",
        "the peer wallet: url is \"http://127.0.0.1:7002/\", which is not http:// and a host, \
         with a port or without",
        "the peer north-bank has this server's own name, where the peer's is to be given",
        "the peer wallet has this server's own key id, where the peer's is to be given",
        "passkey_origin is a setting of a wallet, and this is a bank",
        "customer is a setting of a bank, and this is a wallet",
        "persons_per_transaction is 0 and must be 1 to 64",
        "persons_per_transaction is 65 and must be 1 to 64",
        "connections.max is 0 and must be 1 to 65536",
        "connections.max is 18446744073709551615 and must be 1 to 65536",
        "connections.per_address_max is 0 and must be 1 to 65536",
        "rates.per_second is 0 and must be 1 to 100000",
        "rates.burst is 1000001 and must be 1 to 1000000",
    ];
    assert_eq!(faults, expected);
}

#[test]
fn a_token_that_can_be_guessed_is_refused() {
    let said = |token: &str| operator(Some(token.to_owned()));
    assert_eq!(operator(None), Ok(None));
    assert_eq!(said("0123456789abcdef"), Ok(Some("0123456789abcdef".to_owned())));
    let fault = said("0123456789abcde").unwrap_err().to_string();
    assert_eq!(fault, "BINDPROOF_OPERATOR has 15 characters and needs at least 16");
    assert!(said("").is_err());
}

#[test]
fn a_mode_that_is_not_given_is_production() {
    let silent = BANK.replace("mode = \"development\"\n", "");
    assert_eq!(config(&silent).mode, Mode::Production);
}
