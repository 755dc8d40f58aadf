//! What a person does in the apps, by what she sees of them.

use std::path::PathBuf;
use std::time::Duration;

use bindproof_http::codes;
use bindproof_server::clock::{Clock, SystemClock};
use bindproof_server::demo::Cast;

use crate::chromium::{Browser, Tab, quoted};
use crate::folder::Folder;

/// Where pictures go that are to be kept; they are taken in any case.
const PICTURES: &str = "BINDPROOF_SCREENSHOTS";

/// Servers, a browser, and the person's tabs.
pub struct Stage {
    pub cast: Cast,
    pub browser: Browser,
    _folder: Folder,
}

impl Stage {
    pub async fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        let cast = Cast::start_for_people(folder.path()).await.unwrap();
        Self { cast, browser: Browser::start().await, _folder: folder }
    }

    /// The app of the first bank or the second, in which this customer has signed in.
    pub async fn bank(&self, which: usize, person: &str) -> Tab {
        let tab = self.browser.tab(&self.cast.pages()[which]).await;
        tab.click(&format!("#as-{person}")).await;
        tab.until("document.querySelector('.card')").await;
        tab
    }

    /// The first bank's app, in which her card is bound.
    pub async fn bound(&self) -> Tab {
        let bank = self.bank(0, "ada").await;
        add(&bank, "north-bank-card").await;
        stands(&bank, "north-bank-card", "active").await;
        bank
    }

    /// Her card is bound, and she is signed in to the wallet with a new passkey; `(bank, wallet)`.
    pub async fn signed_in(&self) -> (Tab, Tab) {
        let bank = self.bound().await;
        let wallet = self.follow(&bank, "north-bank-card").await;
        wallet.authenticator().await;
        let code = message(&wallet).await;
        wallet.enter("#sent", &code).await;
        wallet.click("#challenge-go").await;
        stands(&wallet, "north-bank-card", "active").await;
        (bank, wallet)
    }

    /// She follows the link that the bank's app shows for an instrument, on a device that is not
    /// signed in: the wallet's app asks whether she has been there before.
    pub async fn arrive(&self, bank: &Tab, instrument: &str) -> Tab {
        bank.click(&format!("#open-{instrument}")).await;
        let wallet = self.browser.opened(&self.cast.pages()[2]).await;
        wallet.until("document.querySelector('#arriving')").await;
        wallet
    }

    /// The same, and she is new there.
    pub async fn follow(&self, bank: &Tab, instrument: &str) -> Tab {
        let wallet = self.arrive(bank, instrument).await;
        wallet.click("#arrive-first").await;
        wallet
    }

    /// Nothing is owed any more, and every journal is right.
    pub async fn quiet(&self) {
        for _ in 0..600 {
            if self.cast.is_quiet().await.unwrap() {
                self.cast.verify().await.unwrap_or_else(|error| panic!("{error}"));
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("something is still owed");
    }
}

/// She asks to add an instrument, with both consents.
pub async fn add(bank: &Tab, instrument: &str) {
    bank.click(&format!("#add-{instrument}")).await;
    bank.click("#consent-bind").await;
    bank.click("#consent-register").await;
    bank.click("#consent-go").await;
}

/// The card of an instrument, in either app.
fn card(instrument: &str) -> String {
    format!("document.querySelector({})", quoted(&format!("[data-instrument={instrument}]")))
}

/// Waits until an app shows that an instrument's binding or link stands like this.
pub async fn stands(app: &Tab, instrument: &str, state: &str) {
    app.front().await;
    app.until(&format!("{}.dataset.state === {}", card(instrument), quoted(state))).await;
}

/// The binding of a link that the wallet's app shows.
pub async fn binding(wallet: &Tab, instrument: &str) -> String {
    let binding = wallet.until(&format!("{}.dataset.binding", card(instrument))).await;
    binding.as_str().unwrap().to_owned()
}

/// The code that came to her phone for the challenge that is open.
pub async fn message(wallet: &Tab) -> String {
    wallet.front().await;
    wallet.until("document.querySelector('#challenge').open").await;
    let code = wallet.until("document.querySelector('#message').textContent").await;
    code.as_str().unwrap().to_owned()
}

/// She opens the form of a payment.
pub async fn open_payment(wallet: &Tab, instrument: &str) {
    let binding = binding(wallet, instrument).await;
    wallet.click(&format!("#pay-{binding}")).await;
    wallet.until("document.querySelector('#pay').open").await;
}

/// She fills it in and sends it.
pub async fn fill_in(wallet: &Tab, payee: &str, amount: &str) {
    wallet.enter("#payee", payee).await;
    wallet.enter("#amount", amount).await;
    wallet.click("#pay-go").await;
}

/// She asks to pay; the challenge is open then.
pub async fn pay(wallet: &Tab, instrument: &str, payee: &str, amount: &str) {
    open_payment(wallet, instrument).await;
    fill_in(wallet, payee, amount).await;
    wallet.until("document.querySelector('#challenge').open").await;
}

/// How often the pages have asked for this path.
pub fn asked(stage: &Stage, path: &str) -> usize {
    let events = stage.browser.events("Network.requestWillBeSent").into_iter();
    let is_it = |url: &str| url.ends_with(path);
    events.filter(|event| event["params"]["request"]["url"].as_str().is_some_and(is_it)).count()
}

/// What the apps say aloud; it is taken away, so that no sentence counts twice.
pub async fn said(app: &Tab, text: &str) {
    app.front().await;
    let taken = format!(
        "(place => place.textContent.includes({}) && !(place.textContent = ''))\
         (document.querySelector('#status'))",
        quoted(text)
    );
    app.until(&taken).await;
}

/// The place of the code that a bank's app shows for an instrument.
fn coded(instrument: &str) -> String {
    format!("document.querySelector('#open-{instrument}').closest('.code')")
}

/// The link to the wallet that the bank's app shows for an instrument, with a code of now.
pub async fn link(bank: &Tab, instrument: &str) -> String {
    bank.front().await;
    let place = coded(instrument);
    let fresh = format!("{place}.dataset.until > Date.now() && {place}.querySelector('a').href");
    bank.until(&fresh).await.as_str().unwrap().to_owned()
}

/// The same, with the first code after all those that one presented by now may have spent.
pub async fn next_link(bank: &Tab, instrument: &str) -> String {
    bank.front().await;
    let place = coded(instrument);
    let spent = codes::period(SystemClock.now_ms());
    let shown = format!("{place}.dataset.until / {} - 1", codes::PERIOD_MS);
    let next = format!("{shown} > {spent} && {place}.querySelector('a').href");
    bank.until(&next).await.as_str().unwrap().to_owned()
}

/// What is shown of a problem in this place.
pub async fn problem(app: &Tab, place: &str) -> String {
    let shown = format!(
        "(place => !place.hidden && place.textContent)(document.querySelector({}))",
        quoted(place)
    );
    app.until(&shown).await.as_str().unwrap().to_owned()
}

/// Takes a picture at a phone's width, and keeps it if that is asked for.
pub async fn picture(app: &Tab, name: &str) {
    app.run("window.scrollTo(0, 0)").await;
    // What has just been said would lie above the page.
    app.run("document.querySelector('#status').classList.remove('shown')").await;
    app.until("getComputedStyle(document.querySelector('#status')).opacity === '0'").await;
    let taken = app.picture().await;
    // The first chunk of a PNG holds its width.
    assert_eq!(taken.get(1..4), Some(&b"PNG"[..]));
    assert_eq!(taken.get(16..20), Some(&780u32.to_be_bytes()[..]), "two pixels to one of CSS");
    if let Some(folder) = std::env::var_os(PICTURES) {
        std::fs::write(PathBuf::from(folder).join(format!("{name}.png")), taken).unwrap();
    }
}
