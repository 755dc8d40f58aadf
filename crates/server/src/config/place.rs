//! Where others are asked.

use axum::http::uri::Authority;

/// Whether this is `http://`, a host, perhaps a port and, if it may have one, a path, to which
/// other paths can be added.
pub(super) fn is_place(url: &str, may_have_path: bool) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return false };
    let (authority, path) =
        rest.split_once('/').map_or((rest, None), |(at, path)| (at, Some(path)));
    let is_named = authority.parse::<Authority>().is_ok_and(|at| {
        let has_port = at.as_str() != at.host();
        !at.host().is_empty() && !at.as_str().contains('@') && has_port == at.port_u16().is_some()
    });
    let is_path = |path: &str| {
        may_have_path && !path.is_empty() && !path.ends_with('/') && !path.contains(['?', '#'])
    };
    is_named && path.is_none_or(is_path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_to_arrives_somewhere() {
        for url in ["http://wallet", "http://wallet:80", "http://[::1]:7002"] {
            assert!(is_place(url, false) && is_place(url, true), "{url}");
            let below = format!("{url}/hooks/v1");
            assert!(!is_place(&below, false) && is_place(&below, true), "{below}");
        }
        for url in [
            "",
            "wallet:80",
            "https://wallet",
            "http://",
            "http://:80",
            "http://wallet:",
            "http://wallet:99999",
            "http://ada@wallet",
            "http://wallet/",
            "http://wallet/hooks/",
            "http://wallet/hooks?a=b",
            "http://wallet?a=b",
            "http://wal let",
        ] {
            assert!(!is_place(url, false) && !is_place(url, true), "{url}");
        }
    }
}
