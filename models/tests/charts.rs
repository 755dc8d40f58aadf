//! A run's faces: story, Mermaid and SVG, from one list of actions.

use bindproof::control::Control;
use bindproof::policy::Policy;
use bindproof_models::check::{Options, check};
use bindproof_models::replay::Replay;
use bindproof_models::replay::retold::carry_out;
use bindproof_models::report::Run;
use bindproof_models::scope::Scope;
use bindproof_models::scopes::find;

fn parse(name: &str) -> Scope {
    let built_in = find(name).expect("built in");
    Scope::parse(built_in.file, built_in.text).expect("parses")
}

/// The shortest run that binds without an account.
fn run() -> Run {
    let scope = parse("smoke");
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
fn what_goes_round_stands_in_a_frame_of_the_mermaid_chart() {
    let file = "notice-always-receipted--every-request-settles.json";
    let path = format!("{}/replays/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("there");
    let replay = Replay::parse(file, &text).expect("parses");
    let scope = parse(&replay.scope);
    let retold = carry_out(file, &scope, ("default", &Policy::DEFAULT), &replay).expect("fits");
    let (_, round) = retold.mermaid.split_once("    loop again and again, for ever\n").expect("it");
    assert!(round.ends_with("\n    end\n") && round.contains("->>"), "{round}");
    let ends = |text: &str| text.lines().filter(|line| line.trim() == "end").count();
    assert_eq!((ends(&retold.mermaid), ends(&run().mermaid)), (1, 0));
    let said = retold.aftermath(&replay);
    assert!(said[0].ends_with(" happen again and again, for ever."), "{said:?}");
    assert!(said[1].starts_with("Stuck for ever: the wallet sends its LinkNotice"), "{said:?}");
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
