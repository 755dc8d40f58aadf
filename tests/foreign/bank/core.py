"""The two steps of a bank's server, a binding and a debit, as tables. No clocks and no names.

A row is: the states in which it counts, the input, a further condition, and what is decided.
The first row that fits decides. It was written after docs/generated/tables.md and orders.md.
"""

from dataclasses import dataclass

LAST_REVISION = 200
WAITS = ("registering", "linking", "awaiting_approval")
TIMED = ("looking", *WAITS)
LIVE = ("active", "suspended")
OVER = ("ending", "closed")
ANY = ("absent", *TIMED, *LIVE, *OVER)
THERE = ANY[1:]


@dataclass(frozen=True)
class Seen:
    """What a step sees: the record, and the input's name with what it carries."""

    phase: str
    outcome: object
    revision: int
    given: str
    carried: object


def split(value):
    """`"x"` is the name x with nothing in it, `{"x": y}` the name x with y in it."""
    if isinstance(value, str):
        return value, None
    [(name, carried)] = value.items()
    return name, carried


def phase(state):
    """The name of a state, without its outcome."""
    return split(state)[0]


def outcome(state):
    """Why a binding is ending or closed; None of any other."""
    return split(state)[1]


# What can be decided: functions of what is seen that give the decision, the record afterwards
# (None if it stays) and the orders.

def refuse(code):
    """Nothing changes, because of this."""
    return lambda seen: ({"refused": code}, None, [])


def again(rule, *orders):
    """Nothing changes, and the same answer is given again."""
    return lambda seen: ({"replayed": rule}, None, list(orders))


def move(rule, state, *orders):
    """The binding comes into a state."""
    after = {"state": state}
    return lambda seen: ({"applied": rule}, {**after, "revision": seen.revision}, list(orders))


def await_in(rule, state, *orders):
    """The binding comes into a state that lasts for a time only."""
    return move(rule, state, {"arm_deadline": state}, *orders)


def close(rule, why, *more):
    """The binding is over on both sides."""
    return move(rule, {"closed": why}, "stop_sending", "tell_outcome", *more)


def end(rule, why):
    """The binding is over here, and the wallet has to be told."""
    return move(rule, {"ending": why}, "stop_sending", "send_link_end", "tell_outcome")


def end_acknowledged(seen):
    """The wallet knows of the end; it keeps the outcome that it had here."""
    return close("binding.end-acknowledged", seen.outcome, "receipt")(seen)


def registration_refused(seen):
    """The wallet registers nobody, for the reason that it gives."""
    return close("binding.registration-refused", {"refused": seen.carried})(seen)


def link_refused(seen):
    """The wallet refuses the link, for the reason that it gives."""
    why = {"refused": seen.carried["refused"]["reason"]}
    return close("binding.link-refused", why, "receipt")(seen)


def next_revision(rule, state, order):
    """A decision of the bank's own, which is told to the wallet by its number."""
    def decide(seen):
        number = seen.revision + 1
        after = {"state": state, "revision": number}
        return {"applied": rule}, after, ["stop_sending", {order: number}]
    return decide


# Conditions.

def lacks(fact):
    """The fact does not hold."""
    return lambda seen: not seen.carried[fact]


def heard(*words):
    """What is heard of the link is one of these."""
    return lambda seen: split(seen.carried)[0] in words


def own_revision(seen):
    """What is heard of the link is about the bank's last decision."""
    word, carried = split(seen.carried)
    return word in LIVE and carried["bank_revision"] == seen.revision


def own_deadline(seen):
    """The deadline is that of this state."""
    return seen.carried == seen.phase


def no_revision_left(seen):
    """There is no further number for a decision."""
    return seen.revision >= LAST_REVISION


def always(seen):
    """Whatever else there is."""
    return True


UNAVAILABLE = {"refused": "instrument_unavailable"}
LINKING = "linking", "stop_sending", "send_link_request"

BINDING = (
    (("absent",), "asked", lacks("fresh"), refuse("request_stale")),
    (("absent",), "asked", lacks("consent"), refuse("consent_missing")),
    (("absent",), "asked", lacks("authenticated"), refuse("holder_not_authenticated")),
    (("absent",), "asked", lacks("holder_matches"), refuse("holder_mismatch")),
    (("absent",), "asked", lacks("instrument_usable"), refuse("instrument_unavailable")),
    (("absent",), "asked", lacks("instrument_free"), refuse("already_bound")),
    (("absent",), "asked", always,
     await_in("binding.asked", "looking", "send_account_query", "tell_outcome")),
    (THERE, "asked", lacks("same_body"), refuse("idempotency_conflict")),
    (THERE, "asked", always, again("binding.asked-again", "tell_outcome")),

    (("looking",), "expired", own_deadline, close("binding.expired-looking", "expired")),
    (WAITS, "expired", own_deadline, end("binding.expired", "expired")),
    (ANY, "expired", always, again("deadline-meant-nothing")),

    (ANY, "leave_asked", lacks("own"), refuse("not_found")),
    (("absent",), "leave_asked", always, close("binding.cancel-overtook", "cancelled")),
    (("looking",), "leave_asked", always, close("binding.cancelled-looking", "cancelled")),
    (WAITS, "leave_asked", always, end("binding.cancelled", "cancelled")),
    (LIVE, "leave_asked", always, end("binding.ended-by-holder", "ended_by_holder")),
    (OVER, "leave_asked", always, again("binding.leave-asked-again", "tell_outcome")),

    (("absent",), None, always, refuse("not_found")),

    (THERE, "status_asked", lacks("own"), refuse("not_found")),
    (THERE, "status_asked", always, again("binding.status-told", "tell_outcome")),

    (("looking",), "account_found", always, await_in("binding.account-found", *LINKING)),
    (("looking",), "account_missing", always,
     await_in("binding.account-missing", "registering", "stop_sending",
              "send_account_registration")),
    (("registering",), "account_registered", always,
     await_in("binding.account-registered", *LINKING)),
    (("registering",), "registration_refused", always, registration_refused),

    (("looking",), "instrument_blocked", always, close("binding.blocked-looking", UNAVAILABLE)),
    (WAITS, "instrument_blocked", always, end("binding.blocked-waiting", UNAVAILABLE)),
    (("active",), "instrument_blocked", no_revision_left,
     end("binding.blocked-waiting", UNAVAILABLE)),
    (("active",), "instrument_blocked", always,
     next_revision("binding.suspended", "suspended", "send_link_suspend")),
    (("suspended",), "instrument_unblocked", no_revision_left, refuse("limit_exceeded")),
    (("suspended",), "instrument_unblocked", always,
     next_revision("binding.resumed", "active", "send_link_resume")),

    (THERE, "link_not_found", always, again("binding.link-not-found")),
    (("closed",), "link_heard", always, again("binding.notice-to-closed", "receipt")),
    (("ending",), "link_heard", heard("ended", "refused"), end_acknowledged),
    (THERE, "link_heard", heard("ended"),
     close("binding.link-ended", "ended_by_wallet", "receipt")),
    (THERE, "link_heard", heard("refused"), link_refused),
    (("linking", "awaiting_approval"), "link_heard", heard("active"),
     move("binding.link-active", "active", "stop_sending", "receipt")),
    (("linking",), "link_heard", heard("awaiting_approval"),
     await_in("binding.link-awaits", "awaiting_approval", "stop_sending", "receipt")),
    (LIVE, "link_heard", own_revision,
     again("binding.revision-acknowledged", "stop_sending", "receipt")),
    (THERE, "link_heard", always, again("binding.answer-too-late", "receipt")),
    (THERE, None, always, again("binding.answer-too-late")),
)


def binding(before, given):
    """The step of a binding: the decision, the record afterwards (None if it stays), the orders."""
    name, carried = split(given)
    seen = Seen(*split(before["state"]), before["revision"], name, carried)
    for states, on, condition, decide in BINDING:
        if seen.phase in states and on in (None, name) and condition(seen):
            return decide(seen)
    raise LookupError(f"no row for {before} and {given}")


# Of a debit: the states of the debit, those of its binding, a condition, and what is decided.
DEBIT = (
    (None, None, lambda given: not given["own"], ({"refused": "not_found"}, None, [])),
    (("accepted", "refused"), None, lambda given: not given["same_content"],
     ({"refused": "idempotency_conflict"}, None, [])),
    (("accepted", "refused"), None, lambda given: True,
     ({"replayed": "debit.asked-again"}, None, ["answer_debit"])),
    (("absent",), ("absent",), lambda given: True, ({"refused": "not_found"}, None, [])),
    (("absent",), TIMED, lambda given: True, ({"refused": "binding_pending"}, None, [])),
    (("absent",), ("active",), lambda given: given["covered"],
     ({"applied": "debit.accepted"}, "accepted", ["answer_debit"])),
    (("absent",), None, lambda given: True,
     ({"applied": "debit.refused"}, "refused", ["answer_debit"])),
)


def debit(before, given):
    """The step of a debit: the decision, its state afterwards (None if it stays), the orders."""
    bound = phase(given["binding"])
    for states, bindings, condition, verdict in DEBIT:
        stands = states is None or before in states
        if stands and (bindings is None or bound in bindings) and condition(given):
            return verdict
    raise LookupError(f"no row for {before} and {given}")
