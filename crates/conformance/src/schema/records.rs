//! Records, inputs, orders and decisions.

use bindproof::message::{Message, Reason};
use bindproof::policy::{Band, Environment, Origin, Requirement, TrustAge};
use bindproof::refusal::Refusal;
use bindproof::rule::Rule;
use bindproof::wallet::kind::Kind;
use serde_json::{Map, Value, json};

use super::{list, may, must, number, object, reference, small, tagged, truth, words};
use crate::trace::bounds::TIME_MAX_MS;

/// The names of a list of named things.
macro_rules! names {
    ($of:ident) => {
        words(&$of::ALL.iter().map(|value| value.name()).collect::<Vec<_>>())
    };
}

/// Every definition of records, inputs, orders and decisions.
pub(super) fn definitions() -> Map<String, Value> {
    let key = "^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$";
    let mut all = Map::new();
    let mut put = |name: &str, of: Value| {
        all.insert(name.to_owned(), of);
    };
    put("key", json!({ "type": "string", "pattern": key }));
    put("kind", names!(Kind));
    put("message", names!(Message));
    put("reason", names!(Reason));
    put("refusal", names!(Refusal));
    put("requirement", names!(Requirement));
    put("rule", names!(Rule));
    put("environment", names!(Environment));
    put("band", names!(Band));
    put(
        "decided",
        tagged(
            &[],
            vec![
                ("applied", reference("rule")),
                ("replayed", reference("rule")),
                ("refused", reference("refusal")),
            ],
        ),
    );
    bank(&mut put);
    link(&mut put);
    link_step(&mut put);
    account(&mut put);
    operation(&mut put);
    operation_facts(&mut put);
    operation_step(&mut put);
    all_orders(&mut put);
    put("count", number(0, TIME_MAX_MS));
    all
}

/// Takes a definition with its name.
type Put<'a> = &'a mut dyn FnMut(&str, Value);

fn bank(put: Put<'_>) {
    let states =
        ["absent", "looking", "registering", "linking", "awaiting_approval", "active", "suspended"];
    let outcome = || reference("binding_outcome");
    put(
        "binding_outcome",
        tagged(
            &["cancelled", "expired", "ended_by_holder", "ended_by_wallet"],
            vec![("refused", reference("reason"))],
        ),
    );
    put("binding_state", tagged(&states, vec![("ending", outcome()), ("closed", outcome())]));
    put(
        "binding",
        object(vec![must("state", reference("binding_state")), must("revision", small())]),
    );
    let facts = [
        "fresh",
        "same_body",
        "authenticated",
        "holder_matches",
        "consent",
        "instrument_free",
        "instrument_usable",
    ];
    put("binding_asked", object(facts.into_iter().map(|fact| must(fact, truth())).collect()));
    let own = || object(vec![must("own", truth())]);
    put(
        "binding_input",
        tagged(
            &[
                "account_found",
                "account_missing",
                "account_registered",
                "link_not_found",
                "instrument_blocked",
                "instrument_unblocked",
            ],
            vec![
                ("asked", reference("binding_asked")),
                ("leave_asked", own()),
                ("status_asked", own()),
                ("registration_refused", reference("reason")),
                ("link_heard", reference("link_status")),
                ("expired", reference("binding_state")),
            ],
        ),
    );
    put(
        "binding_order",
        tagged(
            &[
                "send_account_query",
                "send_account_registration",
                "send_link_request",
                "send_link_end",
                "stop_sending",
                "tell_outcome",
                "receipt",
            ],
            vec![
                ("send_link_suspend", small()),
                ("send_link_resume", small()),
                ("arm_deadline", reference("binding_state")),
            ],
        ),
    );
    put("debit", words(&["absent", "accepted", "refused"]));
    put(
        "debit_input",
        object(vec![
            must("own", truth()),
            must("same_content", truth()),
            must("binding", reference("binding_state")),
            must("covered", truth()),
        ]),
    );
    put("debit_order", words(&["answer_debit"]));
}

fn link(put: Put<'_>) {
    let revision = || object(vec![must("bank_revision", small())]);
    put(
        "link_status",
        tagged(
            &["registered", "awaiting_approval", "ended"],
            vec![
                ("active", revision()),
                ("suspended", revision()),
                ("refused", object(vec![must("reason", reference("reason"))])),
            ],
        ),
    );
    let states =
        ["absent", "matched", "registered", "awaiting_approval", "active", "suspended", "ended"];
    put("link_state", tagged(&states, vec![("refused", reference("reason"))]));
    put(
        "link",
        object(vec![
            must("state", reference("link_state")),
            must("bank_revision", small()),
            must("code_spent", truth()),
        ]),
    );
}

/// What a link's step takes and orders.
fn link_step(put: Put<'_>) {
    let facts = [
        "own",
        "fresh",
        "same_account",
        "consent",
        "account_matches",
        "created_for",
        "created_for_bank",
        "may_wait",
    ];
    put("link_request", object(facts.into_iter().map(|fact| must(fact, truth())).collect()));
    let request = || reference("link_request");
    let decision = || object(vec![must("request", request()), must("revision", small())]);
    let last = || must("last", truth());
    put(
        "link_input",
        tagged(
            &[
                "approved",
                "declined",
                "ended_by_holder",
                "account_left",
                "code_presented",
                "code_renewed",
            ],
            vec![
                ("registration_asked", request()),
                ("link_asked", request()),
                ("suspend_asked", decision()),
                ("resume_asked", decision()),
                ("end_asked", object(vec![must("request", request()), last()])),
                ("status_asked", request()),
                ("expired", object(vec![last()])),
            ],
        ),
    );
    put(
        "link_order",
        tagged(
            &[
                "answer_created",
                "answer_existing",
                "answer_link",
                "owe_notice",
                "arm_approval_deadline",
                "claim_person",
                "hang_on_account",
                "leave_account",
                "refuse_operations",
            ],
            vec![
                ("answer_registration_refused", reference("reason")),
                ("answer_link_refused", reference("reason")),
            ],
        ),
    );
}

fn account(put: Put<'_>) {
    let open = object(vec![
        must("origin", names!(Origin)),
        must("verified", truth()),
        must("authenticated", truth()),
    ]);
    put("account", tagged(&["absent", "closed"], vec![("open", open)]));
    let trusted = object(vec![
        must("session", truth()),
        must("authenticator", truth()),
        must("age", names!(TrustAge)),
    ]);
    put("device", tagged(&["unknown", "revoked"], vec![("trusted", trusted)]));
    put("device_input", words(&["revoked", "account_closed", "session_ended", "aged"]));
    put(
        "lock",
        object(vec![
            must("run", small()),
            must("day", small()),
            must("closed", words(&["no", "for_run", "for_day"])),
        ]),
    );
    put("lock_input", words(&["lock_ended", "day_ended"]));
    put("path", words(&["strangers", "device", "code"]));
}

fn operation(put: Put<'_>) {
    put("factors", words(&["none", "possession", "two"]));
    put(
        "demand",
        tagged(
            &["nothing", "decoy", "code_and_contact", "code_contact_and_factors", "identity"],
            vec![("factors", reference("factors"))],
        ),
    );
    let demand = || must("demand", reference("demand"));
    put(
        "operation",
        tagged(
            &["absent", "debiting", "executed", "expired"],
            vec![
                ("challenged", object(vec![demand(), must("tries_left", small())])),
                ("authenticated", object(vec![demand(), must("path", reference("path"))])),
                ("refused", reference("refusal")),
            ],
        ),
    );
}

/// What is known of an operation when it is asked for and answered.
fn operation_facts(put: Put<'_>) {
    let tie = || words(&["none", "other", "demanded"]);
    put(
        "proof",
        object(vec![
            must("from_its_device", truth()),
            must("fits", truth()),
            must("factors", reference("factors")),
            must("code", tie()),
            must("contact", tie()),
            must("identity", truth()),
        ]),
    );
    put(
        "context",
        object(vec![
            must("kind", reference("kind")),
            must("signed", truth()),
            must("environment", reference("environment")),
            must("first_payment", truth()),
            must("amount", reference("band")),
            must("total", reference("band")),
            must("link", reference("link_state")),
            must("person_free", truth()),
            may("device_free", truth()),
        ]),
    );
    let asked = ["own", "fresh", "same_content", "within_limits"];
    put("operation_asked", object(asked.into_iter().map(|fact| must(fact, truth())).collect()));
}

/// What an operation's step takes and orders.
fn operation_step(put: Put<'_>) {
    let context = || must("context", reference("context"));
    put(
        "operation_input",
        tagged(
            &[],
            vec![
                ("requested", object(vec![context(), must("asked", reference("operation_asked"))])),
                (
                    "answered",
                    object(vec![
                        context(),
                        must("proof", reference("proof")),
                        must("path", reference("path")),
                    ]),
                ),
                ("executing", reference("context")),
                ("debit_decided", object(vec![must("own", truth()), must("accepted", truth())])),
                ("target_ended", reference("context")),
                ("expired", words(&["for_answer", "for_execution"])),
            ],
        ),
    );
    put(
        "operation_order",
        tagged(
            &[
                "tell_outcome",
                "arm_deadline",
                "send_debit_request",
                "stop_debit_request",
                "revoke_named_device",
                "start_afresh",
                "claim_person",
                "leave_account",
            ],
            vec![
                ("send_challenge", reference("requirement")),
                ("step_link", reference("link_input")),
            ],
        ),
    );
}

/// Whatever a step may order.
fn all_orders(put: Put<'_>) {
    put(
        "orders",
        list(json!({
            "anyOf": [
                reference("binding_order"),
                reference("debit_order"),
                reference("link_order"),
                reference("operation_order"),
            ]
        })),
    );
}
