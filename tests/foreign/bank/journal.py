"""The journal of the bank as docs/trace.md has it: NDJSON, a chain of hashes for each person."""

import hashlib
import json


def compact(value):
    """JSON without spaces."""
    return json.dumps(value, separators=(",", ":"))


def step(event, decided, orders, received):
    """A step as it is written down; what it wrote is added to `after`."""
    found = {"event": event, "decided": decided, "orders": orders, "after": []}
    if received is not None:
        found["received"] = received
    return found


def note(after):
    """What was written without a step."""
    return {"event": None, "after": after}


def touch(record, written, kind, key, state):
    """A record that was written; `written` has those of this transaction."""
    name = f"{kind}/{key}"
    versions = record["versions"]
    if name not in written:
        written.add(name)
        versions[name] = versions.get(name, 0) + 1
    return {kind: {"key": key.replace("-", ""), "version": versions[name], "state": state}}


def lines(record, person, steps, owed):
    """The lines of one transaction; counts them in the person's record and goes on with its chain.

    `person` is the person's key in the journal, `owed` are the letters that were ordered.
    """
    written = []
    for place, step_taken in enumerate(steps, start=1):
        line = {"person": person, "version": record["version"], "at_ms": record["at_ms"]}
        if step_taken["event"] is None:
            line["sequence"] = record["sequence"]
        else:
            line["entry"] = {"protocol": 1, "sequence": record["sequence"],
                             "event": step_taken["event"], "decided": step_taken["decided"]}
        for member in ("received", "orders"):
            if member in step_taken:
                line[member] = step_taken[member]
        line["after"] = step_taken["after"]
        if place == len(steps):
            line["commit"] = {"lines": len(steps), "owed": owed}
        text = compact(line)
        chained = f"{record['hash']}\n{text}".encode()
        record["hash"] = hashlib.sha256(chained).hexdigest()
        record["sequence"] += 1
        written.append(f'{text[:-1]},"hash":"{record["hash"]}"}}')
    return written


def export(config, stored, out):
    """Writes the whole journal: header, lines, end."""
    header = {"trace": "bindproof.trace/1", "server": config.name, "role": "bank",
              "timing": config.given_timing}
    print(compact(header), file=out)
    count, persons = 0, set()
    for line in stored:
        print(line, file=out)
        count += 1
        persons.add(json.loads(line)["person"])
    print(compact({"end": {"lines": count, "persons": len(persons)}}), file=out)
