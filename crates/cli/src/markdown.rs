//! A run as a page: a numbered story, and a sequence diagram.

use bindproof_models::properties;
use bindproof_models::replay::Replay;
use bindproof_models::replay::retold::Retold;

/// The page. It names no folder, so that the same run gives the same page everywhere.
pub fn story(replay: &Replay, about: &str, retold: &Retold) -> String {
    let violates = replay.violates.unwrap_or("nothing");
    let off: Vec<String> =
        replay.without.iter().map(|control| format!("`{}`", control.name())).collect();
    let mut text = format!("# A violation of {}\n\n", escaped(violates));
    text.push_str(&format!("In scope `{}`: {}\n\n", replay.scope, escaped(about)));
    if !off.is_empty() {
        let off = off.join(" and ");
        text.push_str(&format!("**Switched off:** {off}. What runs here is not the protocol.\n\n"));
    }
    if let Some(policy) = &replay.policy {
        text.push_str(&format!("Under the policy `{policy}`.\n\n"));
    }
    if let Some(says) = replay.violates.and_then(properties::says) {
        text.push_str(&format!("{}\n\n", escaped(&says)));
    }
    for (index, step) in retold.steps.iter().enumerate() {
        if replay.loop_from == Some(index) {
            text.push_str("\nFrom here it goes round, for ever:\n\n");
        }
        text.push_str(&format!("{}. {}\n", index + 1, escaped(&step.sentence)));
        for line in step.fired.iter().chain(&step.changes) {
            text.push_str(&format!("   * {}\n", escaped(line)));
        }
        if let Some(beside) = &step.beside {
            for line in beside.fired.iter().chain(&beside.changes) {
                text.push_str(&format!("   * without the account: {}\n", escaped(line)));
            }
        }
        for name in &step.violated {
            text.push_str(&format!("   * **violates {}**\n", escaped(name)));
        }
    }
    if retold.steps.is_empty() {
        text.push_str("It is so at the very beginning.\n");
    }
    for told in retold.aftermath(replay).iter().chain([&retold.ending.sentence()]) {
        text.push_str(&format!("\n{}\n", escaped(told)));
    }
    text.push_str(&format!("\n```mermaid\n{}\n```\n", retold.mermaid.trim_end()));
    let file = format!("{}.json", replay.file_stem());
    text.push_str(&format!("\nTo walk through it, step by step: `bindproof replay {file}`\n"));
    text
}

/// With what Markdown would read as its own made harmless.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '\\' | '`' | '*' | '_' | '<' | '>' | '|' | '[' | ']') {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}
