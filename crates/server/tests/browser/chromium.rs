//! A Chromium of the test's own, driven over its DevTools pipe: each message is JSON and ends with
//! a zero. Every wait is bounded; what does not come about in time fails the test.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::net::unix::pipe;
use tokio::sync::oneshot;

use crate::folder::Folder;

/// How long one command may take; the first one waits for the browser to start.
const COMMAND: Duration = Duration::from_secs(60);
/// How often is looked whether something has come about, and with which pause.
const LOOKS: u32 = 1_200;
/// How often a click is made again that something else has caught.
const AIMS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);
/// A phone.
const WIDTH: u32 = 390;
const HEIGHT: u32 = 844;

/// What a page shows, where the focus is, and what is in its fields.
const SEEN: &str = "[
    document.body.innerText, `\nfocus: ${document.activeElement?.id}`,
    ...[...document.querySelectorAll('input')].map(({ id, value }) => `${id}: ${value}`),
].join('\\n')";

/// The arguments of a browser that keeps to itself. The sandbox cannot be had by root.
const ARGUMENTS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
];

/// What is said to the browser, and what it says.
struct Wire {
    to: pipe::Sender,
    sending: tokio::sync::Mutex<()>,
    last: AtomicU64,
    waiting: Mutex<BTreeMap<u64, oneshot::Sender<Value>>>,
    events: Mutex<Vec<Value>>,
}

/// A browser with a profile of its own; it ends when this is dropped.
pub struct Browser {
    child: Child,
    wire: Arc<Wire>,
    /// The tabs that are in hand.
    tabs: Mutex<BTreeSet<String>>,
    _folder: Folder,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It is gone already, or it goes now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Browser {
    /// Starts one.
    pub async fn start() -> Self {
        let folder = Folder::new("chromium");
        let (to, from) = (folder.path().join("to"), folder.path().join("from"));
        let made = Command::new("mkfifo").args([&to, &from]).status();
        assert!(made.is_ok_and(|status| status.success()), "pipes could not be made");
        // Reading and writing, so that neither side waits for the other one to open its end.
        let open = || {
            let mut options = pipe::OpenOptions::new();
            options.read_write(true);
            options
        };
        let receiver = open().open_receiver(&from).unwrap();
        let sender = open().open_sender(&to).unwrap();
        let child = spawn(&folder.path().join("profile"), &to, &from);
        let wire = Arc::new(Wire {
            to: sender,
            sending: tokio::sync::Mutex::new(()),
            last: AtomicU64::new(0),
            waiting: Mutex::default(),
            events: Mutex::default(),
        });
        tokio::spawn(listen(Arc::clone(&wire), receiver));
        let browser = Self { child, wire, tabs: Mutex::default(), _folder: folder };
        browser.wire.tell("Browser.getVersion", json!({}), None).await;
        browser
    }

    /// A new tab of a phone's size, at this address.
    pub async fn tab(&self, url: &str) -> Tab {
        let made = json!({ "url": "about:blank" });
        let made = self.wire.tell("Target.createTarget", made, None).await;
        let tab = self.attached(&made["targetId"]).await;
        tab.go(url).await;
        tab
    }

    /// The tab that a page has opened at an address that begins like this.
    pub async fn opened(&self, url: &str) -> Tab {
        for _ in 0..LOOKS {
            let all = self.wire.tell("Target.getTargets", json!({}), None).await;
            let all = all["targetInfos"].as_array().cloned().unwrap_or_default();
            let is_it = |tab: &&Value| {
                let id = tab["targetId"].as_str().unwrap_or_default();
                let new = !self.tabs.lock().unwrap().contains(id);
                new && tab["url"].as_str().is_some_and(|at| at.starts_with(url))
            };
            if let Some(tab) = all.iter().find(is_it) {
                return self.attached(&tab["targetId"]).await;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("no tab was opened at {url}");
    }

    async fn attached(&self, target: &Value) -> Tab {
        self.tabs.lock().unwrap().insert(target.as_str().unwrap().to_owned());
        let asked = json!({ "targetId": target, "flatten": true });
        let attached = self.wire.tell("Target.attachToTarget", asked, None).await;
        let session = attached["sessionId"].as_str().unwrap().to_owned();
        let tab = Tab { wire: Arc::clone(&self.wire), session };
        for domain in ["Page", "Runtime", "Network", "Log", "WebAuthn"] {
            tab.tell(&format!("{domain}.enable"), json!({})).await;
        }
        tab.tell("Emulation.setScrollbarsHidden", json!({ "hidden": true })).await;
        tab.resize(WIDTH).await;
        tab
    }

    /// What was said without being asked for, by every tab so far.
    pub fn events(&self, method: &str) -> Vec<Value> {
        let events = self.wire.events.lock().unwrap();
        events.iter().filter(|event| event["method"] == method).cloned().collect()
    }
}

fn spawn(profile: &Path, to: &Path, from: &Path) -> Child {
    // The browser reads from its third descriptor and writes to its fourth.
    let script = r#"to=$1 from=$2; shift 2; exec chromium "$@" 3<"$to" 4>"$from""#;
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh"]).args([to, from]).args(ARGUMENTS);
    command.arg(format!("--user-data-dir={}", profile.display())).arg("about:blank");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("a shell")
}

/// Takes in what the browser says.
async fn listen(wire: Arc<Wire>, from: pipe::Receiver) {
    let mut held: Vec<u8> = Vec::new();
    let mut piece = vec![0; 64 * 1024];
    while from.readable().await.is_ok() {
        let read = match from.try_read(&mut piece) {
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
            Err(_) => return,
        };
        held.extend_from_slice(&piece[..read]);
        while let Some(end) = held.iter().position(|byte| *byte == 0) {
            let message: Vec<u8> = held.drain(..=end).collect();
            let message: Value = serde_json::from_slice(&message[..end]).unwrap();
            wire.heard(message);
        }
    }
}

impl Wire {
    fn heard(&self, message: Value) {
        match message["id"].as_u64() {
            Some(id) => {
                let waiting = self.waiting.lock().unwrap().remove(&id);
                // Whoever asked may have stopped waiting.
                let _ = waiting.map(|waiting| waiting.send(message));
            }
            None => self.events.lock().unwrap().push(message),
        }
    }

    /// A command and its result.
    async fn tell(&self, method: &str, params: Value, session: Option<&str>) -> Value {
        let told = self.ask(method, params, session).await;
        told.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// The result of a command, or what the browser says against it.
    async fn ask(
        &self,
        method: &str,
        params: Value,
        session: Option<&str>,
    ) -> Result<Value, Value> {
        let id = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let (done, result) = oneshot::channel();
        self.waiting.lock().unwrap().insert(id, done);
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        self.send(&message).await;
        let result = tokio::time::timeout(COMMAND, result).await;
        let result = result.unwrap_or_else(|_| {
            panic!("{method}: the browser did not answer; is chromium installed?")
        });
        let result = result.unwrap();
        match &result["error"] {
            Value::Null => Ok(result["result"].clone()),
            error => Err(error.clone()),
        }
    }

    async fn send(&self, message: &Value) {
        let _alone = self.sending.lock().await;
        let mut left = message.to_string().into_bytes();
        left.push(0);
        while !left.is_empty() {
            self.to.writable().await.unwrap();
            match self.to.try_write(&left) {
                Ok(written) => left.drain(..written).for_each(drop),
                Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock),
            }
        }
    }
}

/// One tab.
pub struct Tab {
    wire: Arc<Wire>,
    session: String,
}

/// The command that evaluates.
const EVALUATE: &str = "Runtime.evaluate";

/// What is said to have an expression evaluated.
fn evaluated(expression: &str) -> Value {
    json!({ "expression": expression, "awaitPromise": true, "returnByValue": true })
}

/// The value in what was answered.
fn value_of(expression: &str, answer: &Value) -> Value {
    let thrown = &answer["exceptionDetails"];
    assert!(thrown.is_null(), "{expression}: {thrown}");
    answer["result"]["value"].clone()
}

/// A text as a script has it.
pub fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

impl Tab {
    /// A command to this tab.
    pub async fn tell(&self, method: &str, params: Value) -> Value {
        self.wire.tell(method, params, Some(&self.session)).await
    }

    /// Goes to an address.
    pub async fn go(&self, url: &str) {
        self.tell("Page.navigate", json!({ "url": url })).await;
    }

    /// Makes it as wide as this, in CSS pixels.
    pub async fn resize(&self, width: u32) {
        let size = json!({
            "width": width, "height": HEIGHT, "deviceScaleFactor": 2, "mobile": false,
        });
        self.tell("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// The person looks at this tab.
    pub async fn front(&self) {
        self.tell("Page.bringToFront", json!({})).await;
    }

    /// The value of an expression.
    pub async fn run(&self, expression: &str) -> Value {
        let answer = self.tell(EVALUATE, evaluated(expression)).await;
        value_of(expression, &answer)
    }

    /// The value of an expression once it is neither false nor nothing.
    pub async fn until(&self, expression: &str) -> Value {
        // A page that is just being loaded may not have yet what is asked for.
        let careful =
            format!("(() => {{ try {{ return {expression} }} catch {{ return null }} }})()");
        for _ in 0..LOOKS {
            let asked = self.wire.ask(EVALUATE, evaluated(&careful), Some(&self.session)).await;
            // Nor is there an answer if one document takes the place of another meanwhile.
            let value = asked.map_or(Value::Null, |answer| value_of(&careful, &answer));
            if !(value.is_null() || value == false || value == "") {
                return value;
            }
            tokio::time::sleep(PAUSE).await;
        }
        let seen = self.run(SEEN).await;
        panic!("waited in vain for {expression}; the page says:\n{}", seen.as_str().unwrap_or("–"));
    }

    /// Clicks in the middle of an element, once it is there and nothing lies above it. A page that
    /// moves in between would have something else clicked: that click is caught, and made again.
    /// So is one of which the page heard nothing, as what was pressed had been drawn anew.
    pub async fn click(&self, selector: &str) {
        self.front().await;
        for _ in 0..AIMS {
            self.aim(selector).await;
            let hit = "(() => { window.wanted = null; return window.hit ?? 'left'; })()";
            // A document that knows of no click is the one to which the click has led.
            if self.run(hit).await != "missed" {
                return;
            }
        }
        panic!("{selector} does not stay where it is");
    }

    /// Clicks where an element is now; what is clicked in its stead does not hear of it.
    async fn aim(&self, selector: &str) {
        let place = self
            .until(&format!(
                "(() => {{
                    window.caught ??= (document.addEventListener('click', event => {{
                        if (!window.wanted) return;
                        window.hit = event.target.closest(window.wanted) ? 'hit' : 'missed';
                        window.wanted = null;
                        if (window.hit === 'hit') return;
                        event.stopImmediatePropagation();
                        event.preventDefault();
                    }}, true), true);
                    const element = document.querySelector({0});
                    element.scrollIntoView({{ block: 'center', behavior: 'instant' }});
                    const at = element.getBoundingClientRect();
                    const [x, y] = [at.x + at.width / 2, at.y + at.height / 2];
                    const top = document.elementFromPoint(x, y);
                    const busy = element.getAttribute('aria-busy') === 'true';
                    if (busy || at.width === 0 || !element.contains(top)) return null;
                    [window.wanted, window.hit] = [{0}, 'missed'];
                    return {{ x, y }};
                }})()",
                quoted(selector)
            ))
            .await;
        for kind in ["mouseMoved", "mousePressed", "mouseReleased"] {
            let event = json!({
                "type": kind, "x": place["x"], "y": place["y"],
                "button": if kind == "mouseMoved" { "none" } else { "left" }, "clickCount": 1,
            });
            self.tell("Input.dispatchMouseEvent", event).await;
        }
    }

    /// Types into a field in place of what is in it.
    pub async fn enter(&self, selector: &str, text: &str) {
        self.click(selector).await;
        self.run(&format!("document.querySelector({}).select()", quoted(selector))).await;
        self.tell("Input.insertText", json!({ "text": text })).await;
    }

    /// Presses a key.
    pub async fn press(&self, key: &str) {
        self.front().await;
        let (code, text) = match key {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            "Escape" => (27, ""),
            " " => (32, " "),
            other => panic!("the key {other:?} is not known here"),
        };
        for kind in ["keyDown", "keyUp"] {
            let text = if kind == "keyDown" { text } else { "" };
            let event = json!({
                "type": kind, "key": key, "windowsVirtualKeyCode": code, "text": text,
            });
            self.tell("Input.dispatchKeyEvent", event).await;
        }
    }

    /// A platform authenticator with a person who is there and known to it. Its id.
    pub async fn authenticator(&self) -> String {
        let options = json!({ "options": {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true,
            "hasUserVerification": true, "isUserVerified": true,
            "automaticPresenceSimulation": true,
        }});
        let made = self.tell("WebAuthn.addVirtualAuthenticator", options).await;
        made["authenticatorId"].as_str().unwrap().to_owned()
    }

    /// How many passkeys this authenticator keeps.
    pub async fn passkeys(&self, authenticator: &str) -> usize {
        let asked = json!({ "authenticatorId": authenticator });
        let told = self.tell("WebAuthn.getCredentials", asked).await;
        told["credentials"].as_array().unwrap().len()
    }

    /// A picture of what is seen, as PNG.
    pub async fn picture(&self) -> Vec<u8> {
        self.front().await;
        let taken = self.tell("Page.captureScreenshot", json!({ "format": "png" })).await;
        STANDARD.decode(taken["data"].as_str().unwrap()).unwrap()
    }
}
