#!/usr/bin/env python3
"""A chandelier stop as an advisor: best price less `FACTOR` times the mean range of the price. Standard library only.

advisors:
  - { name: chandelier, command: [python3, chandelier.py] }
"""

import json
import os
import sys

FACTOR = float(os.environ.get("FACTOR", "3"))
PERIOD = int(os.environ.get("PERIOD", "14"))  # updates over which the range is averaged

ranges = {}  # position id -> (last price, mean range)


def say(message):
    print(json.dumps(message), flush=True)


def advise(position):
    price, best, stop = position["price"], position["best"], position["stop"]
    if price is None:
        return
    last, mean = ranges.get(position["id"], (price, 0.0))
    mean += (abs(price - last) - mean) / PERIOD
    ranges[position["id"]] = (price, mean)
    if mean == 0:
        return
    sign = 1 if position["side"] == "long" else -1
    wanted = round(best - sign * FACTOR * mean, 8)
    # A looser stop would be refused; one beyond the price would exit at once.
    if (stop is None or sign * wanted > sign * stop) and sign * wanted < sign * price:
        say({"type": "tighten", "position": position["id"], "stop": wanted})


for line in sys.stdin:
    message = json.loads(line)
    if message["type"] != "update":
        continue  # such as "refused"
    for position in message["positions"]:
        if position["state"] == "guarded":
            advise(position)
    open_ids = {position["id"] for position in message["positions"]}
    for gone in set(ranges) - open_ids:
        del ranges[gone]
    say({"type": "ok", "seq": message["seq"]})
