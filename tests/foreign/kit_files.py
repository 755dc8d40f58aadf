#!/usr/bin/env python3
"""Writes what a run of the conformance kit needs into a folder of its own, on free ports.

    kit_files.py FOLDER COMMAND     COMMAND starts the server: it gets `serve FOLDER/bank.toml`

The folder gets keys, `bank.toml`, `kit.toml`, `restart.sh`, and `url`, at which the bank listens.
It is what docs/conformance.md, `Configuration`, has, with 50 customers of two instruments each.
"""

import pathlib
import random
import socket
import sys

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

TIMING = """
[timing]
longest_retry_ms = 400
challenge_ms = 6000
approval_wallet_ms = 8000
approval_bank_ms = 10000
setup_ms = 8000
"""

BANK = """name = "bank"
mode = "development"
listen = "127.0.0.1:{bank_port}"
store = "sqlite:bank.db"
key = {{ id = "bank-1", file = "bank.pem" }}

[[peer]]
name = "wallet"
url = "http://127.0.0.1:{wallet_port}"
key = [{{ id = "wallet-1", public = "{wallet_key}" }}]
"""

CUSTOMER = """
[[customer]]
person = "person-{number}"
contact = "tel:+1-555-00{number}"
registration = "sealed"

[[customer.instrument]]
reference = "card-a-{number}"
covers_minor = 50000

[[customer.instrument]]
reference = "card-b-{number}"
covers_minor = 50000
"""

KIT = """patience_ms = 20000

[target]
name = "bank"
key = [{{ id = "bank-1", public = "{bank_key}" }}]

[[peer]]
name = "wallet"
key_id = "wallet-1"
key_file = "wallet.pem"
listen = "127.0.0.1:{wallet_port}"
"""

PERSON = """
[[person]]
person = "person-{number}"
contact = "tel:+1-555-00{number}"
instrument = ["card-a-{number}", "card-b-{number}"]
covers_minor = 50000
"""

RESTART = """cd '{folder}' || exit 1
if [ -f pid ]; then kill -KILL "$(cat pid)"; rm pid; sleep 0.3; fi
: >bank.log
{command} serve '{folder}/bank.toml' >bank.log 2>>bank.err &
echo $! >pid
timeout 50 sh -c 'until grep -q listening bank.log; do sleep 0.05; done' || {{
  echo 'the bank does not listen within 50 seconds:' >&2
  cat bank.err >&2
  exit 1
}}
"""


def new_key(path):
    """Writes a new key (Ed25519, PKCS#8, PEM); gives its public half in hexadecimal digits."""
    key = Ed25519PrivateKey.generate()
    path.write_bytes(key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ))
    return key.public_key().public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw).hex()


def own_ports():
    """Ports that the system gives to nobody who asks for any: one that is let go stays free."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        low, high = (int(number) for number in file.read().split())
    below, above = range(10_000, low), range(high + 1, 65_536)
    return below if len(below) >= len(above) else above


def free_ports(count):
    """Ports of the loopback on which nothing listens; all are held until all are found."""
    sockets = []
    while len(sockets) < count:
        one = socket.socket()
        try:
            one.bind(("127.0.0.1", random.choice(own_ports())))
            sockets.append(one)
        except OSError:
            one.close()
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def main(folder, command):
    folder.mkdir(parents=True)
    bank_port, wallet_port = free_ports(2)
    values = {
        "bank_port": bank_port,
        "wallet_port": wallet_port,
        "bank_key": new_key(folder / "bank.pem"),
        "wallet_key": new_key(folder / "wallet.pem"),
    }
    numbers = range(10, 60)
    customers = "".join(CUSTOMER.format(number=number) for number in numbers)
    persons = "".join(PERSON.format(number=number) for number in numbers)
    (folder / "bank.toml").write_text(BANK.format(**values) + TIMING + customers)
    (folder / "kit.toml").write_text(KIT.format(**values) + TIMING + persons)
    (folder / "restart.sh").write_text(RESTART.format(folder=folder, command=command))
    (folder / "url").write_text(f"http://127.0.0.1:{bank_port}\n")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]).resolve(), sys.argv[2])
