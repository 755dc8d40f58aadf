//! A run to read: a numbered story, and a sequence diagram.

use bindproof_models::properties::{self, Kind};
use bindproof_models::report::{PlayEnd, Run, Turn};

use crate::figures::count;
use crate::layout::{columns, heads, paragraph, width};
use crate::paint::{Paint, Tone};

/// "7 steps", or what it means if there is none.
pub fn length(run: &Run) -> String {
    if run.story.is_empty() {
        "at the very beginning".into()
    } else {
        format!("in {}", count(run.story.len(), "step", "steps"))
    }
}

/// Where a run begins to go around, before the step with this index.
fn around(run: &Run, index: usize) -> Option<String> {
    let here = run.loop_from == Some(index) && index < run.story.len();
    here.then(|| format!("{}\n", paragraph("      ", "From here it goes round, for ever:")))
}

/// The steps, numbered, each with what it changed below it: of two worlds, in a column for each.
pub fn numbered(run: &Run, paint: Paint) -> String {
    let mut text = String::new();
    let faint = |sides: &[Vec<String>; 2]| {
        let lines = columns(8, sides, width());
        lines.lines().map(|line| paint.tone(Tone::Faint, line) + "\n").collect::<String>()
    };
    if run.pair.is_some() {
        text.push_str(&faint(&heads()));
    }
    for (index, sentence) in run.story.iter().enumerate() {
        text.push_str(&around(run, index).unwrap_or_default());
        let first = format!("{:>4}. ", index + 1);
        let changes = run.changes.get(index).cloned().unwrap_or_default();
        match run.beside.get(index) {
            Some(beside) => {
                text.push_str(&step(&first, sentence, [].iter(), paint));
                text.push_str(&faint(&[changes, beside.clone()]));
            }
            None => text.push_str(&step(&first, sentence, changes.iter(), paint)),
        }
    }
    text
}

/// A step, with what it changed below it.
fn step<'a>(
    first: &str,
    sentence: &str,
    changes: impl Iterator<Item = &'a String>,
    paint: Paint,
) -> String {
    let mut text = format!("{}\n", paragraph(first, sentence));
    for change in changes {
        for line in paragraph("        ", change).lines() {
            text.push_str(&paint.tone(Tone::Faint, line));
            text.push('\n');
        }
    }
    text
}

/// The steps alone, numbered. Those at the beginning that an earlier run has too are not told again
/// but named; `earlier` are the runs that were told, each with the property that it violates. What
/// goes round is told in full.
pub fn continued(run: &Run, earlier: &[(&str, &Run)]) -> String {
    let mut longest = (0, "");
    for (name, told) in earlier {
        let same = run.story.iter().zip(&told.story).take_while(|(here, there)| here == there);
        let same = same.count().min(run.loop_from.unwrap_or(usize::MAX));
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
        text.push_str(&around(run, index).unwrap_or_default());
        text.push_str(&paragraph(&format!("{:>4}. ", index + 1), sentence));
        text.push('\n');
    }
    text
}

/// What a property says, a paragraph of its own.
pub fn says(name: &str) -> String {
    let says = properties::says(name);
    says.map(|says| format!("{}\n", paragraph("  ", &says))).unwrap_or_default()
}

/// What becomes of a run that does not just end, one paragraph each; also that what should stay
/// possible is not, with anybody's help.
pub fn aftermath(run: &Run, kind: Kind) -> Vec<String> {
    let mut told = run.aftermath();
    if kind == Kind::Possibility && told.is_empty() {
        told.push("From there no way leads on to it, whoever moves.".to_owned());
    }
    told
}

/// Those paragraphs, each after an empty line.
pub fn afterwards(run: &Run, kind: Kind) -> String {
    let told = aftermath(run, kind);
    told.iter().map(|text| format!("\n{}\n", paragraph("", text))).collect()
}

/// How a line of play ends.
pub fn play_end(end: PlayEnd) -> String {
    match end {
        PlayEnd::NothingLeft => "There nothing is left to try.".to_owned(),
        PlayEnd::AsAfter(0) => "There it is as it was at the beginning: it goes round.".to_owned(),
        PlayEnd::AsAfter(turns) => format!("There it is as it was after {turns}: it goes round."),
        PlayEnd::GoesOn => "And so on.".to_owned(),
    }
}

/// Who makes a turn of a line of play.
pub const fn who(turn: &Turn) -> &'static str {
    if turn.answers { "answered: " } else { "tried: " }
}

/// One line of play of a lost game from the end of the run, as a story.
fn play(run: &Run, paint: Paint) -> String {
    let Some(play) = &run.play else { return String::new() };
    if play.turns.is_empty() {
        return format!("\n{}\n", paragraph("", "From there nothing can be tried at all."));
    }
    let mut text = format!("\n{}\n", paragraph("", "One line of play from there:"));
    for (index, turn) in play.turns.iter().enumerate() {
        let first = format!("{:>4}. {}", index + 1, who(turn));
        text.push_str(&step(&first, &turn.sentence, turn.changes.iter(), paint));
    }
    text.push_str(&format!("{}\n", paragraph("      ", &play_end(play.end))));
    text
}

/// The most answers of the adversary that are told.
const THREATS_MAX: usize = 12;

/// How the adversary answers whatever is tried from the end of a run, if it is about that: a line
/// of play, and then move by move.
pub fn threats(run: &Run, paint: Paint) -> String {
    let mut text = play(run, paint);
    if run.threats.is_empty() {
        return text;
    }
    text.push_str(&format!("\n{}\n", paragraph("", "Whatever is tried from there is answered:")));
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A run of these steps.
    fn run(steps: &[&str], loop_from: Option<usize>) -> Run {
        Run {
            story: steps.iter().map(|step| (*step).to_owned()).collect(),
            changes: Vec::new(),
            beside: Vec::new(),
            mermaid: String::new(),
            confirmed: true,
            loop_from,
            repeated: Vec::new(),
            stuck: None,
            told_apart: None,
            panic: None,
            threats: Vec::new(),
            play: None,
            actions: Vec::new(),
            pair: None,
        }
    }

    #[test]
    fn what_goes_round_is_told_in_full_also_where_it_was_told_before() {
        let told = run(&["a", "b", "c", "d"], None);
        let again = run(&["a", "b", "c", "d"], Some(2));
        let text = continued(&again, &[("before", &told)]);
        let here = "      From here it goes round, for ever:\n   3. c\n   4. d\n";
        assert_eq!(text, format!("      the first 2 steps as above, for before\n{here}"));
        assert!(numbered(&again, Paint::none()).ends_with(here));
        assert!(continued(&told, &[("before", &again)]).starts_with("      all 4 steps as above"));
    }

    #[test]
    fn a_run_after_which_nothing_changes_says_whether_anything_is_repeated() {
        let mut stays = run(&["a"], Some(1));
        stays.stuck = Some("somebody waits".into());
        let text = afterwards(&stays, Kind::Progress);
        assert!(text.contains("\nNothing is promised to happen any more after that"), "{text}");
        assert!(text.ends_with("\nStuck for ever: somebody waits.\n"), "{text}");
        stays.repeated = vec!["b".into(), "c".into()];
        let text = afterwards(&stays, Kind::Progress);
        assert!(text.contains("what is repeated after that changes nothing (b; c)."), "{text}");
        let text = afterwards(&run(&["a"], None), Kind::Possibility);
        assert_eq!(text, "\nFrom there no way leads on to it, whoever moves.\n");
        assert_eq!(afterwards(&run(&["a"], None), Kind::State), "");
    }
}
