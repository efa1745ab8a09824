#!/usr/bin/env python3
"""Scores the forecasts that `nightclerk eval forecast --output` wrote with the shared peer script's own metric functions
and compares them with the JSON it printed.

    NIGHTCLERK_BENCH=DIR python3 check_forecast_metrics.py FILE FORECASTS.csv RESULT.json --id a,b --time t --value v
        [--split split] [--missing skip|zero|seasonal] [--stock COLUMN]

DIR holds peer_statsforecast.py; numpy is needed, statsforecast is not. Only for series whose periods follow on one
another (no gaps), as the peer script knows no gaps. Exit code 1 when a score differs by more than 1e-5 relative.
"""
import argparse, csv, gzip, importlib.util, json, os, sys
import numpy as np

spec = importlib.util.spec_from_file_location("peer", os.path.join(os.environ["NIGHTCLERK_BENCH"], "peer_statsforecast.py"))
peer = importlib.util.module_from_spec(spec)
spec.loader.exec_module(peer)

p = argparse.ArgumentParser()
p.add_argument("file"); p.add_argument("forecasts"); p.add_argument("result")
p.add_argument("--id", required=True); p.add_argument("--time", required=True); p.add_argument("--value", required=True)
p.add_argument("--split"); p.add_argument("--missing", default="skip"); p.add_argument("--stock")
a = p.parse_args()
ids = a.id.split(",")
got = json.load(open(a.result))
m, mm, h = got["season"][0], got["mase_season"], got["horizon"]

data, split = {}, {}
with (gzip.open if a.file.endswith(".gz") else open)(a.file, "rt", newline="") as fh:
    for r in csv.DictReader(fh):
        key = tuple(r[i] for i in ids)
        v = float(r[a.value]) if r[a.value] not in ("", "NA") else (0.0 if a.missing == "zero" else np.nan)
        if a.stock and r[a.stock] in ("0", "False", "false"):
            v = np.nan
        data.setdefault(key, []).append((r[a.time], v))
        if a.split and r[a.split] == "test":
            split.setdefault(key, set()).add(r[a.time])
num = lambda t: (0, float(t)) if t.lstrip("-").isdigit() else (1, t)
for k in data:
    data[k].sort(key=lambda tv: num(tv[0]))

F = {}
with open(a.forecasts, newline="") as fh:
    rows = csv.DictReader(fh)
    qs = [c for c in rows.fieldnames if c.startswith("q0.")]
    for r in rows:
        F.setdefault((tuple(r[i] for i in ids), r["origin"]), []).append(r)

S, Q, R, S2, Q2, E, A = [], [], [], [], [], 0.0, 0.0
pin = {q: [] for q in qs}
cov = {80: [], 95: []}
for (key, origin), rows in F.items():
    series = data[key]
    at = [t for t, _ in series].index(origin) + 1
    y = np.array([v for _, v in series[:at]])
    act = np.array([v for _, v in series[at:at + h]])
    f = np.array([float(r["mean"]) for r in rows])[:len(act)]
    ok = ~np.isnan(act)
    if not ok.any():
        continue
    full = peer.fill(y.copy(), m, "seasonal")
    seen = full if a.missing == "seasonal" else y
    f2 = peer.naive2(full, h, mm)[:len(act)]
    lag = mm if len(seen) > mm else 1
    if not np.isnan(seen).any():
        sc = peer.mase_scale(seen, mm)
    else:
        sc = np.nanmean(np.abs(seen[lag:] - seen[:-lag])) if (~np.isnan(seen[lag:] - seen[:-lag])).any() else np.nan
    sc = sc if sc > 0 else np.nan
    sold = np.flatnonzero(~np.isnan(seen) & (seen != 0))
    on = seen[sold[0] if len(sold) else 0:]
    d = np.diff(on)
    d = d[~np.isnan(d)]
    rs, ps = (np.mean(d ** 2), np.mean(np.abs(d))) if len(d) else (0.0, 0.0)
    e = np.abs(act - f)[ok]
    S.append(peer.smape(act[ok], f[ok])); Q.append(e.mean() / sc)
    S2.append(peer.smape(act[ok], f2[ok])); Q2.append(np.abs(act - f2)[ok].mean() / sc)
    R.append(np.sqrt(np.mean(e ** 2) / rs) if rs > 0 else np.nan)
    E += e.sum(); A += np.abs(act[ok]).sum()
    quant = {q: np.array([float(r[q]) for r in rows])[:len(act)] for q in qs}
    for q in qs:
        lv, dd = float(q[1:]), (act - quant[q])[ok]
        pin[q].append(np.mean(np.maximum(lv * dd, (lv - 1) * dd)) / ps if ps > 0 else np.nan)
    for name, lo, hi in ((80, "q0.1", "q0.9"), (95, "q0.025", "q0.975")):
        cov[name].append(np.mean(((act >= quant[lo]) & (act <= quant[hi]))[ok]))

want = {"smape": np.nanmean(S), "mase": np.nanmean(Q), "rmsse": np.nanmean(R), "naive2_smape": np.nanmean(S2),
        "naive2_mase": np.nanmean(Q2), "wape": E / A,
        "owa": (np.nanmean(S) / np.nanmean(S2) + np.nanmean(Q) / np.nanmean(Q2)) / 2,
        "coverage_80": np.mean(cov[80]), "coverage_95": np.mean(cov[95])}
want.update({"pinball " + q[1:]: np.nanmean(v) for q, v in pin.items()})
bad = 0
for name, v in want.items():
    ours = got["pinball"][name.split()[1]] if name.startswith("pinball") else got[name]
    ours = np.nan if ours is None else ours
    off = abs(ours - v) > 1e-5 * max(abs(v), 0.1) and not (np.isnan(ours) and np.isnan(v))
    bad += off
    print(f"{name:14} ours {ours:.6f} peer functions {v:.6f}{'  DIFFERS' if off else ''}")
print(f"{len(S)} forecasts scored here, {got['n_scored']} there")
sys.exit(1 if bad or len(S) != got["n_scored"] else 0)
