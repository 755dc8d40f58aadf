#!/usr/bin/env python3
"""Runs one of the programs here with a defect planted, to see that the defect is found.

    FOREIGN_DEFECT=NAME defects.py PROGRAM ARGUMENT…

The server itself knows nothing of defects: what one changes is exchanged here, before it starts.
"""

import os
import pathlib
import runpy
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "bank"))

import bank
import core
import store
import transaction


def no_suspend():
    """A block suspends the binding, and the wallet is not told."""
    owe = transaction.Transaction.owe

    def owe_all_but_suspensions(self, binding, message, body):
        if message != "link_suspend":
            owe(self, binding, message, body)

    transaction.Transaction.owe = owe_all_but_suspensions


def any_session():
    """Whoever asks is told of a binding, whosesoever it is."""
    named = bank.Bank.named

    def named_of_anybody(self, asking, identity):
        owner = self.store.owner("binding", identity)
        if owner is None:
            return named(self, asking, identity)
        return self.store.person(owner)["bindings"][identity], True

    bank.Bank.named = named_of_anybody


def new_body():
    """A request that comes again under its key may have another body."""
    binding = core.binding

    def binding_without_comparison(before, given):
        name, carried = core.split(given)
        if name == "asked":
            given = {name: {**carried, "same_body": True}}
        return binding(before, given)

    core.binding = binding_without_comparison


def debits_apart():
    """An operation's debit is another one with each person's binding."""
    owner = store.Store.owner

    def owner_of_all_but_operations(self, kind, identity):
        return None if kind == "operation" else owner(self, kind, identity)

    store.Store.owner = owner_of_all_but_operations


DEFECTS = {"no-suspend": no_suspend, "any-session": any_session, "new-body": new_body,
           "debits-apart": debits_apart}


def main(program, arguments):
    name = os.environ.get("FOREIGN_DEFECT")
    if name not in DEFECTS:
        sys.exit(f"FOREIGN_DEFECT is {name}; there are: {', '.join(DEFECTS)}")
    DEFECTS[name]()
    sys.argv = [program, *arguments]
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
