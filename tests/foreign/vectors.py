#!/usr/bin/env python3
"""Runs the vectors that concern a bank against the server's own functions.

    vectors.py FOLDER       FOLDER is tests/vectors
"""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "bank"))

import codes
import core
import signatures
from fields import Reader


def step(machine, vector):
    """Decision, record afterwards and orders, and what they have to be."""
    found = getattr(core, machine)(vector["before"][machine], vector["input"])
    after = vector.get("after", {}).get(machine)
    return found, (vector["decided"], after, vector["orders"])


def message(vector):
    """Whether a request or an answer is accepted, and its signature base."""
    of = vector["request"]
    request = signatures.Request(of["method"], of["path"], of.get("query", ""), of["fields"],
                                 of["body"].encode())
    answer = vector.get("answer")
    if answer is not None:
        answer = signatures.Answer(answer["status"], answer["fields"], answer["body"].encode())
    keys = {vector["key"]["id"]: bytes.fromhex(vector["key"]["public"])}
    try:
        signatures.verify(request, answer, vector["tag"], keys, vector["now_ms"])
        accepted = True
    except signatures.Bad:
        accepted = False
    base = None
    if vector.get("base") is not None:
        signed = answer or request
        raw = signed.fields["signature-input"].removeprefix("bindproof=")
        base = signatures.base(Reader(raw).inner_list(), raw, request, answer)
    return (accepted, base), (vector["accepted"], vector.get("base"))


def code(vector):
    """The binding code of now."""
    found = codes.binding_code(vector["secret"], vector["binding"], vector["now_ms"])
    return found, vector["code"]


def run(path, check):
    """How many vectors of a file were run, and how many came out otherwise."""
    file = json.loads(path.read_text(encoding="utf-8"))
    wrong = 0
    for vector in file["vectors"]:
        found, expected = check(vector)
        if found != expected:
            wrong += 1
            print(f"{vector['id']}: {vector.get('about')}\n  expected {expected}\n"
                  f"  found    {found}")
    if len(file["vectors"]) != file["count"]:
        raise ValueError(f"{path} has not as many vectors as it says")
    return file["count"], wrong


def main(folder):
    ran = {}
    failed = 0
    for machine in ("binding", "debit"):
        path = folder / "steps" / f"{machine}.json"
        ran[machine], wrong = run(path, lambda vector: step(machine, vector))
        failed += wrong
    for kind, check in (("requests", message), ("answers", message), ("codes", code)):
        ran[kind], wrong = run(folder / "cryptography" / f"{kind}.json", check)
        failed += wrong
    figures = ", ".join(f"{count} {name}" for name, count in ran.items())
    print(f"vectors: {figures}; {failed} otherwise than expected")
    return 0 if failed == 0 and all(ran.values()) else 1


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(pathlib.Path(sys.argv[1])))
