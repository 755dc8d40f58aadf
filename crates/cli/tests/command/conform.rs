//! Driving a server, as far as that goes without one.

use crate::ran::{Ran, fails, run};

/// The private and the public key of RFC 8410, section 10.
const PEM: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
    -----END PRIVATE KEY-----\n";
const PUBLIC: &str = "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";

/// A folder with a configuration for a server at which nobody listens.
fn configured(test: &str) -> std::path::PathBuf {
    let name = format!("bindproof-conform-{test}-{}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).expect("made");
    std::fs::write(folder.join("north.pem"), PEM).expect("written");
    let config = format!(
        "[target]\nname = 'wallet'\nkey = [{{ id = 'wallet-1', public = '{PUBLIC}' }}]\n\
         [[peer]]\nname = 'north'\nkey_id = 'north-1'\nkey_file = 'north.pem'\n\
         listen = '127.0.0.1:0'\n"
    );
    std::fs::write(folder.join("kit.toml"), config).expect("written");
    folder
}

fn conform(folder: &std::path::Path, more: &[&str]) -> Ran {
    let config = folder.join("kit.toml").display().to_string();
    let mut arguments = vec!["conform", "--role", "wallet", "--url", "http://127.0.0.1:1"];
    arguments.extend(["--config", &config]);
    arguments.extend(more);
    run(&arguments)
}

#[test]
fn the_cases_are_listed_each_with_a_sentence() {
    for (role, case) in [("wallet", "wallet.end-overtakes"), ("bank", "bank.debit-once")] {
        let ran = run(&["conform", "--role", role, "--list"]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        let line = ran.out.lines().find(|line| line.starts_with(case)).expect("listed");
        assert!(line.contains("MUST") && line.ends_with('.'), "{line}");
    }
}

#[test]
fn a_case_that_is_not_there_is_wrong_usage() {
    let (code, line) = fails(&["conform", "--role", "wallet", "--list", "--case", "wallet.x"]);
    assert_eq!(code, 64);
    assert_eq!(line, "bindproof: there is no case \"wallet.x\" about a wallet server");
}

#[test]
fn a_server_that_does_not_answer_has_not_passed() {
    let folder = configured("unreachable");
    let report = folder.join("report").display().to_string();
    let ran = conform(&folder, &["--case", "wallet.consent", "--report", &report]);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(
        ran.out.contains("0 passed, 0 failed") && ran.out.contains("1 undecided"),
        "{}",
        ran.out
    );
    for form in ["txt", "json", "xml", "html"] {
        let file = folder.join("report").join(format!("report.{form}"));
        let text = std::fs::read_to_string(&file).expect("written");
        assert!(text.contains("wallet.consent"), "{form}: {text}");
    }
    std::fs::remove_dir_all(&folder).expect("removed");
}

#[test]
fn a_deviation_of_a_case_that_is_not_run_or_without_a_reason_is_an_error() {
    let folder = configured("deviations");
    let file = folder.join("deviations.toml");
    let arguments = ["--case", "wallet.consent", "--deviations", &file.display().to_string()];
    std::fs::write(&file, "[[deviation]]\ncase = 'wallet.approval'\nreason = 'so it is'\n")
        .expect("written");
    assert_eq!(conform(&folder, &arguments).code, 1);
    std::fs::write(&file, "[[deviation]]\ncase = 'wallet.consent'\nreason = ' '\n")
        .expect("written");
    let ran = conform(&folder, &arguments);
    assert_eq!(ran.code, 65);
    assert!(ran.err.contains("wallet.consent has no reason"), "{}", ran.err);
    std::fs::remove_dir_all(&folder).expect("removed");
}
