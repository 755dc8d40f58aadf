"""Problems: the refusals of section 8 of the specification, with what each says to a client."""

import json
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
OPENAPI = REPOSITORY / "docs" / "generated" / "openapi-bank.json"


class Problem(Exception):
    """A refusal, by its code; `request_id` is that of the request, if it could be read."""

    def __init__(self, code, request_id=None):
        super().__init__(code)
        self.code = code
        self.request_id = request_id


def read_table(path=OPENAPI):
    """Status, title, retry class and next action of each code, as the OpenAPI document has them."""
    document = json.loads(path.read_text(encoding="utf-8"))
    table = {}
    for form in document["components"]["schemas"]["problem"]["oneOf"]:
        members = {name: value["const"] for name, value in form["properties"].items()
                   if "const" in value}
        table[members["code"]] = members
    return table


TABLE = read_table()


def body(problem):
    """The body of the answer (RFC 9457)."""
    members = dict(TABLE[problem.code])
    if problem.request_id:
        members["instance"] = "urn:uuid:" + problem.request_id
    return members
