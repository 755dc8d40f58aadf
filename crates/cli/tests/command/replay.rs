//! Runs that are carried out again.

use crate::ran::{command, fails, run};

const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/replays");

fn kept(name: &str) -> String {
    format!("{KEPT}/{name}.json")
}

/// In one line, however it is wrapped.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_kept_run_still_does_what_its_file_says() {
    let mut replayed = 0;
    for file in std::fs::read_dir(KEPT).expect("the folder is there") {
        let path = file.expect("readable").path().display().to_string();
        let ran = run(&["replay", &path, "--plain"]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{path}: {}", ran.out);
        assert!(
            words(&ran.out).contains("Confirmed: carried out again, the run ends in"),
            "{path}"
        );
        assert!(ran.out.lines().all(|line| line.chars().count() <= 100), "{path}: {}", ran.out);
        replayed += 1;
    }
    assert!(replayed >= 58, "only {replayed} runs were replayed");
}

#[test]
fn all_steps_are_printed_with_what_each_changed() {
    let file = kept("waits-for-account--never-bound-without-registered-account");
    let ran = run(&["replay", &file]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    for says in [
        "smoke without waits-for-account: 4 steps, which is said to violate",
        "Step 0 of 4\n  before anything happens\n",
        "Step 2 of 4\n  BindRequest for binding 0 arrives\n    bank, binding 0: binding.asked\n",
        "      bank server\n        + binding 0: Looking\n",
        "        * binding 0: Active\n            was: Looking\n",
        "    violates never-bound-without-registered-account\n",
    ] {
        assert!(ran.out.contains(says), "{says}\n{}", ran.out);
    }
    let end = "the run ends in a violation of never-bound-without-registered-account. Whenever a \
               binding is active or suspended, the wallet MUST have made";
    assert!(words(&ran.out).contains(end), "{}", ran.out);
}

#[test]
fn a_run_that_goes_on_for_ever_says_where_it_goes_round_and_who_waits() {
    let ran = run(&["replay", &kept("notice-always-receipted--every-request-settles")]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.contains("    from here it goes round, for ever\n"), "{}", ran.out);
    let said = words(&ran.out);
    assert!(said.contains("Steps 9 to 10 happen again and again, for ever. Stuck for ever: the"));
    let ran = run(&["replay", &kept("challenge-expires--every-challenge-settles")]);
    let said = words(&ran.out);
    assert!(
        said.contains("what is repeated after that changes nothing (OperationRequest"),
        "{said}"
    );
}

#[test]
fn one_step_alone_tells_all_that_is_remembered() {
    let file = kept("waits-for-account--never-bound-without-registered-account");
    let ran = run(&["replay", &file, "--step", "2"]);
    assert_eq!(ran.code, 0);
    for says in ["Step 2 of 4, ", "── bank client ─", "── wallet server ─", "+ binding 0: Looking"]
    {
        assert!(ran.out.contains(says), "{says}\n{}", ran.out);
    }
    assert!(!ran.out.contains("Step 1") && !ran.out.contains("Confirmed"));
    assert!(run(&["replay", &file, "--step", "4"]).out.contains("Confirmed"));
    let (code, line) = fails(&["replay", &file, "--step", "5"]);
    assert_eq!(code, 64);
    assert!(line.contains("--step 5: there is none; the steps are 0 to 4"), "{line}");
    let (code, line) = fails(&["replay", &file, "--step", "1", "--format", "svg"]);
    assert_eq!((code, line.as_str()), (64, "bindproof: --step is for text only"));
}

#[test]
fn a_run_has_other_faces() {
    let file = kept("waits-for-account--never-bound-without-registered-account");
    let face = |format: &str| {
        let ran = run(&["replay", &file, "--format", format]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{format}");
        ran.out
    };
    assert!(face("mermaid").starts_with("sequenceDiagram\n"));
    let svg = face("svg");
    assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
    assert_eq!(face("json"), std::fs::read_to_string(&file).expect("readable"));
}

#[test]
fn a_run_that_no_longer_violates_its_property_ends_with_1() {
    let ran = run(&["replay", "replays/no-longer-violates.json"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""), "{}", ran.out);
    let says = "NOT confirmed: never-bound-without-registered-account is not violated at its end, \
                nor anything else.";
    assert!(words(&ran.out).ends_with(says), "{}", ran.out);
    let ran = run(&["replay", "replays/no-longer-violates.json", "--format", "svg"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("no-longer-violates.json: NOT confirmed: "), "{}", ran.err);
}

#[test]
fn an_action_that_is_not_possible_ends_with_1_and_says_where_and_what_is_possible() {
    let ran = run(&["replay", "replays/impossible.json", "--plain"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""), "{}", ran.out);
    let said = words(&ran.out);
    assert!(said.contains("Step 1 of 5") && !said.contains("Step 2 of 5"), "{said}");
    let says = "NOT confirmed: step 2, {\"deliver\":{";
    assert!(said.contains(says), "{said}");
    let says = "is not possible there. Possible: BindRequest for binding 0 arrives; ";
    assert!(said.contains(says), "{said}");
}

#[test]
fn a_run_that_claims_nothing_has_only_to_be_possible() {
    let ran = run(&["replay", "replays/no-claim.json"]);
    assert_eq!(ran.code, 0);
    assert!(ran.out.ends_with("Every action was possible; nothing else is claimed.\n"));
    // What has to stay possible is shown by no run.
    let ran = run(&["replay", "replays/stays-possible.json"]);
    assert_eq!(ran.code, 2, "{}", ran.out);
    assert!(ran.out.contains("Undecided: "), "{}", ran.out);
}

#[test]
fn a_scope_of_one_s_own_is_in_the_file_or_beside_it() {
    let ran = run(&["replay", "replays/own-scope-inline.json"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.starts_with("mine without waits-for-account: 4 steps"));
    let ran = run(&["replay", "replays/own-scope-file.json"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("tries-bounded is not violated"));
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_name() {
    for (file, code, says) in [
        ("unknown-scope", 65, "scope: there is no built-in scope `smokee`; the nearest known: `sm"),
        ("unknown-control", 65, "without: there is no control `waits-for-acount`; the nearest"),
        ("unknown-property", 65, "violates: there is no property `never-bound`; the nearest known"),
        ("unknown-action", 65, "line 4, column 11: unknown variant `aks` (in `\"aks\": 0`)"),
        ("none", 66, "cannot be read"),
    ] {
        let file = format!("replays/{file}.json");
        let (ended, line) = fails(&["replay", &file]);
        assert_eq!(ended, code, "{line}");
        assert!(line.starts_with(&format!("bindproof: {file}: {says}")), "{line}");
    }
}

#[test]
fn a_replay_fits_the_terminal() {
    let file =
        kept("registration-answer-kept+account-fixed--never-bound-without-registered-account");
    for columns in ["60", "80", "100"] {
        for arguments in [&["replay", &file][..], &["replay", &file, "--step", "16"]] {
            let output = command(arguments).env("COLUMNS", columns).output().expect("starts");
            let text = String::from_utf8(output.stdout).expect("text");
            let room: usize = columns.parse().expect("a number");
            let widest = text.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(room), "{widest:?} of {columns}:\n{text}");
        }
    }
}
