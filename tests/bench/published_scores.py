#!/usr/bin/env python3
"""Every published model's score on the retail tasks of fev-bench beside ours, as one table: all of them, not those we beat.

    NIGHTCLERK_BENCH=DIR python3 tests/bench/published_scores.py [--binary target/release/nightclerk] [--metric SQL|MASE]

DIR is the folder with fev/score.py, which runs the tasks by fev's protocol, and fev/anchors.json with the published scores. Ours
are of the series that lie beside it, the published ones of ALL series of each task; `ratio` is therefore each score over the
seasonal naive's on the same series, and the skill one minus the geometric mean of the ratios: what fev-bench ranks by. Published
scores are cited, not measured again. * = trained on that data set. Some ten minutes.
"""
import argparse
import json
import math
import os
import subprocess
import sys

TASKS = {
    "rossmann_1D": ["--windows", "3"],
    "rossmann_1W": [],
    "walmart": [],
    "restaurant": [],
    "hierarchical_sales_1D": [],
    "hierarchical_sales_1W": [],
    "favorita_transactions_1W": [],
    "rohlik_orders_1D": [],
    "rohlik_orders_1W": [],
}
NAIVE = "seasonal_naive"
OURS = "nightclerk"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/nightclerk")
    parser.add_argument("--metric", default="SQL", choices=["SQL", "MASE"])
    args = parser.parse_args()
    folder = os.path.join(os.environ["NIGHTCLERK_BENCH"], "fev")
    with open(os.path.join(folder, "anchors.json")) as file:
        published = json.load(file)["fev_bench"]
    ratios, starred = {}, set()
    for task, more in TASKS.items():
        command = [sys.executable, os.path.join(folder, "score.py"), task, "--nightclerk", os.path.abspath(args.binary)]
        ran = subprocess.run([*command, "--json", *more], check=True, capture_output=True, text=True)
        own = json.loads(ran.stdout)
        ratios.setdefault(OURS, {})[task] = own[OURS][args.metric] / own[NAIVE][args.metric]
        print(f"{task}: {args.metric} {own[OURS][args.metric]:.4f} ({own['series']} series)", file=sys.stderr)
        models = published[task]["models"]
        for model, scores in models.items():
            ratios.setdefault(model, {})[task] = scores[args.metric] / models[NAIVE][args.metric]
            if scores["trained_on_this_dataset"]:
                starred.add((model, task))

    def skill(model):
        own = ratios[model]
        return 1 - math.exp(sum(math.log(own[task]) for task in TASKS) / len(TASKS)) if len(own) == len(TASKS) else None

    def cell(model, task):
        ratio = ratios[model].get(task)
        return "-" if ratio is None else f"{ratio:.3f}" + ("*" if (model, task) in starred else "")

    ranked = sorted(ratios, key=lambda model: (skill(model) is None, -(skill(model) or 0.0)))
    print(f"| rank | model | skill ({args.metric}) | " + " | ".join(TASKS) + " |")
    print("|---:|---|---:|" + "---:|" * len(TASKS))
    for rank, model in enumerate(ranked, 1):
        own = skill(model)
        name = f"**{model}**" if model == OURS else model
        share = "-" if own is None else f"{100 * own:.1f} %"
        print(f"| {rank} | {name} | {share} | " + " | ".join(cell(model, task) for task in TASKS) + " |")
    places = []
    for task in TASKS:
        better = sum(own.get(task, math.inf) < ratios[OURS][task] for model, own in ratios.items() if model != OURS)
        places.append(f"{task} {better + 1}")
    print("\nours by task, of", len(ratios), "models:", ", ".join(places))


if __name__ == "__main__":
    main()
