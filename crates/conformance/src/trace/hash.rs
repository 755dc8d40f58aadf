//! The chain of hashes: a line's hash covers the hash of the line before of the same person, so
//! that a line that is changed, taken out or put in later shows.
//!
//! The hash is the last member of its line. It covers the text of the line without it: what stands
//! before the comma before it, and the brace that closes the line.

use sha2::{Digest, Sha256};

/// The hash of a line that follows the one with the hash `before`; empty for the first line. 64
/// lower-case hexadecimal digits.
pub fn hash_of(before: &str, line: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(before.as_bytes());
    digest.update(b"\n");
    digest.update(line.as_bytes());
    hex(&digest.finalize())
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Before the digits of a hash.
const MEMBER: &str = ",\"hash\":\"";
/// After them.
const CLOSE: &str = "\"}";
/// The digits of a hash.
const DIGITS: usize = 64;
/// What JSON lets stand between what it is made of.
const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

/// A line as it is written into a file: with its hash as the last member.
pub fn with_hash(line: &str, hash: &str) -> String {
    let open = line.strip_suffix('}').unwrap_or(line);
    format!("{open}{MEMBER}{hash}{CLOSE}")
}

/// Takes the hash out of a line of a file, if it has one, whatever blanks JSON lets stand around
/// it. What is left is the text before its comma, and `}`.
pub fn take_hash(line: &mut String) -> Option<String> {
    let (at, hash) = last_hash(line)?;
    let hash = hash.to_owned();
    line.truncate(at);
    line.push('}');
    Some(hash)
}

/// The hash that is the last member of a line, and where the comma before it stands.
fn last_hash(line: &str) -> Option<(usize, &str)> {
    let before = |text: &'_ str, mark: &str| {
        let text = text.trim_end_matches(BLANKS).strip_suffix(mark)?;
        Some(text.len())
    };
    let end = before(line, "}").and_then(|end| before(&line[..end], "\""))?;
    let begin = line[..end].rfind('"')?;
    let name = before(&line[..begin], ":").and_then(|end| before(&line[..end], "\"hash\""))?;
    let comma = before(&line[..name], ",")?;
    let hash = &line[begin + 1..end];
    let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (hash.len() == DIGITS && hash.bytes().all(digit)).then_some((comma, hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_that_is_put_into_a_line_comes_out_again() {
        let line = r#"{"person":"x","at_ms":1}"#;
        let hash = hash_of("", line);
        let written = with_hash(line, &hash);
        let mut read = written.clone();
        assert_eq!((take_hash(&mut read), read.as_str()), (Some(hash.clone()), line));
        for written in [
            format!(r#"{{"person":"x","at_ms":1, "hash": "{hash}"}}"#),
            format!("{{\"person\":\"x\",\"at_ms\":1,\t\"hash\" :\r \"{hash}\" }} "),
        ] {
            let mut read = written.clone();
            assert_eq!((take_hash(&mut read), read.as_str()), (Some(hash.clone()), line));
        }
        let short = with_hash(line, &hash[1..]);
        let upper = with_hash(line, &hash.to_uppercase());
        let within = format!(r#"{{"x":",\"hash\":\"{hash}"}}"#);
        let inner = format!(r#"{{"x":{{"a":1,"hash":"{hash}"}}}}"#);
        let alone = format!(r#"{{"hash":"{hash}"}}"#);
        let wide = "ä".repeat(80);
        for other in [line, "{}", "", &wide, &short, &upper, &within, &inner, &alone] {
            let mut read = other.to_owned();
            assert_eq!((take_hash(&mut read), read.as_str()), (None, other));
        }
    }

    #[test]
    fn a_hash_covers_what_came_before() {
        let (first, other) = (hash_of("", "a"), hash_of("", "b"));
        assert_ne!(hash_of(&first, "c"), hash_of(&other, "c"));
        // SHA-256 of a line end and "a", so that other languages can compare theirs.
        assert_eq!(first, "7361a6f4b374745deaf896ac72887d55e04107d1a1ff14e5e4d829fb47e82426");
    }
}
