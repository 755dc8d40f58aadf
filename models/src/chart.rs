//! A run as a message sequence chart: who sent what to whom, and what each decided.

use crate::action::{Action, Delivery};
use crate::drive::Fired;
use crate::model::Protocol;
use crate::story;
use crate::world::World;

/// A column of the chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The bank's app.
    BankClient,
    /// The bank server.
    Bank,
    /// The wallet server.
    Wallet,
    /// The wallet's app.
    WalletClient,
}

impl Column {
    /// The columns from left to right.
    pub const ALL: [Self; 4] = [Self::BankClient, Self::Bank, Self::Wallet, Self::WalletClient];

    /// Its short name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BankClient => "bank client",
            Self::Bank => "bank server",
            Self::Wallet => "wallet server",
            Self::WalletClient => "wallet client",
        }
    }
}

/// One line of the chart: an arrow from one column to another, or a note over one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where it starts.
    pub from: Column,
    /// Where it ends; the same for a note.
    pub to: Column,
    /// What it says.
    pub text: String,
}

/// Carries out a run from the beginning: every world on the way, and what fired between them.
pub fn carry_out<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    actions: &[Action],
) -> (Vec<World<B, O, A, D, S>>, Vec<Fired>) {
    let mut worlds = vec![model.initial()];
    let mut all_fired = Vec::with_capacity(actions.len());
    for action in actions {
        let (after, fired) = model.fire(&worlds[worlds.len() - 1], *action);
        worlds.push(after);
        all_fired.push(fired);
    }
    (worlds, all_fired)
}

/// The lines of a run's chart, arrows and notes.
pub fn lines<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    actions: &[Action],
) -> Vec<Line> {
    by_action(model, actions).concat()
}

/// The same, action by action.
fn by_action<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    actions: &[Action],
) -> Vec<Vec<Line>> {
    let (worlds, fired) = carry_out(model, actions);
    let steps = actions.iter().enumerate().map(|(i, action)| {
        let (from, to) = ends(*action);
        let text = match action {
            Action::Deliver { delivery, .. } | Action::Take { delivery, .. } => {
                story::delivery_name(*delivery)
            }
            _ => story::sentence(&model.scope, *action),
        };
        let mut lines = vec![Line { from, to, text }];
        let said: Vec<String> =
            fired[i].steps().map(|(record, tag)| story::step_line(record, tag)).collect();
        let unchanged = worlds[i] == worlds[i + 1];
        if !said.is_empty() {
            let nothing = if unchanged { " (nothing changes)" } else { "" };
            let text = format!("{}{nothing}", said.join("; "));
            lines.push(Line { from: to, to, text });
        }
        lines
    });
    steps.collect()
}

/// From which column to which an action goes.
fn ends(action: Action) -> (Column, Column) {
    use Column::{Bank, BankClient, Wallet, WalletClient};
    match action {
        Action::Ask(_) | Action::Leave(_) => (BankClient, BankClient),
        Action::AskOtherBody(_) | Action::LeaveForeign(_) | Action::Status { .. } => {
            (BankClient, Bank)
        }
        Action::Deliver { delivery, .. } | Action::Take { delivery, .. } => match delivery {
            Delivery::Ask(_) | Delivery::Leave(_) => (BankClient, Bank),
            Delivery::ToWallet { .. } => (Bank, Wallet),
            Delivery::ToBank { .. } => (Wallet, Bank),
        },
        Action::Notice { .. } | Action::DebitRequest(_) => (Wallet, Bank),
        Action::Hostile { .. } | Action::HostileDebitAnswer { .. } | Action::DebitAnswer { .. } => {
            (Bank, Wallet)
        }
        Action::Block(_) | Action::Unblock(_) | Action::BankDeadline(_) | Action::Reconcile(_) => {
            (Bank, Bank)
        }
        Action::Start(_) | Action::StartAnother(_) => (WalletClient, WalletClient),
        Action::Request { .. } | Action::Answer { .. } => (WalletClient, Wallet),
        _ => (Wallet, Wallet),
    }
}

/// The run as a Mermaid sequence diagram. What comes after `loop_from` actions, if anything does,
/// stands in a frame that says so.
pub fn mermaid<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    actions: &[Action],
    loop_from: Option<usize>,
) -> String {
    let id = |column: Column| column.name().replace(' ', "_");
    let clean = |text: &str| text.replace(';', ",").replace('#', "no.");
    let mut text = String::from("sequenceDiagram\n    autonumber\n");
    for column in Column::ALL {
        text.push_str(&format!("    participant {} as {}\n", id(column), column.name()));
    }
    let round = loop_from.filter(|from| *from < actions.len());
    for (number, lines) in by_action(model, actions).into_iter().enumerate() {
        if round == Some(number) {
            text.push_str("    loop again and again, for ever\n");
        }
        for line in lines {
            let said = clean(&line.text);
            if line.from == line.to {
                text.push_str(&format!("    Note over {}: {said}\n", id(line.to)));
            } else {
                text.push_str(&format!("    {}->>{}: {said}\n", id(line.from), id(line.to)));
            }
        }
    }
    if round.is_some() {
        text.push_str("    end\n");
    }
    text
}

/// The run as SVG.
pub fn svg<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    actions: &[Action],
) -> String {
    crate::svg::draw(&lines(model, actions))
}
