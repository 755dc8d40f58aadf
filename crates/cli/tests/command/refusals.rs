//! What is wrong is said in one line, and by the exit code.

use crate::ran::{command, fails, run};

#[test]
fn wrong_arguments_end_with_64() {
    for (arguments, says, help) in [
        (&["chek"][..], "unrecognized subcommand 'chek'", "bindproof"),
        (&["check", "--formt", "json"], "unexpected argument '--formt'", "bindproof check"),
        (&["check", "--format", "xml"], "invalid value 'xml'", "bindproof check"),
        (&["check", "--threads", "0"], "invalid value '0'", "bindproof check"),
        (&["check", "--threads", "many"], "invalid value 'many'", "bindproof check"),
        (&["check", "--max-states", "0"], "invalid value '0'", "bindproof check"),
        (&["check", "--max-states", "-1"], "'-1'", "bindproof check"),
        (&["policy", "check"], "<FILE>", "bindproof policy check"),
        (&["conform", "--role", "bank"], "--url <URL>", "bindproof conform"),
        (&["table"], "<PARTY>", "bindproof table"),
        (&["table", "bank"], "invalid value 'bank'", "bindproof table"),
    ] {
        let (code, line) = fails(arguments);
        assert_eq!(code, 64, "{line}");
        assert!(line.contains(says), "{line}");
        assert!(line.ends_with(&format!("; see `{help} --help`")), "{line}");
    }
}

#[test]
fn without_a_command_the_help_is_shown_and_the_code_is_64() {
    let ran = run(&[]);
    assert_eq!((ran.code, ran.out.as_str()), (64, ""));
    assert!(ran.err.contains("Usage: bindproof <COMMAND>"));
}

#[test]
fn help_and_version_that_were_asked_for_end_with_0() {
    for arguments in [&["--help"][..], &["check", "--help"], &["help", "mutants"], &["--version"]] {
        let ran = run(arguments);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{arguments:?}");
        assert!(ran.out.lines().all(|line| line.chars().count() <= 100), "{}", ran.out);
    }
    assert!(run(&["check", "--help"]).out.contains("--max-states"));
    let check = run(&["check", "--help"]).out;
    let words = check.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("--without <CONTROL>"), "{check}");
    assert!(words.contains("to see an attack; names: `bindproof mutants`"), "{check}");
    assert!(words.contains("[default: 20000000]"), "{check}");
    assert!(run(&["--version"]).out.starts_with("bindproof "));
    let vectors = run(&["vectors", "--help"]).out;
    assert!(vectors.contains("`steps`, `messages` and `cryptography`"), "{vectors}");
}

#[test]
fn more_controls_than_can_be_off_are_refused() {
    let off = "waits-for-account,proof-spent,own-decision";
    let (code, line) = fails(&["check", "smoke", "--without", off]);
    assert_eq!(code, 64);
    assert_eq!(line, "bindproof: --without: at most 2 controls can be off at once");
}

#[test]
fn an_unknown_name_is_refused_with_those_that_are_near() {
    for (arguments, says) in [
        (&["check", "smokee"][..], "there is no scope `smokee`; the nearest known: `smoke`"),
        (&["check", "smoke", "rebnid"], "there is no scope `rebnid`; the nearest known: `rebind`"),
        (
            &["check", "smoke", "--property", "link-and-binding-agre"],
            "there is no property `link-and-binding-agre`; the nearest known: \
             `link-and-binding-agree`",
        ),
        (&["check", "--property", "declind"], "the nearest known: `declined`"),
        (&["check", "--without", "proof-spend"], "the nearest known: `proof-spent`"),
        (&["mutants", "guarded-writ"], "the nearest known: `guarded-write`"),
        (&["explore", "smokee"], "the nearest known: `smoke`"),
        (&["scopes", "--print", "smokee"], "the nearest known: `smoke`"),
    ] {
        let (code, line) = fails(arguments);
        assert_eq!(code, 64, "{line}");
        assert!(line.contains(says), "{line}");
    }
}

#[test]
fn a_name_that_is_like_none_has_no_suggestions() {
    for arguments in [&["check", "friend"][..], &["check", "--property", "x"], &["mutants", "q"]] {
        let (code, line) = fails(arguments);
        assert_eq!(code, 64, "{line}");
        assert!(line.ends_with("`, and none of a name like it"), "{line}");
    }
}

#[test]
fn a_scope_that_is_named_twice_counts_once_and_two_of_one_name_are_refused() {
    let ran = run(&["check", "impostor", "impostor"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.starts_with("Checking 1 scope, "), "{}", ran.out);
    assert_eq!(ran.out.matches("impostor: exhausted").count(), 1);
    let file = "../../../../models/scopes/impostor.toml";
    let (code, line) = fails(&["check", "impostor", file]);
    assert_eq!(code, 64);
    let two = "bindproof: two scopes are called impostor: models/scopes/impostor.toml and ";
    assert_eq!(line, format!("{two}{file}"));
}

#[test]
fn a_malformed_scope_ends_with_65_and_names_file_line_and_field() {
    for (file, says) in [
        ("syntax.toml", "line 15: "),
        ("unknown-field.toml", "line 4: unknown field `colour`"),
        ("missing-field.toml", "missing field `about`"),
        ("wrong-type.toml", "line 5: invalid type: string \"true\", expected a boolean"),
        ("no-such-bank.toml", "binding[0].bank: there is no bank 4; there are 1"),
        ("no-such-witness.toml", "witnesses: "),
        ("no-possibility.toml", "possibilities: "),
    ] {
        for arguments in [["check", file], ["explore", file]] {
            let (code, line) = fails(&arguments);
            assert_eq!(code, 65, "{line}");
            assert!(line.starts_with(&format!("bindproof: {file}: ")), "{line}");
            assert!(line.contains(says), "{line}");
        }
    }
}

#[test]
fn a_scope_that_is_too_large_is_told_the_largest() {
    let (code, line) = fails(&["check", "smoke", "largest.toml"]);
    assert_eq!(code, 65);
    assert_eq!(
        line,
        "bindproof: largest.toml: binding: 4 is more than the largest compiled model holds, which \
         is 3"
    );
}

#[test]
fn a_scope_that_has_room_only_while_a_control_is_on_is_refused_without_it() {
    let off = ["--without", "one-account-per-person"];
    let ran =
        run(&[&["check", "limits", "--property", "one-account-per-person"][..], &off].concat());
    assert_eq!((ran.code, ran.err.as_str()), (1, ""), "{}", ran.out);
    assert!(ran.out.contains("3. one-account-per-person is violated in "), "{}", ran.out);
    let (code, line) = fails(&[&["check", "smoke", "crowded.toml"][..], &off].concat());
    assert_eq!(code, 65);
    let says = "crowded.toml: account: 4 is more than the largest compiled model holds, which is 3";
    assert_eq!(line, format!("bindproof: {says}"));
}

#[test]
fn a_malformed_policy_ends_with_65_and_names_file_line_and_field() {
    for (file, says) in [
        ("policy-syntax.toml", "line 3: unclosed table"),
        ("policy-field.toml", "line 8: unknown field `window_weeks`"),
        (
            "policy-band.toml",
            "line 5: bands.amount_large_from is 1500000 and must be at most 50000",
        ),
        ("policy-version.toml", "line 1: version is 2, and only version 1 is known"),
        ("policy-calmest.toml", "line 14: rule 2: device is met by everything"),
        ("policy-below-floor.toml", "below the floor: sign_in on an account never authenticated"),
        ("pinned.toml", ": unknown field `"),
    ] {
        let uses = [
            &["policy", "check", file][..],
            &["check", "smoke", "--policy", file],
            &["mutants", "--policy", file],
            &["explore", "--policy", file],
        ];
        for arguments in uses {
            let (code, line) = fails(arguments);
            assert_eq!(code, 65, "{line}");
            assert!(line.starts_with(&format!("bindproof: {file}: ")), "{line}");
            assert!(line.contains(says), "{line}");
        }
    }
}

#[test]
fn a_file_that_cannot_be_read_ends_with_66() {
    for arguments in [
        &["check", "./nowhere.toml"][..],
        &["check", "smoke", "--policy", "nowhere.toml"],
        &["policy", "check", "nowhere.toml"],
        &["policy", "check", "."],
        &["explore", "nowhere.toml"],
    ] {
        let (code, line) = fails(arguments);
        assert_eq!(code, 66, "{line}");
        assert!(line.contains("cannot be read"), "{line}");
    }
}

#[test]
fn only_addresses_of_this_machine_are_served() {
    for address in ["0.0.0.0:3000", "192.168.1.10:3000", "[::]:3000", "8.8.8.8:80"] {
        let (code, line) = fails(&["explore", "--address", address]);
        assert_eq!(code, 64);
        assert!(line.contains("only addresses of this machine itself"), "{line}");
    }
    for address in ["3000", "127.0.0.1", "127.0.0.1:99999", "example.org:80"] {
        let (code, line) = fails(&["explore", "--address", address]);
        assert_eq!(code, 64);
        assert!(line.contains("not an address and port"), "{line}");
    }
}

#[test]
fn an_address_that_is_taken_is_refused() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = taken.local_addr().expect("it has an address").to_string();
    let (code, line) = fails(&["explore", "--address", &address]);
    assert_eq!(code, 64);
    assert!(line.contains("cannot be had"), "{line}");
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_ends_with_73() {
    for arguments in [
        &["check", "smoke"][..],
        &["check", "smoke", "--format", "json"],
        &["mutants", "waits-for-account"],
        &["scopes"],
        &["table", "bank-client"],
    ] {
        let full = std::fs::File::create("/dev/full").expect("the full device is there");
        let output = command(arguments).stdout(full).output().expect("the command starts");
        let line = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(73), "{line}");
        assert!(line.starts_with("bindproof: the output cannot be written: "), "{line}");
        assert_eq!(line.lines().count(), 1, "{line}");
    }
}
