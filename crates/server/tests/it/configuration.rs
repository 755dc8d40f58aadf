//! The page of settings says what the programs read: every name and no other, every default and
//! bound, and its examples are read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bindproof::limits::{Limits, Timing};
use bindproof_kit::config::Config as KitConfig;
use bindproof_server::config::{
    Config, INSTANCE_VARIABLE, KEY_VARIABLE, OPERATOR_VARIABLE, Role, STORE_VARIABLE,
};
use bindproof_server::http::accept::Connections;
use bindproof_server::http::rate::Rates;
use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use crate::folder::Folder;
use crate::process::{self, configured, program, public};

const PAGE: &str = "docs/configuration.md";

/// A name that nothing has.
const NOBODY: &str = "nobody-reads-this";

fn text(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A step into a table: its name, and whether there may be several.
type Step = (String, bool);

/// The names that a reader knows in the table at `place`, none if there is no table.
fn known<T: DeserializeOwned>(place: &[Step]) -> Option<Vec<String>> {
    let nobody = Table::from_iter([(NOBODY.to_owned(), Value::Integer(1))]);
    let whole = place.iter().rev().fold(Value::Table(nobody), |within, (name, several)| {
        let within = if *several { Value::Array(vec![within]) } else { within };
        Value::Table(Table::from_iter([(name.clone(), within)]))
    });
    let error = whole.try_into::<T>().err()?.to_string();
    let (_, expected) = error.split_once(&format!("unknown field `{NOBODY}`, expected"))?;
    let expected = expected.lines().next().unwrap_or_default();
    Some(expected.split('`').skip(1).step_by(2).map(str::to_owned).collect())
}

/// Every setting that a reader knows, with the tables that it stands in. It is asked for each name
/// whether that is a table, or several.
fn settings<T: DeserializeOwned>(whole: &[&str]) -> BTreeSet<String> {
    fn within<T: DeserializeOwned>(place: &[Step], whole: &[&str], all: &mut BTreeSet<String>) {
        for name in known::<T>(place).unwrap_or_default() {
            let at = |several| [place, &[(name.clone(), several)]].concat();
            let table = [false, true].into_iter().map(at).find(|at| known::<T>(at).is_some());
            match table {
                Some(table) if !whole.contains(&name.as_str()) => within::<T>(&table, whole, all),
                _ => {
                    let path = place.iter().map(|(name, _)| name.as_str());
                    all.insert(path.chain([name.as_str()]).collect::<Vec<_>>().join("."));
                }
            }
        }
    }
    let mut all = BTreeSet::new();
    within::<T>(&[], whole, &mut all);
    all
}

/// The rows of a page's tables whose first heading is `heading`: the name in the first cell, and
/// the other cells by their headings.
fn rows(page: &str, heading: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()
    };
    let (mut rows, mut headings) = (BTreeMap::new(), Vec::new());
    for line in page.lines() {
        if !line.starts_with('|') {
            headings.clear();
        } else if headings.is_empty() {
            headings = cells(line);
        } else if headings[0] == heading && !line.starts_with("|---") {
            let cells = cells(line);
            let name = cells[0].trim_matches('`').to_owned();
            let others = headings.iter().cloned().zip(cells).skip(1).collect();
            assert!(rows.insert(name, others).is_none(), "twice: {line}");
        }
    }
    rows
}

/// What a page has too many and too few of.
fn differences(
    page: &str,
    heading: &str,
    expected: &BTreeSet<String>,
) -> (Vec<String>, Vec<String>) {
    let found: BTreeSet<String> = rows(page, heading).into_keys().collect();
    let too = |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).cloned().collect();
    (too(&found, expected), too(expected, &found))
}

/// The numbers of a table.
fn numbers(table: &impl Serialize) -> BTreeMap<String, String> {
    let form = Table::try_from(table).expect("a table");
    form.into_iter().map(|(name, value)| (name, value.to_string())).collect()
}

/// The rows in which a number is not what the program has it.
fn wrong_numbers(page: &str) -> Vec<String> {
    let all = [
        ("limits", "left out", numbers(&Limits::DEFAULT)),
        ("limits", "at most", numbers(&Limits::MAXIMUM)),
        ("timing", "left out", numbers(&Timing::DEFAULT)),
        ("timing", "at least", numbers(&Timing::MINIMUM)),
        ("timing", "at most", numbers(&Timing::MAXIMUM)),
        ("connections", "left out", numbers(&Connections::default())),
        ("connections", "at most", numbers(&Connections::MAXIMUM)),
        ("rates", "left out", numbers(&Rates::default())),
        ("rates", "at most", numbers(&Rates::MAXIMUM)),
    ];
    let rows = rows(page, "setting");
    let mut wrong = Vec::new();
    for (table, heading, numbers) in all {
        for (name, number) in numbers {
            let said = rows.get(&format!("{table}.{name}")).and_then(|row| row.get(heading));
            if said != Some(&number) {
                wrong.push(format!("{table}.{name}, {heading}: {said:?} is not {number}"));
            }
        }
    }
    wrong
}

/// The examples of a page: what is named in the first line of a block of TOML, and the block.
fn examples(page: &str) -> Vec<(String, String)> {
    let blocks = page.split("```toml\n").skip(1).filter_map(|rest| rest.split_once("```"));
    let named = blocks.filter_map(|(block, _)| {
        let first = block.lines().next()?.strip_prefix("# ")?;
        let name = first.split([',', ' ']).next()?;
        Some((name.to_owned(), block.to_owned()))
    });
    named.filter(|(name, _)| name.ends_with(".toml")).collect()
}

/// What is wrong with an example, if anything is.
fn fault(name: &str, example: &str) -> Option<String> {
    let at = |error: &dyn std::fmt::Display| Some(format!("{name}: {error}"));
    if name.starts_with("kit") {
        return toml::from_str::<KitConfig>(example).err().and_then(|error| at(&error));
    }
    let role = if name.starts_with("wallet") { Role::Wallet } else { Role::Bank };
    match toml::from_str::<Config>(example) {
        Err(error) => at(&error),
        Ok(config) => config.check(role).err().and_then(|error| at(&error)),
    }
}

#[test]
fn every_setting_is_on_the_page_and_no_other() {
    let page = text(PAGE);
    let server = settings::<Config>(&[]);
    assert!(server.len() > 45 && server.contains("customer.instrument.covers_minor"), "{server:?}");
    assert_eq!(differences(&page, "setting", &server), (Vec::new(), Vec::new()));
    let kit = settings::<KitConfig>(&["limits", "timing"]);
    assert!(kit.len() > 12 && kit.contains("peer.key_file"), "{kit:?}");
    assert_eq!(differences(&page, "kit's setting", &kit), (Vec::new(), Vec::new()));
    let variables = [STORE_VARIABLE, KEY_VARIABLE, INSTANCE_VARIABLE, OPERATOR_VARIABLE];
    let variables = variables.map(str::to_owned).into_iter().collect();
    assert_eq!(differences(&page, "variable", &variables), (Vec::new(), Vec::new()));
    assert_eq!(wrong_numbers(&page), Vec::<String>::new());
}

#[test]
fn a_setting_that_is_missing_misspelt_or_has_another_number_is_found() {
    let page = text(PAGE);
    let server = settings::<Config>(&[]);
    let changed = page.replace("| `key.derive_from` |", "| `key.derived_from` |");
    let (many, few) = differences(&changed, "setting", &server);
    assert_eq!((many, few), (vec!["key.derived_from".to_owned()], vec!["key.derive_from".into()]));
    let changed = page.replace("| `rates.burst` | 200 |", "| `rates.burst` | 201 |");
    assert_eq!(wrong_numbers(&changed).len(), 1);
    let changed = page.replace("| 60000 | 1 | 600000 |", "| 60000 | 0 | 600000 |");
    assert_eq!(wrong_numbers(&changed).len(), 1);
}

#[test]
fn every_example_of_a_configuration_is_read() {
    let mut names = Vec::new();
    for (name, example) in examples(&text(PAGE)) {
        assert_eq!(fault(&name, &example), None, "{name}");
        names.push(name);
    }
    assert_eq!(names, ["wallet.toml", "north.toml"]);
}

/// Carries out the blocks of commands of a page that write configurations; what they have written.
fn written(page: &str) -> BTreeMap<String, String> {
    let blocks = page.split("```sh\n").skip(1).filter_map(|rest| rest.split_once("\n```"));
    let writes = blocks.map(|(block, _)| block).filter(|block| block.contains(".toml <<END"));
    let script = writes.collect::<Vec<_>>().join("\n");
    let folder = Folder::new("commands");
    let program = Path::new(env!("CARGO_BIN_EXE_bindproof-server"));
    let programs = program.parent().expect("a folder").display().to_string();
    let path = format!("{programs}:{}", std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new("sh");
    command.args(["-euc", &script]).current_dir(folder.path()).env("PATH", path);
    let ran = command.output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let entries = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.filter(|path| path.extension().is_some_and(|ending| ending == "toml"));
    let read = |path: std::path::PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        (name, std::fs::read_to_string(path).unwrap())
    };
    files.map(read).collect()
}

#[test]
fn what_conformance_has_a_reader_write_is_read_and_fits_together() {
    let written = written(&text("docs/conformance.md"));
    let names: Vec<&str> = written.keys().map(String::as_str).collect();
    assert_eq!(names, ["bank.toml", "kit-bank.toml", "kit.toml", "wallet.toml"]);
    for (name, text) in &written {
        assert_eq!(fault(name, text), None, "{name}");
    }
    for (server, kit) in [("wallet.toml", "kit.toml"), ("bank.toml", "kit-bank.toml")] {
        let server: Config = toml::from_str(&written[server]).unwrap();
        let kit: KitConfig = toml::from_str(&written[kit]).unwrap();
        assert_eq!((kit.limits, kit.timing), (server.limits, server.timing));
        assert_ne!(kit.timing, Timing::DEFAULT);
        let at = |name, url: &str| format!("{name:?} {}", url.trim_start_matches("http://"));
        let played: Vec<String> = kit.peer.iter().map(|peer| at(peer.name, &peer.listen)).collect();
        let known: Vec<String> = server.peer.iter().map(|peer| at(peer.name, &peer.url)).collect();
        assert_eq!(played, known);
        let tested: Vec<_> = kit.person.iter().map(|one| (one.person, one.contact)).collect();
        let kept: Vec<_> = server.customer.iter().map(|one| (one.person, one.contact)).collect();
        assert_eq!(tested, kept);
        let held = server.customer.iter().flat_map(|one| &one.instrument).map(|one| one.reference);
        let bound = kit.person.iter().flat_map(|one| one.instrument.iter().copied());
        assert_eq!(held.collect::<Vec<_>>(), bound.collect::<Vec<_>>());
    }
}

#[test]
fn an_example_that_no_program_reads_is_found() {
    let page = text(PAGE);
    let wallet = examples(&page).into_iter().find(|(name, _)| name == "wallet.toml");
    let (name, example) = wallet.expect("there");
    let misspelt = example.replace("challenge_ms", "challange_ms");
    assert!(fault(&name, &misspelt).is_some_and(|fault| fault.contains("challange_ms")));
    let long = example.replace("120000", "300001");
    assert!(fault(&name, &long).is_some_and(|fault| fault.contains("at most 300000")));
}

/// The bank of the page, with keys that are some, in a folder.
fn bank_in(folder: &Path) -> PathBuf {
    let bank = examples(&text(PAGE)).into_iter().find(|(name, _)| name == "north.toml");
    let written = configured(folder, "north", 1, "sqlite:unused", ("wallet", "http://a", 2));
    let pem = folder.join("north.pem").display().to_string();
    let bank = bank.expect("there").1.replace("north.pem", &pem).replace('…', &public(2));
    std::fs::write(&written, bank).unwrap();
    written
}

fn shown(config: &Path) -> Command {
    let mut command = program();
    command.args(["bank", "--print-config", "--config"]).arg(config);
    command
}

#[test]
fn the_environment_counts_before_the_file() {
    let folder = Folder::new("configuration");
    let file = bank_in(folder.path());
    let ran = shown(&file)
        .env(STORE_VARIABLE, "postgres://ada:secret@there/db")
        .env(INSTANCE_VARIABLE, "b")
        .output()
        .unwrap();
    let said = String::from_utf8(ran.stdout).unwrap();
    assert!(said.contains("store = \"postgres://…@there/db\""), "{said}");
    assert!(said.contains("instance = \"b\"") && !said.contains("secret"), "{said}");
}

#[test]
fn what_is_shown_has_what_was_left_out_and_is_a_configuration_again() {
    let folder = Folder::new("shown");
    let file = bank_in(folder.path());
    let said = process::said(&["bank", "--print-config"], &file);
    for line in [
        "instance = \"north\"",
        "persons_per_transaction = 64",
        "per_address_max = 256",
        "challenge_ms = 300000",
        "# policy is left out: the default policy",
    ] {
        assert!(said.lines().any(|found| found == line), "{line} is not in\n{said}");
    }
    let read: Config = toml::from_str(&said).unwrap();
    assert_eq!(read.authorities, ["127.0.0.1:7001", "localhost:7001"]);
    assert_eq!(read.key.derive_from.as_ref(), Some(&read.key.file));
    std::fs::write(&file, &said).unwrap();
    assert_eq!(process::said(&["bank", "--print-config"], &file), said);
    let short = shown(&file).env(STORE_VARIABLE, "postgresql://there/db").output().unwrap();
    let said = String::from_utf8(short.stdout).unwrap();
    assert!(said.contains("store = \"postgresql://there/db\""), "{said}");
}

#[test]
fn what_a_configuration_names_lies_beside_it_wherever_a_program_is_started() {
    let (folder, elsewhere) = (Folder::new("beside"), Folder::new("elsewhere"));
    let place = folder.path();
    let file = configured(place, "north", 1, "sqlite:north.db", ("wallet", "http://a", 2));
    let whole = std::fs::read_to_string(&file).unwrap();
    let short = whole.replace(&format!("{}/", place.display()), "");
    assert_ne!(short, whole);
    std::fs::write(&file, short).unwrap();
    let store = format!("store = \"sqlite:{}\"", place.join("north.db").display());
    let named = Path::new("north.toml");
    for (file, from) in [(file.as_path(), elsewhere.path()), (&file, place), (named, place)] {
        let ran = shown(file).current_dir(from).output().unwrap();
        let said = String::from_utf8(ran.stdout).unwrap();
        assert!(said.contains(&store), "{said}\n{}", String::from_utf8_lossy(&ran.stderr));
    }
    let ran = shown(&file).env(STORE_VARIABLE, "sqlite:here.db").output().unwrap();
    let said = String::from_utf8(ran.stdout).unwrap();
    assert!(said.contains("store = \"sqlite:here.db\""), "what the environment names: {said}");
}

#[test]
fn what_does_not_start_is_not_shown_either() {
    let folder = Folder::new("not-shown");
    let file = bank_in(folder.path());
    let whole = std::fs::read_to_string(&file).unwrap();
    let (none, pem) = (folder.path().join("none"), folder.path().join("north.pem"));
    let faults = [
        (whole.replace(&pem.display().to_string(), &none.display().to_string()), "none: No such"),
        (whole.replace(&public(2), "00"), "the key wallet-1 cannot be read"),
        (whole.replace(&public(2), &public(1)), "the peer wallet has this server's own public key"),
        (whole.replace("7001", "70010"), "which is no address with a port"),
        (format!("policy = '{}'\n{whole}", none.display()), "none: No such file"),
    ];
    for (text, expected) in faults {
        std::fs::write(&file, text).unwrap();
        let said = process::refused(&["bank", "--print-config"], &file);
        assert!(said.contains(expected) && said.lines().count() == 1, "{said}");
    }
    std::fs::write(&file, whole).unwrap();
    let ran = shown(&file).env(OPERATOR_VARIABLE, "short").output().unwrap();
    assert_eq!((ran.status.code(), ran.stdout.len()), (Some(1), 0));
}

#[test]
fn what_mends_a_store_does_not_take_the_question_what_is_in_force() {
    for command in [&["reconcile"][..], &["outbox", "resume"], &["journal", "verify"]] {
        let ran = Command::new(env!("CARGO_BIN_EXE_bindproof-server"))
            .args(command)
            .args(["--config", "nowhere.toml", "--print-config"])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(2), "{said}");
        assert!(said.contains("--print-config"), "{said}");
    }
}

#[test]
fn whoever_has_read_enough_ends_a_command_without_a_fault() {
    let program = Path::new(env!("CARGO_BIN_EXE_bindproof-server"));
    let mut running = Command::new(program)
        .args(["openapi", "wallet"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(running.stdout.take());
    let ended = running.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success() && said.is_empty(), "{said}");
}
