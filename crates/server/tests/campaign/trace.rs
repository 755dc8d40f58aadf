//! The journals of both sides, checked together as `bindproof trace check --complete` does: for
//! campaigns in which only servers and clients speak that keep to the protocol, and no store is
//! put back.

use bindproof::settings::Settings;
use std::io::Cursor;

use bindproof_conformance::trace::line::Role;
use bindproof_conformance::trace::{Extent, Report, Source, Verdict, check, tell};
use bindproof_server::journal::export;
use bindproof_server::service::open_store;

use crate::audit::Finding;
use crate::site::Stores;

/// What is wrong with the two journals together.
pub async fn traced(stores: &Stores) -> Vec<Finding> {
    let sides = [("north", Role::Bank, &stores.bank), ("wallet", Role::Wallet, &stores.wallet)];
    let mut sources = Vec::new();
    for (name, role, store) in sides {
        let store = open_store(store, 1).await.unwrap();
        let mut text = Vec::new();
        export(&*store, (name, role), &Settings::DEFAULT, &mut text).await.unwrap();
        sources.push(Source { file: name.to_owned(), lines: Cursor::new(text) });
    }
    let report = check(sources, Extent::Whole).unwrap();
    print!("{}", tell::summary(&report));
    match report.verdict() {
        Verdict::Holds => Vec::new(),
        Verdict::Undecided => vec![Finding::Journal(tell::verdict(&report))],
        Verdict::Violated => told(&report),
    }
}

fn told(report: &Report) -> Vec<Finding> {
    let each = report.findings.iter().map(|finding| tell::finding(report, finding));
    each.map(Finding::Journal).collect()
}
