#!/usr/bin/env python3
"""Which of several builds forecasts best, chosen for every data set by the others.

    NIGHTCLERK_DATA=DIR python3 tests/bench/leave_one_out.py --shipped k5 k0=PATH k5=PATH k10=PATH [--sets m1,nn5] [--model auto]

A constant of the engine is tuned by building it with each value and naming the builds here. Every build forecasts every set from
several rolling origins; its figure is the mean pinball loss over the levels of `eval forecast`, relative to that of the shipped
build. For each set the build that is best on average over the **other** sets is taken: "left out" is what it does on the set, and
what it stands above or below the shipped one. Beside it: the coverage of the shipped build's intervals, single steps and sums.
Minutes to hours; nothing but the standard library.
"""
import argparse
import json
import math
import os
import subprocess

KNOWN = "--id id --time timestamp --value target --min-length 1"
# file, options of `eval forecast`
SETS = {
    "m1": ("m1_monthly.csv.gz", "--id series_id --time t --value value --horizon 18 --season 12 --origins 3 --step 12"),
    "m1q": ("m1_quarterly.csv.gz", "--id series_id --time t --value value --horizon 8 --season 4 --origins 3 --step 4"),
    "tourism": ("tourism_monthly.csv.gz",
                "--id series_id --time t --value value --horizon 24 --season 12 --origins 4 --step 12"),
    "m4w": ("m4_weekly.csv.gz",
            "--id series_id --time t --value value --horizon 13 --season 52 --mase-season 1 --origins 6 --step 13"),
    "carparts": ("carparts_monthly.csv.gz",
                 "--id part_id --time month --value units --horizon 6 --season 12 --missing zero --origins 4 --step 3"),
    "vn2": ("vn2_weekly_sales.csv.gz", "--id store_id,product_id --time week_start --value units_sold --stock in_stock "
            "--horizon 8 --season 52 --origins 6 --step 8"),
    "aus": ("aus_retail_monthly.csv.gz",
            "--id series_id --time month --value turnover_aud_million --horizon 18 --season 12 --origins 8 --step 18"),
    "nn5": ("nn5_daily.csv.gz",
            "--id series_id --time date --value value --horizon 56 --season 7 --missing seasonal --origins 6 --step 56"),
    "favorita": ("fev/favorita_transactions_1W.csv.gz", KNOWN + " --horizon 13 --season 52 --origins 10 --step 13"),
    "pasta_days": ("fev/hierarchical_sales_1D.csv.gz", KNOWN + " --horizon 28 --season 7 --origins 10 --step 28"),
    "pasta_weeks": ("fev/hierarchical_sales_1W.csv.gz", KNOWN + " --horizon 13 --season 52 --origins 10 --step 13"),
    "restaurant": ("fev/restaurant.csv.gz", KNOWN + " --horizon 28 --season 7 --origins 8 --step 28"),
    "rohlik_days": ("fev/rohlik_orders_1D.csv.gz", KNOWN + " --horizon 61 --season 7 --origins 8 --step 61 "
                    "--known holiday,shops_closed,winter_school_holidays,school_holidays"),
    "rohlik_weeks": ("fev/rohlik_orders_1W.csv.gz", KNOWN + " --horizon 8 --season 52 --origins 8 --step 8 "
                     "--known holiday,shops_closed,winter_school_holidays,school_holidays"),
    "walmart": ("fev/walmart.csv.gz", KNOWN + " --horizon 39 --season 52 --known IsHoliday,Temperature,MarkDown1,MarkDown2"),
    "rossmann": ("fev/rossmann_1W.csv.gz",
                 KNOWN + " --horizon 13 --season 52 --origins 8 --step 13 --known Open,Promo,SchoolHoliday"),
}


def report_of(binary, data, name, model):
    file, options = SETS[name]
    command = [binary, "eval", "forecast", os.path.join(data, file), *options.split(), "--model", model, "--json", "--no-progress"]
    run = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return json.loads(run.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("builds", nargs="+", metavar="NAME=PATH")
    parser.add_argument("--shipped", required=True, help="the name of the build with the shipped constants")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--model", default="auto")
    args = parser.parse_args()
    builds = dict(build.split("=", 1) for build in args.builds)
    if args.shipped not in builds:
        parser.error(f"--shipped {args.shipped}: not among {', '.join(builds)}")
    data, names, loss, cover = os.environ["NIGHTCLERK_DATA"], args.sets.split(","), {}, {}
    for name in names:
        for build, path in builds.items():
            report = report_of(os.path.abspath(path), data, name, args.model)
            loss[name, build] = sum(report["pinball"].values())
            if build == args.shipped:
                cover[name] = {key.removeprefix("coverage_"): v for key, v in report.items() if key.startswith("coverage_")}
        print(name, " ".join(f"{build} {loss[name, build]:.5g}" for build in builds), flush=True)
    ratio = {(name, build): math.log(loss[name, build] / loss[name, args.shipped]) for name, build in loss}
    best = lambda some: min(builds, key=lambda build: sum(ratio[name, build] for name in some))
    columns = " ".join(f"{build:>9}" for build in builds)
    print(f"\n{'set':14} {columns}  {'left out':>9}  {'is':>9}  coverage of {args.shipped}")
    for name in names:
        chosen = best([other for other in names if other != name] or [name])
        row = " ".join(f"{ratio[name, build]:+9.4f}" for build in builds)
        covered = " ".join(f"{key} {100 * value:.1f}" for key, value in cover[name].items())
        print(f"{name:14} {row}  {chosen:>9}  {ratio[name, chosen]:+9.4f}  {covered}")
    means = " ".join(f"{sum(ratio[name, build] for name in names) / len(names):+9.4f}" for build in builds)
    print(f"{'mean':14} {means}  best on all: {best(names)}")


if __name__ == "__main__":
    main()
