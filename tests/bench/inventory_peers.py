#!/usr/bin/env python3
"""Orders from statsforecast and a normal approximation beside `nightclerk eval inventory`, on VN2's weeks, in one run.

    NIGHTCLERK_DATA=DIR python3 tests/bench/inventory_peers.py --nightclerk PATH [--rounds 52] [--warm-up 13] [--fills .87,.9,.905]

Weekly review, an order of the end of week t - 1 serves from week t + 2, lost sales, 0.20 for a unit kept a week, 1.00 for one that was
missing. The peer fits AutoETS to what was sold in weeks that were in stock, known before each order, and orders up to the mean of the three
weeks that an order has to cover plus z standard deviations of their sum (that of one step times the square root of three). z is swept: its
best cost, and its cost where it reaches the same fill rate, stand beside ours, with a paired bootstrap over the lines. Some 20 CPU minutes.
"""
import argparse
import csv
import gzip
import json
import os
import subprocess
import tempfile
import time
import warnings

import numpy as np

HOLDING, SHORTAGE, COVERED = 0.2, 1.0, 3


def history(folder):
    with gzip.open(os.path.join(folder, "vn2_weekly_sales.csv.gz"), "rt") as file:
        rows = list(csv.DictReader(file))
    keys = sorted({(row["store_id"], row["product_id"]) for row in rows})
    weeks = sorted({row["week_start"] for row in rows})
    line, week = {key: at for at, key in enumerate(keys)}, {name: at for at, name in enumerate(weeks)}
    sold, stocked = np.zeros((len(keys), len(weeks))), np.zeros((len(keys), len(weeks)), bool)
    for row in rows:
        at = line[row["store_id"], row["product_id"]], week[row["week_start"]]
        sold[at], stocked[at] = float(row["units_sold"]), row["in_stock"] == "1"
    return keys, sold, stocked


def forecasts(sold, stocked, first):
    """Mean of each of the weeks that an order covers, and the deviation of one step, for every round."""
    from statsforecast.models import AutoETS
    n, weeks = sold.shape
    mean, sigma = np.zeros((weeks, n, COVERED)), np.zeros((weeks, n))
    for t in range(first, weeks):
        for line in range(n):
            known = sold[line, :t][stocked[line, :t]]
            if len(known) < 8 or not known.any():
                level = known.mean() if len(known) else 0.0
                mean[t, line], sigma[t, line] = level, known.std() if len(known) else 0.0
                continue
            found = AutoETS(season_length=1).forecast(y=known, h=COVERED, level=[68.268949])
            mean[t, line] = np.maximum(found["mean"], 0)
            sigma[t, line] = found["hi-68.268949"][0] - found["mean"][0]
    return mean, sigma


def replay(sold, stocked, first, scored, order):
    """Cost of each line a week, units served and asked for, of the scored weeks that are observed."""
    n, weeks = sold.shape
    shelf, coming = np.zeros(n), [np.zeros(n), np.zeros(n)]
    cost, served, asked = np.zeros(n), np.zeros(n), np.zeros(n)
    for t in range(first, weeks):
        ordered = order(t, shelf + coming[0] + coming[1])
        shelf = shelf + coming.pop(0)
        coming.append(ordered)
        sales = np.minimum(shelf, sold[:, t])
        shelf = shelf - sales
        if t >= scored:
            seen = stocked[:, t]
            cost += np.where(seen, HOLDING * shelf + SHORTAGE * (sold[:, t] - sales), 0.0)
            served, asked = served + np.where(seen, sales, 0), asked + np.where(seen, sold[:, t], 0)
    return cost / (weeks - scored), served.sum() / asked.sum()


def ours(binary, folder, args, fill):
    """Cost of each line a week and the fill rate of `auto`, replayed here from the orders that it wrote."""
    with tempfile.TemporaryDirectory() as scratch:
        out = os.path.join(scratch, "orders.csv")
        command = [binary, "eval", "inventory", os.path.join(folder, "vn2_weekly_sales.csv.gz"), "--id", "store_id,product_id",
                   "--time", "week_start", "--value", "units_sold", "--in-stock", "in_stock", "--lead-time", "2", "--timing", "vn2",
                   "--holding", str(HOLDING), "--shortage", str(SHORTAGE), "--warm-up", str(args.warm_up), "--rounds",
                   str(args.rounds), "--model", args.model, "--orders-out", out, "--json", "--no-progress"]
        command += ["--target-fill", str(fill)] if fill else []
        run = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        report = json.loads(run.stdout.splitlines()[-1])
        with open(out, newline="") as file:
            orders = list(csv.DictReader(file))
    return report, orders


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nightclerk", required=True)
    parser.add_argument("--rounds", type=int, default=52)
    parser.add_argument("--warm-up", type=int, default=13)
    parser.add_argument("--model", default="gbm")
    parser.add_argument("--fills", default=".888,.905", help="targets given to nightclerk; the peer is read off at what was reached")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    folder = os.environ["NIGHTCLERK_DATA"]
    keys, sold, stocked = history(folder)
    scored = sold.shape[1] - args.rounds
    first = scored - args.warm_up
    begun = time.process_time()
    mean, sigma = forecasts(sold, stocked, first)
    print(f"statsforecast AutoETS: {time.process_time() - begun:.0f} CPU s for {len(keys)} lines x {args.rounds + args.warm_up} rounds")

    def peer(z):
        def order(t, position):
            level = mean[t].sum(1) + z * sigma[t] * np.sqrt(COVERED)
            return np.maximum(np.round(level - position), 0)
        return replay(sold, stocked, first, scored, order)

    curve = [(z, *peer(z)) for z in np.arange(-1.0, 3.01, 0.1)]
    best = min(curve, key=lambda point: point[1].sum())
    print(f"peer at its best: {best[1].sum():.1f} a week, fill {best[2]:.3f}, z {best[0]:.1f}")
    chance = np.random.default_rng(11)
    line = {key: at for at, key in enumerate(keys)}
    for fill in [None] + [float(text) for text in args.fills.split(",")]:
        report, orders = ours(args.nightclerk, folder, args, fill)
        by_round = {}
        for row in orders:
            by_round.setdefault(row["before"], np.zeros(len(keys)))[line[row["store_id"], row["product_id"]]] += float(row["order"])
        rounds = [by_round[name] for name in sorted(by_round)]
        cost, reached = replay(sold, stocked, first, scored, lambda t, _: rounds[t - first])
        z, other, at = min(curve, key=lambda point: abs(point[2] - reached)) if fill else best
        draws = [chance.integers(0, len(keys), len(keys)) for _ in range(2000)]
        saved = np.array([1 - cost[draw].sum() / other[draw].sum() for draw in draws])
        low, high = np.quantile(saved, [0.025, 0.975])
        print(f"{'cost' if fill is None else f'fill {fill}'}: ours {cost.sum():.1f} at {reached:.3f}; peer {other.sum():.1f} at {at:.3f} (z {z:.1f}): "
              f"{1 - cost.sum() / other.sum():+.1%} less (95 %: {low:+.1%} to {high:+.1%}); {report['cpu_seconds']:.0f} CPU s")


if __name__ == "__main__":
    main()
