"""Reading messages strictly: every member that has to be there, nothing else, no number but whole.

A shape is a function that tells whether a value has it.
"""

import json
import re

from problems import Problem

PROTOCOL = "bindproof/1"
BIG = 2**53 - 1
LAST_REVISION = 200


def text(pattern):
    """Text that fits the pattern as a whole."""
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def integer(low, high):
    """A whole number within bounds."""
    return lambda value: type(value) is int and low <= value <= high


def word(*words):
    """One of these words."""
    return lambda value: isinstance(value, str) and value in words


def boolean(value):
    """True or false."""
    return type(value) is bool


def record(**members):
    """An object with just these members."""
    def has_shape(value):
        return (isinstance(value, dict) and set(value) == set(members)
                and all(shape(value[name]) for name, shape in members.items()))
    return has_shape


def either(*shapes):
    """One of these shapes."""
    return lambda value: any(shape(value) for shape in shapes)


UUID = text(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
REFERENCE = text(r"[!-~]{1,64}")
OPAQUE = text(r"[!-~]{1,1024}")
CURRENCY = text(r"[A-Z]{3}")
BYTE = integer(0, 255)
REASON = word("consent_missing", "account_unavailable", "binding_limit_reached",
              "instrument_unavailable", "declined")


def luhn(digits):
    """Whether the check digit of a card number is right."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (1 + place % 2)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


def instrument(value):
    """A reference that is no card number, however it is grouped."""
    if not REFERENCE(value):
        return False
    digits = re.sub(r"[-.]", "", value)
    return not (digits.isdigit() and 12 <= len(digits) <= 19 and luhn(digits))


LINK_FORMS = either(
    record(binding=UUID, status=word("registered", "awaiting_approval", "ended"),
           wallet_revision=BYTE),
    record(binding=UUID, status=word("active", "suspended"), wallet_revision=BYTE,
           bank_revision=integer(0, LAST_REVISION)),
    record(binding=UUID, status=word("refused"), reason=REASON, wallet_revision=BYTE),
)
WALLET_REVISIONS = {"registered": 1, "awaiting_approval": 2, "ended": 255, "refused": 255}


def link_status(value):
    """Where a link stands; the wallet's revision follows from the rest."""
    if not LINK_FORMS(value):
        return False
    expected = WALLET_REVISIONS.get(value["status"])
    if expected is None:
        expected = 3 + value["bank_revision"]
    return value["wallet_revision"] == expected


MESSAGES = {
    "bind_request": record(instrument=instrument, authentication=OPAQUE,
                           consent=record(bind=boolean, register=boolean)),
    "bind_cancel": either(record(binding=UUID), record(request_key=REFERENCE)),
    "unbind_request": record(binding=UUID),
    "binding_query": record(binding=UUID),
    "link_notice": link_status,
    "debit_request": record(binding=UUID, operation=UUID,
                            amount=record(minor=integer(1, BIG), currency=CURRENCY)),
    "account_answer": either(record(found=word("registered"), account=UUID),
                             record(found=word("unregistered"))),
    "registration_answer": either(
        record(binding=UUID, registered=word("created", "existing"), account=UUID),
        record(binding=UUID, registered=word("refused"), reason=REASON)),
    "link_answer": link_status,
}
OF_CLIENTS = ("bind_request", "bind_cancel", "unbind_request", "binding_query")
OF_SERVERS = ("link_notice", "debit_request")
WITHOUT_KEY = ("binding_query", "account_query")

DEVELOPMENT = {
    "/development/session": record(person=REFERENCE),
    "/development/authentication": record(instrument=instrument),
    "/development/block": record(instrument=instrument, blocked=boolean),
}


def no_member_twice(pairs):
    """An object, if none of its members is there twice."""
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a member twice")
    return value


def no_number(written):
    """Refuses what is no whole number."""
    raise ValueError(f"{written} is no whole number")


def parse(raw):
    """Strict JSON: UTF-8, no member twice, no number with a point. ValueError of anything else."""
    try:
        return json.loads(raw.decode("utf-8"), object_pairs_hook=no_member_twice,
                          parse_constant=no_number, parse_float=no_number)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def body_of(shape, raw):
    """A body that has to have a shape."""
    try:
        value = parse(raw)
    except ValueError as error:
        raise Problem("request_malformed") from error
    if not shape(value):
        raise Problem("request_malformed")
    return value


def request(name, raw, key_field):
    """The envelope of a request by its message's name; `key_field` is `idempotency-key`."""
    request_id = None
    try:
        value = parse(raw)
        if isinstance(value, dict) and UUID(value.get("request_id")):
            request_id = value["request_id"]
    except ValueError as error:
        raise Problem("request_malformed") from error
    members = {"protocol": word(PROTOCOL), "name": word(name), "request_id": UUID,
               "issued_at": integer(0, BIG), "message": MESSAGES[name]}
    if name not in WITHOUT_KEY:
        members["idempotency_key"] = REFERENCE
    if not record(**members)(value) or value.get("idempotency_key") != key_field:
        raise Problem("request_malformed", request_id)
    return value


def answer(name, raw, request_id, issuer):
    """The message of an answer to one's own request; ValueError if it is none."""
    value = parse(raw)
    shape = record(protocol=word(PROTOCOL), name=word(name), request_id=word(request_id),
                   issuer=word(issuer), message=MESSAGES[name])
    if not shape(value):
        raise ValueError(f"no {name}")
    return value["message"]
