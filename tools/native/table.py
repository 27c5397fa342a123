"""docs/native.tsv: what each offline compiler made of each kernel. One row a line, fields separated by tabs, sorted."""

import collections

FIELDS = ("kernel", "type", "mode", "target", "text", "compiler", "registers", "scalars", "spills", "scalar_spills",
          "scratch", "shared", "code", "lanes", "occupancy", "status")
# Numbers, "" where the compiler does not say; more of one of the last three is a new spill.
NUMBERS = FIELDS[6:15]
SPILLS = ("spills", "scalar_spills", "scratch")

HEADER = "# Written by scripts/native --update; docs/native.md says what the columns mean.\n# " + "\t".join(FIELDS) + "\n"

Row = collections.namedtuple("Row", FIELDS, defaults=("",) * len(FIELDS))


def key_of(row):
    return row[:4]


def number(text):
    return int(text) if text else 0


def load(path):
    """The rows by key; none where there is no table yet."""
    rows = {}
    try:
        with open(path, encoding="utf-8") as file:
            for at, line in enumerate(file, 1):
                if line.startswith("#"):
                    continue
                fields = line.rstrip("\n").split("\t")
                if len(fields) != len(FIELDS):
                    raise SystemExit("%s:%d: %d fields where there should be %d" % (path, at, len(fields), len(FIELDS)))
                row = Row(*fields)
                rows[key_of(row)] = row
    except FileNotFoundError:
        pass
    return rows


def format_rows(rows):
    return HEADER + "".join("\t".join(rows[key]) + "\n" for key in sorted(rows))


def worse(old, new):
    """Which spills grew, as text; "" when none did."""
    grown = ["%s %d -> %d" % (field, number(getattr(old, field)), number(getattr(new, field)))
             for field in SPILLS if number(getattr(new, field)) > number(getattr(old, field))]
    return ", ".join(grown)


def problem(old, new):
    """Why a row that was compiled again must not pass, or "". The same text from another compiler may spill more."""
    if new.status.startswith("failed"):
        return "it does not compile: " + new.status
    if old is None or (old.text == new.text and old.compiler != new.compiler):
        return ""
    grown = worse(old, new)
    return "new spill: " + grown if grown else ""


def difference(old, new):
    """What else changed in a row whose text and compiler are the same."""
    if old.text != new.text or old.compiler != new.compiler:
        return ""
    return ", ".join("%s %s -> %s" % (field, getattr(old, field), getattr(new, field))
                     for field in NUMBERS + ("status",) if getattr(old, field) != getattr(new, field))
