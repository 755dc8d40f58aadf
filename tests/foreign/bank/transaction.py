"""One transaction on the records of one person: overdue deadlines, steps, orders, journal."""

import os
import time
import uuid

import codes
import core
import journal
from problems import Problem


def wall_ms():
    """The time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def new_binding(key, identity=None):
    """A binding that is not there yet; `key` is that of the request that begins it."""
    return {"id": identity or str(uuid.uuid4()), "key": key, "content": None, "instrument": None,
            "consent": None, "account": None, "secret": os.urandom(32).hex(),
            "record": {"state": "absent", "revision": 0}, "deadline": None, "began_ms": None}


class Transaction:
    """Steps are taken in the order of the calls; `finish` writes what came of them."""

    def __init__(self, config, store, person):
        self.config = config
        self.store = store
        self.person = person
        self.record = store.person(person)
        self.now_ms = max(wall_ms(), self.record["at_ms"])
        self.steps = []
        self.written = set()
        self.owed = {}  # binding: the letter that was ordered

    def journal_key(self, *parts):
        """A key for the journal."""
        return codes.journal_key(self.config.root, *parts)

    def touch(self, kind, key, state):
        """Notes that a record is written; gives what the journal has of it."""
        return journal.touch(self.record, self.written, kind, key, state)

    def bindings(self):
        """The person's bindings."""
        return self.record["bindings"].values()

    def overdue(self):
        """Steps every deadline that has passed, the earliest first."""
        while True:
            due = [(binding["deadline"][1], binding["id"]) for binding in self.bindings()
                   if binding["deadline"] and binding["deadline"][1] <= self.now_ms]
            if not due:
                return
            binding = self.record["bindings"][min(due)[1]]
            state = binding["deadline"][0]
            binding["deadline"] = None
            self.step_binding(binding, {"expired": state}, None)

    def step_binding(self, binding, given, received, account=None, besides=()):
        """Takes a step; `account` came with the input, `besides` was written with it."""
        decided, after, orders = core.binding(binding["record"], given)
        event = {"binding": {"id": binding["id"], "input": given}}
        step = journal.step(event, decided, orders, received)
        if after is not None:
            self.keep(binding, after)
            step["after"].append(self.touch("binding", binding["id"], after))
        step["after"] += besides
        self.steps.append(step)
        for order in orders:
            self.obey(binding, *core.split(order), account)
        if "refused" in decided:
            raise Problem(decided["refused"])
        return decided

    def keep(self, binding, after):
        """Writes a binding, a new one with whose it is."""
        if binding["record"]["state"] == "absent":
            binding["began_ms"] = self.now_ms
            self.record["bindings"][binding["id"]] = binding
            self.store.own("binding", binding["id"], self.person)
        binding["record"] = after
        if core.phase(after["state"]) not in core.TIMED:
            binding["deadline"] = None

    def obey(self, binding, order, carried, account):
        """Carries out an order. What is told to the client, the caller tells."""
        if order == "stop_sending":
            self.store.drop_letter(binding["id"])
            self.owed.pop(binding["id"], None)
        elif order == "arm_deadline":
            binding["deadline"] = [carried, self.deadline(binding, carried)]
        elif order.startswith("send_"):
            if order == "send_link_request" and binding["account"] is None:
                binding["account"] = account
            message = order.removeprefix("send_")
            self.owe(binding, message, self.letter_body(binding, message, carried))

    def deadline(self, binding, state):
        """Section 9: all of the setup from the request on, an approval from its beginning on."""
        if state == "awaiting_approval":
            return self.now_ms + self.config.timing["approval_bank_ms"]
        return binding["began_ms"] + self.config.timing["setup_ms"]

    def letter_body(self, binding, message, carried):
        """What a letter says."""
        customer = self.config.customers.get(self.person, {})
        if message == "account_query":
            return {"person": self.person}
        if message == "account_registration":
            return {"binding": binding["id"], "person": self.person,
                    "registration": customer["registration"], "contact": customer["contact"],
                    "secret": binding["secret"], "consent": binding["consent"]}
        if message == "link_request":
            return {"binding": binding["id"], "account": binding["account"],
                    "instrument": binding["instrument"], "person": self.person,
                    "contact": customer["contact"], "secret": binding["secret"]}
        if message in ("link_suspend", "link_resume"):
            return {"binding": binding["id"], "bank_revision": carried}
        return {"binding": binding["id"]}

    def owe(self, binding, message, body):
        """A letter to the wallet takes the place of the one that was owed about this binding."""
        letter = {"binding": binding["id"], "person": self.person, "key": os.urandom(16).hex(),
                  "message": message, "body": body}
        self.store.put_letter(letter)
        self.owed[binding["id"]] = letter

    def step_debit(self, operation, content, facts, received):
        """Takes a step on a debit and gives its record afterwards."""
        debit = self.record["debits"].get(operation)
        decided, after, orders = core.debit(debit["state"] if debit else "absent", facts)
        event = {"debit": {"operation": operation, "input": facts}}
        step = journal.step(event, decided, orders, received)
        if after is not None:
            active = core.phase(facts["binding"]) == "active"
            reason = "not_covered" if active else "binding_not_active"
            debit = {"state": after, "content": content, "reason": reason}
            self.record["debits"][operation] = debit
            self.store.own("operation", operation, self.person)
            step["after"].append(self.touch("debit", operation, after))
        self.steps.append(step)
        if "refused" in decided:
            raise Problem(decided["refused"])
        return debit

    def note(self, touched):
        """Something was written and nothing decided."""
        self.steps.append(journal.note(touched))

    def finish(self):
        """Writes the person's records and the journal, if there was any step."""
        if not self.steps:
            return
        self.record["version"] += 1
        self.record["at_ms"] = self.now_ms
        owed = [{"message": letter["message"], "about": letter["binding"], "key": letter["key"]}
                for letter in self.owed.values()]
        person = self.journal_key("person", self.person)
        self.store.append(journal.lines(self.record, person, self.steps, owed))
        self.store.save_person(self.person, self.record)
