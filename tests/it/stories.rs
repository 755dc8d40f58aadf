//! The two stories of the specification's first section, drawn from runs of the model: each run is
//! carried out again, and what its parties say and remember is what stands there.

use bindproof::message::LinkStatus;
use bindproof::policy::Policy;
use bindproof_models::action::{Action, Answer, Delivery};
use bindproof_models::chart::Column::{self, Bank, BankClient, Wallet, WalletClient};
use bindproof_models::network::{ToBank, ToWallet};
use bindproof_models::replay::Replay;
use bindproof_models::replay::retold::{Ending, Told, carry_out};
use bindproof_models::scope::Scope;
use bindproof_models::scopes::find;

use crate::tree::{compare, read};

/// Where they stand.
const PAGE: &str = "docs/specification.md";

/// A run that goes well, in a built-in scope.
struct Story {
    name: &'static str,
    scope: &'static str,
    run: Vec<Action>,
}

/// Everything that arrives, arrives once and in time.
const fn to_wallet(message: ToWallet) -> Action {
    let delivery = Delivery::ToWallet { binding: 0, message, fresh: true };
    Action::Deliver { delivery, heard: true }
}

const fn to_bank(answer: ToBank) -> Action {
    Action::Deliver { delivery: Delivery::ToBank { binding: 0, answer }, heard: true }
}

const BIND_REQUEST: Action = Action::Deliver { delivery: Delivery::Ask(0), heard: true };
const OPERATION_REQUEST: Action = Action::Request { operation: 0, heard: true };
const CHALLENGE_ANSWER: Action = Action::Answer { operation: 0, answer: Answer::Best };

fn stories() -> [Story; 2] {
    let new = [
        Action::Ask(0),
        BIND_REQUEST,
        to_wallet(ToWallet::AccountQuery),
        to_bank(ToBank::Unregistered),
        to_wallet(ToWallet::AccountRegistration),
        to_bank(ToBank::Created(0)),
        to_wallet(ToWallet::LinkRequest),
        to_bank(ToBank::Link(LinkStatus::Active { bank_revision: 0 })),
        BIND_REQUEST,
        Action::Start(0),
        OPERATION_REQUEST,
        CHALLENGE_ANSWER,
        Action::Execute(0),
    ];
    let known = [
        Action::Ask(0),
        BIND_REQUEST,
        to_wallet(ToWallet::AccountQuery),
        to_bank(ToBank::Registered(0)),
        to_wallet(ToWallet::LinkRequest),
        to_bank(ToBank::Link(LinkStatus::AwaitingApproval)),
        Action::Start(0),
        OPERATION_REQUEST,
        CHALLENGE_ANSWER,
        Action::Execute(0),
        Action::Notice { binding: 0, receipted: true },
        BIND_REQUEST,
    ];
    [
        Story { name: "new-customer", scope: "smoke", run: new.into() },
        Story { name: "existing-account", scope: "approval", run: known.into() },
    ]
}

/// The story as a Mermaid sequence diagram.
///
/// # Errors
/// If the model does not do this.
fn diagram(story: &Story) -> Result<String, String> {
    let built_in = find(story.scope).map_err(|error| error.to_string())?;
    let scope = Scope::parse(built_in.file, built_in.text).map_err(|error| error.to_string())?;
    let replay = Replay::new(story.scope, &[], None, &story.run);
    let policy = ("default", &Policy::DEFAULT);
    let retold = carry_out(story.name, &scope, policy, &replay);
    let retold = retold.map_err(|error| error.to_string())?;
    if retold.ending != Ending::Possible {
        return Err(format!("{}: {}", story.name, retold.ending.sentence()));
    }
    let mut text = "sequenceDiagram\n    autonumber\n".to_owned();
    for column in Column::ALL {
        text.push_str(&format!("    participant {} as {}\n", id(column), column.name()));
    }
    for told in &retold.steps {
        for line in lines(told)? {
            text.push_str(&format!("    {line}\n"));
        }
    }
    Ok(text)
}

fn id(column: Column) -> String {
    column.name().replace(' ', "_")
}

/// What one action is drawn as: a message, what it changed, and what is answered at once.
fn lines(told: &Told) -> Result<Vec<String>, String> {
    let fired = |rule: &str| told.fired.iter().any(|line| line.contains(rule));
    let said = |from, to, what: &str| format!("{}->>{}: {what}", id(from), id(to));
    let back = |from, to, what: &str| format!("{}-->>{}: {what}", id(from), id(to));
    let note = |at, what: &str| format!("Note over {}: {}", id(at), plain(what));
    let (at, message, answer) = match told.action {
        Action::Ask(_) => (BankClient, note(BankClient, "the holder asks for a binding"), None),
        Action::Start(_) => (WalletClient, note(WalletClient, &told.sentence), None),
        Action::Deliver { delivery: Delivery::Ask(_), .. } => {
            let outcome = if fired("bank-client.settled") { "active" } else { "pending" };
            let answer = back(Bank, BankClient, &format!("BindOutcome: {outcome}, with a code"));
            (Bank, said(BankClient, Bank, "BindRequest"), Some(answer))
        }
        Action::Deliver { delivery: Delivery::ToWallet { message, .. }, .. } => {
            (Wallet, said(Bank, Wallet, message.name()), None)
        }
        Action::Deliver { delivery: Delivery::ToBank { answer, .. }, .. } => {
            let said = match answer {
                ToBank::Registered(_) => "AccountAnswer: registered".to_owned(),
                other => plain(&other.name()),
            };
            (Bank, back(Wallet, Bank, &said), None)
        }
        Action::Notice { .. } => {
            (Bank, said(Wallet, Bank, "LinkNotice"), Some(back(Bank, Wallet, "its receipt")))
        }
        Action::Request { .. } if fired("operation.challenged") => {
            let answer = back(Wallet, WalletClient, "Challenge");
            (Wallet, said(WalletClient, Wallet, "OperationRequest"), Some(answer))
        }
        Action::Answer { .. } => (Wallet, said(WalletClient, Wallet, "ChallengeAnswer"), None),
        Action::Execute(_) if told.changes.iter().any(|line| line.contains("→ Executed")) => {
            let answer = back(Wallet, WalletClient, "OperationOutcome: executed");
            (Wallet, note(Wallet, "the same transaction goes on"), Some(answer))
        }
        other => return Err(format!("{other:?} is not drawn")),
    };
    let changes: Vec<String> = told.changes.iter().filter_map(|line| became(line)).collect();
    let changes = (!changes.is_empty()).then(|| note(at, &changes.join("<br/>")));
    Ok([Some(message), changes, answer].into_iter().flatten().collect())
}

/// `binding 0: Looking → Registering` as what it has become.
fn became(change: &str) -> Option<String> {
    let (what, states) = change.split_once(": ")?;
    Some(format!("{what}: {}", states.split_once(" → ")?.1))
}

/// Without numbers, of which there is one each, without the tries of a small scope, and without
/// what Mermaid reads otherwise.
fn plain(text: &str) -> String {
    text.replace(" 0", "").replace(", 2 tries left", "").replace(';', ",").replace('#', "no. ")
}

/// The page with its diagrams as they are drawn now.
///
/// # Errors
/// If a place for one is not there, or one cannot be drawn.
fn drawn(page: &str, stories: &[Story]) -> Result<String, String> {
    let mut page = page.to_owned();
    for story in stories {
        let head = format!("<!-- story: {} -->\n\n```mermaid\n", story.name);
        let from = page.find(&head).ok_or(format!("there is no place for {}", story.name))?;
        let from = from + head.len();
        let length = page[from..].find("```").ok_or("a fence without an end")?;
        page.replace_range(from..from + length, &diagram(story)?);
    }
    Ok(page)
}

#[test]
fn the_stories_of_the_specification_are_runs_of_the_model() {
    let page = read(PAGE).expect("there");
    compare(PAGE, &drawn(&page, &stories()).expect("drawn"));
}

#[test]
fn a_diagram_that_says_otherwise_and_a_place_that_is_gone_are_found() {
    let page = read(PAGE).expect("there");
    let other = page.replacen("->>bank_server: BindRequest", "->>bank_server: BindCancel", 1);
    assert_ne!(page, other);
    assert_eq!(drawn(&other, &stories()), Ok(page.clone()));
    let gone = page.replace("<!-- story: new-customer -->", "");
    assert_eq!(drawn(&gone, &stories()), Err("there is no place for new-customer".to_owned()));
}

#[test]
fn what_the_model_does_not_do_is_no_story() {
    let [mut story, _] = stories();
    story.run.remove(3);
    let error = diagram(&story).expect_err("nobody registers whom nobody has asked for");
    assert!(error.starts_with("new-customer: NOT confirmed: step 4"), "{error}");
}
