"""The bank: what each message, each answer of the wallet and each block does to its records."""

import json
import threading
import time

import codes
import core
from problems import Problem
from store import Store
from transaction import Transaction, new_binding, wall_ms

AHEAD_MS = 10_000
NONCE_S = 75


def link_input(message):
    """What a status of the wallet's link is to the step of a binding."""
    status = message["status"]
    if status in core.LIVE:
        return {"link_heard": {status: {"bank_revision": message["bank_revision"]}}}
    if status == "refused":
        return {"link_heard": {"refused": {"reason": message["reason"]}}}
    return {"link_heard": status}


def answer_input(message_name, message):
    """What an answer of the wallet is to the step of a binding; None is that there is no link."""
    if message is None:
        return "link_not_found"
    if message_name == "account_answer":
        return "account_found" if message["found"] == "registered" else "account_missing"
    if message_name == "registration_answer":
        if message["registered"] == "refused":
            return {"registration_refused": message["reason"]}
        return "account_registered"
    return link_input(message)


def outcome(binding, now_ms):
    """What a bank client is told of a binding."""
    told = {"binding": binding["id"]}
    phase, why = core.split(binding["record"]["state"])
    if phase not in core.OVER:
        told["outcome"] = "active" if phase in core.LIVE else "pending"
        told["code"] = codes.binding_code(binding["secret"], binding["id"], now_ms)
    elif isinstance(why, dict):
        told.update(outcome="refused", refused_because=why["refused"])
    else:
        told.update(outcome="ended", ended_because=why)
    return told


class Bank:
    """Every method that decides is one transaction, and durable when it returns."""

    def __init__(self, config):
        self.config = config
        self.store = Store(config.store)
        self.wake = threading.Event()  # something may be owed

    def transact(self, person, work):
        """Whatever is overdue, then `work`; what it decided is kept also if it is a problem."""
        problem = result = None
        with self.store.transaction():
            transaction = Transaction(self.config, self.store, person)
            transaction.overdue()
            try:
                result = work(transaction)
            except Problem as refusal:
                problem = refusal
            transaction.finish()
        self.wake.set()
        if problem:
            raise problem
        return result

    def check_key(self, caller, request, now_ms):
        """Refuses a key that stands for another body."""
        known = self.store.body_under(caller, request["name"], request["idempotency_key"], now_ms)
        if known not in (None, codes.digest(request["message"])):
            raise Problem("idempotency_conflict")

    def remember_key(self, caller, request, now_ms):
        """From now on the key stands for this body, if it does not yet."""
        key = request["idempotency_key"]
        if self.store.body_under(caller, request["name"], key, now_ms) is None:
            until_ms = now_ms + self.config.timing["key_retention_ms"]
            self.store.remember_key(caller, request["name"], key,
                                    codes.digest(request["message"]), until_ms)

    # What bank clients ask; `person` is that of the session.

    def bind_request(self, person, request):
        """A holder asks to bind an instrument."""
        message, key = request["message"], request["idempotency_key"]

        def work(transaction):
            content = transaction.journal_key("content", message)
            began = [one for one in transaction.bindings() if one["key"] == key]
            binding = began[0] if began else new_binding(key)
            facts = self.bind_facts(transaction, binding, request, content)
            received = {
                "message": "bind_request", "request": request["request_id"],
                "issued_ms": request["issued_at"], "content": content,
                "instrument": transaction.journal_key("instrument", message["instrument"]),
                "consent": facts["consent"]}
            if not began:
                binding.update(content=content, instrument=message["instrument"],
                               consent=message["consent"])
            decided = transaction.step_binding(binding, {"asked": facts}, received)
            if "applied" in decided:
                self.store.use_authentication(message["authentication"], key)
            return outcome(binding, transaction.now_ms)

        return self.transact(person, work)

    def bind_facts(self, transaction, binding, request, content):
        """The facts of a bind request (docs/trace.md)."""
        message, person = request["message"], transaction.person
        instrument, consent = message["instrument"], message["consent"]
        age_ms = transaction.now_ms - request["issued_at"]
        others = [one for one in transaction.bindings() if one is not binding]
        return {
            "fresh": -AHEAD_MS <= age_ms <= self.config.timing["freshness_ms"],
            "same_body": binding["content"] in (None, content),
            "authenticated": self.authenticated(transaction, request),
            "holder_matches": (person, instrument) in self.config.covers,
            "consent": consent["bind"] and consent["register"],
            "instrument_free": not any(one["instrument"] == instrument
                                       and core.phase(one["record"]["state"]) != "closed"
                                       for one in others),
            "instrument_usable": not transaction.record["blocked"].get(instrument, False),
        }

    def authenticated(self, transaction, request):
        """Whether the holder has authenticated for this request, and for no other."""
        message = request["message"]
        found = self.store.authentication(message["authentication"])
        if found is None or found["person"] != transaction.person:
            return False
        if found["instrument"] != message["instrument"]:
            return False
        if found["used_by"] is None:
            return found["until_ms"] > transaction.now_ms
        return found["used_by"] == request["idempotency_key"]

    def bind_cancel(self, person, request):
        """A holder gives a request up, or ends a binding."""
        message = request["message"]

        def work(transaction):
            self.check_key(person, request, transaction.now_ms)
            if "request_key" in message:
                key = message["request_key"]
                began = [one for one in transaction.bindings() if one["key"] == key]
                binding, own = began[0] if began else new_binding(key), True
            else:
                binding, own = self.named(transaction, message["binding"])
            received = {"message": request["name"], "request": request["request_id"]}
            transaction.step_binding(binding, {"leave_asked": {"own": own}}, received)
            self.remember_key(person, request, transaction.now_ms)
            return outcome(binding, transaction.now_ms)

        return self.transact(person, work)

    unbind_request = bind_cancel

    def binding_query(self, person, request):
        """A holder asks where a binding stands."""
        def work(transaction):
            binding, own = self.named(transaction, request["message"]["binding"])
            received = {"message": "binding_query", "request": request["request_id"]}
            transaction.step_binding(binding, {"status_asked": {"own": own}}, received)
            return outcome(binding, transaction.now_ms)

        return self.transact(person, work)

    def named(self, transaction, identity):
        """The binding of this id, and whether it is one of the person's."""
        binding = transaction.record["bindings"].get(identity)
        return binding or new_binding(None, identity), binding is not None

    # What the wallet sends.

    def person_of(self, caller, request):
        """Whose the binding is that a message of the wallet names."""
        with self.store.transaction():
            person = self.store.owner("binding", request["message"]["binding"])
            if person is None:
                self.check_key(caller, request, wall_ms())
                raise Problem("not_found")
            return person

    def link_notice(self, caller, request):
        """The wallet tells where a link stands; the receipt is an empty object."""
        person = self.person_of(caller, request)
        message = request["message"]

        def work(transaction):
            self.check_key(caller, request, transaction.now_ms)
            binding = transaction.record["bindings"][message["binding"]]
            received = {"message": "link_notice", "request": request["request_id"],
                        "from": caller, "key": request["idempotency_key"],
                        "issued_ms": request["issued_at"]}
            transaction.step_binding(binding, link_input(message), received)
            self.remember_key(caller, request, transaction.now_ms)

        self.transact(person, work)

    def debit_request(self, caller, request):
        """The wallet asks for a debit."""
        person = self.person_of(caller, request)
        message, amount = request["message"], request["message"]["amount"]
        operation = message["operation"]

        def work(transaction):
            self.check_key(caller, request, transaction.now_ms)
            if self.store.owner("operation", operation) not in (None, person):
                # No step sees two persons' records (docs/trace.md, `Which debit`).
                raise Problem("idempotency_conflict")
            binding = transaction.record["bindings"][message["binding"]]
            debit = transaction.record["debits"].get(operation)
            content = [message["binding"], amount["minor"], amount["currency"]]
            covers = self.config.covers.get((person, binding["instrument"]), 0)
            facts = {"own": True,
                     "same_content": debit is None or debit["content"] == content,
                     "binding": binding["record"]["state"],
                     "covered": amount["minor"] <= covers}
            received = {"message": "debit_request", "request": request["request_id"],
                        "from": caller, "key": request["idempotency_key"],
                        "issued_ms": request["issued_at"], "binding": message["binding"],
                        "amount_minor": amount["minor"]}
            debit = transaction.step_debit(operation, content, facts, received)
            self.remember_key(caller, request, transaction.now_ms)
            told = {"operation": operation, "debit": debit["state"]}
            if debit["state"] == "refused":
                told["reason"] = debit["reason"]
            return told

        return self.transact(person, work)

    def answered(self, letter, request_id, name, message):
        """The wallet answers a letter; `message` is None if it knows no such link."""
        received = {"message": name, "from": self.config.wallet}
        if name != "account_answer":
            received["request"] = request_id
        account = (message or {}).get("account")
        if account:
            received["account"] = account

        def work(transaction):
            binding = transaction.record["bindings"][letter["binding"]]
            given = answer_input(name, message)
            transaction.step_binding(binding, given, received, account=account)

        self.transact(letter["person"], work)

    # What the edge and the outbox ask.

    def take_nonce(self, tag, signed):
        """A signature counts once."""
        with self.store.transaction():
            fresh = self.store.take_nonce(tag, signed.key_id, signed.nonce,
                                          signed.created + NONCE_S, int(time.time()))
        if not fresh:
            raise Problem("signature_invalid")

    def letters(self):
        """What is owed to the wallet, after every deadline that has passed."""
        now_ms = wall_ms()
        with self.store.transaction():
            overdue = self.store.overdue(now_ms)
        for person in overdue:
            self.transact(person, lambda transaction: None)
        with self.store.transaction():
            return [dict(row, body=json.loads(row["body"])) for row in self.store.letters()]
