#!/usr/bin/env python3
"""Peer benchmark: quantiles of intermittent demand by statsforecast models.

    pip install statsforecast==2.1.1
    python peer_quantiles.py SET [--models A,B] [--ways conformal,bootstrap,native] [--n N] [--back B] [--json FILE]
        [--ours target/release/nightclerk]

SET is `carparts` (horizon 6) or `vn2` (horizon 8; weeks out of stock are not observed).  The last HORIZON periods of
every series are the test window; --back moves it that many periods into the past (for choosing, never for judging).

Unobserved periods are dropped from training (no peer takes missing values; filled with zeros they do worse) and are not
scored.  A series without a sale in training has no scale and is left out.

Models: CrostonClassic CrostonSBA CrostonOptimized TSB ADIDA IMAPA SimpleExponentialSmoothingOptimized AutoETS (season
length 1) AutoETS12 (season length 12), and two yardsticks: Zero, and History (the quantiles of the observed past).
Ways to quantiles:
  conformal  statsforecast's ConformalIntervals with as many windows of HORIZON periods as leave at least two seasons'
             worth (a third of the history) for training, at most 10; quantile q > .5 is the upper end of the interval
             of level 2 q - 1, the median is the point forecast
  bootstrap  the point forecast plus in-sample one-step residuals: quantiles of the resampled sum
  native     the model's own intervals (AutoETS)
All are cut at zero; every way is also scored after rounding to whole units, and the better of the two is the result.

Score: pinball loss at .5 .75 .9 .95 .99, per series the mean over the scored periods / mean |y_t - y_{t-1}| of the
training part from the first sale on, then the mean over series.  Coverage counts every scored period alike.
Prints one JSON object per model and way. With --ours also one for `nightclerk eval forecast` on the same file, one thread,
scored by the same lines.
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

for _v in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_v, "1")
warnings.simplefilter("ignore")

import numpy as np  # noqa: E402

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data")
QUANTILES = (0.5, 0.75, 0.9, 0.95, 0.99)
LEVELS = [50, 80, 90, 98]
SETS = {
    "carparts": ("carparts_monthly.csv.gz", ("part_id",), "units", None, 6),
    "vn2": ("vn2_weekly_sales.csv.gz", ("store_id", "product_id"), "units_sold", "in_stock", 8),
}
MODELS = "CrostonClassic CrostonSBA CrostonOptimized TSB ADIDA IMAPA SimpleExponentialSmoothingOptimized AutoETS"


def read(name, data):
    """Series of the set, in file order; NaN where empty or out of stock."""
    file, ids, value, mask, horizon = SETS[name]
    series = {}
    with gzip.open(os.path.join(data, file), "rt", newline="") as handle:
        for row in csv.DictReader(handle):
            seen = row[value] != "" and (mask is None or row[mask] == "1")
            series.setdefault(tuple(row[i] for i in ids), []).append(float(row[value]) if seen else np.nan)
    return {ids: np.array(values) for ids, values in series.items()}, horizon


def ours(name, data, binary):
    """Our quantiles by series, one row per period ahead; and CPU seconds per series."""
    file, ids, value, mask, horizon = SETS[name]
    when, season, missing = {"carparts": ("month", "12", "zero"), "vn2": ("week_start", "52", "skip")}[name]
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "forecasts.csv")
        command = [binary, "eval", "forecast", os.path.join(data, file), "--id", ",".join(ids), "--time", when, "--value", value,
                   "--horizon", str(horizon), "--season", season, "--missing", missing, "--min-length", "0", "--threads", "1",
                   "--output", out, "--json"] + (["--stock", mask] if mask else [])
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        found = {}
        with open(out, newline="") as handle:
            for row in csv.DictReader(handle):
                found.setdefault(tuple(row[i] for i in ids), {})[int(row["step"])] = [float(row[f"q{q}"]) for q in QUANTILES]
    forecasts = {key: np.array([steps[step] for step in sorted(steps)]) for key, steps in found.items()}
    return forecasts, json.loads(done.stdout.strip().splitlines()[-1])["cpu_seconds_per_series"]


def build(name, intervals):
    from statsforecast import models as M
    arguments = {"prediction_intervals": intervals} if intervals is not None else {}
    if name == "TSB":
        return M.TSB(alpha_d=0.1, alpha_p=0.1, **arguments)
    if name.startswith("AutoETS"):
        return M.AutoETS(season_length=int(name[7:] or 1), **arguments)
    return getattr(M, name)(**arguments)


def quantiles(name, way, y, horizon, random):
    """One row per period ahead, one column per quantile."""
    if name == "Zero":
        return np.zeros((horizon, len(QUANTILES)))
    if name == "History":
        return np.tile(np.quantile(y, QUANTILES, method="inverted_cdf"), (horizon, 1))
    if way == "bootstrap":
        result = build(name, None).forecast(y=y, h=horizon, fitted=True)
        residuals = y - np.asarray(result["fitted"], dtype=float)
        residuals = residuals[np.isfinite(residuals)]
        paths = np.asarray(result["mean"])[:, None] + random.choice(residuals, size=(horizon, 2000))
        return np.quantile(np.maximum(paths, 0.0), QUANTILES, axis=1).T
    intervals = None
    if way == "conformal":
        from statsforecast.utils import ConformalIntervals
        windows = min(10, (len(y) - max(len(y) // 3, 2)) // horizon)
        intervals = ConformalIntervals(n_windows=max(windows, 2), h=horizon)
    result = build(name, intervals).forecast(y=y, h=horizon, level=LEVELS)
    return np.column_stack([result["mean"]] + [result[f"hi-{level}"] for level in LEVELS])


def pinball(actual, quantile, level):
    gap = actual - quantile
    return np.maximum(level * gap, (level - 1) * gap)


def score(series, horizon, back, name, way, given=None):
    random = np.random.default_rng(7)
    losses, covered, failed, seconds, width = {"raw": [], "rounded": []}, {"raw": [], "rounded": []}, 0, 0.0, []
    for key, values in series.items():
        end = len(values) - back
        train, test = values[:end - horizon], values[end - horizon:end]
        seen = np.isfinite(test)
        steps = np.abs(np.diff(train[np.argmax(np.nan_to_num(train) > 0):]))
        scale = np.nanmean(steps) if np.isfinite(steps).any() else 0.0
        if not seen.any() or not np.nanmax(train, initial=0.0) > 0 or not scale > 0:
            continue
        y = train[np.isfinite(train)]
        started = time.process_time()
        try:
            own = given[key] if given is not None else quantiles(name, way, y, horizon, random)
            forecast = np.maximum(own, 0.0)
            if not np.isfinite(forecast).all():
                raise ValueError("not finite")
        except Exception:  # too short for the model: the quantiles of the past stand in, and are counted
            failed += 1
            forecast = quantiles("History", way, y, horizon, random)
        seconds += time.process_time() - started
        for kind, q in (("raw", forecast), ("rounded", np.rint(forecast))):
            losses[kind].append([pinball(test[seen], q[seen, i], level).mean() / scale
                                 for i, level in enumerate(QUANTILES)])
            covered[kind].extend(test[seen, None] <= q[seen])
        width.append(forecast[seen, -2].mean() / scale)
    kind = min(losses, key=lambda k: np.mean(losses[k]))
    mean = np.mean(losses[kind], axis=0)
    return {
        "model": name, "way": way, "values": kind, "n_series": len(losses[kind]), "failed": failed,
        "pinball": {str(q): round(float(v), 4) for q, v in zip(QUANTILES, mean)},
        "pinball_mean": round(float(mean.mean()), 5),
        "coverage": {str(q): round(float(v), 4) for q, v in zip(QUANTILES, np.mean(covered[kind], axis=0))},
        "q95_scaled": round(float(np.mean(width)), 3),
        "cpu_seconds_per_series": round(seconds / max(len(losses[kind]), 1), 5),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", choices=sorted(SETS))
    parser.add_argument("--data", default=DATA)
    parser.add_argument("--models", default=MODELS.replace(" ", ","))
    parser.add_argument("--ways", default="conformal,bootstrap,native")
    parser.add_argument("--n", type=int, help="only the first N series")
    parser.add_argument("--back", type=int, default=0)
    parser.add_argument("--ours", metavar="BINARY", help="score ours too")
    parser.add_argument("--json", help="append results to this file, one JSON object a line")
    a = parser.parse_args()
    series, horizon = read(a.set, a.data)
    series = dict(list(series.items())[:a.n])

    def show(result):
        result = {"data": a.set, "back": a.back, **result}
        print(json.dumps(result), flush=True)
        if a.json:
            with open(a.json, "a") as handle:
                handle.write(json.dumps(result) + "\n")

    if a.ours and a.back == 0:
        forecasts, seconds = ours(a.set, a.data, a.ours)
        show({**score(series, horizon, 0, "nightclerk", "auto", forecasts), "cpu_seconds_per_series": seconds})
    for name in a.models.split(","):
        for way in a.ways.split(","):
            yardstick = name in ("Zero", "History")
            if (way == "native" and not yardstick and not name.startswith("AutoETS")) or (yardstick and way != "native"):
                continue
            show(score(series, horizon, a.back, name, way))


if __name__ == "__main__":
    main()
