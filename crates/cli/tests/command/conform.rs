//! Driving a server, as far as that goes without one.

use std::net::TcpListener;

use crate::ran::{Ran, fails, run};

/// The private and the public key of RFC 8410, section 10.
const PEM: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
    -----END PRIVATE KEY-----\n";
const PUBLIC: &str = "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";

/// A folder with a configuration for a wallet's server.
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

/// Where somebody listens, who hangs up on everybody until the test is over.
fn hangs_up() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    std::thread::spawn(move || listener.incoming().for_each(drop));
    format!("http://{address}")
}

/// The arguments that drive the wallet's server at `url`.
fn driving<'a>(url: &'a str, config: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["conform", "--role", "wallet", "--url", url, "--config", config];
    arguments.extend(more);
    arguments
}

fn conform(folder: &std::path::Path, more: &[&str]) -> Ran {
    let config = folder.join("kit.toml").display().to_string();
    run(&driving(&hangs_up(), &config, more))
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
    let written = |case: &str, reason: &str| {
        let form = format!(
            "[[deviation]]\ncase = '{case}'\nstep = 'asks'\nfound = '200'\nreason = '{reason}'\n"
        );
        std::fs::write(&file, form).expect("written");
    };
    written("wallet.approval", "so it is");
    assert_eq!(conform(&folder, &arguments).code, 1);
    written("wallet.consent", " ");
    let ran = conform(&folder, &arguments);
    assert_eq!(ran.code, 65);
    assert!(ran.err.contains("wallet.consent has no reason"), "{}", ran.err);
    std::fs::remove_dir_all(&folder).expect("removed");
}

#[test]
fn where_nothing_listens_one_line_says_so_and_no_case_is_run() {
    let folder = configured("nobody");
    let config = folder.join("kit.toml").display().to_string();
    // A port that was free a moment ago.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("it has an address"));
    drop(listener);
    let (code, line) = fails(&driving(&url, &config, &[]));
    assert_eq!(code, 2, "{line}");
    assert!(line.starts_with(&format!("bindproof: nothing listens at {url} (")), "{line}");
    assert!(line.ends_with("start the server, or correct --url; no case was run"), "{line}");
    std::fs::remove_dir_all(&folder).expect("removed");
}

#[test]
fn a_url_is_http_host_and_port_and_nothing_else() {
    let folder = configured("url");
    let config = folder.join("kit.toml").display().to_string();
    for (url, why) in [
        ("https://127.0.0.1:7002", "the kit speaks no TLS"),
        ("127.0.0.1:7002", "it does not begin with http://"),
        ("http://127.0.0.1", "there is no port"),
        ("http://127.0.0.1:0", "the port is no number from 1 to 65535"),
        ("http://127.0.0.1:70020", "the port is no number from 1 to 65535"),
        ("http://:7002", "there is no host, or more than host and port"),
        ("http://127.0.0.1/v1:7002", "there is no host, or more than host and port"),
    ] {
        let (code, line) = fails(&driving(url, &config, &[]));
        assert_eq!(code, 64, "{line}");
        assert_eq!(line, format!("bindproof: --url {url}: {why}, it has to be http://host:port"));
    }
    std::fs::remove_dir_all(&folder).expect("removed");
}

#[test]
fn a_file_that_is_not_there_ends_with_66_and_one_that_is_malformed_with_65() {
    let folder = configured("files");
    let at = |name: &str| folder.join(name).display().to_string();
    let (config, url) = (at("kit.toml"), hangs_up());
    let cases = |arguments: Vec<&str>, code, file: &str| {
        let (found, line) = fails(&arguments);
        assert_eq!(found, code, "{line}");
        assert!(line.starts_with(&format!("bindproof: {file}: ")), "{line}");
        assert_eq!(line.contains("cannot be read"), code == 66, "{line}");
    };
    cases(driving(&url, &at("no.toml"), &[]), 66, &at("no.toml"));
    let deviations = at("deviations.toml");
    cases(driving(&url, &config, &["--deviations", &deviations]), 66, &deviations);
    std::fs::write(folder.join("north.pem"), "no key").expect("written");
    cases(driving(&url, &config, &[]), 65, &at("north.pem"));
    std::fs::remove_file(folder.join("north.pem")).expect("removed");
    cases(driving(&url, &config, &[]), 66, &at("north.pem"));
    std::fs::write(folder.join("kit.toml"), "[target]").expect("written");
    cases(driving(&url, &config, &[]), 65, &config);
    std::fs::remove_dir_all(&folder).expect("removed");
}
