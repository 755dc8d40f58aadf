"""What the bank derives from secrets: binding codes, session tokens, names for its journal."""

import hashlib
import hmac
import json
import re

PERIOD_MS = 30_000
BEARER = re.compile(r"[Bb]earer ([0-9a-f]+)\.([0-9a-f]{64})")


def canonical(value):
    """JSON of which there is one only for each value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def digest(value):
    """A digest of a value, for comparing bodies."""
    return hashlib.sha256(canonical(value)).hexdigest()


def binding_code(secret, binding, now_ms):
    """The code of a binding in the period of `now_ms`; secret and binding id in hexadecimal."""
    parts = (
        b"binding code",
        bytes.fromhex(binding.replace("-", "")),
        (now_ms // PERIOD_MS).to_bytes(8, "big"),
    )
    hashed = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return hmac.new(bytes.fromhex(secret), hashed, "sha256").hexdigest()[:32]


def journal_key(root, *parts):
    """A key for the journal: the same for the same parts, and saying nothing about them."""
    return hmac.new(root, canonical(parts), "sha256").hexdigest()[:32]


def session_token(root, person):
    """The bearer token of a person. It lasts as long as the bank's key does."""
    name = person.encode()
    return name.hex() + "." + hmac.new(root, b"session" + name, "sha256").hexdigest()


def session_person(root, authorization):
    """Whose session the field `authorization` shows; None if it shows none."""
    match = BEARER.fullmatch((authorization or "").strip())
    if match is None:
        return None
    try:
        person = bytes.fromhex(match[1]).decode()
    except ValueError:
        return None
    token = f"{match[1]}.{match[2]}"
    return person if hmac.compare_digest(session_token(root, person), token) else None
