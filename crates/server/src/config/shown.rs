//! A configuration as it is in force, for whoever asks for it.

use std::fmt::Write as _;
use std::net::SocketAddr;

use super::{Config, KEY_VARIABLE};
use crate::pages;

impl Config {
    /// The name of this instance, if it is known before it starts. An embedded store has one
    /// instance; one of several on a database that is given no name is another each time.
    pub fn instance_name(&self) -> Option<String> {
        let own = || (!is_postgres(&self.store)).then(|| self.name.as_str().to_owned());
        self.instance.clone().or_else(own)
    }

    /// As TOML that is a configuration again: with what is in force where something was left out,
    /// without what is secret. What cannot be written so stands below it, in comments.
    pub fn shown(&self) -> String {
        let mut shown = self.clone();
        let mut notes = Vec::new();
        shown.store = shown_address(&self.store);
        if shown.store != self.store {
            notes.push("store is shown without its user and its password".to_owned());
        }
        shown.instance = self.instance_name();
        if self.authorities.is_empty() {
            match self.listen.parse::<SocketAddr>() {
                Ok(address) if address.port() != 0 => {
                    shown.authorities = pages::authorities(&address.to_string());
                }
                _ => {}
            }
        }
        match std::env::var_os(KEY_VARIABLE) {
            Some(_) => notes.push(format!("the key is that of {KEY_VARIABLE}, not of key.file")),
            None if shown.key.derive_from.is_none() => {
                shown.key.derive_from = Some(shown.key.file.clone());
            }
            None => {}
        }
        for customer in &mut shown.customer {
            let person = customer.person.as_str();
            customer.name.get_or_insert_with(|| person.to_owned());
            for held in &mut customer.instrument {
                held.label.get_or_insert_with(|| held.reference.as_str().to_owned());
            }
        }
        notes.extend(left_out(&shown));
        let mut text = match toml::to_string_pretty(&shown) {
            Ok(text) => text,
            Err(error) => return format!("# it cannot be written as TOML: {error}\n"),
        };
        text.push('\n');
        for note in notes {
            // Writing to a text does not fail.
            let _ = writeln!(text, "# {note}");
        }
        text
    }
}

/// What is not there, and what that comes to.
fn left_out(shown: &Config) -> Vec<String> {
    let without_end = shown.peer.iter().flat_map(|peer| &peer.key);
    let without_end = without_end.chain(shown.site.iter().flat_map(|site| &site.key));
    let open = without_end.clone().any(|key| key.from_ms.is_none() || key.until_ms.is_none());
    let all = [
        (shown.authorities.is_empty(), "authorities", "where it listens, which is free to choose"),
        (shown.instance.is_none(), "instance", "another name each time that it starts"),
        (shown.policy.is_none(), "policy", "the default policy"),
        (shown.passkey_origin.is_none(), "passkey_origin", "authenticators are keys in memory"),
        (shown.codes.is_none(), "codes", "no file has them"),
        (shown.site.is_none(), "site", "nobody is asked"),
        (open, "from_ms or until_ms of a key", "it is accepted at any time before or after"),
    ];
    let left_out = all.into_iter().filter(|(is_left_out, ..)| *is_left_out);
    left_out.map(|(_, setting, comes_to)| format!("{setting} is left out: {comes_to}")).collect()
}

/// Whether the address of a store is that of a PostgreSQL.
pub fn is_postgres(store: &str) -> bool {
    store.starts_with("postgres://") || store.starts_with("postgresql://")
}

/// The address of a store without what may be secret in it: a password stands before the host, or
/// in the query.
pub fn shown_address(store: &str) -> String {
    let Some((scheme, rest)) = store.split_once("://") else { return store.to_owned() };
    let (address, query) = rest.split_once('?').map_or((rest, ""), |(at, _)| (at, "?…"));
    match address.rsplit_once('@') {
        // Then it is not clear where the one ends and the other begins.
        _ if query.contains('?') && rest.rfind('@') > rest.find('?') => format!("{scheme}://…"),
        Some((_, place)) => format!("{scheme}://…@{place}{query}"),
        None => format!("{scheme}://{address}{query}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_secret_in_an_address_is_not_shown() {
        let shown = [
            ("postgres://ada:secret@127.0.0.1/db", "postgres://…@127.0.0.1/db"),
            ("postgresql://ada:secret@127.0.0.1/db", "postgresql://…@127.0.0.1/db"),
            ("postgres://ada:s?e@cret@127.0.0.1/db", "postgres://…"),
            ("postgres://there/db?user=ada&password=secret", "postgres://there/db?…"),
            ("postgres://ada:secret@there/db?password=secret", "postgres://…@there/db?…"),
            ("postgres://there/db?password=secret@x", "postgres://…"),
            ("sqlite:here.db", "sqlite:here.db"),
        ];
        for (store, expected) in shown {
            assert_eq!(shown_address(store), expected, "{store}");
        }
    }
}
