#!/usr/bin/env python3
"""Writes the journals of a bank and of a wallet that bind one card, as docs/trace.md has them.

    emit_trace.py FOLDER
    bindproof trace check --complete FOLDER/bank.ndjson FOLDER/wallet.ndjson

A server writes its journal in the same way: one call of `Journal.commit` in each transaction, with
what its steps decided in it. Nothing here decides anything.
"""

import hashlib
import json
import pathlib
import sys


class Journal:
    """The journal of one server: a chain of lines for each person."""

    def __init__(self, path, server, role):
        self.file = open(path, "w", encoding="utf-8")
        self.persons = {}  # person: [lines, transactions, hash of the last line]
        self.versions = {}  # (kind, key): transactions in which it was written
        self.lines = 0
        self.write({"trace": "bindproof.trace/1", "server": server, "role": role})

    def write(self, value):
        self.file.write(json.dumps(value, separators=(",", ":")) + "\n")

    def commit(self, person, at_ms, steps, owed=()):
        """One transaction. A step is a dict with `event`, `decided`, and, where there is any,
        `received`, `orders` and `after`: a list of (kind, key, state)."""
        chain = self.persons.setdefault(person, [0, 0, ""])
        chain[1] += 1
        written = set()
        for place, step in enumerate(steps, start=1):
            entry = {
                "protocol": 1,
                "sequence": chain[0],
                "event": step["event"],
                "decided": step["decided"],
            }
            line = {"person": person, "version": chain[1], "at_ms": at_ms, "entry": entry}
            for member in ("received", "orders"):
                if member in step:
                    line[member] = step[member]
            line["after"] = []
            for kind, key, state in step.get("after", ()):
                if (kind, key) not in written:
                    written.add((kind, key))
                    self.versions[kind, key] = self.versions.get((kind, key), 0) + 1
                touch = {"key": key, "version": self.versions[kind, key], "state": state}
                line["after"].append({kind: touch})
            if place == len(steps):
                line["commit"] = {"lines": len(steps), "owed": list(owed)}
            text = json.dumps(line, separators=(",", ":"))
            chain[2] = hashlib.sha256(f"{chain[2]}\n{text}".encode()).hexdigest()
            self.file.write(f'{text[:-1]},"hash":"{chain[2]}"}}\n')
            chain[0] += 1
            self.lines += 1

    def close(self):
        self.write({"end": {"lines": self.lines, "persons": len(self.persons)}})
        self.file.close()


def key(name):
    """A key for what has no id on the wire."""
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    bank = Journal(folder / "bank.ndjson", "bank", "bank")
    wallet = Journal(folder / "wallet.ndjson", "wallet", "wallet")
    person, binding, account = key("person ada"), key("binding 1"), key("account 1")
    request = {name: key(f"request {name}") for name in ("register", "link")}
    now = 1_700_000_000_000

    def state(name, revision=0):
        return [("binding", binding, {"state": name, "revision": revision})]

    def owed(message):
        return {"message": message, "about": binding, "key": f"{message}-1"}

    def sent(message, **more):
        """A message of the bank as the wallet receives it."""
        return {"message": message, "request": more.pop("request"), "from": "bank",
                "key": f"{message}-1", "issued_ms": now, "person": person, **more}

    asked = dict.fromkeys(
        ("fresh", "same_body", "authenticated", "holder_matches", "consent", "instrument_free",
         "instrument_usable"), True)
    bank.commit(person, now, [{
        "event": {"binding": {"id": binding, "input": {"asked": asked}}},
        "decided": {"applied": "binding.asked"},
        "received": {"message": "bind_request", "issued_ms": now,
                     "instrument": key("card"), "content": key("body"), "consent": True},
        "after": state("looking"),
    }], [owed("account_query")])
    bank.commit(person, now + 20, [{
        "event": {"binding": {"id": binding, "input": "account_missing"}},
        "decided": {"applied": "binding.account-missing"},
        "received": {"message": "account_answer", "from": "wallet"},
        "after": state("registering"),
    }], [owed("account_registration")])

    facts = {"own": True, "fresh": True, "same_account": True, "consent": True,
             "account_matches": False, "created_for": False, "created_for_bank": False,
             "may_wait": False}
    opened = {"open": {"origin": "bank_registered", "verified": True, "authenticated": False}}

    def link(name):
        return ("link", binding, {"state": name, "bank_revision": 0, "code_spent": False})

    wallet.commit(person, now + 30, [{
        "event": {"link": {"id": binding, "account": account,
                           "input": {"registration_asked": facts}}},
        "decided": {"applied": "link.account-created"},
        "received": sent("account_registration", request=request["register"], consent=True),
        "after": [link("registered"), ("account", account, opened)],
    }])
    bank.commit(person, now + 40, [{
        "event": {"binding": {"id": binding, "input": "account_registered"}},
        "decided": {"applied": "binding.account-registered"},
        "received": {"message": "registration_answer", "request": request["register"],
                     "from": "wallet", "account": account},
        "after": state("linking"),
    }], [owed("link_request")])
    facts = {**facts, "consent": False, "account_matches": True, "created_for": True,
             "created_for_bank": True, "may_wait": True}
    wallet.commit(person, now + 50, [{
        "event": {"link": {"id": binding, "account": account, "input": {"link_asked": facts}}},
        "decided": {"applied": "link.activated"},
        "received": sent("link_request", request=request["link"], account=account),
        "after": [link("active")],
    }])
    bank.commit(person, now + 60, [{
        "event": {"binding": {"id": binding, "input": {"link_heard": {
            "active": {"bank_revision": 0}}}}},
        "decided": {"applied": "binding.link-active"},
        "received": {"message": "link_answer", "request": request["link"], "from": "wallet"},
        "after": state("active"),
    }])
    bank.close()
    wallet.close()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
