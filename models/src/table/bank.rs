//! The bank's machines: binding, debit, and the bank client.

use bindproof::bank::binding::{self, Asked, Binding, Outcome, REVISION_MAX, State};
use bindproof::bank::client;
use bindproof::bank::debit::{self, Debit};
use bindproof::message::{LinkStatus, Reason};

use super::render::{Decision, Entry, Layout, Machine, Place};

/// Every way in which a binding ends.
pub fn outcomes() -> impl Iterator<Item = Outcome> {
    use Outcome::{Cancelled, EndedByHolder, EndedByWallet, Expired};
    let refused = Reason::ALL.iter().copied().map(Outcome::Refused);
    refused.chain([Cancelled, Expired, EndedByHolder, EndedByWallet])
}

/// Every state of a binding.
pub fn states() -> impl Iterator<Item = State> {
    use State::{Absent, Active, AwaitingApproval, Linking, Looking, Registering, Suspended};
    [Absent, Looking, Registering, Linking, AwaitingApproval, Active, Suspended]
        .into_iter()
        .chain(outcomes().map(State::Ending))
        .chain(outcomes().map(State::Closed))
}

/// The node of a state.
pub const fn node(state: State) -> &'static str {
    match state {
        State::Absent => "absent",
        State::Looking => "looking",
        State::Registering => "registering",
        State::Linking => "linking",
        State::AwaitingApproval => "awaiting_approval",
        State::Active => "active",
        State::Suspended => "suspended",
        State::Ending(_) => "ending",
        State::Closed(_) => "closed",
    }
}

const fn outcome_of(state: State) -> Option<Outcome> {
    match state {
        State::Ending(outcome) | State::Closed(outcome) => Some(outcome),
        _ => None,
    }
}

/// The state in words, with what it has from the state before as `O` and from the input as `R`.
fn place(state: State, before: Option<Outcome>, given: Option<Reason>) -> Place {
    let Some(outcome) = outcome_of(state) else { return Place::plain(node(state)) };
    let words = match outcome {
        outcome if before == Some(outcome) => "O".to_owned(),
        Outcome::Refused(reason) if given == Some(reason) => "refused: R".to_owned(),
        Outcome::Refused(reason) => format!("refused: {reason}"),
        Outcome::Cancelled => "cancelled".to_owned(),
        Outcome::Expired => "expired".to_owned(),
        Outcome::EndedByHolder => "ended by the holder".to_owned(),
        Outcome::EndedByWallet => "ended by the wallet".to_owned(),
    };
    Place::with(node(state), words)
}

/// The state in the words of the table's rows.
pub fn row(state: State) -> Place {
    place(state, outcome_of(state), None)
}

/// An input with its name and the reason in it.
type Named<I> = (String, Option<Reason>, I);

fn named<I>(name: &str, input: I) -> Named<I> {
    (name.to_owned(), None, input)
}

/// A bind request of which everything is as it must be, and each with one thing missing.
fn asked() -> Vec<Named<binding::Input>> {
    let right = Asked {
        fresh: true,
        same_body: true,
        authenticated: true,
        holder_matches: true,
        consent: true,
        instrument_free: true,
        instrument_usable: true,
    };
    let variants = [
        ("as it must be", right),
        ("stale", Asked { fresh: false, ..right }),
        ("with another body", Asked { same_body: false, ..right }),
        ("not authenticated", Asked { authenticated: false, ..right }),
        ("not the holder", Asked { holder_matches: false, ..right }),
        ("without consent", Asked { consent: false, ..right }),
        ("instrument bound", Asked { instrument_free: false, ..right }),
        ("instrument blocked", Asked { instrument_usable: false, ..right }),
    ];
    let input = |(name, asked)| named(&format!("asked: {name}"), binding::Input::Asked(asked));
    variants.into_iter().map(input).collect()
}

/// Every input of a binding at this revision.
pub fn binding_inputs(revision: u8) -> Vec<Named<binding::Input>> {
    use binding::Input;
    let other = revision.wrapping_add(1);
    let heard = |name: &str, status| named(&format!("link: {name}"), Input::LinkHeard(status));
    let mut inputs = asked();
    inputs.extend([
        named("leave asked: its own", Input::LeaveAsked { own: true }),
        named("leave asked: not its own", Input::LeaveAsked { own: false }),
        named("status asked: its own", Input::StatusAsked { own: true }),
        named("status asked: not its own", Input::StatusAsked { own: false }),
        named("account: found", Input::AccountFound),
        named("account: missing", Input::AccountMissing),
        named("account: registered", Input::AccountRegistered),
    ]);
    inputs.extend(Reason::ALL.iter().map(|reason| {
        ("account: refused(R)".to_owned(), Some(*reason), Input::RegistrationRefused(*reason))
    }));
    inputs.extend([
        heard("registered", LinkStatus::Registered),
        heard("awaiting approval", LinkStatus::AwaitingApproval),
        heard("active at this revision", LinkStatus::Active { bank_revision: revision }),
        heard("active at another", LinkStatus::Active { bank_revision: other }),
        heard("suspended at this revision", LinkStatus::Suspended { bank_revision: revision }),
        heard("suspended at another", LinkStatus::Suspended { bank_revision: other }),
        heard("ended", LinkStatus::Ended),
    ]);
    inputs.extend(Reason::ALL.iter().map(|reason| {
        let status = LinkStatus::Refused { reason: *reason };
        ("link: refused(R)".to_owned(), Some(*reason), Input::LinkHeard(status))
    }));
    inputs.extend([
        named("link: not found", Input::LinkNotFound),
        named("instrument: blocked", Input::InstrumentBlocked),
        named("instrument: unblocked", Input::InstrumentUnblocked),
    ]);
    inputs.extend(
        states().map(|armed| named(&format!("expired: {}", node(armed)), Input::Expired(armed))),
    );
    inputs
}

/// The bank's binding.
pub fn binding() -> Machine {
    let mut entries = Vec::new();
    for state in states() {
        let before = outcome_of(state);
        for (revision, when) in [(0, "revisions are left"), (REVISION_MAX, "no revision is left")] {
            for (input, given, what) in binding_inputs(revision) {
                let verdict = binding::step(Binding { state, revision }, what);
                let decision = Decision::of(verdict, |after| place(after.state, before, given));
                let state = row(state);
                entries.push(Entry { state, input, when: vec![when.to_owned()], decision });
            }
        }
    }
    Machine {
        name: "binding",
        about: "Every state, every outcome, every input; of a bind request the one that is as it \
                must be and each with one fact missing. `link: … at this revision` names the \
                bank's own last decision.",
        layout: Layout::List,
        entries,
    }
}

/// The bank's debit.
pub fn debit() -> Machine {
    let debits =
        [("absent", Debit::Absent), ("accepted", Debit::Accepted), ("refused", Debit::Refused)];
    let place = |debit| {
        Place::plain(debits.iter().find(|(_, other)| *other == debit).map_or("", |(name, _)| name))
    };
    let right =
        debit::Input { own: true, same_content: true, binding: State::Absent, covered: true };
    let inputs = [
        ("asked: covered", right),
        ("asked: not covered", debit::Input { covered: false, ..right }),
        ("asked: not its own", debit::Input { own: false, ..right }),
        ("asked: with other content", debit::Input { same_content: false, ..right }),
    ];
    let mut entries = Vec::new();
    for (_, debit) in debits {
        for (input, what) in inputs {
            for binding in states() {
                let verdict = debit::step(debit, debit::Input { binding, ..what });
                entries.push(Entry {
                    state: place(debit),
                    input: input.to_owned(),
                    when: vec![format!("binding {}", node(binding))],
                    decision: Decision::of(verdict, place),
                });
            }
        }
    }
    Machine {
        name: "debit",
        about: "Every state, every state of the binding, and whether the amount is covered.",
        layout: Layout::List,
        entries,
    }
}

/// The bank client.
pub fn client() -> Machine {
    use client::{Input, Outcome, State};
    let states = [
        ("idle", State::Idle),
        ("sent", State::Sent),
        ("leaving", State::Leaving),
        ("settled", State::Settled),
    ];
    let place = |state| {
        Place::plain(states.iter().find(|(_, other)| *other == state).map_or("", |(name, _)| name))
    };
    let inputs = [
        ("ask", Input::Ask),
        ("leave", Input::Leave),
        ("told: pending", Input::Told(Outcome::Pending)),
        ("told: active", Input::Told(Outcome::Active)),
        ("told: over", Input::Told(Outcome::Over)),
    ];
    let entries = states.iter().flat_map(|(_, state)| {
        inputs.iter().map(move |(input, what)| Entry {
            state: place(*state),
            input: (*input).to_owned(),
            when: Vec::new(),
            decision: Decision::of(client::step(*state, *what), place),
        })
    });
    Machine {
        name: "request to bind",
        about: "Every state and every input.",
        layout: Layout::Matrix,
        entries: entries.collect(),
    }
}
