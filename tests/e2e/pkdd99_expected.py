#!/usr/bin/env python3
"""What the book of trans.csv.gz (PKDD'99) must say, from the file alone and in whole hellers: a sum
an account, and the ends of days that no row of that day has as the balance after it."""

import csv
import gzip
import sys
from collections import defaultdict


def heller(text):
    whole, cents = text.split(".")
    assert len(cents) == 2
    return int(whole + cents)


def decimal(minor):
    sign, minor = ("-", -minor) if minor < 0 else ("", minor)
    return f"{sign}{minor // 100}.{minor % 100:02d}"


def main(path):
    movements = defaultdict(lambda: defaultdict(int))
    claims = defaultdict(list)
    rows = 0
    with gzip.open(path, "rt", encoding="iso-8859-1", newline="") as file:
        for row in csv.DictReader(file, delimiter=";"):
            rows += 1
            account, date = row["account_id"], "19{}-{}-{}".format(*map(
                row["date"].__getitem__, (slice(0, 2), slice(2, 4), slice(4, 6))))
            sign = {"PRIJEM": 1, "VYDAJ": -1, "VYBER": -1}[row["type"]]
            movements[account][date] += sign * heller(row["amount"])
            claims[account, date].append(heller(row["balance"]))
    print("rows", rows)
    print("month 1994-03-01")
    for account, days in movements.items():
        balance = 0
        for date in sorted(days):
            balance += days[date]
            nearest = min(claims[account, date], key=lambda claim: abs(balance - claim))
            if nearest != balance:
                print(f"break 2101-{account} {date} {decimal(balance)} {decimal(balance - nearest)}")
        print(f"balance 2101-{account} {-balance}")


if __name__ == "__main__":
    main(sys.argv[1])
