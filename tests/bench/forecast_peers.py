#!/usr/bin/env python3
"""A peer and `nightclerk eval forecast` on the same file in the same run: both JSON objects, then ratios.

    pip install statsforecast==2.1.1 lightgbm catboost
    NIGHTCLERK_BENCH=DIR python3 tests/bench/forecast_peers.py FILE --id series_id --time t --value value \\
        (--split split | --horizon 8) --season 52 [--mase-season 1] [--missing zero|seasonal] [--first N] \\
        [--peer AutoARIMA,AutoETS,lightgbm,catboost] [--model auto,mean] [--binary target/release/nightclerk] [-- MORE OPTIONS OF OURS]

DIR is the folder with peer_statsforecast.py and peer_lightgbm.py. --first N takes the first N series of the file (and
gives both sides the same smaller file): slow peers. Each side runs on one thread; CPU seconds are compared, never wall
time. The peers know neither gaps nor masks and fill missing values of the test too; we do not score those.
"""
import argparse
import csv
import gzip
import json
import os
import subprocess
import sys
import tempfile


def opened(path):
    return (gzip.open if path.endswith(".gz") else open)(path, "rt", newline="")


def first_series(path, ids, n, folder):
    """A copy with the first n series, and the number of test rows of the longest one."""
    out = os.path.join(folder, "first.csv")
    with opened(path) as src, open(out, "w", newline="") as dst:
        rows, writer = csv.reader(src), csv.writer(dst)
        head = next(rows)
        writer.writerow(head)
        at, seen = [head.index(i) for i in ids], set()
        for row in rows:
            key = tuple(row[i] for i in at)
            if key not in seen and len(seen) >= n:
                continue
            seen.add(key)
            writer.writerow(row)
    return out


def test_length(path, ids, split):
    with opened(path) as src:
        counts = {}
        for row in csv.DictReader(src):
            if row[split] == "test":
                key = tuple(row[i] for i in ids)
                counts[key] = counts.get(key, 0) + 1
        return max(counts.values())


def run(command):
    env = dict(os.environ, OMP_NUM_THREADS="1", RAYON_NUM_THREADS="1")
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=env)
    if done.returncode != 0:
        sys.exit(f"failed with {done.returncode}: {' '.join(command)}\n{done.stdout}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def main():
    own = sys.argv[1:]
    more = []
    if "--" in own:
        own, more = own[:own.index("--")], own[own.index("--") + 1:]
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("file")
    p.add_argument("--id", required=True)
    p.add_argument("--time", required=True)
    p.add_argument("--value", required=True)
    p.add_argument("--split")
    p.add_argument("--horizon", type=int)
    p.add_argument("--season", required=True, type=int)
    p.add_argument("--peer-season", type=int, help="the season of a statsforecast peer, where it does better with another")
    p.add_argument("--mase-season", type=int)
    p.add_argument("--missing", default="seasonal", choices=("seasonal", "zero"))
    p.add_argument("--first", type=int)
    p.add_argument("--peer", default="AutoETS")
    p.add_argument("--model", default="auto")
    p.add_argument("--binary", default="target/release/nightclerk")
    a = p.parse_args(own)
    bench = os.environ.get("NIGHTCLERK_BENCH") or sys.exit("set NIGHTCLERK_BENCH to the folder with the peer scripts")
    ids = a.id.split(",")
    with tempfile.TemporaryDirectory() as folder:
        file = first_series(a.file, ids, a.first, folder) if a.first else a.file
        horizon = a.horizon or test_length(file, ids, a.split)
        peers = []
        for name in a.peer.split(","):
            if name == "lightgbm":
                command = [os.path.join(bench, "peer_lightgbm.py"), file, str(horizon), str(a.season)]
            elif name == "catboost":
                command = [os.path.join(os.path.dirname(__file__), "peer_catboost.py"), file, str(horizon), str(a.season)]
            else:
                command = [os.path.join(bench, "peer_statsforecast.py"), file, str(horizon), str(a.peer_season or a.season), name, "1000000"]
                command += ["--missing", a.missing]
                if a.mase_season:
                    command += ["--mase-m", str(a.mase_season)]
            peers.append(run([sys.executable, *command, "--id", a.id, "--value-col", a.value]))
            print(json.dumps(peers[-1]), flush=True)
        ours = []
        for name in a.model.split(","):
            command = [a.binary, "eval", "forecast", file, "--id", a.id, "--time", a.time, "--value", a.value]
            command += ["--season", str(a.season), "--missing", a.missing, "--model", name, "--threads", "1", "--json"]
            command += ["--split", a.split] if a.split else ["--horizon", str(horizon)]
            command += ["--mase-season", str(a.mase_season)] if a.mase_season else []
            ours.append(run([*command, *more]))
            print(json.dumps(ours[-1]), flush=True)
    print(f"\n{'ours / peer':40} {'sMAPE':>8} {'MASE':>8} {'RMSSE':>8} {'OWA':>8}   CPU per series")
    for mine in ours:
        for peer in peers:
            names = f"{mine['model']} / {peer['model']}"
            cells = []
            for key in ("smape", "mase", "rmsse", "owa"):
                known = mine.get(key) is not None and peer.get(key)
                cells.append(f"{mine[key] / peer[key]:8.4f}" if known else f"{'-':>8}")
            cpu = mine["cpu_seconds_per_series"]
            cost = f"{peer['cpu_seconds'] / cpu:.1f} times less" if cpu else "-"
            warn = "" if mine["n_series"] == peer["n_series"] else f"   NOT THE SAME SERIES: {mine['n_series']} and {peer['n_series']}"
            print(f"{names:40} {' '.join(cells)}   {cost}{warn}")


if __name__ == "__main__":
    main()
