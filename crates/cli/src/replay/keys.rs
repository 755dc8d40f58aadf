//! What a key means.

use console::Key;

/// What somebody wants who walks along a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// One step on.
    Forward,
    /// One step back.
    Back,
    /// To the beginning.
    First,
    /// To the end.
    Last,
    /// So many lines up.
    Up(usize),
    /// So many lines down.
    Down(usize),
    /// To know the keys.
    Help,
    /// No more.
    Quit,
    /// Nothing that is known.
    Nothing,
}

/// The keys, as they are told.
pub const HELP: &[(&str, &str)] = &[
    ("→  n  space  Enter", "one step on"),
    ("←  p  Backspace", "one step back"),
    ("Home  g", "to the beginning"),
    ("End  G", "to the end"),
    ("↓ j, ↑ k, pages", "down and up, where the screen is too low"),
    ("?", "these keys"),
    ("q  Esc", "quit"),
];

/// So many lines are a page.
const PAGE: usize = 10;

/// What this key asks for.
pub fn wish(key: &Key) -> Wish {
    match key {
        Key::ArrowRight | Key::Enter | Key::Char('n' | ' ' | 'l') => Wish::Forward,
        Key::ArrowLeft | Key::Backspace | Key::Char('p' | 'h') => Wish::Back,
        Key::Home | Key::Char('g') => Wish::First,
        Key::End | Key::Char('G') => Wish::Last,
        Key::ArrowUp | Key::Char('k') => Wish::Up(1),
        Key::ArrowDown | Key::Char('j') => Wish::Down(1),
        Key::PageUp => Wish::Up(PAGE),
        Key::PageDown => Wish::Down(PAGE),
        Key::Char('?') => Wish::Help,
        Key::Escape | Key::CtrlC | Key::Char('q') => Wish::Quit,
        _ => Wish::Nothing,
    }
}
