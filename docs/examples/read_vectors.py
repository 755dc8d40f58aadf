#!/usr/bin/env python3
"""Runs step vectors against a toy that is nothing but a table.

    read_vectors.py tests/vectors

Each row is a state, an input and what comes of them; the first row that fits decides. A team puts
the steps of its own core in the place of `toy`. What has no step is not run, which is not passed.
"""

import json
import pathlib
import sys

WAITS, LIVE = ("registering", "linking", "awaiting_approval"), ("active", "suspended")
NO, TELL, STOP = False, "tell_outcome", "stop_sending"

def refuse(why):
    return {"refused": why}, None, []


def repeat(rule, *orders):
    return {"replayed": rule}, None, list(orders)


def move(rule, state, *orders, revision="$r"):
    return {"applied": rule}, {"state": state, "revision": revision}, list(orders)


def end(rule, why):
    return move(rule, {"ending": why}, STOP, "send_link_end", TELL)


def close(rule, why, *more):
    return move(rule, {"closed": why}, STOP, TELL, *more)


def link(rule):
    return move(rule, "linking", {"arm_deadline": "linking"}, STOP, "send_link_request")


BLOCKED = {"refused": "instrument_unavailable"}
BINDING = [  # state, input, what comes of it; "$x" takes what stands there, ... anything
    ("absent", {"asked": {"fresh": NO}}, refuse("request_stale")),
    ("absent", {"asked": {"consent": NO}}, refuse("consent_missing")),
    ("absent", {"asked": {"authenticated": NO}}, refuse("holder_not_authenticated")),
    ("absent", {"asked": {"holder_matches": NO}}, refuse("holder_mismatch")),
    ("absent", {"asked": {"instrument_usable": NO}}, refuse("instrument_unavailable")),
    ("absent", {"asked": {"instrument_free": NO}}, refuse("already_bound")),
    ("absent", {"asked": ...}, move("binding.asked", "looking", {"arm_deadline": "looking"},
                                    "send_account_query", TELL)),
    (..., {"asked": {"same_body": NO}}, refuse("idempotency_conflict")),
    (..., {"asked": ...}, repeat("binding.asked-again", TELL)),
    (..., {"leave_asked": {"own": NO}}, refuse("not_found")),
    ("absent", {"leave_asked": ...}, close("binding.cancel-overtook", "cancelled")),
    ("looking", {"leave_asked": ...}, close("binding.cancelled-looking", "cancelled")),
    (WAITS, {"leave_asked": ...}, end("binding.cancelled", "cancelled")),
    (LIVE, {"leave_asked": ...}, end("binding.ended-by-holder", "ended_by_holder")),
    (..., {"leave_asked": ...}, repeat("binding.leave-asked-again", TELL)),
    (..., {"status_asked": {"own": NO}}, refuse("not_found")),
    ("absent", {"status_asked": ...}, refuse("not_found")),
    (..., {"status_asked": ...}, repeat("binding.status-told", TELL)),
    ("looking", "account_found", link("binding.account-found")),
    ("looking", "account_missing", move("binding.account-missing", "registering", {
        "arm_deadline": "registering"}, STOP, "send_account_registration")),
    ("registering", "account_registered", link("binding.account-registered")),
    ("registering", {"registration_refused": "$x"}, close(
        "binding.registration-refused", {"refused": "$x"})),
    ("looking", "instrument_blocked", close("binding.blocked-looking", BLOCKED)),
    (WAITS, "instrument_blocked", end("binding.blocked-waiting", BLOCKED)),
    ("active", "instrument_blocked", move("binding.suspended", "suspended", STOP, {
        "send_link_suspend": "$r+1"}, revision="$r+1")),
    ("suspended", "instrument_unblocked", move("binding.resumed", "active", STOP, {
        "send_link_resume": "$r+1"}, revision="$r+1")),
    ("looking", {"expired": "looking"}, close("binding.expired-looking", "expired")),
    *((state, {"expired": state}, end("binding.expired", "expired")) for state in WAITS),
    (..., {"expired": ...}, repeat("deadline-meant-nothing")),
    ("absent", ..., refuse("not_found")),
    ({"closed": ...}, {"link_heard": ...}, repeat("binding.notice-to-closed", "receipt")),
    *(({"ending": "$why"}, {"link_heard": over},
       close("binding.end-acknowledged", "$why", "receipt"))
      for over in ("ended", {"refused": ...})),
    (..., {"link_heard": "ended"}, close("binding.link-ended", "ended_by_wallet", "receipt")),
    (..., {"link_heard": {"refused": {"reason": "$why"}}},
     close("binding.link-refused", {"refused": "$why"}, "receipt")),
    (("linking", "awaiting_approval"), {"link_heard": {"active": ...}},
     move("binding.link-active", "active", STOP, "receipt")),
    ("linking", {"link_heard": "awaiting_approval"}, move("binding.link-awaits",
     "awaiting_approval", {"arm_deadline": "awaiting_approval"}, STOP, "receipt")),
    *((LIVE, {"link_heard": {said: {"bank_revision": "$r"}}},
       repeat("binding.revision-acknowledged", STOP, "receipt")) for said in LIVE),
    (..., {"link_heard": ...}, repeat("binding.answer-too-late", "receipt")),
    (..., "link_not_found", repeat("binding.link-not-found")),
    (..., ..., repeat("binding.answer-too-late")),
]


def fits(pattern, value, taken):
    """Whether a value is as a pattern has it; notes what "$x" stands for."""
    if pattern is ...:
        return True
    if isinstance(pattern, str) and pattern.startswith("$"):
        return taken.setdefault(pattern, value) == value
    if isinstance(pattern, tuple):
        return any(fits(one, value, taken) for one in pattern)
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(
            name in value and fits(part, value[name], taken) for name, part in pattern.items())
    return pattern == value


def filled(form, taken):
    """A form with what "$x" stands for in its place."""
    if isinstance(form, str) and form.startswith("$"):
        return taken[form[:-2]] + 1 if form.endswith("+1") else taken[form]
    if isinstance(form, dict):
        return {name: filled(part, taken) for name, part in form.items()}
    return [filled(part, taken) for part in form] if isinstance(form, list) else form


def toy(before, given, _vector):
    """The step of a binding: what is decided, the record afterwards, the orders."""
    for state, pattern, (decided, after, orders) in BINDING:
        taken = {"$r": before["binding"]["revision"]}
        if fits(state, before["binding"]["state"], taken) and fits(pattern, given, taken):
            after = None if after is None else {"binding": filled(after, taken)}
            return decided, after, filled(orders, taken)
    raise LookupError(f"no row for {before} and {given}")


def main(folder, steps):
    ran = failed = 0
    for path in sorted((folder / "steps").glob("*.json")):
        file = json.loads(path.read_text(encoding="utf-8"))
        step = steps.get(file["machine"])
        print(f"{path.name}: {file['count']} vectors {'run' if step else 'not run'}")
        for vector in file["vectors"] if step else ():
            ran += 1  # an operation is stepped under the `limits` of its vector
            expected = vector["decided"], vector.get("after"), vector["orders"]
            found = step(vector["before"], vector["input"], vector)
            if found != expected:
                failed += 1
                hunts = " ".join(file["notes"][flag]["defect"] for flag in vector["flags"])
                print(f"{vector['id']} {vector['requirements']}: {vector['about']}\n  expected "
                      f"{expected}\n  found    {found}\n  hunts    {hunts}")
    print(f"{ran} vectors run, {ran - failed} passed" if ran else f"no vectors in {folder}/steps")
    return 0 if ran and not failed else 1


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), {"binding": toy}) if sys.argv[1:] else __doc__)
