//! Where the server is that is to be driven, and whether anything listens there.

use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use crate::failure::Failure;

/// Host and port of a server that is spoken to without TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address<'a>(&'a str);

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);

/// Host and port in a URL.
///
/// # Errors
/// If it is anything else than `http://host:port`, with or without a slash at its end.
pub fn address(url: &str) -> Result<Address<'_>, Failure> {
    let wrong =
        |why: &str| Failure::Usage(format!("--url {url}: {why}, it has to be http://host:port"));
    if url.starts_with("https://") {
        return Err(wrong("the kit speaks no TLS"));
    }
    let Some(address) = url.strip_prefix("http://") else {
        return Err(wrong("it does not begin with http://"));
    };
    let address = address.strip_suffix('/').unwrap_or(address);
    let (host, port) = address.rsplit_once(':').ok_or_else(|| wrong("there is no port"))?;
    let odd = |c: char| c.is_whitespace() || "/?#@".contains(c);
    if host.is_empty() || host.contains(odd) {
        return Err(wrong("there is no host, or more than host and port"));
    }
    match port.parse::<u16>() {
        Ok(1..) => Ok(Address(address)),
        Ok(0) | Err(_) => Err(wrong("the port is no number from 1 to 65535")),
    }
}

/// Whether a server listens there, said before a case is run.
///
/// # Errors
/// If none does.
pub fn listens(Address(address): Address<'_>) -> Result<(), Failure> {
    let mut last = None;
    let found = address.to_socket_addrs().map_err(|error| nobody(address, &error))?;
    for one in found {
        match TcpStream::connect_timeout(&one, CONNECT) {
            Ok(_) => return Ok(()),
            Err(error) => last = Some(error),
        }
    }
    let none = || std::io::Error::other("the name has no address");
    Err(nobody(address, &last.unwrap_or_else(none)))
}

fn nobody(address: &str, error: &std::io::Error) -> Failure {
    let found = format!("nothing listens at http://{address} ({error})");
    Failure::Undecided(format!("{found}: start the server, or correct --url; no case was run"))
}
