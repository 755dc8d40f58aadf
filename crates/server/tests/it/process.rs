//! The program as a process of its own: a server that runs, or a command that ends.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use bindproof_server::bench::with_parent;
use bindproof_server::hex;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;

/// The operator's token.
pub const OPERATOR: &str = "the operator of a test";
/// How often is looked for something, with a pause of a twentieth of a second.
const LOOKS: u32 = 1_200;

/// The program, told nothing by the environment of the test.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bindproof-server"));
    told_nothing(&mut command);
    command
}

fn told_nothing(command: &mut Command) {
    let own = ["STORE", "KEY", "INSTANCE", "OPERATOR"].map(|name| format!("BINDPROOF_{name}"));
    for variable in own.iter().map(String::as_str).chain(["RUST_LOG"]) {
        command.env_remove(variable);
    }
}

/// Runs a command on a configuration to its end.
pub fn command(arguments: &[&str], config: &Path) -> Output {
    program().args(arguments).arg("--config").arg(config).output().unwrap()
}

/// What a command says that comes to a good end.
pub fn said(arguments: &[&str], config: &Path) -> String {
    let output = command(arguments, config);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What a command says that does not.
pub fn refused(arguments: &[&str], config: &Path) -> String {
    let output = command(arguments, config);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).unwrap()
}

/// The public half of a key, in hexadecimal digits.
pub fn public(number: u8) -> String {
    hex::encode(SigningKey::from_bytes(&[number; 32]).verifying_key().as_bytes())
}

/// Writes a server's key and its configuration, in development; the file of the latter. `store` is
/// an address, and `peer` a name, where it listens, and the number of its key.
pub fn configured(
    folder: &Path,
    name: &str,
    number: u8,
    store: &str,
    peer: (&str, &str, u8),
) -> PathBuf {
    let pem = folder.join(format!("{name}.pem"));
    let key = SigningKey::from_bytes(&[number; 32]).to_pkcs8_pem(LineEnding::LF).unwrap();
    std::fs::write(&pem, key.as_bytes()).unwrap();
    let (other, url, other_number) = peer;
    let text = format!(
        "name = '{name}'\nmode = 'development'\nstore = '{store}'\n\
         key = {{ id = '{name}-1', file = '{}' }}\n\
         [[peer]]\nname = '{other}'\nurl = '{url}'\n\
         key = [{{ id = '{other}-1', public = '{}' }}]\n",
        pem.display(),
        public(other_number),
    );
    let file = folder.join(format!("{name}.toml"));
    std::fs::write(&file, text).unwrap();
    file
}

/// The address of a store in a file of this folder.
pub fn in_file(folder: &Path, name: &str) -> String {
    format!("sqlite:{}", folder.join(format!("{name}.db")).display())
}

/// A server that runs, until this is dropped.
pub struct Running {
    child: Child,
    log: PathBuf,
    /// Where it listens.
    pub url: String,
}

impl Running {
    /// Starts a server; once it listens.
    pub fn start(role: &str, config: &Path, level: Option<&str>) -> Self {
        let log = config.with_extension("log");
        // It does not outlive the test, whatever becomes of that.
        let mut command = with_parent("KILL");
        command.arg(env!("CARGO_BIN_EXE_bindproof-server")).arg(role).arg("--config").arg(config);
        told_nothing(&mut command);
        command.envs(level.map(|level| ("RUST_LOG", level)));
        command.env("BINDPROOF_OPERATOR", OPERATOR).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.stderr(File::create(&log).unwrap()).spawn().unwrap();
        let mut first = String::new();
        let out = child.stdout.take().unwrap();
        // It says where it listens, or ends without a word.
        let _ = BufReader::new(out).read_line(&mut first).unwrap();
        let url = first.trim().strip_prefix("listening on ").map(str::to_owned);
        let url = url.unwrap_or_else(|| panic!("{}", std::fs::read_to_string(&log).unwrap()));
        Self { child, log, url }
    }

    /// The lines of its log so far.
    pub fn lines(&self) -> Vec<Value> {
        lines(&std::fs::read_to_string(&self.log).unwrap())
    }

    /// The lines of its log so far that say this.
    pub fn saying(&self, message: &str) -> Vec<Value> {
        let says = |line: &Value| {
            line["fields"]["message"].as_str().is_some_and(|said| said.starts_with(message))
        };
        self.lines().into_iter().filter(says).collect()
    }

    /// Waits until its log says this; the first line that does.
    pub async fn says(&self, message: &str) -> Value {
        for _ in 0..LOOKS {
            if let Some(line) = self.saying(message).into_iter().next() {
                return line;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("it never says {message:?}: {:#?}", self.lines());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // As a crash would: with no time for anything.
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Every line of a log, each of which is JSON and names no member twice.
pub fn lines(log: &str) -> Vec<Value> {
    // What is being written is not there yet.
    let whole = log.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let read = |line: &str| {
        let once: Result<Once, _> = serde_json::from_str(line);
        once.unwrap_or_else(|error| panic!("{error}: {line}"));
        serde_json::from_str(line).unwrap()
    };
    whole.lines().map(read).collect()
}

/// JSON in which no object names a member twice.
struct Once;

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OnceVisitor)
    }
}

struct OnceVisitor;

impl<'de> Visitor<'de> for OnceVisitor {
    type Value = Once;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of a log")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Once, A::Error> {
        let mut names = BTreeMap::new();
        while let Some((name, value)) = map.next_entry::<String, Once>()? {
            if names.insert(name.clone(), value).is_some() {
                return Err(A::Error::custom(format!("{name} is there twice")));
            }
        }
        Ok(Once)
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Once, A::Error> {
        while seq.next_element::<Once>()?.is_some() {}
        Ok(Once)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_unit<E: Error>(self) -> Result<Once, E> {
        Ok(Once)
    }
}

#[test]
fn a_member_that_is_there_twice_is_found() {
    assert!(serde_json::from_str::<Once>(r#"{"a":[{"b":1,"c":null}],"b":true}"#).is_ok());
    assert!(serde_json::from_str::<Once>(r#"{"a":[{"b":1,"b":2}]}"#).is_err());
}
