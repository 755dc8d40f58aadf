//! Each fault between specification and sources, shown on a small corpus that has just that one.

use crate::reasons::Reasons;
use crate::tree::File;

use super::cite::{Kind, Mutant, Sources};
use super::judge::{Exception, element_gaps, exceptions, faults};
use super::page::markdown;
use super::spec::{Level, parse};

/// A specification of three sentences, and the claim.
const SPEC: &str = "# S\n\n\
    - [BIND-001] The bank MUST ask\n  before it binds.\n\
    - [BIND-002] The wallet SHOULD be quick.\n\n\
    [BIND-101] A binding MUST NOT be active without an account.\n\n\
    | element | text | requirements |\n|---|---|---|\n\
    | C1 | one | BIND-001 |\n| C2 | two | BIND-001 |\n| C3 | three | BIND-001 |\n\
    | C4 | four | BIND-001 |\n| C5 | five | BIND-001, BIND-101 |\n| C6 | six | BIND-001 |\n\
    | C7 | seven | BIND-002 |\n";

/// Sources that carry all of it.
fn corpus() -> Vec<File> {
    vec![
        File::new(
            "src/bank.rs",
            "fn bind() {\n    //= BIND-001 asks\n    if on(Control::AsksFirst) {}\n}\n\
             \n//= BIND-002 quick\nfn quick() {}\n",
        ),
        File::new("src/bank/tests.rs", "//= BIND-001 asks\n#[test]\nfn it_asks() {}\n"),
        File::new(
            "models/src/properties/state.rs",
            "(\"never-bound\", Self::never),\n\n//= BIND-101 never\nfn never() {}\n",
        ),
    ]
}

/// What these files say, with one mutant.
fn sources(files: &[File]) -> Sources {
    let mutant = Mutant {
        name: "asks-first".to_owned(),
        controls: vec!["AsksFirst".to_owned()],
        property: "never-bound".to_owned(),
    };
    Sources::of(files, vec![mutant], &[])
}

/// The faults of a corpus in which `path` holds `text` instead.
fn with(spec: &str, path: &str, text: &str, exceptions: &[Exception]) -> Vec<String> {
    let mut files = corpus();
    files.retain(|file| file.path != path);
    files.push(File::new(path, text));
    faults(&parse(spec), &sources(&files), exceptions)
}

fn exception(id: &str, reason: &str) -> Exception {
    Exception { id: id.to_owned(), reason: reason.to_owned() }
}

/// There is one fault, and it says this.
fn only(faults: &[String], says: &str) {
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].contains(says), "{faults:?}");
}

#[test]
fn a_corpus_that_carries_everything_has_no_fault() {
    assert_eq!(faults(&parse(SPEC), &sources(&corpus()), &[]), Vec::<String>::new());
}

#[test]
fn a_specification_without_ids_is_a_fault() {
    only(&faults(&parse("# Nothing\n"), &Sources::default(), &[]), "has no requirement");
}

#[test]
fn an_unknown_id_is_a_fault() {
    let found = with(SPEC, "src/x.rs", "//= BIND-999 what\nfn x() {}\n", &[]);
    only(&found, "src/x.rs (x) cites BIND-999, which is unknown");
}

#[test]
fn a_citation_that_cannot_be_read_is_a_fault() {
    for line in ["//= BIND-1 short", "//= BIND-001", "//= bind-001 x", "//= BIND-0011 long"] {
        only(&with(SPEC, "src/x.rs", &format!("\n{line}\n"), &[]), "src/x.rs:2: a citation is");
    }
}

#[test]
fn an_id_that_nothing_carries_out_is_a_fault() {
    let found = with(SPEC, "src/bank.rs", "//= BIND-001 asks\nfn bind() {}\n", &[]);
    only(&found, "BIND-002: nothing carries it out");
}

#[test]
fn a_property_is_carried_out_by_the_guards_of_its_mutants_only() {
    let without = Sources::of(&corpus(), Vec::new(), &[]);
    only(&faults(&parse(SPEC), &without, &[]), "BIND-101: nothing carries it out");
}

#[test]
fn a_property_carries_what_its_function_cites_and_the_id_of_its_number() {
    let files = [File::new(
        "models/src/properties/a.rs",
        "(\"some-thing\", Self::thing)\n//= BIND-050 x\nfn thing() {}\n\
         \n//= BIND-060 y\nfn by_name() {}\n",
    )];
    let found = Sources::of(&files, Vec::new(), &[(7, "some-thing"), (8, "by-name")]);
    let carried = |name: &str| found.carried[name].iter().cloned().collect::<Vec<_>>();
    assert_eq!(carried("some-thing"), ["BIND-050", "BIND-107"]);
    assert_eq!(carried("by-name"), ["BIND-060", "BIND-108"]);
}

#[test]
fn a_must_that_nothing_shows_is_a_fault_and_a_should_is_not() {
    let found = with(SPEC, "src/bank/tests.rs", "", &[]);
    only(&found, "BIND-001: no property or test shows it");
}

#[test]
fn an_exception_with_a_reason_takes_the_fault_away() {
    let why = [exception("BIND-001", "shown by hand")];
    assert_eq!(with(SPEC, "src/bank/tests.rs", "", &why), Vec::<String>::new());
}

#[test]
fn an_exception_without_a_reason_is_a_fault() {
    let why = [exception("BIND-001", " ")];
    only(&with(SPEC, "src/bank/tests.rs", "", &why), "BIND-001 has no reason");
}

#[test]
fn an_exception_that_is_not_needed_is_a_fault() {
    let why = [exception("BIND-001", "why")];
    only(&faults(&parse(SPEC), &sources(&corpus()), &why), "BIND-001 lacks nothing");
}

#[test]
fn an_exception_for_an_unknown_id_or_given_twice_is_a_fault() {
    let sources = sources(&corpus());
    only(&faults(&parse(SPEC), &sources, &[exception("BIND-999", "why")]), "id that is unknown");
    let twice = [exception("BIND-001", "why"), exception("BIND-001", "why")];
    only(&with(SPEC, "src/bank/tests.rs", "", &twice), "two exceptions for BIND-001");
}

#[test]
fn an_element_without_requirements_or_with_an_unknown_one_is_a_fault() {
    let sources = sources(&corpus());
    let without = SPEC.replace("| C6 | six | BIND-001 |", "| C6 | six | – |");
    only(&faults(&parse(&without), &sources, &[]), "makes up element C6");
    let unknown = SPEC.replace("| C6 | six | BIND-001 |", "| C6 | six | BIND-998 |");
    only(&faults(&parse(&unknown), &sources, &[]), "C6 names BIND-998");
}

#[test]
fn an_element_that_no_property_or_mutant_or_test_or_rule_shows_has_a_gap() {
    let gaps = element_gaps(&parse(SPEC), &sources(&corpus()));
    assert!(gaps.contains(&"C1 has no property".to_owned()), "{gaps:?}");
    assert!(gaps.contains(&"C7 has no mutant".to_owned()), "{gaps:?}");
    assert!(gaps.contains(&"C7 has no test".to_owned()), "{gaps:?}");
    assert!(!gaps.iter().any(|gap| gap.starts_with("C5 ")), "{gaps:?}");
    let nothing = element_gaps(&parse(SPEC), &Sources::default());
    assert!(nothing.contains(&"C1 has no rule".to_owned()), "{nothing:?}");
}

#[test]
fn a_sentence_without_a_level_with_two_musts_or_a_used_id_is_a_fault() {
    let sources = sources(&corpus());
    let weak = SPEC.replace("SHOULD be", "is");
    only(&faults(&parse(&weak), &sources, &[]), "BIND-002 says neither");
    let two = SPEC.replace("before it binds", "and MUST wait");
    only(&faults(&parse(&two), &sources, &[]), "BIND-001 says MUST more than once");
    let twice = format!("{SPEC}\n- [BIND-002] It MAY rest.\n");
    only(&faults(&parse(&twice), &sources, &[]), "BIND-002 begins two sentences");
}

#[test]
fn a_sentence_goes_on_over_lines_and_has_its_strongest_level() {
    let spec = parse(SPEC);
    assert_eq!(spec.requirements[0].text, "The bank MUST ask before it binds.");
    let levels: Vec<_> = spec.requirements.iter().map(|requirement| requirement.level).collect();
    assert_eq!(levels, [Some(Level::Must), Some(Level::Should), Some(Level::Must)]);
    assert_eq!(spec.elements.len(), 7);
}

#[test]
fn where_a_citation_stands_says_what_it_means() {
    let kind = |path: &str, before: &str| {
        let file = File::new(path, &format!("{before}//= BIND-001 gist\nfn f() {{}}\n"));
        sources(&[file]).citations[0].kind
    };
    assert_eq!(kind("src/bank/binding.rs", ""), Kind::Rule);
    assert_eq!(kind("src/limits.rs", "#[cfg(test)]\nmod tests {\n"), Kind::Test);
    assert_eq!(kind("src/policy/tests/form.rs", ""), Kind::Test);
    assert_eq!(kind("src/tests.rs", ""), Kind::Test);
    assert_eq!(kind("tests/it/a.rs", ""), Kind::Test);
    assert_eq!(kind("crates/server/tests/a.rs", ""), Kind::Test);
    assert_eq!(kind("models/src/properties/step.rs", ""), Kind::Property);
    assert_eq!(kind("models/src/game.rs", ""), Kind::Property);
    assert_eq!(kind("models/src/drive/wallet.rs", ""), Kind::Program);
    assert_eq!(kind("crates/server/src/store.rs", ""), Kind::Program);
}

#[test]
fn a_citation_is_told_by_the_item_below_it_or_else_around_it() {
    let text = "pub const fn outer() {\n    //= BIND-001 in\n    let x = 1;\n}\n\n".to_owned()
        + "//= BIND-002 above\n#[test]\nfn below() {}\n";
    let found = sources(&[File::new("src/a.rs", &text)]);
    let items: Vec<&str> = found.citations.iter().map(|c| c.item.as_str()).collect();
    assert_eq!(items, ["outer", "below"]);
}

#[test]
fn a_control_belongs_to_a_citation_that_stands_above_its_statement_arm_or_item_only() {
    let controls = |text: &str| {
        let found = sources(&[File::new("src/a.rs", text)]);
        found.citations.into_iter().map(|c| c.controls.join(" ")).collect::<Vec<_>>()
    };
    let cited = "fn f() {\n    //= BIND-001 a\n";
    let next = format!("{cited}    x(Control::A);\n    //= BIND-002 b\n    Control::B;\n}}");
    assert_eq!(controls(&next), ["A", "B"]);
    let shared = format!("{cited}    //= BIND-002 b\n    // why\n    x(Control::A);\n}}");
    assert_eq!(controls(&shared), ["A", "A"]);
    let other_arm = "    Q if Control::B => y,\n}";
    let arms = format!("{cited}    (\n        P,\n    ) if Control::A => {{\n    }}\n{other_arm}");
    assert_eq!(controls(&arms), ["A"]);
    let of_two = "    P\n    | Q\n        if Control::A =>\n    {\n        y\n    }\n";
    assert_eq!(controls(&format!("{cited}{of_two}{other_arm}")), ["A"]);
    let other = format!("{cited}    x;\n}}\nfn g() {{\n    Control::A;\n}}");
    assert_eq!(controls(&other), [""]);
    let whole = "//= BIND-001 a\nfn f() {\n    x;\n\n    Control::A;\n}\nfn g() {\n    B;\n}";
    assert_eq!(controls(whole), ["A"]);
}

#[test]
fn the_page_has_a_row_for_each_requirement_and_each_element() {
    let (spec, sources) = (parse(SPEC), sources(&corpus()));
    let why = "[[reason]]\nmissing = [\"mutant\"]\nids = [\"BIND-002\"]\nreason = \"a wish\"\n";
    let reasons = Reasons::parse(why, &["property", "mutant"]);
    let wish = [exception("BIND-002", "it is only a wish")];
    let page = markdown(&spec, &sources, &wish, &reasons);
    let rule = "| BIND-001 | MUST | The bank MUST ask before it binds. | src/bank.rs `bind` \
                | `never-bound` | asks-first | src/bank/tests.rs `it_asks` |  |";
    assert!(page.contains(rule), "{page}");
    let property = "| BIND-101 | MUST | A binding MUST NOT be active without an account. | – \
                    | models/src/properties/state.rs `never` | asks-first | – |";
    assert!(page.contains(property), "{page}");
    assert!(page.contains("| it is only a wish<br>no mutant: a wish |"), "{page}");
    assert!(page.contains("| C5 | five | BIND-001, BIND-101 | src/bank.rs `bind` |"), "{page}");
    assert_eq!(page, markdown(&spec, &sources, &wish, &reasons));
}

#[test]
fn exceptions_are_read_from_their_tables() {
    let text =
        "[[exception]]\nid = \"BIND-001\"\nreason = \"why\"\n[[exception]]\nid = \"BIND-002\"\n";
    assert_eq!(exceptions(text), [exception("BIND-001", "why"), exception("BIND-002", "")]);
    assert_eq!(exceptions(""), []);
}
