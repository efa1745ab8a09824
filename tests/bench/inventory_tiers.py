#!/usr/bin/env python3
"""What was promised against what was served, and what it cost beside statsforecast and a normal approximation, on several shops in one run.

    NIGHTCLERK_DATA=DIR python3 tests/bench/inventory_tiers.py --nightclerk PATH [--tiers juice,juice_late,vn2_late,carparts]

    juice       Dominick's orange juice by store and brand: weekly, an order serves from the second week on, packs of 24 bottles, a budget for
                the orders of a week, the margin of a bottle lost when it is missing, a quarter of its cost a year for holding it; lost sales
    juice_late  the same without a budget, each order taking as long as one of the 215 deliveries by truck in `scms_deliveries`, of which
                every second one is known to those who order
    vn2_late    VN2's weeks with such lead times; 0.20 a week for a unit on the shelf, 1.00 for one that was missing; lost sales
    carparts    monthly demand of the 1,256 parts without a gap, an order serves from the second month on, unmet demand waits

For each: `--policy plan` (what the job `inventory_plan` does) and `--policy auto` at several fill rates asked for, replayed here from the
orders that they wrote: promised, served, served on the lines with four fifths of the demand, stock and cost; asked for nothing, they weigh
the costs of each line. Beside `plan` stands `plan_mean_lead`, which takes the mean lead time for certain. The peer fits AutoETS to what is known before each order and orders up to the mean over lead time
and review plus z standard deviations, `P s^2 + m^2 s_L^2` where lead times vary, in whole packs and, where there is one, within the same
budget; z is swept, and its cost is read off where it serves as much, with a bootstrap over the lines. It meets the same lead times.
Half an hour and more, most of it the peer's; needs numpy and statsforecast.
"""
import argparse
import csv
import datetime
import gzip
import json
import math
import multiprocessing
import os
import subprocess
import tempfile
import time
import warnings

import numpy as np

PACK, WEEKS = 24, 52
TARGETS = (0.9, 0.95)


def rows_of(folder, name):
    with gzip.open(os.path.join(folder, name), "rt", newline="") as file:
        yield from csv.DictReader(file)


def grid(cells, wanted=None):
    """Lines, periods and a table of demand by line and period, NaN where there is none."""
    keys = sorted({key for key, _ in cells}) if wanted is None else wanted
    periods = sorted({period for _, period in cells})
    line, place = {key: at for at, key in enumerate(keys)}, {name: at for at, name in enumerate(periods)}
    table = np.full((len(keys), len(periods)), np.nan)
    for (key, period), value in cells.items():
        if key in line:
            table[line[key], place[period]] = value
    return keys, periods, table


def juice(folder, budget):
    cells, margin, cost = {}, {}, {}
    first = datetime.date(1989, 9, 14)
    for row in rows_of(folder, "dominicks_oj.csv.gz"):
        key, week = (row["store"], row["brand"]), int(row["week"])
        cells[key, (first + datetime.timedelta(weeks=week)).isoformat()] = round(float(row["units_oz"]) / 64)
        if week < 160 - WEEKS - 13:
            price = 64 * float(row[f"price{row['brand']}"])
            margin.setdefault(key, []).append(price * float(row["profit"]) / 100)
            cost.setdefault(key, []).append(price * (1 - float(row["profit"]) / 100))
    keys, periods, table = grid(cells)
    unit = np.array([np.mean(cost[key]) for key in keys])
    shop = {"keys": keys, "periods": periods, "demand": table, "cost": unit, "pack": PACK, "lead": 2, "lost": True, "rounds": WEEKS,
            "warm_up": 13, "holding": unit * 0.25 / 52, "shortage": np.array([np.mean(margin[key]) for key in keys])}
    if budget:
        usual = np.nanmean(table[:, :-WEEKS], axis=1)
        shop["budget"] = round(1.5 * float((usual * unit).sum()))
    else:
        shop.update(late=True, rounds=39, warm_up=26)
    return shop


def vn2_late(folder):
    cells = {}
    for row in rows_of(folder, "vn2_weekly_sales.csv.gz"):
        units = float(row["units_sold"]) if row["in_stock"] == "1" else math.nan
        cells[(row["store_id"], row["product_id"]), row["week_start"]] = units
    keys, periods, table = grid(cells)
    n = len(keys)
    return {"keys": keys, "periods": periods, "demand": table, "cost": np.ones(n), "pack": 0, "lead": 1, "lost": True, "rounds": WEEKS,
            "warm_up": 26, "holding": np.full(n, 0.2), "shortage": np.ones(n), "late": True, "model": "counts"}


def carparts(folder):
    cells, gaps = {}, set()
    for row in rows_of(folder, "carparts_monthly.csv.gz"):
        key = (row["part_id"], "-")
        cells[key, row["month"]] = float(row["units"]) if row["units"] not in ("", "NA") else math.nan
        if not math.isfinite(cells[key, row["month"]]):
            gaps.add(key)
    keys, periods, table = grid(cells)
    whole = ~np.isnan(table).any(axis=1)
    keys, table = [key for key, is_whole in zip(keys, whole) if is_whole], table[whole]
    n = len(keys)
    return {"keys": keys, "periods": periods, "demand": table, "cost": np.ones(n), "pack": 0, "lead": 2, "lost": False, "rounds": 24,
            "warm_up": 6, "holding": np.ones(n), "shortage": np.full(n, 5.0), "model": "counts"}


TIERS = {"juice": lambda folder: juice(folder, True), "juice_late": lambda folder: juice(folder, False), "vn2_late": vn2_late,
         "carparts": carparts}


def trucks(folder):
    def day(text):
        for form in ("%Y-%m-%d", "%m/%d/%y"):
            try:
                return datetime.datetime.strptime(text, form).date()
            except ValueError:
                pass
        return None
    found = []
    for row in rows_of(folder, "scms_deliveries.csv.gz"):
        sent, came = day(row["po_sent_to_vendor_date"]), day(row["delivered_to_client_date"])
        if row["shipment_mode"] == "Truck" and sent and came and came >= sent:
            found.append((came - sent).days)
    return found


def write(shop, folder, deliveries):
    with open(os.path.join(folder, "sales.csv"), "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["line", "part", "period", "units", "holding", "shortage", "cost"])
        for at, key in enumerate(shop["keys"]):
            for period, units in zip(shop["periods"], shop["demand"][at]):
                value = "" if math.isnan(units) else f"{units:g}"
                out.writerow([*key, period, value, *(repr(float(shop[name][at])) for name in ("holding", "shortage", "cost"))])
    with open(os.path.join(folder, "deliveries.csv"), "w") as file:
        file.write("lead_time_days\n" + "".join(f"{days}\n" for days in deliveries))


def ours(binary, shop, folder, policy, fill, model):
    """The report, and the orders and the periods they take by line and round."""
    out = os.path.join(folder, "orders.csv")
    command = [binary, "eval", "inventory", os.path.join(folder, "sales.csv"), "--id", "line,part", "--time", "period", "--value", "units",
               "--holding", "holding", "--shortage", "shortage", "--warm-up", str(shop["warm_up"]), "--rounds", str(shop["rounds"]),
               "--policy", policy, "--model", shop.get("model", model), "--orders-out", out, "--json", "--no-progress"]
    command += ["--target-fill", str(fill)] if fill else []
    command += ["--together"] if fill and policy == "plan" else []
    command += ["--pack", str(shop["pack"])] if shop["pack"] else []
    command += ["--budget", str(shop["budget"]), "--unit-cost", "cost"] if "budget" in shop else []
    command += [] if shop["lost"] else ["--backorders"]
    if shop.get("late"):
        command += ["--lead-times", os.path.join(folder, "deliveries.csv")]
    else:
        command += ["--lead-time", str(shop["lead"])]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if run.returncode:
        raise SystemExit(f"{' '.join(command)}\n{run.stderr}")
    report = json.loads(run.stdout.splitlines()[-1])
    line, n = {key: at for at, key in enumerate(shop["keys"])}, shop["rounds"] + shop["warm_up"]
    place = {period: at for at, period in enumerate(shop["periods"][-n:])}
    orders, arrivals = np.zeros((len(line), n)), np.full((len(line), n), shop["lead"])
    with open(out, newline="") as file:
        for row in csv.DictReader(file):
            at = line[row["line"], row["part"]], place[row["before"]]
            orders[at] = float(row["order"])
            arrivals[at] = int(row.get("arrives_after") or shop["lead"])
    return report, orders, arrivals


def replay(shop, arrivals, order):
    """Cost of each line and round, units served and asked for of each line, and the mean stock, of the counted rounds."""
    n, rounds = arrivals.shape
    demand = shop["demand"][:, -rounds:]
    shelf, coming = np.zeros(n), np.zeros((n, rounds + int(arrivals.max()) + 1))
    cost, served, asked, stock = np.zeros(n), np.zeros(n), np.zeros(n), 0.0
    lines = np.arange(n)
    for t in range(rounds):
        coming[lines, t - 1 + arrivals[:, t]] += order(t, shelf + coming[:, t:].sum(1))
        shelf = shelf + coming[:, t]
        coming[:, t] = 0
        wanted = np.nan_to_num(demand[:, t])
        sold = np.minimum(np.maximum(shelf, 0), wanted)
        shelf = shelf - (sold if shop["lost"] else wanted)
        short = wanted - sold if shop["lost"] else np.maximum(-shelf, 0)
        if t >= shop["warm_up"]:
            seen = np.isfinite(demand[:, t])
            cost += np.where(seen, shop["holding"] * np.maximum(shelf, 0) + shop["shortage"] * short, 0)
            served, asked = served + np.where(seen, sold, 0), asked + np.where(seen, wanted, 0)
            stock += np.maximum(shelf, 0).sum() / shop["rounds"]
    return cost / shop["rounds"], served, asked, stock


def fit(task):
    from statsforecast.models import AutoETS
    known, ahead = task
    if len(known) < 8 or not known.any():
        return np.full(ahead, known.mean() if len(known) else 0.0), known.std() if len(known) else 0.0
    found = AutoETS(season_length=1).forecast(y=known, h=ahead, level=[68.268949])
    return np.maximum(found["mean"], 0), found["hi-68.268949"][0] - found["mean"][0]


def peer(shop, ahead):
    """Means of the periods to come, and the deviation of one, by line and round."""
    n, rounds = len(shop["keys"]), shop["rounds"] + shop["warm_up"]
    whole = shop["demand"].shape[1]
    tasks = []
    for t in range(rounds):
        for line in range(n):
            known = shop["demand"][line, :whole - rounds + t]
            tasks.append((known[np.isfinite(known)], ahead))
    begun = time.time()
    with multiprocessing.Pool() as pool:
        found = pool.map(fit, tasks, chunksize=200)
    print(f"  statsforecast AutoETS: {len(tasks)} fits in {time.time() - begun:.0f} s", flush=True)
    mean = np.array([one[0] for one in found]).reshape(rounds, n, ahead)
    return mean, np.array([one[1] for one in found]).reshape(rounds, n)


def packed(shop, quantity):
    if shop["pack"]:
        quantity = np.ceil(quantity / shop["pack"] - 1e-9) * shop["pack"]
    quantity = np.maximum(np.round(quantity), 0)
    spent = (quantity * shop["cost"]).sum()
    if "budget" in shop and spent > shop["budget"]:
        quantity = np.floor(quantity * shop["budget"] / spent / shop["pack"] + 1e-9) * shop["pack"]
    return quantity


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nightclerk", required=True)
    parser.add_argument("--tiers", default=",".join(TIERS))
    parser.add_argument("--model", default="auto")
    parser.add_argument("--policies", default="plan,auto")
    parser.add_argument("--no-peer", action="store_true")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    folder = os.environ["NIGHTCLERK_DATA"]
    deliveries = trucks(folder)
    chance = np.random.default_rng(11)
    for name in args.tiers.split(","):
        shop = TIERS[name](folder)
        n, rounds = len(shop["keys"]), shop["rounds"] + shop["warm_up"]
        print(f"{name}: {n} lines, {len(shop['periods'])} periods, {shop['rounds']} counted", flush=True)
        totals = np.nansum(shop["demand"][:, :-rounds], axis=1)
        order = np.argsort(-totals, kind="stable")
        large = np.zeros(n, bool)
        large[order[np.cumsum(totals[order]) - totals[order] < 0.8 * totals.sum()]] = True
        found, arrivals = [], np.full((n, rounds), shop["lead"])
        with tempfile.TemporaryDirectory() as scratch:
            write(shop, scratch, deliveries)
            for policy in args.policies.split(","):
                for fill in (*TARGETS, None):
                    begun = time.time()
                    report, orders, arrivals = ours(args.nightclerk, shop, scratch, policy, fill, args.model)
                    cost, served, asked, stock = replay(shop, arrivals, lambda t, _: orders[:, t])
                    rate, of_large = served.sum() / asked.sum(), served[large].sum() / asked[large].sum()
                    again = report["fill_rate"]
                    promised = report["promised_fill_rate"]
                    found.append((policy, fill, cost, rate))
                    print(f"  {policy:14} asked {fill or 'cost':5} promised {promised or math.nan:.3f} (large {report['promised_fill_rate_a'] or math.nan:.3f}) "
                          f"served {rate:.3f} ({again:.3f} by itself; large {of_large:.3f}) stock {stock:.0f} cost {cost.sum():.1f} "
                          f"[{time.time() - begun:.0f} s]", flush=True)
                    for other in (one for one in report["others"] if one["promised_fill_rate"]):
                        print(f"    {other['policy']}: promised {other['promised_fill_rate']:.3f} served {other['fill_rate']:.3f} "
                              f"(large {other['promised_fill_rate_a']:.3f}, {other['fill_rate_a']:.3f}) stock {other['mean_stock']:.0f} "
                              f"cost {other['cost_per_round']:.1f}", flush=True)
        if args.no_peer:
            continue
        known = np.ceil(np.array(deliveries[::2]) / 7).clip(1) if shop.get("late") else np.array([shop["lead"]])
        covered = known.mean() - 1 + 1
        ahead = math.ceil(covered)
        mean, sigma = peer(shop, ahead)
        whole = int(covered)
        level = mean[:, :, :whole].sum(2) + (covered - whole) * (mean[:, :, whole] if ahead > whole else 0)
        spread = np.sqrt(covered * sigma ** 2 + mean.mean(2) ** 2 * known.var())
        curve = []
        for z in np.arange(-1.0, 4.01, 0.1):
            cost, served, asked, stock = replay(shop, arrivals, lambda t, position: packed(shop, level[t] + z * spread[t] - position))
            curve.append((z, cost, served.sum() / asked.sum(), stock))
        best = min(curve, key=lambda point: point[1].sum())
        print(f"  peer at its best: cost {best[1].sum():.1f}, served {best[2]:.3f}, stock {best[3]:.0f}, z {best[0]:.1f}")
        rates = np.array([point[2] for point in curve])
        for policy, fill, cost, rate in found:
            at = int(np.searchsorted(rates, rate))
            if at == 0 or at == len(curve):
                print(f"  {policy} {fill}: the peer does not serve {rate:.3f} at any z")
                continue
            share = (rate - rates[at - 1]) / (rates[at] - rates[at - 1])
            same = (1 - share) * curve[at - 1][1] + share * curve[at][1]
            draws = chance.integers(0, n, (2000, n))
            ratios = cost[draws].sum(1) / same[draws].sum(1) - 1
            low, high = np.quantile(ratios, [0.025, 0.975])
            print(f"  {policy:14} asked {fill or 'cost':5} at {rate:.3f}: {cost.sum():.1f} against {same.sum():.1f}, "
                  f"{100 * (cost.sum() / same.sum() - 1):+.1f} % ({100 * low:+.1f} to {100 * high:+.1f})", flush=True)


if __name__ == "__main__":
    main()
