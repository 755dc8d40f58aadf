//! A click of these tests is made once and no other: also where the page is drawn anew under it.

use crate::chromium::Browser;

/// A page with a button that counts its clicks; the first time that it is pressed, this happens.
fn page(pressed: &str) -> String {
    format!(
        "(() => {{
            window.clicks = [];
            document.body.innerHTML = '<p id=other>other</p><button id=wanted>wanted</button>';
            document.addEventListener('click', ({{ target }}) => window.clicks.push(target.id));
            document.addEventListener('mousedown', () => {{ {pressed} }}, {{ once: true }});
            return true;
        }})()"
    )
}

/// What was pressed is gone: the browser makes no click of it.
const DRAWN_ANEW: &str = "const wanted = document.querySelector('#wanted');
    wanted.replaceWith(wanted.cloneNode(true));";

/// Something else lies there: the browser makes a click of what holds them both.
const COVERED: &str = "document.body.insertAdjacentHTML('beforeend',
    '<div id=above style=\"position: fixed; inset: 0\"></div>');
    setTimeout(() => document.querySelector('#above').remove(), 200);";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_click_that_the_page_did_not_hear_or_that_went_astray_is_made_again_and_once() {
    let browser = Browser::start().await;
    for pressed in ["", DRAWN_ANEW, COVERED] {
        let tab = browser.tab("about:blank").await;
        tab.run(&page(pressed)).await;
        tab.click("#wanted").await;
        assert_eq!(tab.run("window.clicks.join()").await, "wanted", "{pressed}");
    }
}
