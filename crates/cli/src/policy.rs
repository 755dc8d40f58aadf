//! `bindproof policy check`.

use std::path::Path;

use bindproof::policy::{
    Band, Bands, DeviceStanding, Environment, Facts, Origin, Policy, Requirement, TrustAge, floor,
    required,
};
use bindproof::wallet::kind::Kind;

use crate::failure::{FINE, Failure};
use crate::figures::{count, thousands};
use crate::input;
use crate::layout::{Align, Cell, Table, paragraph, plain};
use crate::output::Output;
use crate::paint::Tone;

/// A column of the table: what is unusual, and how the calmest facts change by it.
type Circumstance = (&'static str, fn(Facts) -> Facts);

const CIRCUMSTANCES: [Circumstance; 6] = [
    ("nothing", |facts| facts),
    ("trust recent", |facts| Facts { trust_age: TrustAge::Recent, ..facts }),
    ("surroundings", |facts| Facts { environment: Environment::Changed, ..facts }),
    ("no signals", |facts| Facts { environment: Environment::Unknown, ..facts }),
    ("device", |facts| Facts {
        device: DeviceStanding::Unknown,
        trust_age: TrustAge::Recent,
        ..facts
    }),
    ("never proved", |facts| Facts {
        origin: Origin::BankRegistered,
        authenticated: false,
        device: DeviceStanding::Unknown,
        trust_age: TrustAge::Recent,
        ..facts
    }),
];

/// Loads a policy and prints what it asks.
///
/// # Errors
/// If it cannot be read, is no policy at or above the floor, or the results cannot be written.
pub fn run(file: &Path, out: &mut Output) -> Result<u8, Failure> {
    let (name, policy) = input::policy(Some(file))?;
    let rules = count(policy.rules().len(), "rule", "rules");
    out.toned(Tone::Strong, &format!("{name}: {rules}"))?;
    out.line("")?;
    out.line("What must be proved, by what is unusual:")?;
    out.line("")?;
    out.write(&kinds(&policy).render(out.paint))?;
    out.line("")?;
    let legend = [
        ("nothing       ", "a trusted device, trusted long ago, in its usual surroundings"),
        ("trust recent  ", "the device was trusted only just now"),
        ("surroundings  ", "not as usual for this device"),
        ("no signals    ", "nothing, or nothing readable, is said about the surroundings"),
        ("device        ", "unknown: it did not sign with a key that the account trusts"),
        ("never proved  ", "nobody has yet proved to hold the account, which a bank registered"),
        (
            "possession    ",
            "of an enrolled authenticator; two factors: that, and what one knows or is",
        ),
        ("+ identity    ", "two factors, and identity proved to the wallet itself"),
    ];
    for (word, meaning) in legend {
        out.toned(Tone::Faint, &paragraph(&format!("  {word}"), meaning))?;
    }
    out.line("")?;
    out.line(
        "A payment on a trusted device in its usual surroundings, by amount and running total:",
    )?;
    out.line("")?;
    out.write(&payments(&policy).render(out.paint))?;
    out.line("")?;
    for line in bands(policy.bands()) {
        out.line(&line)?;
    }
    out.line("")?;
    let reached = |facts: &Facts| required(&policy, *facts) >= floor(*facts);
    let at_or_above = Facts::all().filter(reached).count();
    let checked = thousands(Facts::COUNT as u64);
    if at_or_above == Facts::COUNT {
        let text = format!("At or above the floor everywhere ({checked} combinations checked).");
        out.toned(Tone::Good, &text)?;
        Ok(FINE)
    } else {
        // A policy that is below the floor does not load; this says so should that ever change.
        let text =
            format!("{name}: below the floor, met by {at_or_above} of {checked} combinations");
        Err(Failure::Malformed(text))
    }
}

/// What a requirement is called in the tables.
fn cell(requirement: Requirement) -> Cell {
    match requirement {
        Requirement::None => ("–".into(), Tone::Faint),
        Requirement::Possession => plain("possession"),
        Requirement::TwoFactor => plain("two factors"),
        Requirement::TwoFactorAndIdentity => ("+ identity".into(), Tone::Strong),
    }
}

/// Kinds by circumstances.
fn kinds(policy: &Policy) -> Table {
    let mut heads = vec![("operation", Align::Left)];
    heads.extend(CIRCUMSTANCES.iter().map(|(name, _)| (*name, Align::Left)));
    let mut table = Table::new(&heads);
    for kind in Kind::ALL {
        let mut row = vec![plain(kind.name())];
        let asked = CIRCUMSTANCES
            .iter()
            .map(|(_, change)| cell(required(policy, change(Facts::calmest(*kind)))));
        row.extend(asked);
        table.row(row);
    }
    table
}

/// Payments by amount and running total. A total is never of a lower band than an amount can make
/// it, but every combination is printed: the bands of a policy may lie otherwise.
fn payments(policy: &Policy) -> Table {
    let mut table = Table::new(&[
        ("amount", Align::Left),
        ("total small", Align::Left),
        ("total medium", Align::Left),
        ("total large", Align::Left),
        ("first payment", Align::Left),
    ]);
    for amount in Band::ALL {
        let facts = Facts { amount: *amount, ..Facts::calmest(Kind::Pay) };
        let mut row = vec![plain(amount.name())];
        for total in Band::ALL {
            row.push(cell(required(policy, Facts { total: *total, ..facts })));
        }
        row.push(cell(required(policy, Facts { first_payment: true, ..facts })));
        table.row(row);
    }
    table
}

/// The borders in words.
fn bands(bands: Bands) -> [String; 3] {
    let money = |minor: u64| format!("{}.{:02}", thousands(minor / 100), minor % 100);
    let line = |what: &str, medium: u64, large: u64| {
        format!("  {what:<15}medium from {}, large from {}", money(medium), money(large))
    };
    [
        line("amount", bands.amount_medium_from, bands.amount_large_from),
        line("running total", bands.total_medium_from, bands.total_large_from),
        format!("  {:<15}{} days", "taken over", bands.window_days),
    ]
}
