//! The hosts that a server answers to.

/// Whether one of these hosts is the one that a request is for.
pub(crate) fn is_among(own: &[String], host: &str) -> bool {
    let host = normal(host);
    own.iter().any(|own| normal(own) == host)
}

/// A host and its port in the form in which they are compared (RFC 9421, section 2.2.3): lower
/// case, without the port that its scheme has for its own. Behind what ends TLS nobody says here
/// which scheme the client knows.
fn normal(authority: &str) -> String {
    let authority = authority.to_ascii_lowercase();
    let bare = authority.strip_suffix(":443").or_else(|| authority.strip_suffix(":80"));
    bare.unwrap_or(&authority).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_its_own_however_it_is_written_and_no_other() {
        let own = ["Bank.example:443".to_owned(), "127.0.0.1:7001".to_owned()];
        for host in ["bank.example", "BANK.example", "bank.example:443", "127.0.0.1:7001"] {
            assert!(is_among(&own, host), "{host}");
        }
        for host in ["", "bank.example:7001", "127.0.0.1", "bank.example.org", "example"] {
            assert!(!is_among(&own, host), "{host}");
        }
    }
}
