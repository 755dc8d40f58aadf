"""The configuration of the bank: a TOML file of the shape that docs/configuration.md describes."""

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

# Section 9 of the specification: what holds where the file says nothing.
TIMING = {
    "freshness_ms": 60_000,
    "key_retention_ms": 86_400_000,
    "longest_retry_ms": 30_000,
    "setup_ms": 300_000,
    "approval_bank_ms": 900_000,
}


@dataclass(frozen=True)
class PeerKey:
    """A public key in the registry: whose it is, and its 32 bytes."""

    peer: str
    public: bytes


@dataclass(frozen=True)
class Config:
    """What the file says. The first peer is the bank's wallet."""

    name: str
    listen: str
    store: str
    key_id: str
    key: Ed25519PrivateKey
    root: bytes  # a secret of this bank's own, of which it derives others
    wallet: str
    wallet_host: str
    peer_keys: dict  # key id: PeerKey
    timing: dict  # in milliseconds, complete
    given_timing: dict  # the part of it that the file gives
    customers: dict  # person: {"contact", "registration"}
    covers: dict  # (person, instrument): the largest debit that is covered, in minor units


def derived_root(key):
    """The secret of which the bank derives others; the same after a restart."""
    raw = key.private_bytes(
        serialization.Encoding.Raw,
        serialization.PrivateFormat.Raw,
        serialization.NoEncryption(),
    )
    return hashlib.sha256(b"root" + raw).digest()


def read(path):
    """Reads the file; paths in it are relative to its folder."""
    path = Path(path)
    file = tomllib.loads(path.read_text(encoding="utf-8"))
    wallet = file["peer"][0]
    peer_keys = {
        key["id"]: PeerKey(peer["name"], bytes.fromhex(key["public"]))
        for peer in file["peer"]
        for key in peer["key"]
    }
    key = serialization.load_pem_private_key(
        (path.parent / file["key"]["file"]).read_bytes(), password=None)
    customers = {one["person"]: one for one in file.get("customer", [])}
    covers = {
        (person, instrument["reference"]): instrument["covers_minor"]
        for person, customer in customers.items()
        for instrument in customer["instrument"]
    }
    given = file.get("timing", {})
    return Config(
        name=file["name"],
        listen=file["listen"],
        store=str(path.parent / file["store"].removeprefix("sqlite:")),
        key_id=file["key"]["id"],
        key=key,
        root=derived_root(key),
        wallet=wallet["name"],
        wallet_host=wallet["url"].removeprefix("http://"),
        peer_keys=peer_keys,
        timing={**TIMING, **given},
        given_timing=given,
        customers=customers,
        covers=covers,
    )
