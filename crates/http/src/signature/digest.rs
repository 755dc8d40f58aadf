//! Content-Digest (RFC 9530) with SHA-256.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sfv::{BareItem, ListEntry, Parser};
use sha2::{Digest, Sha256};

/// The field value for a body.
pub fn content_digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(body)))
}

/// Whether a field value is the digest of `body`: one digest, and by SHA-256.
pub fn digest_matches(value: &str, body: &[u8]) -> bool {
    let Ok(digests) = Parser::new(value).parse::<sfv::Dictionary>() else { return false };
    let mut digests = digests.iter();
    let (Some((name, ListEntry::Item(item))), None) = (digests.next(), digests.next()) else {
        return false;
    };
    let BareItem::ByteSequence(digest) = &item.bare_item else { return false };
    name.as_str() == "sha-256" && digest.as_slice() == Sha256::digest(body).as_slice()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 9530, appendix B.
    const HELLO: &[u8] = b"{\"hello\": \"world\"}";

    #[test]
    fn the_digest_of_the_rfcs_example_is_the_rfcs() {
        let digest = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:";
        assert_eq!(content_digest(HELLO), digest);
        assert!(digest_matches(digest, HELLO));
    }

    #[test]
    fn another_body_another_algorithm_or_a_second_digest_is_not_it() {
        let digest = content_digest(HELLO);
        assert!(!digest_matches(&digest, b"{\"hello\": \"World\"}"));
        assert!(!digest_matches(&digest.replace("sha-256", "sha-512"), HELLO));
        assert!(!digest_matches(&format!("{digest}, md5=:AAAA:"), HELLO));
        assert!(!digest_matches("", HELLO));
        assert!(!digest_matches("sha-256=X48E9", HELLO));
    }
}
