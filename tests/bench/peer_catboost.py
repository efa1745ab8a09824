#!/usr/bin/env python3
"""The peer of peer_lightgbm.py with CatBoost in LightGBM's place: the same rows and features, as many trees, absolute loss.

    pip install catboost numpy
    NIGHTCLERK_BENCH=DIR python3 tests/bench/peer_catboost.py FILE HORIZON SEASON [the options of peer_lightgbm.py]

DIR is the folder with peer_lightgbm.py, which is run with a stand-in for the library. Prints one JSON object.
"""
import contextlib
import io
import json
import os
import runpy
import sys
import types

import catboost


class Model:
    def __init__(self, booster):
        self.booster = booster

    def predict(self, features, num_threads=1):
        return self.booster.predict(features, thread_count=num_threads)


def train(params, data, trees):
    booster = catboost.CatBoostRegressor(
        loss_function="MAE", iterations=trees, learning_rate=2 * params["learning_rate"], depth=6, rsm=params["feature_fraction"],
        thread_count=params["num_threads"], random_seed=params["seed"], verbose=False, allow_writing_files=False)
    return Model(booster.fit(*data))


def main():
    bench = os.environ.get("NIGHTCLERK_BENCH") or sys.exit("set NIGHTCLERK_BENCH to the folder with peer_lightgbm.py")
    sys.modules["lightgbm"] = types.SimpleNamespace(train=train, Dataset=lambda x, y: (x, y), __version__=catboost.__version__)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        runpy.run_path(os.path.join(bench, "peer_lightgbm.py"), run_name="__main__")
    print(json.dumps({**json.loads(said.getvalue()), "model": "global-catboost", "library": "catboost"}))


if __name__ == "__main__":
    main()
