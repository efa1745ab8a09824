#!/usr/bin/env python3
"""PyFIM (Borgelt's C) and `nightclerk eval rules` on the same file in the same run: counts, digests, CPU, memory.

    pip install pyfim
    NIGHTCLERK_BENCH=DIR python3 tests/bench/rules_peers.py FILE --min-support 89,45,18,9 [--target s,c,m,g] [--rules 0.5] \\
        [--algo fpgrowth,eclat] [--ints] [--runs 3] [--binary target/release/nightclerk]

DIR is the folder with peer_rules_pyfim.py. Each side runs on one thread in a process of its own; CPU seconds are the
least of --runs. PyFIM's CPU counts reading and mining, not Python's start; `mine` is its C code alone.
"""
import argparse
import json
import os
import subprocess
import sys

TARGETS = {"s": "frequent", "c": "closed", "m": "maximal", "g": "generators"}


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"failed with {done.returncode}: {' '.join(command)}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("file")
    p.add_argument("--min-support", required=True)
    p.add_argument("--target", default="s")
    p.add_argument("--rules", type=float)
    p.add_argument("--algo", default="fpgrowth,eclat")
    p.add_argument("--ints", action="store_true")
    p.add_argument("--digest", action="store_true", help="compare the digests too: PyFIM's then costs a run more")
    p.add_argument("--runs", type=int, default=3)
    p.add_argument("--binary", default="target/release/nightclerk")
    a = p.parse_args()
    bench = os.environ.get("NIGHTCLERK_BENCH") or sys.exit("set NIGHTCLERK_BENCH to the folder with the peer scripts")
    peer = [sys.executable, os.path.join(bench, "peer_rules_pyfim.py"), a.file] + (["--ints"] if a.ints else [])
    print(f"{'':24}{'n':>9} {'digest':>7}   ours: CPU, mine, MB        PyFIM: CPU, mine, MB       ratio: CPU, mine, MB")
    for support in a.min_support.split(","):
        wanted = [None] if a.rules is not None else a.target.split(",")
        for target in wanted:
            ours = [a.binary, "eval", "rules", a.file, "--min-support", support, "--threads", "1", "--json"]
            theirs = peer + ["--minsup", support]
            if target is None:
                ours += ["--target", "rules", "--min-confidence", str(a.rules)]
                theirs += ["--rules", "--conf", str(a.rules)]
                variants = [theirs]
            else:
                ours += ["--target", TARGETS[target]]
                variants = [theirs + ["--target", target, "--algo", algo] for algo in a.algo.split(",")]
            mine = min((run(ours) for _ in range(a.runs)), key=lambda r: r["cpu_seconds"])
            digest = "-"
            if a.digest:
                digest = "same" if run(variants[0] + ["--mode", "digest"])["sha256"] == mine["sha256"] else "DIFFERS"
            for command in variants:
                found = min((run(command) for _ in range(a.runs)), key=lambda r: r["load_cpu_s"] + r["mine_cpu_s"])
                cpu = found["load_cpu_s"] + found["mine_cpu_s"]
                same = "" if found["n"] == mine["n"] else f"  NOT THE SAME NUMBER: {found['n']}"
                name = f"{support} {mine['target']} {found['algo']}"
                left = f"{mine['cpu_seconds']:7.3f} {mine['mine_cpu_seconds']:7.3f} {mine['peak_rss_mb']:6.0f}"
                right = f"{cpu:7.3f} {found['mine_cpu_s']:7.3f} {found['maxrss_mb']:6.0f}"
                ratio = f"{cpu / mine['cpu_seconds']:6.1f} {found['mine_cpu_s'] / mine['mine_cpu_seconds']:6.1f} {found['maxrss_mb'] / mine['peak_rss_mb']:5.1f}"
                print(f"{name:24}{mine['n']:9} {digest:>7}   {left}   {right}   {ratio}{same}", flush=True)


if __name__ == "__main__":
    main()
