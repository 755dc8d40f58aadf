//! A run's faces: story, Mermaid and SVG, from one list of actions.

use bindproof::control::Control;
use bindproof::policy::Policy;
use bindproof_models::check::{Options, check};
use bindproof_models::report::Run;
use bindproof_models::scope::Scope;
use bindproof_models::scopes::find;

/// The shortest run that binds without an account.
fn run() -> Run {
    let built_in = find("smoke").expect("built in");
    let scope = Scope::parse(built_in.file, built_in.text).expect("parses");
    let options = Options {
        without: &[Control::WaitsForAccount],
        property: Some("never-bound-without-registered-account"),
        most: 100_000,
        ..Options::under(("default", &Policy::DEFAULT))
    };
    let report = check("test", &scope, &options).expect("fits");
    report.properties.into_iter().find_map(|property| property.run).expect("violated")
}

#[test]
fn a_story_has_a_sentence_and_the_changes_of_each_action() {
    let run = run();
    assert_eq!(run.story.len(), run.actions.len());
    assert_eq!(run.changes.len(), run.actions.len());
    assert_eq!(run.story[0], "the holder asks for binding 0 in the bank client");
    let last = run.changes.last().expect("four");
    assert!(last.contains(&"binding 0: Looking → Active".to_owned()), "{last:?}");
}

#[test]
fn a_mermaid_chart_has_four_parties_and_an_arrow_for_each_message() {
    let run = run();
    assert_eq!(run.mermaid.matches("participant ").count(), 4);
    assert_eq!(run.mermaid.matches("->>").count(), 3, "{}", run.mermaid);
    assert!(run.mermaid.contains("bank_server->>wallet_server: AccountQuery for binding 0"));
}

#[test]
fn a_drawn_chart_has_four_columns_and_an_arrow_for_each_message() {
    let svg = bindproof_models::svg::draw(&[
        bindproof_models::chart::Line {
            from: bindproof_models::chart::Column::Bank,
            to: bindproof_models::chart::Column::Wallet,
            text: "a message with <angles> & more than fits into the width of one column".into(),
        },
        bindproof_models::chart::Line {
            from: bindproof_models::chart::Column::Wallet,
            to: bindproof_models::chart::Column::Wallet,
            text: "a note".into(),
        },
    ]);
    assert_eq!(svg.matches("font-weight=\"bold\"").count(), 4);
    assert_eq!(svg.matches("marker-end").count(), 1);
    assert!(svg.contains("&lt;angles&gt; &amp; more than fits into"), "the whole text is there");
    assert!(svg.contains('…'), "what is shown is cut");
    assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
}
