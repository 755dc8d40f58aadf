//! A run to read: a numbered story, and a sequence diagram.

use bindproof_models::report::Run;

use crate::figures::count;
use crate::layout::paragraph;
use crate::paint::{Paint, Tone};

/// "7 steps", or what it means if there is none.
pub fn length(run: &Run) -> String {
    if run.story.is_empty() {
        "at the very beginning".into()
    } else {
        format!("in {}", count(run.story.len(), "step", "steps"))
    }
}

/// The steps, numbered, each with what it changed below it.
pub fn numbered(run: &Run, paint: Paint) -> String {
    let mut text = String::new();
    for (index, sentence) in run.story.iter().enumerate() {
        text.push_str(&paragraph(&format!("{:>4}. ", index + 1), sentence));
        text.push('\n');
        for change in run.changes.get(index).into_iter().flatten() {
            for line in paragraph("        ", change).lines() {
                text.push_str(&paint.tone(Tone::Faint, line));
                text.push('\n');
            }
        }
    }
    text
}

/// The steps alone, numbered. Those at the beginning that an earlier run has too are not told again
/// but named; `earlier` are the runs that were told, each with the property that it violates.
pub fn continued(run: &Run, earlier: &[(&str, &Run)]) -> String {
    let mut longest = (0, "");
    for (name, told) in earlier {
        let same = run.story.iter().zip(&told.story).take_while(|(here, there)| here == there);
        let same = same.count();
        if same > longest.0 {
            longest = (same, name);
        }
    }
    let (same, name) = longest;
    let (told, mut text) = match same {
        // One step is told as soon as named.
        0 | 1 => (0, String::new()),
        _ if same == run.story.len() => (same, format!("all {same} steps as above, for {name}")),
        _ => (same, format!("the first {same} steps as above, for {name}")),
    };
    if told > 0 {
        text = format!("{}\n", paragraph("      ", &text));
    }
    for (index, sentence) in run.story.iter().enumerate().skip(told) {
        text.push_str(&paragraph(&format!("{:>4}. ", index + 1), sentence));
        text.push('\n');
    }
    text
}

/// What becomes of a run that does not just end: it goes round for ever, or panics; a paragraph of
/// its own.
pub fn for_ever(run: &Run) -> String {
    if let Some(panic) = &run.panic {
        return format!("\n{}\n", paragraph("", &format!("Then the model panics: {panic}")));
    }
    let Some(from) = run.loop_from else { return String::new() };
    let text = if from == run.story.len() {
        "Nothing has to happen any more after that, and it stays so for ever.".to_owned()
    } else if from + 1 == run.story.len() {
        format!("Step {} happens again and again, for ever.", from + 1)
    } else {
        format!("Steps {} to {} happen again and again, for ever.", from + 1, run.story.len())
    };
    format!("\n{}\n", paragraph("", &text))
}

/// The most answers of the adversary that are told.
const THREATS_MAX: usize = 12;

/// How the adversary answers whatever is tried from the end of a run, if it is about that.
pub fn threats(run: &Run) -> String {
    if run.threats.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{}\n", paragraph("", "Whatever is tried from there is answered:"));
    for threat in run.threats.iter().take(THREATS_MAX) {
        let place = if threat.at == 0 { String::new() } else { format!("at {}: ", threat.at) };
        let answer = match threat.answer.as_slice() {
            [] => "which leads nowhere".to_owned(),
            answer => answer.join("; then "),
        };
        let then = threat.then.map(|then| format!(" (on to {then})")).unwrap_or_default();
        let line = format!("{place}{}: {answer}{then}", threat.tried);
        text.push_str(&format!("{}\n", paragraph("    - ", &line)));
    }
    if run.threats.len() > THREATS_MAX {
        let more = count(run.threats.len() - THREATS_MAX, "other move", "other moves");
        text.push_str(&format!("{}\n", paragraph("      ", &format!("and {more}."))));
    }
    text
}

/// The diagram, fenced as Markdown does it.
pub fn fenced(run: &Run) -> String {
    format!("```mermaid\n{}\n```\n", run.mermaid.trim_end())
}

/// Whether the run does what it is said to do.
pub fn confirmation(run: &Run) -> (Tone, &'static str) {
    if run.confirmed {
        (Tone::Good, "Confirmed: the run was carried out again from the beginning, and ends there.")
    } else {
        (
            Tone::Bad,
            "NOT confirmed: carried out again, the run ends elsewhere. This is a defect of the \
             checker.",
        )
    }
}
