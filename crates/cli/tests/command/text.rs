//! The results of a check, to read.

use bindproof_models::properties::ALL;

use crate::ran::run;

/// The lines of the table whose heading row begins with this word, without heading and rule.
fn table<'a>(text: &'a str, first: &str) -> (Vec<usize>, Vec<&'a str>) {
    let lines: Vec<&str> = text.lines().collect();
    let head = lines
        .iter()
        .position(|line| line.split_whitespace().next() == Some(first) && line.contains("  "))
        .unwrap_or_else(|| panic!("no table {first} in:\n{text}"));
    let rule = lines[head + 1];
    assert!(rule.chars().all(|c| c == '─' || c == ' '), "{rule}");
    let starts = rule
        .chars()
        .enumerate()
        .scan(' ', |before, (at, c)| {
            let begins = *before == ' ' && c == '─';
            *before = c;
            Some(begins.then_some(at))
        })
        .flatten()
        .collect();
    (starts, lines[head + 2..].iter().take_while(|line| !line.is_empty()).copied().collect())
}

fn is_narrow_and_aligned(text: &str) {
    for line in text.lines() {
        assert!(line.chars().count() <= 100, "{} columns: {line}", line.chars().count());
        assert_eq!(line.trim_end(), line, "blanks at the end");
        assert!(!line.contains('\x1b'), "colour without a terminal: {line}");
    }
    for first in ["#", "witness"] {
        let (starts, rows) = table(text, first);
        assert!(!rows.is_empty());
        for row in rows {
            let letters: Vec<char> = row.chars().collect();
            for start in starts.iter().skip(1).filter(|start| **start < letters.len()) {
                assert_eq!(&letters[start - 2..*start], [' ', ' '], "not aligned: {row}");
            }
        }
    }
}

#[test]
fn an_exhausted_scope_ends_with_0_and_says_what_holds() {
    let ran = run(&["check", "smoke"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    assert!(ran.out.contains("smoke: exhausted, "));
    let asked_for = format!("30 of {} properties hold in this scope; ", ALL.len());
    assert!(ran.out.contains(&asked_for), "{}", ran.out);
    assert!(ran.out.contains(" every one stored\n") || ran.out.contains("and compared in full"));
    is_narrow_and_aligned(&ran.out);
    let (_, rows) = table(&ran.out, "#");
    assert_eq!(rows.len(), ALL.len());
    assert!(rows[0].starts_with(" 1  never-bound-without-registered-account "));
}

#[test]
fn several_scopes_are_summed_up_in_one_table() {
    let ran = run(&["check", "smoke", "impostor", "same-instrument", "--threads", "2"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    is_narrow_and_aligned(&ran.out);
    assert_eq!(ran.out.matches("  property  ").count(), 1);
    let (_, rows) = table(&ran.out, "scope");
    let names: Vec<_> = rows.iter().filter_map(|row| row.split_whitespace().next()).collect();
    assert_eq!(names, ["smoke", "impostor", "same-instrument"]);
    assert!(ran.out.replace('\n', " ").contains("Not asked for here: "));
}

#[test]
fn one_property_alone_is_decided_where_it_is_asked_for() {
    let ran = run(&["check", "--property", "not-locked-out-for-ever", "lockout"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.contains("The property holds in this scope; "));
    let ran = run(&["check", "--property", "not-locked-out-for-ever", "smoke"]);
    assert_eq!(ran.code, 64, "{}", ran.out);
    assert!(ran.err.contains("is not asked there, but in lockout, "), "{}", ran.err);
    let ran = run(&["check", "--property", "requirement-risen", "smoke"]);
    assert_eq!(ran.code, 64, "{}", ran.out);
}

#[test]
fn what_comes_to_be_is_undecided_where_only_one_world_of_each_orbit_is_looked_at() {
    let ran = run(&["check", "two-banks", "--symmetry"]);
    assert_eq!(ran.code, 2, "{}", ran.out);
    assert!(ran.out.contains("not decided: every-request-settles (two-banks)"), "{}", ran.out);
    let ran = run(&["check", "two-banks", "--symmetry", "--property", "tries-bounded"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    // Where it is not asked for, it is not left open.
    let ran = run(&["check", "two-banks", "--symmetry", "--safety"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(!ran.out.contains("not decided"), "{}", ran.out);
    // Nothing is alike in it: nothing is left out.
    assert_eq!(run(&["check", "smoke", "--symmetry"]).code, 0);
}

#[test]
fn a_violation_ends_with_1_and_tells_its_shortest_run() {
    let ran = run(&["check", "smoke", "--without", "waits-for-account"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""), "{}", ran.out);
    assert!(ran.out.contains("SWITCHED OFF: waits-for-account."));
    assert!(ran.out.contains("smoke: violated, "));
    assert!(ran.out.contains("1. never-bound-without-registered-account is violated in "));
    assert!(ran.out.contains("   1. the holder asks for binding 0 in the bank client\n        "));
    assert!(ran.out.contains("Confirmed: the run was carried out again"));
    assert!(ran.out.contains("```mermaid\nsequenceDiagram\n"));
    let (before, after) = ran.out.split_once("```mermaid").expect("there is a diagram");
    assert!(before.lines().all(|line| line.chars().count() <= 100));
    assert_eq!(after.matches("```").count() % 2, 1);
    let closing = ran.out.replace('\n', " ");
    assert!(closing.contains("violated with waits-for-account switched off: never-bound-"));
    assert!(!closing.contains("properties hold"));
}

/// In one line, however it is wrapped.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_violated_property_is_told_with_what_it_says() {
    let ran = run(&["check", "smoke", "--without", "waits-for-account"]);
    let says = "is violated in 4 steps, in scope smoke Whenever a binding is active or suspended, \
                the wallet MUST have made that very link active";
    assert!(words(&ran.out).contains(says), "{}", ran.out);
    assert!(words(&ran.out).contains("Bank and wallet MUST come to say the same"), "{}", ran.out);
}

#[test]
fn what_never_comes_is_told_with_who_waits_and_with_what_is_repeated_in_vain() {
    let property = "every-challenge-settles";
    let ran = run(&["check", "closing", "--without", "challenge-expires", "--property", property]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    let said = words(&ran.out);
    let stays = "It stays so for ever: what is repeated after that changes nothing \
                 (OperationRequest arrives: sign in; the deadline passes for: sign in). Stuck for \
                 ever: operation 0 (sign in) stays: Challenged for two factors, 2 tries left.";
    assert!(said.contains(stays), "{said}");
    let without = ["--without", "notice-always-receipted", "--property", "every-request-settles"];
    let ran = run(&[&["check", "approval"][..], &without].concat());
    assert_eq!(ran.code, 1, "{}", ran.out);
    let (_, round) = ran.out.split_once("From here it goes round, for ever:\n").expect("it does");
    let first = round.trim_start().split('.').next().expect("a number");
    let says = format!("Steps {first} to ");
    assert!(words(round).contains(&says), "{round}");
    assert!(words(round).contains("Stuck for ever: the wallet sends its LinkNotice"), "{round}");
    assert!(round.contains("    loop again and again, for ever\n"), "{round}");
}

#[test]
fn a_lost_game_is_told_by_a_line_of_play_and_move_by_move() {
    let property = ["--without", "device-path-apart", "--property", "not-locked-out-for-ever"];
    let ran = run(&[&["check", "lockout"][..], &property].concat());
    assert_eq!(ran.code, 1, "{}", ran.out);
    let (line, moves) = ran.out.split_once("Whatever is tried from there").expect("both");
    let (_, line) = line.split_once("One line of play from there:\n").expect("a line");
    let turns: Vec<bool> = line
        .lines()
        .filter_map(|line| line.trim_start().split_once(". "))
        .filter(|(number, _)| number.bytes().all(|byte| byte.is_ascii_digit()))
        .map(|(_, what)| what.starts_with("answered: "))
        .collect();
    assert!(!turns[0] && turns.contains(&true) && !turns[turns.len() - 1], "{line}");
    assert!(line.ends_with("      There nothing is left to try.\n\n"), "{line}");
    assert!(moves.contains("\n    - the holder starts: sign in: "), "{moves}");
}

#[test]
fn of_several_violations_the_first_is_told_in_full_and_the_others_go_on_from_it() {
    let ran = run(&["check", "smoke", "--without", "waits-for-account"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert_eq!(ran.out.matches("```mermaid").count(), 1);
    let (_, others) = ran.out.rsplit_once("```\n").expect("there is a diagram");
    assert!(!others.contains("        bank client, binding 0: "), "what changed: {others}");
    assert!(!others.contains("   1. "), "{others}");
    let first = "never-bound-without-registered-account";
    assert!(others.contains(&format!("all 4 steps as above, for {first}\n")), "{others}");
    let more = format!("the first 4 steps as above, for {first}\n   5. BindRequest for binding 0");
    assert!(others.contains(&more), "{others}");
    let confirmed = ran.out.matches("Confirmed: the run was carried out again").count();
    assert_eq!(confirmed, others.matches(" steps as above").count() + 1);
}

#[test]
fn figures_that_differ_from_the_pinned_ones_end_with_2() {
    let ran = run(&["check", "pinned.toml"]);
    assert_eq!(ran.code, 2);
    assert!(ran.out.contains("pinned: undecided, "));
    let words = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("figures differ: distinct states: pinned 7, found "), "{words}");
    assert!(words.contains("; depth: pinned 3, found "), "{words}");
    assert!(words.contains("; delete [pinned] from the scope if it was changed on purpose"));
    assert!(ran.out.contains("Undecided: the pinned figures differ in pinned."));
    assert!(!ran.out.contains("properties hold"));
}

#[test]
fn a_witness_that_is_not_reached_ends_with_2() {
    let ran = run(&["check", "unreached.toml"]);
    assert_eq!(ran.code, 2);
    assert!(ran.out.contains("payment-debited is not reached"));
    assert!(ran.out.contains("not in unreached"));
    assert!(ran.out.contains("Undecided: not reached: payment-debited (unreached)."));
    assert!(!ran.out.contains("properties hold"));
}

#[test]
fn what_is_violated_outranks_what_is_undecided() {
    let ran = run(&["check", "pinned.toml", "smoke", "--without", "waits-for-account"]);
    assert_eq!(ran.code, 1);
}
