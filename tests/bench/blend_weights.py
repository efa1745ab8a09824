#!/usr/bin/env python3
"""How the shares of `auto` are chosen: the constants of crates/models/src/forecast/panel/blend.rs, with each data set left out.

    NIGHTCLERK_DATA=DIR python3 tests/bench/blend_weights.py [--binary target/release/nightclerk] [--sets m1,nn5] [--keep DIR]

For every data set: forecasts of `mean` and of `gbm` at rolling origins, the newest of which is scored; the origins before it say
how much of each to take, as at night. Half-life (in horizons), usual share and pull are those that are best on average over the
other sets; the last column is what the shipped constants do on the set. All figures are log ratios of the mean scaled
absolute error to that of `mean` alone: below 0 is better. Minutes; nothing but the standard library.
"""
import argparse
import collections
import csv
import gzip
import itertools
import math
import os
import re
import subprocess
import tempfile

# file, id columns, time, value, horizon, season, lag of the scale, other options
SETS = {
    "m1": ("m1_monthly.csv.gz", "series_id", "t", "value", 18, 12, 12, ""),
    "m1q": ("m1_quarterly.csv.gz", "series_id", "t", "value", 8, 4, 4, ""),
    "tourism": ("tourism_monthly.csv.gz", "series_id", "t", "value", 24, 12, 12, ""),
    "m4w": ("m4_weekly.csv.gz", "series_id", "t", "value", 13, 52, 1, ""),
    "aus": ("aus_retail_monthly.csv.gz", "series_id", "month", "turnover_aud_million", 18, 12, 12, ""),
    "nn5": ("nn5_daily.csv.gz", "series_id", "date", "value", 56, 7, 7, "--missing seasonal"),
    "favorita": ("fev/favorita_transactions_1W.csv.gz", "id", "timestamp", "target", 13, 52, 1, ""),
    "hierarchical": ("fev/hierarchical_sales_1W.csv.gz", "id", "timestamp", "target", 13, 52, 1, ""),
    "rohlik_weeks": ("fev/rohlik_orders_1W.csv.gz", "id", "timestamp", "target", 8, 52, 1, ""),
    "rohlik_days": ("fev/rohlik_orders_1D.csv.gz", "id", "timestamp", "target", 61, 7, 7, ""),
    "rossmann": ("fev/rossmann_1W.csv.gz", "id", "timestamp", "target", 13, 52, 1,
                 "--known Open,Promo,SchoolHoliday"),
}
ORIGINS = 8
WEIGHTS = [w / 8 for w in range(9)]
GRID = list(itertools.product((0.1, 0.25, 0.5, 1.0, 2.0, 100.0), (0.25, 0.375, 0.5), (0.0, 0.05, 0.1, 0.2, 0.4)))
SOURCE = os.path.join(os.path.dirname(__file__), "../../crates/models/src/forecast/panel/blend.rs")


def opened(path):
    return gzip.open(path, "rt", newline="") if path.endswith(".gz") else open(path, newline="")


def shipped():
    text = open(SOURCE).read()
    return tuple(float(re.search(rf"const {name}: f64 = ([\d.]+);", text)[1]) for name in ("HALF_LIFE", "USUAL", "PULL"))


def series_of(path, ids, time, value):
    """Values by series and time, in the order of the file."""
    series = collections.defaultdict(dict)
    with opened(path) as file:
        for row in csv.DictReader(file):
            text = row[value]
            series[tuple(row[i] for i in ids)][row[time]] = float(text) if text not in ("", "NaN", "nan") else math.nan
    return series


def forecasts_of(binary, path, options, model, folder):
    """Means by series, origin and step, and the time of each."""
    out = os.path.join(folder, f"{model}.csv")
    command = [binary, "eval", "forecast", path, *options, "--model", model, "--output", out, "--quiet"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    with open(out, newline="") as file:
        return list(csv.DictReader(file))


def errors_by_origin(name, data, binary, folder):
    """Sums of scaled absolute errors for each weight, by how many periods an origin lies before the scored one."""
    file, ids, time, value, horizon, season, lag, more = SETS[name]
    path, ids = os.path.join(data, file), ids.split(",")
    step = max(1, horizon // 4)
    # The origins that speak lie a horizon before the scored one, and further.
    origins = 1 + math.ceil(horizon / step) + ORIGINS
    options = ["--id", ",".join(ids), "--time", time, "--value", value, "--horizon", str(horizon), "--origins",
               str(origins), "--step", str(step), "--season", str(season), "--mase-season", str(lag), *more.split()]
    series = series_of(path, ids, time, value)
    order = {key: {at: n for n, at in enumerate(values)} for key, values in series.items()}
    points = collections.defaultdict(dict)
    for model in ("mean", "gbm"):
        for row in forecasts_of(binary, path, options, model, folder):
            key = tuple(row[i] for i in ids)
            points[key, row["origin"], row["time"]][model] = float(row["mean"])
    errors = collections.defaultdict(lambda: [[0.0] * len(WEIGHTS), 0])
    newest = {}
    for key, origin, _ in points:
        at = order[key].get(origin)
        if at is not None:
            newest[key] = max(newest.get(key, 0), at)
    scales = {}
    for (key, origin, at), both in points.items():
        where, actual = order[key].get(origin), series[key].get(at, math.nan)
        if where is None or len(both) < 2 or math.isnan(actual):
            continue
        if key not in scales:
            past = list(series[key].values())[: newest[key] + 1]
            steps = [abs(b - a) for a, b in zip(past, past[season:]) if not math.isnan(a + b)]
            scales[key] = sum(steps) / len(steps) if steps else 0.0
        if scales[key] > 0:
            sums = errors[newest[key] - where]
            for n, weight in enumerate(WEIGHTS):
                sums[0][n] += abs(actual - (1 - weight) * both["mean"] - weight * both["gbm"]) / scales[key]
            sums[1] += 1
    return horizon, errors


def chosen(horizon, errors, half_life, usual, pull):
    """The weight that the origins before the scored one speak for."""
    relative, trusts = [0.0] * len(WEIGHTS), 0.0
    for before, (sums, count) in errors.items():
        if before >= horizon and sums[0] > 0:
            trust = count * 0.5 ** ((before - horizon) / horizon / half_life)
            trusts += trust
            relative = [old + trust * new / sums[0] for old, new in zip(relative, sums)]
    if trusts == 0:
        return usual
    cost = [r / trusts + pull * (w - usual) ** 2 for r, w in zip(relative, WEIGHTS)]
    return WEIGHTS[cost.index(min(cost))]


def gain(errors, weight):
    sums = errors[0][0]
    return math.log(sums[WEIGHTS.index(weight)] / sums[0])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/nightclerk")
    parser.add_argument("--sets", default=",".join(SETS))
    args = parser.parse_args()
    data, found = os.environ["NIGHTCLERK_DATA"], {}
    for name in args.sets.split(","):
        with tempfile.TemporaryDirectory() as folder:
            found[name] = errors_by_origin(name, data, os.path.abspath(args.binary), folder)
        print(name, "origins", len(found[name][1]), flush=True)
    table = {(name, at): gain(errors, chosen(horizon, errors, *at)) for name, (horizon, errors) in found.items()
             for at in [*GRID, shipped()]}
    best = lambda names: min(GRID, key=lambda at: sum(table[name, at] for name in names))
    print(f"{'set':14} {'left out':>9} {'constants':>18}  {'shipped':>8}  {'share':>6}  {'always .5':>9}")
    totals = [0.0, 0.0, 0.0]
    for name, (horizon, errors) in found.items():
        others = [other for other in found if other != name] or [name]
        at = best(others)
        row = [table[name, at], table[name, shipped()], gain(errors, 0.5)]
        totals = [total + value / len(found) for total, value in zip(totals, row)]
        share = chosen(horizon, errors, *shipped())
        print(f"{name:14} {row[0]:+9.4f} {str(at):>18}  {row[1]:+8.4f}  {share:6.3f}  {row[2]:+9.4f}")
    print(f"{'mean':14} {totals[0]:+9.4f} {'':>18}  {totals[1]:+8.4f}  {'':6}  {totals[2]:+9.4f}")
    print("best on all:", best(list(found)), "shipped:", shipped())


if __name__ == "__main__":
    main()
