#!/usr/bin/env python3
"""Makes docs/performance.md of what `sabir bench --json` measured.

  tools/performance.py DEVICES.json RESULT.json...   the page, on standard output; DEVICES.json is of `sabir devices --json`
  tools/performance.py --devices < DEVICES.json      the ids, one a line, of devices that are not another's twin
"""
import json
import sys
import time

HEAD = """# Performance

Made by `scripts/bench` on {date}; do not edit.

Each problem is computed by Sabir and by its peer, in turns in one process; seconds are medians. On devices that run on the CPU both have
one core and process CPU time counts. *Speed-up* is the peer's time divided by ours: above 1 Sabir is faster. *Roof* is the share
of what C loops reach on one core, in operations or in bytes, whichever binds. *Kernel* is the one with most of the work; it is "(general)" where
it is not made for the types of its operands. *Spread* is the distance of the quartiles of our times, relative to the median.
"""


def seconds_text(seconds):
    for unit, scale in (("s", 1), ("ms", 1e3), ("us", 1e6)):
        if seconds * scale >= 1 or unit == "us":
            return f"{seconds * scale:.3g} {unit}"


def rate_text(row):
    if row["flops"] > 4 * row["bytes"]:
        return f"{1e-9 * row['flops'] / row['seconds']:.3g} GFLOP/s"
    return f"{1e-9 * row['bytes'] / row['seconds']:.3g} GB/s"


def line(row):
    peer = row["peer"] or {"seconds": None, "name": "none found"}
    cells = [row["name"], seconds_text(row["seconds"]), rate_text(row), "" if row["roof"] is None else f"{row['roof']:.2f}",
             "" if peer["seconds"] is None else seconds_text(peer["seconds"]), "" if row["speedup"] is None else f"{row['speedup']:.2f}",
             f"{row['spread']:.2f}", row["kernel"], peer["name"]]
    return "| " + " | ".join(cells) + " |"


def page(devices, results):
    print(HEAD.format(date=time.strftime("%Y-%m-%d")), end="")
    for rows in results:
        device = next(d for d in devices if d["id"] == rows[0]["device"])
        print(f"\n## {device['id']}: {device['name']}, {device['driver']}\n")
        print("| problem | Sabir | rate | roof | peer | speed-up | spread | kernel | the peer |\n|---|---|---|---|---|---|---|---|---|")
        for row in rows:
            print(line(row))


def main(arguments):
    if arguments == ["--devices"]:
        print("\n".join(d["id"] for d in json.load(sys.stdin) if d["api"] != "reference" and not d["same_as"]))
        return 0
    if len(arguments) < 2 or arguments[0].startswith("-"):
        print(__doc__.strip())
        return 2
    devices, *results = [json.load(open(file, encoding="utf-8")) for file in arguments]
    page(devices, [rows for rows in results if rows])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
