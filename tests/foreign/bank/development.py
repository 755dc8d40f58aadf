"""What stands in for the bank's own systems in tests: sessions, authentications and blocks."""

import os

import codes
import core
from problems import Problem
from transaction import wall_ms

AUTHENTICATION_MS = 300_000


class Development:
    """The paths under `/development/`, which are no messages of the protocol."""

    def __init__(self, bank):
        self.bank = bank
        self.config = bank.config

    def person(self, authorization):
        """The customer whose session the field `authorization` shows."""
        person = codes.session_person(self.config.root, authorization)
        if person not in self.config.customers:
            raise Problem("signature_invalid")
        return person

    def session(self, body):
        """A session of a customer."""
        if body["person"] not in self.config.customers:
            raise Problem("not_found")
        return {"token": codes.session_token(self.config.root, body["person"])}

    def authentication(self, person, body):
        """The customer has just authenticated for binding this instrument."""
        token = os.urandom(16).hex()
        until_ms = wall_ms() + AUTHENTICATION_MS
        store = self.bank.store
        with store.transaction():
            store.new_authentication(token, person, body["instrument"], until_ms)
        return {"authentication": token}

    def block(self, person, body):
        """The bank blocks an instrument, or lifts the block."""
        instrument, blocked = body["instrument"], body["blocked"]
        if (person, instrument) not in self.config.covers:
            raise Problem("not_found")

        def work(transaction):
            touched = []
            if transaction.record["blocked"].get(instrument, False) != blocked:
                transaction.record["blocked"][instrument] = blocked
                key = transaction.journal_key("instrument", instrument)
                touched.append(transaction.touch("instrument", key, {"blocked": blocked}))
            held = [one for one in transaction.bindings() if one["instrument"] == instrument
                    and core.phase(one["record"]["state"]) != "closed"]
            if held:
                given = "instrument_blocked" if blocked else "instrument_unblocked"
                transaction.step_binding(held[0], given, None, besides=touched)
            elif touched:
                transaction.note(touched)

        self.bank.transact(person, work)
        return {"blocked": blocked}
