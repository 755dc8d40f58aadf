#!/usr/bin/env python3
"""Says whether a report is the one that has to be, in a line; ends with 1 if it is not.

    verdicts.py passed REPORT           of the kit: every case passed
    verdicts.py failed REPORT CASE      of the kit: this case alone was run, and failed
    verdicts.py right CHECK             of the journal: nothing is wrong, and all that is not
                                        decided is what the other side's journal would decide
    verdicts.py wrong CHECK FAULT       of the journal: this fault is found
"""

import json
import sys


def outcomes(report):
    """The outcome of each case."""
    return {case["case"]: case["outcome"] for case in report["cases"]}


def passed(report):
    """Every case passed."""
    cases = outcomes(report)
    others = {name: found for name, found in cases.items() if found != "passed"}
    right = report["exit_code"] == 0 and len(cases) > 0 and not others
    return right, f"{len(cases) - len(others)} of {len(cases)} cases passed {others or ''}"


def failed(report, case):
    """This case alone was run, and failed."""
    cases = outcomes(report)
    right = report["exit_code"] == 1 and cases == {case: "failed"}
    return right, f"{cases}"


def journal_right(check):
    """All is right as far as one side's journal can say."""
    undecided = {one["what"]: one["times"] for one in check["undecided"]}
    right = (check["verdict"] == "undecided" and not check["findings"]
             and check["entries"] > 0 and check["skipped"] == 0
             and set(undecided) == {"other_side_missing"})
    return right, (f"{check['entries']} entries are right, {check['found']} findings, "
                   f"not decided: {undecided}")


def journal_wrong(check, fault):
    """This fault is found, and no other."""
    faults = sorted({finding["fault"] for finding in check["findings"]})
    return check["verdict"] == "violated" and faults == [fault], f"{', '.join(faults)} found"


VERDICTS = {"passed": passed, "failed": failed, "right": journal_right, "wrong": journal_wrong}


def main(verdict, path, *expected):
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    right, says = VERDICTS[verdict](report, *expected)
    print(says.strip() if right else f"{path} is not as it has to be ({verdict}): {says}")
    return 0 if right else 1


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in VERDICTS:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
