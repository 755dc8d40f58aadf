"""HTTP message signatures (RFC 9421, Ed25519) with digests (RFC 9530), after docs/http.md."""

import base64
import hashlib
import os
import time
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fields import Bad, Reader, signature_inputs, signatures

LABEL = "bindproof"
REQUEST_TAG = "bindproof-request"
ANSWER_TAG = "bindproof-answer"
OF_REQUEST = ["@method", "@authority", "@path", "@query", "content-type", "content-digest"]
OF_ANSWER = ["@status", "content-type", "content-digest", "signature"]
AGE_S, AHEAD_S = 60, 10


@dataclass
class Request:
    """A request; the names of its fields are in lower case."""

    method: str
    path: str
    query: str = ""
    fields: dict = field(default_factory=dict)
    body: bytes = b""


@dataclass
class Answer:
    """An answer; the names of its fields are in lower case."""

    status: int
    fields: dict
    body: bytes


@dataclass(frozen=True)
class Signed:
    """By which key something was signed, and what its signature says of itself."""

    key_id: str
    nonce: object
    created: int


def digest(body):
    """The field `content-digest`."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def authority(host):
    """The host as it is compared: in lower case, without the port that goes without saying."""
    return (host or "").lower().removesuffix(":80")


def of_request(name, parameters, request):
    """The value of a component of the request that an answer is tied to."""
    signed = signatures(request.fields.get("signature", ""))
    if name != "signature" or LABEL not in signed or set(parameters) - {"req", "key"}:
        raise Bad("nothing of the request to be tied to")
    if parameters.get("key", LABEL) != LABEL:
        raise Bad("another signature of the request")
    return signed[LABEL][1] if "key" in parameters else request.fields["signature"]


def component(name, parameters, request, answer):
    """The value of a covered component."""
    if answer is not None and parameters.get("req"):
        return of_request(name, parameters, request)
    if parameters:
        raise Bad("parameters of a component")
    if answer is None:
        derived = {
            "@method": request.method,
            "@authority": authority(request.fields.get("host")),
            "@path": request.path,
            "@query": "?" + request.query,
        }
    else:
        derived = {"@status": str(answer.status)}
    if name in derived:
        return derived[name]
    message = request if answer is None else answer
    if name.startswith("@") or name not in message.fields:
        raise Bad(f"there is no {name}")
    return message.fields[name].strip()


def base(covered, parameters, request, answer):
    """The signature base; `parameters` as they stand in the field."""
    lines = [f"{raw}: {component(name, given, request, answer)}\n" for name, given, raw in covered]
    return "".join(lines) + '"@signature-params": ' + parameters


def check_components(covered, request, answer):
    """Everything that has to be covered is, and nothing is twice."""
    names = [name for name, _, _ in covered]
    needed = list(OF_REQUEST if answer is None else OF_ANSWER)
    if answer is None and "idempotency-key" in request.fields:
        needed.append("idempotency-key")
    if len(set(names)) != len(names):
        raise Bad("a component twice")
    for name in needed:
        if name not in names:
            raise Bad(f"{name} is not covered")
    if answer is not None:
        tied = {name: given for name, given, _ in covered}["signature"]
        if not tied.get("req"):
            raise Bad("the signature that is covered is not the request's")


def check_parameters(given, is_request, now_ms):
    """Times, algorithm and nonce."""
    now, created, expires = now_ms // 1000, given.get("created"), given.get("expires", 2**53)
    if type(created) is not int or not -AHEAD_S <= now - created <= AGE_S:
        raise Bad("made at another time")
    if type(expires) is not int or expires <= now:
        raise Bad("expired")
    if given.get("alg", "ed25519") != "ed25519":
        raise Bad("another algorithm")
    nonce = given.get("nonce")
    if is_request and not (isinstance(nonce, str) and 22 <= len(nonce) <= 64):
        raise Bad("no nonce of this form")


def signature_bytes(message, label):
    """The signature under the label, in its one normal form."""
    signed = signatures(message.fields.get("signature", ""))
    if label not in signed:
        raise Bad("no signature under the label")
    (octets, _), raw = signed[label]
    if not isinstance(octets, bytes) or len(octets) != 64:
        raise Bad("no signature of 64 bytes")
    if raw != f":{base64.b64encode(octets).decode()}:":
        raise Bad("a signature in another form")
    return octets


def check(request, answer, tag, keys, now_ms):
    """As `verify`; what cannot be read may raise anything."""
    message = request if answer is None else answer
    inputs = signature_inputs(message.fields.get("signature-input", ""))
    tagged = [label for label, ((_, given), _) in inputs.items() if given.get("tag") == tag]
    if len(tagged) != 1:
        raise Bad(f"{len(tagged)} signatures with the tag")
    (covered, given), raw = inputs[tagged[0]]
    check_components(covered, request, answer)
    check_parameters(given, answer is None, now_ms)
    key_id = given.get("keyid")
    if not isinstance(key_id, str) or key_id not in keys:
        raise Bad("a key that is not known")
    if message.fields.get("content-digest", "").strip() != digest(message.body):
        raise Bad("the digest of another body")
    octets = signature_bytes(message, tagged[0])
    text = base(covered, raw, request, answer).encode("latin-1")
    Ed25519PublicKey.from_public_bytes(keys[key_id]).verify(octets, text)
    return Signed(key_id, given.get("nonce"), given["created"])


def verify(request, answer, tag, keys, now_ms):
    """Who signed the request, or, if there is one, the answer to it; `Bad` if nobody did.

    `keys` are the 32 bytes of each key id.
    """
    try:
        return check(request, answer, tag, keys, now_ms)
    except InvalidSignature as error:
        raise Bad("the key did not sign this") from error
    except (ValueError, TypeError, KeyError) as error:
        raise Bad(f"cannot be read: {error!r}") from error


def put(message, request, answer, parameters, key):
    """Signs under the parameters and puts the two fields into the message."""
    covered = Reader(parameters).inner_list()
    signature = key.sign(base(covered, parameters, request, answer).encode("latin-1"))
    message.fields["signature-input"] = f"{LABEL}={parameters}"
    message.fields["signature"] = f"{LABEL}=:{base64.b64encode(signature).decode()}:"


def sign_request(request, key, key_id):
    """Signs a request."""
    request.fields["content-digest"] = digest(request.body)
    names = list(OF_REQUEST)
    if "idempotency-key" in request.fields:
        names.append("idempotency-key")
    covered = " ".join(f'"{name}"' for name in names)
    put(request, request, None, f'({covered});created={int(time.time())};'
        f'nonce="{os.urandom(16).hex()}";keyid="{key_id}";alg="ed25519";tag="{REQUEST_TAG}"', key)


def sign_answer(request, answer, key, key_id):
    """Signs an answer, if its request has a signature that it can be tied to."""
    try:
        put(answer, request, answer,
            f'("@status" "content-type" "content-digest" "signature";req;key="{LABEL}");'
            f'created={int(time.time())};keyid="{key_id}";alg="ed25519";tag="{ANSWER_TAG}"', key)
    except (Bad, ValueError):
        return
