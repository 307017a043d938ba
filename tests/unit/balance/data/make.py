#!/usr/bin/env python3
"""Makes the committed sample (configs.txt, sample.csv, hashes.csv) from a full directory of placement vectors.

usage: make.py /path/to/vectors
configs.txt: one configuration a line, fields split by tabs: name, balance, hash-type, options, versions, servers;
a server is weight:id:flags:hash-key:guid:port:address, empty fields unset, flags d (down) and b (backup).
"""
import csv, json, pathlib, sys

ROWS_PER_CONFIG = 14
here = pathlib.Path(__file__).parent
source = pathlib.Path(sys.argv[1])
configs = json.loads((source / "configs.json").read_text())

def server(s):
    flags = ("d" if s.get("up") is False else "") + ("b" if s.get("backup") else "")
    fields = [s["weight"], s.get("id", ""), flags, s.get("hash_key", ""), s.get("guid", ""), s.get("port", ""),
              s.get("addr", "")]
    return ":".join(str(f) for f in fields)

with open(here / "configs.txt", "w") as out:
    for name, c in configs.items():
        print(name, c["balance"], c["hash_type"] or "", ",".join(c["options"]), ",".join(c["valid_for"]),
              " ".join(server(s) for s in c["servers"]), sep="\t", file=out)

taken = {}
with open(here / "sample.csv", "w", newline="") as out:
    sample = csv.writer(out, lineterminator="\n")
    sample.writerow(["config", "key", "expected"])
    for file in sorted({c["key"] for c in configs.values() if c.get("key")}):
        path = source / f"{file}.csv"
        if not path.exists() or file == "sequences":
            continue
        for row in csv.DictReader(open(path, newline="")):
            taken[row["config"]] = taken.get(row["config"], 0) + 1
            if taken[row["config"]] <= ROWS_PER_CONFIG:
                sample.writerow([row["config"], row["key"], row["expected"]])

(here / "sequences.csv").write_text((source / "sequences.csv").read_text())
lines = (source / "hashes.csv").read_text().splitlines()
(here / "hashes.csv").write_text("\n".join([lines[0]] + lines[1:40] + lines[40::5]) + "\n")
