#!/usr/bin/env python3
"""Counts the tests in logs of `meson test` and prints "N passed, N failed" as the last line.

usage: tally_tests.py TESTLOG.json... [--reports FOLDER]

A program that speaks TAP counts as its subtests, any other as one test. A log that is missing, a program that ended
badly although its subtests passed (a crash, a time-out), a program whose plan promised more subtests than it ran, and
a program that ran none count as one failure each; so does each file in FOLDER, a sanitizer's report. What was skipped is
named, with the reason, and counts as neither.
"""
import argparse
import json
import pathlib
import re
import sys

PLAN = re.compile(r"^1\.\.(\d+)", re.MULTILINE)
POINT = re.compile(r"^(not )?ok\b[ \t]*\d*[ \t-]*(.*)\n((?:[ \t].*\n)*)", re.MULTILINE)
SKIP = re.compile(r"(.*?)#\s*skip\w*\s*(.*)", re.IGNORECASE)


def read_log(path):
    with open(path, encoding="utf-8", errors="replace") as log:
        return [json.loads(line) for line in log if line.strip()]


def is_tap(record):
    return any(argument.startswith("--tap") for argument in record.get("command", []))


def tally_tap(record):
    """Returns the number passed, failures and skips, as lines."""
    text = record.get("stdout", "") + "\n"
    passed, failures, skips = 0, [], []
    for failed, title, details in POINT.findall(text):
        skip = SKIP.match(title)
        if failed:
            failures.append("\n".join([title.strip() or "unnamed", *details.rstrip().splitlines()]))
        elif skip:
            skips.append("%s: %s" % (skip.group(1).strip(), skip.group(2).strip() or "no reason given"))
        else:
            passed += 1
    plan = PLAN.search(text)
    if plan is None or int(plan.group(1)) > passed + len(failures) + len(skips):
        failures.append("ended before its plan was done (%s)" % record["result"])
    elif passed + len(failures) == 0:
        failures.append("ran no test")
    elif record["result"] not in ("OK", "EXPECTEDFAIL") and not failures:
        failures.append("ended badly (%s)" % record["result"])
    return passed, failures, skips


def tally(record):
    if is_tap(record):
        return tally_tap(record)
    if record["result"] in ("OK", "EXPECTEDFAIL"):
        return 1, [], []
    if record["result"] == "SKIP":
        reason = (record.get("stdout", "") + record.get("stderr", "")).strip().splitlines()
        return 0, [], [reason[-1] if reason else "no reason given"]
    return 0, [record["result"]], []


def main():
    parser = argparse.ArgumentParser(description="Counts the tests in logs of `meson test`.")
    parser.add_argument("logs", nargs="+", metavar="TESTLOG.json")
    parser.add_argument("--reports", metavar="FOLDER", help="sanitizer reports, a failure each")
    arguments = parser.parse_args()

    passed, failures, skips = 0, [], []
    for path in arguments.logs:
        try:
            records = read_log(path)
        except (OSError, ValueError) as error:
            failures.append("%s: no log: %s" % (path, error))
            continue
        if not records:
            failures.append("%s: no test ran" % path)
        for record in records:
            good, bad, left_out = tally(record)
            passed += good
            failures += ["%s: %s" % (record["name"], line) for line in bad]
            skips += ["%s: %s" % (record["name"], line) for line in left_out]
    if arguments.reports:
        for report in sorted(pathlib.Path(arguments.reports).glob("*")):
            failures.append("%s:\n%s" % (report, report.read_text(errors="replace").strip()))
    for line in skips:
        print("skipped:", line)
    for line in failures:
        print("FAILED:", line)
    print("%d passed, %d failed" % (passed, len(failures)))
    return 1 if failures or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
