#!/usr/bin/env python3
"""Checks the cryptography vectors by a second implementation: this page.

    check_cryptography.py tests/vectors

It builds each signature base from the message, verifies Ed25519 after RFC 8032, section 5.1.7, and
derives each code. A team puts its own functions in the place of these. It is far too slow for use.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import re
import sys

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
REQUEST = ["@method", "@authority", "@path", "@query", "content-type", "content-digest"]
ANSWER = ["@status", "content-type", "content-digest", "signature"]


def recover_x(y, sign):
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P)
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - x2) % P or (x == 0 and sign):
        raise ValueError("no point")
    return P - x if x & 1 != sign else x


def point(octets):
    number = int.from_bytes(octets, "little")
    y = number & ((1 << 255) - 1)
    return recover_x(y, number >> 255), y


def add(p, q):
    (x1, y1), (x2, y2) = p, q
    t = D * x1 * x2 * y1 * y2 % P
    return ((x1 * y2 + y1 * x2) * pow(1 + t, P - 2, P) % P,
            (y1 * y2 + x1 * x2) * pow(1 - t, P - 2, P) % P)


def times(number, p):
    q = (0, 1)
    while number:
        q, p, number = add(q, p) if number & 1 else q, add(p, p), number >> 1
    return q


BASE = recover_x(4 * pow(5, P - 2, P) % P, 0), 4 * pow(5, P - 2, P) % P


def holds(public, text, signature):
    """Whether the key signed the text."""
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + text).digest(), "little") % L
    return times(s, BASE) == add(point(signature[:32]), times(k, point(public)))


def value(name, of_request, request, answer):
    """The value of a covered component."""
    fields = request["fields"] if of_request or answer is None else answer["fields"]
    authority = request["fields"]["host"].lower()
    derived = {
        "@method": request["method"], "@path": request["path"],
        "@authority": authority[:-3] if authority.endswith(":80") else authority,
        "@query": "?" + request.get("query", ""), "@status": str(answer and answer["status"]),
    }
    if of_request:  # of the request's signatures only this profile's
        return re.search(r"bindproof=(:[^:]*:)", fields[name])[1]
    return derived[name] if name in derived else fields[name]


def judge(vector):
    """The signature base, and whether the signature is accepted."""
    request, answer = vector["request"], vector.get("answer")
    message = answer or request
    params = message["fields"]["signature-input"].removeprefix("bindproof=")
    inner = re.match(r"\(([^)]*)\)", params)[1]
    items = re.findall(r'"([^"]+)"((?:;[a-z]+(?:="[^"]*")?)*)', inner)
    base = "".join(f'"{name}"{more}: {value(name, ";req" in more, request, answer)}\n'
                   for name, more in items) + f'"@signature-params": {params}'
    given = dict(re.findall(r';([a-z]+)="?([^;"]*)"?', params[len(inner) + 2:]))
    if given["tag"] != vector["tag"]:
        return None, False
    covered = [name for name, _ in items]
    needed = ANSWER if answer else REQUEST + ["idempotency-key"] * (
        "idempotency-key" in request["fields"])
    digest = base64.b64encode(hashlib.sha256(message["body"].encode()).digest()).decode()
    age = vector["now_ms"] // 1000 - int(given["created"])
    coded = message["fields"]["signature"].removeprefix("bindproof=:").removesuffix(":")
    signature = base64.b64decode(coded)
    return base, (
        all(name in covered for name in needed) and -10 <= age <= 60
        and (answer is not None or 22 <= len(given["nonce"]) <= 64)
        and given["keyid"] == vector["key"]["id"] and given["alg"] == "ed25519"
        and message["fields"]["content-digest"] == f"sha-256=:{digest}:"
        and base64.b64encode(signature).decode() == coded
        and holds(bytes.fromhex(vector["key"]["public"]), base.encode(), signature))


def message(vector):
    base, accepted = judge(vector)
    return {"base": base, "accepted": accepted}, {"base": None, **vector}


def code(vector):
    binding = bytes.fromhex(vector["binding"].replace("-", ""))

    def derived(period):
        parts = b"binding code", binding, period.to_bytes(8, "big")
        hashed = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
        secret = bytes.fromhex(vector["secret"])
        return hashed.hex(), hmac.new(secret, hashed, "sha256").hexdigest()[:32]

    now = vector["now_ms"] // 30_000
    genuine = any(derived(period)[1] == vector["presented"] and period > vector["spent_through"]
                  for period in (now, now - 1))
    hashed, of_now = derived(now)
    return {"period": now, "hashed": hashed, "code": of_now, "genuine": genuine}, vector


def authenticator(vector):
    key, *known, signature = vector["says"].split(".")
    words = ["bindproof", "assertion" if known else "enrolment", vector["ceremony"], *known]
    signs, enrolled = " ".join(words), vector["key"]["public"]
    try:
        held = holds(bytes.fromhex(enrolled), signs.encode(), bytes.fromhex(signature))
    except ValueError:  # what is no point is no signature
        held = False
    return {"signs": signs, "accepted": key == enrolled and held}, vector


def main(folder):
    kinds = {"requests": message, "answers": message, "codes": code,
             "authenticators": authenticator}
    wrong = 0
    for kind in sorted(kinds):
        path = folder / "cryptography" / f"{kind}.json"
        file = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        ran = len(file.get("vectors", []))
        if not ran or ran != file["count"] or file["kind"] != kind:
            wrong += 1
            print(f"{path.name} is not there" if not file else f"{path.name}: it has no vectors"
                  if not ran else f"{path.name}: {file['count']} vectors are said, {ran} found")
        for vector in file.get("vectors", []):
            found, expected = kinds[kind](vector)
            for name in (name for name in found if found[name] != expected[name]):
                wrong += 1
                print(f"{vector['id']}: {name} is {expected[name]}, found {found[name]}")
        print(f"{path.name}: {ran} vectors run")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])) if sys.argv[1:] else __doc__)
