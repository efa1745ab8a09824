#!/usr/bin/env python3
"""Seq2Pat (Fidelity's C++) and `nightclerk eval sequences` on the same file in the same run: sequences, CPU, memory.

    pip install seq2pat
    python3 tests/bench/sequences_peers.py FILE --customer C --item I --time T --min-support N [--within-days 28] \\
        [--max-length 3] [--runs 3] [--binary target/release/nightclerk]

Seq2Pat's patterns are lists of single items, so ours with one item in every step are compared with them, one by one with their
customers. It cannot ask for one step only to be frequent; single items are left out on both sides. Each side runs on one
thread in a process of its own; CPU seconds are the least of --runs. Theirs counts reading and mining, not Python's start.
"""
import argparse
import csv
import datetime
import gzip
import json
import os
import resource
import subprocess
import sys
import tempfile
import time


def read(a):
    """Per customer: items by day, each once a day; and their days."""
    opened = gzip.open if a.file.endswith(".gz") else open
    lines = set()
    with opened(a.file, "rt", newline="", encoding="utf-8") as src:
        for row in csv.DictReader(src):
            if row[a.customer].strip():
                day = datetime.date.fromisoformat(row[a.time].strip()[:10]).toordinal()
                lines.add((row[a.customer], day, row[a.item].strip()))
    customers = {}
    for customer, day, item in sorted(lines):
        customers.setdefault(customer, []).append((day, item))
    return list(customers.values())


def theirs(a):
    from sequential.seq2pat import Attribute, Seq2Pat
    begun = time.process_time()
    customers = read(a)
    # Items of one day have no order of their own; between two days there must be at least one.
    miner = Seq2Pat(sequences=[[item for _, item in own] for own in customers], max_span=None, n_jobs=1)
    days = Attribute(values=[[day for day, _ in own] for own in customers])
    miner.add_constraint(1 <= days.gap() <= a.within_days)
    loaded = time.process_time()
    found = miner.get_patterns(min_frequency=a.min_support)
    done = time.process_time()
    if a.max_length:
        found = [pattern for pattern in found if len(pattern) - 1 <= a.max_length]
    if a.list:
        with open(a.list, "w", encoding="utf-8") as out:
            for pattern in found:
                out.write(" -> ".join(pattern[:-1]) + f":{pattern[-1]}\n")
    mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"n": len(found), "load": loaded - begun, "mine": done - loaded, "mb": mb}))


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"failed with {done.returncode}: {' '.join(command)}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("file")
    p.add_argument("--customer", required=True)
    p.add_argument("--item", required=True)
    p.add_argument("--time", required=True)
    p.add_argument("--min-support", required=True, type=int)
    p.add_argument("--within-days", type=int, default=28)
    p.add_argument("--max-length", type=int)
    p.add_argument("--runs", type=int, default=3)
    p.add_argument("--binary", default="target/release/nightclerk")
    p.add_argument("--peer", action="store_true", help=argparse.SUPPRESS)
    p.add_argument("--list", help=argparse.SUPPRESS)
    a = p.parse_args()
    if a.peer:
        return theirs(a)
    same = ["--customer", a.customer, "--item", a.item, "--time", a.time, "--min-support", str(a.min_support),
            "--within-days", str(a.within_days)] + (["--max-length", str(a.max_length)] if a.max_length else [])
    with tempfile.TemporaryDirectory() as folder:
        files = [os.path.join(folder, name) for name in ("ours.txt", "theirs.txt")]
        ours = [a.binary, "eval", "sequences", a.file, *same, "--threads", "1", "--json", "--output", files[0]]
        peer = [sys.executable, os.path.abspath(__file__), a.file, *same, "--peer", "--list", files[1]]
        mine = min((run(ours) for _ in range(a.runs)), key=lambda r: r["cpu_seconds"])
        found = min((run(peer) for _ in range(a.runs)), key=lambda r: r["load"] + r["mine"])
        single, peers = set(), set()
        for line in open(files[0], encoding="utf-8"):
            steps = line.rstrip("\n").rsplit(":", 1)[0].split(" -> ")
            if len(steps) > 1 and not any(" " in step for step in steps):
                single.add(line)
        peers.update(open(files[1], encoding="utf-8"))
    print(f"sequences of several steps with one item each: {len(single)} here, {len(peers)} there, "
          f"{'the same' if single == peers else 'DIFFERENT: %d here only, %d there only' % (len(single - peers), len(peers - single))}; "
          f"all of ours: {mine['n']}")
    cpu = found["load"] + found["mine"]
    print(f"CPU s: {mine['cpu_seconds']:.2f} ({mine['mine_cpu_seconds']:.2f} to mine) here, {cpu:.2f} ({found['mine']:.2f}) there, "
          f"{cpu / mine['cpu_seconds']:.1f} x; MB: {mine['peak_rss_mb']:.0f} here, {found['mb']:.0f} there")


if __name__ == "__main__":
    main()
