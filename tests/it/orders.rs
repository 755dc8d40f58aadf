//! What servers and clients have to do because of a step: the page of orders, made of the doc
//! comments of the types that list them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use bindproof::message::{Message, Party};
use serde_json::Value;

use crate::tree::{File, compare, files};

/// How every list of orders begins.
const LIST: &str = "pub enum Order {";

const HEAD: &str = "\
# Orders

Generated from the doc comments of the orders in `src/`, and `tests/vectors/steps/`; do not edit.
Regenerate with `BINDPROOF_BLESS=1 cargo test --release -p bindproof-tests --test it orders`.

A step decides, and orders. What it orders is written in the transaction in which its record is
written: what is owed to another server, the deadline that is armed, the other records that get
an input of their own. What is sent or answered leaves the server after that transaction has been
committed, and not before. The orders of one step are carried out in the sequence in which they are
given. What answers a repeated request (`replayed`) has orders, too; they are carried out again.

*Owed* is a message that is sent, and sent again with a new request id and a new time of issue under
the same idempotency key, if it has one, until it is answered; a problem is no answer. *Given* is an
input of the step of another record, which may order something in its turn. The steps of devices and
locks order nothing. In journals and vectors an order is its name, or an object of its name and what
it carries.
";

/// One order.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Order {
    /// Its name in journals and vectors.
    name: String,
    /// Whether it carries something.
    carries: bool,
    /// Its doc comment, in one line.
    does: String,
}

/// The orders of one record or client.
#[derive(Clone, Debug, PartialEq, Eq)]
struct List {
    /// The file that lists them.
    path: String,
    /// The doc comment of the list, in one line.
    about: String,
    /// The orders, in the sequence of the source.
    orders: Vec<Order>,
}

/// `SendLinkEnd` as `send_link_end`.
fn snake(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

/// The list of orders in a source file, if it has one.
fn list(file: &File) -> Option<List> {
    let lines: Vec<&str> = file.text.lines().map(str::trim).collect();
    let at = lines.iter().position(|line| *line == LIST)?;
    let above = lines[..at].iter().rev().take_while(|line| line.starts_with(['/', '#']));
    let mut about: Vec<&str> = above.filter_map(|line| line.strip_prefix("/// ")).collect();
    about.reverse();
    let (mut orders, mut does) = (Vec::new(), Vec::new());
    for line in lines[at + 1..].iter().take_while(|line| **line != "}") {
        match line.strip_prefix("/// ") {
            Some(text) => does.push(text),
            None if line.is_empty() || line.starts_with(['/', '#']) => {}
            None => {
                let name: String = line.chars().take_while(char::is_ascii_alphanumeric).collect();
                let carries = line[name.len()..].starts_with(['(', ' ']);
                let does = std::mem::take(&mut does).join(" ");
                orders.push(Order { name: snake(&name), carries, does });
            }
        }
    }
    Some(List { path: file.path.clone(), about: about.join(" "), orders })
}

/// Every list of orders of the specification, in the order of the paths.
fn lists() -> Vec<List> {
    files().iter().filter(|file| file.path.starts_with("src/")).filter_map(list).collect()
}

/// The first sentence of a text.
fn first(text: &str) -> &str {
    text.split_inclusive(['.', ':']).next().unwrap_or_default()
}

/// What stands in backticks and begins with a capital: the names of messages.
fn named(text: &str) -> impl Iterator<Item = &str> {
    let spans = text.split('`').skip(1).step_by(2);
    spans.filter(|span| span.starts_with(|letter: char| letter.is_ascii_uppercase()))
}

/// The message of this name in prose.
fn message(name: &str) -> Option<Message> {
    Message::from_name(&snake(name))
}

/// What the first order of each name is in the step vectors: machine, name, form.
fn shown() -> BTreeMap<(String, String), String> {
    let mut shown = BTreeMap::new();
    for File { path, text } in files() {
        if !path.starts_with("tests/vectors/steps/") {
            continue;
        }
        let file: Value = serde_json::from_str(&text).unwrap_or_else(|why| panic!("{path}: {why}"));
        let machine = file["machine"].as_str().unwrap_or_default();
        for vector in file["vectors"].as_array().into_iter().flatten() {
            for order in vector["orders"].as_array().into_iter().flatten() {
                let member = order.as_object().and_then(|order| order.keys().next());
                let name = member.map(String::as_str).or(order.as_str()).unwrap_or_default();
                let place = (machine.to_owned(), name.to_owned());
                shown.entry(place).or_insert_with(|| order.to_string());
            }
        }
    }
    shown
}

/// The machine of the vectors whose orders a file lists.
fn machine(path: &str) -> String {
    let name = path.trim_start_matches("src/").trim_end_matches(".rs");
    match name.split_once('/') {
        Some((side, "client")) => format!("{side}-client"),
        Some((_, record)) => record.to_owned(),
        None => name.to_owned(),
    }
}

/// The heading of a list.
fn title(path: &str) -> String {
    match machine(path).as_str() {
        "bank-client" => "Bank client: a request to bind".to_owned(),
        "wallet-client" => "Wallet client: an operation".to_owned(),
        record if path.starts_with("src/bank/") => format!("Bank server: {record}"),
        record => format!("Wallet server: {record}"),
    }
}

/// Everything that is wrong with the doc comments, one sentence each.
fn faults(lists: &[List], shown: &BTreeMap<(String, String), String>) -> Vec<String> {
    let mut faults = Vec::new();
    for List { path, about, orders } in lists {
        if about.is_empty() {
            faults.push(format!("{path}: nothing is said of its orders"));
        }
        for order in orders {
            let Order { name, does, carries } = order;
            let place = format!("{path}: {name}");
            if does.is_empty() {
                faults.push(format!("{place}: nobody is told what it is"));
            }
            let unknown = named(does).filter(|name| message(name).is_none());
            faults.extend(unknown.map(|name| format!("{place}: there is no message {name}")));
            let speaks = ["send_", "answer_", "tell_", "owe_"];
            let says = speaks.iter().any(|verb| name.starts_with(verb));
            if says && named(first(does)).next().is_none() {
                faults.push(format!("{place}: its first sentence names no message"));
            }
            if *carries && !shown.contains_key(&(machine(path), name.clone())) {
                faults.push(format!("{place}: no vector shows what it carries"));
            }
        }
    }
    let listed: BTreeSet<(String, String)> = lists
        .iter()
        .flat_map(|list| list.orders.iter().map(|o| (machine(&list.path), o.name.clone())))
        .collect();
    let unlisted = shown.keys().filter(|place| !listed.contains(*place));
    faults.extend(unlisted.map(|(of, name)| format!("{of}: {name} is in a vector and no list")));
    faults
}

fn party(party: Party) -> &'static str {
    match party {
        Party::BankClient => "bank client",
        Party::BankServer => "bank server",
        Party::WalletServer => "wallet server",
        Party::WalletClient => "wallet client",
    }
}

/// The whole page `docs/generated/orders.md`.
fn markdown(lists: &[List], shown: &BTreeMap<(String, String), String>) -> String {
    let mut text = HEAD.to_owned();
    for List { path, about, orders } in lists {
        _ = writeln!(text, "\n## {}\n\n{about} (`{path}`)\n", title(path));
        text.push_str(
            "| order | for example | message | what is to be done |\n|---|---|---|---|\n",
        );
        for Order { name, does, carries } in orders {
            let form = shown.get(&(machine(path), name.clone())).filter(|_| *carries);
            let form = form.map_or("–".to_owned(), |form| format!("`{form}`"));
            let sent = named(first(does)).filter_map(|name| {
                let receipted = does.starts_with("Receipt");
                let message = message(name).filter(|_| !receipted)?;
                Some(format!("`{}` to the {}", message.name(), party(message.to())))
            });
            let sent: Vec<String> = sent.collect();
            let sent = if sent.is_empty() { "–".to_owned() } else { sent.join("<br>") };
            _ = writeln!(text, "| `{name}` | {form} | {sent} | {does} |");
        }
    }
    text
}

#[test]
fn every_order_says_what_is_to_be_done_and_the_page_says_it_too() {
    let (lists, shown) = (lists(), shown());
    let counted: Vec<(&str, usize)> =
        lists.iter().map(|list| (list.path.as_str(), list.orders.len())).collect();
    let expected = [
        ("src/bank/binding.rs", 10),
        ("src/bank/client.rs", 3),
        ("src/bank/debit.rs", 1),
        ("src/wallet/client.rs", 3),
        ("src/wallet/link.rs", 11),
        ("src/wallet/operation.rs", 10),
    ];
    assert_eq!(counted, expected);
    let faults = faults(&lists, &shown);
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
    compare("docs/generated/orders.md", &markdown(&lists, &shown));
}

#[test]
fn an_order_that_says_nothing_or_names_what_is_no_message_is_found() {
    let text = "\
/// What is done.
#[derive(Clone)]
pub enum Order {
    SendNothing,
    /// Owe the wallet a message. It is a `LinkEnd`.
    SendUnnamed,
    /// Owe the wallet a `LinkEnd`: with `LinkFarewell`.
    SendLinkEnd,
    /// Arm it.
    ArmDeadline(State),
}
";
    let odd = list(&File::new("src/bank/binding.rs", text)).expect("a list");
    assert_eq!(odd.about, "What is done.");
    assert!(odd.orders[3].carries && !odd.orders[2].carries);
    let silent = list(&File::new("src/wallet/link.rs", LIST)).expect("a list");
    let shown = BTreeMap::from([(("debit".to_owned(), "answer_debit".to_owned()), String::new())]);
    let found = faults(&[odd, silent], &shown);
    let expected = [
        "src/bank/binding.rs: send_nothing: nobody is told what it is",
        "src/bank/binding.rs: send_nothing: its first sentence names no message",
        "src/bank/binding.rs: send_unnamed: its first sentence names no message",
        "src/bank/binding.rs: send_link_end: there is no message LinkFarewell",
        "src/bank/binding.rs: arm_deadline: no vector shows what it carries",
        "src/wallet/link.rs: nothing is said of its orders",
        "debit: answer_debit is in a vector and no list",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_page_of_orders_changes_with_what_an_order_says() {
    let (mut lists, shown) = (lists(), shown());
    let page = markdown(&lists, &shown);
    lists[0].orders[0].does = "Owe the wallet a `LinkEnd`.".to_owned();
    let changed = markdown(&lists, &shown);
    let differs = crate::tree::first_difference(&page, &changed).unwrap_or_default();
    assert!(differs.contains("send_account_query") && differs.contains("`link_end`"), "{differs}");
}
