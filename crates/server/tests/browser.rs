//! The apps' pages in a real browser: what a person does in them, and what the journals say then.

#[path = "browser/apps.rs"]
mod apps;
#[path = "browser/chromium.rs"]
mod chromium;
#[path = "browser/clicks.rs"]
mod clicks;
#[path = "browser/everybody.rs"]
mod everybody;
#[path = "it/folder.rs"]
mod folder;
#[path = "browser/lost.rs"]
mod lost;
#[path = "browser/second.rs"]
mod second;
#[path = "browser/sentences.rs"]
mod sentences;
#[path = "browser/story.rs"]
mod story;
#[path = "browser/wrong.rs"]
mod wrong;
