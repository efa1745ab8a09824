#!/usr/bin/env python3
"""Recomputes every order line of a project from its warehouse and the published forecast, by other code than the program's.

    python3 tests/bench/recompute_orders.py demo-shop/warehouse.db [LINES]

Plain Python over SQLite: lead times from deliveries (nine in ten, and the mixture over them all), order days, what is on order less what
came of it, the quantile of the published totals, minimum, pack and shelf life. Prints LINES (default 5) of different kinds with every
number, and how many agree in quantity, order day, last covered day and level to the thousandth. What a demo's plan does not hold (budget,
rules of planners, decided lines, suppliers whose lead times changed) it does not know.
"""
import math
import sqlite3
import sys
from datetime import date, timedelta
from statistics import NormalDist

LEVELS = [0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99]
COLUMNS = ["total_p05", "total_p10", "total_p25", "total_p50", "total_p75", "total_p90", "total_p95", "total_p99"]
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
NORMAL = NormalDist()
SCORES = [NORMAL.inv_cdf(level) for level in LEVELS]
day = date.fromisoformat


def days_for(lead_times, share):
    return sorted(lead_times)[math.ceil(share * len(lead_times) - 1e-9) - 1]


def within(values, units):
    """Probability that a total with these quantiles is at most `units`."""
    right = max(1, min(sum(1 for value in values if value <= units), 7))
    low, high = values[right - 1], values[right]
    if high <= low:
        return 1.0 if units >= high else NORMAL.cdf(SCORES[0])
    return NORMAL.cdf(SCORES[right - 1] + (units - low) / (high - low) * (SCORES[right] - SCORES[right - 1]))


def quantile(values, level):
    score = NORMAL.inv_cdf(level)
    right = max(1, min(sum(1 for known in SCORES if known < score), 7))
    share = (score - SCORES[right - 1]) / (SCORES[right] - SCORES[right - 1])
    return max(0.0, values[right - 1] + share * (values[right] - values[right - 1]))


class Warehouse:
    def __init__(self, path):
        self.db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        self.db.row_factory = sqlite3.Row
        self.advice = self.rows("SELECT * FROM inventory_recommendations_current ORDER BY product_id, location_id")
        self.as_of = day(self.advice[0]["as_of"])
        self.products = {row["product_id"]: row for row in self.rows("SELECT * FROM products")}
        self.suppliers = {row["supplier_id"]: row for row in self.rows("SELECT * FROM suppliers")}
        self.forecasts = {}
        for row in self.rows("SELECT * FROM demand_forecasts_current WHERE level = 'product_location' ORDER BY step"):
            self.forecasts.setdefault((row["product_id"], row["location_id"]), []).append(row)
        self.lead_times, self.received = {}, {}
        known = self.as_of.isoformat()
        for row in self.rows("SELECT DISTINCT supplier_id, location_id, ordered_on, received_on FROM deliveries "
                             "WHERE received_on <= ? AND received_on >= ordered_on", known):
            days = (day(row["received_on"]) - day(row["ordered_on"])).days
            self.lead_times.setdefault(row["supplier_id"], []).append(days)
        for row in self.rows("SELECT product_id, location_id, received_on, quantity FROM deliveries WHERE received_on <= ?", known):
            self.received.setdefault((row[0], row[1]), []).append((day(row[2]), round(row[3] * 1000)))
        self.stock = {}
        for row in self.rows("SELECT * FROM stock_levels WHERE snapshot_on <= ? ORDER BY snapshot_on", known):
            self.stock[row["product_id"], row["location_id"]] = row
        self.open, self.came, self.missing = self.open_orders(known)

    def rows(self, sql, *binds):
        return self.db.execute(sql, binds).fetchall()

    def open_orders(self, known):
        """What is left of each order line, those due first served first; and how often rests of partly delivered ones came."""
        got = {tuple(row)[:3]: row[3] for row in self.rows(
            "SELECT order_number, product_id, location_id, SUM(quantity) FROM deliveries WHERE received_on <= ? GROUP BY 1, 2, 3", known)}
        came = dict(map(tuple, self.rows(
            "SELECT supplier_id, COUNT(*) FROM (SELECT MAX(supplier_id) AS supplier_id FROM deliveries WHERE received_on <= ? "
            "GROUP BY order_number, product_id, location_id HAVING COUNT(DISTINCT received_on) > 1) t GROUP BY 1", known)))
        left, missing = {}, {}
        for row in self.rows("SELECT * FROM purchase_orders WHERE ordered_on <= ? ORDER BY order_number, due_on, ordered_on, quantity", known):
            key = (row["order_number"], row["product_id"], row["location_id"])
            taken = min(got.get(key, 0), row["quantity"])
            got[key] = got.get(key, 0) - taken
            rest = row["quantity"] - taken
            if rest > 0:
                left.setdefault(key[1:], []).append((day(row["due_on"]), day(row["ordered_on"]), rest, taken > 0))
                if taken > 0 and (self.as_of - day(row["due_on"])).days > 28:
                    missing[row["supplier_id"]] = missing.get(row["supplier_id"], 0) + 1
        return left, came, missing

    def order_day(self, supplier, on):
        text = self.suppliers[supplier]["order_weekdays"] if supplier in self.suppliers else None
        allowed = [part.strip()[:3].lower() for part in text.split(",")] if text and text.strip() else WEEKDAYS
        while WEEKDAYS[on.weekday()] not in allowed:
            on += timedelta(1)
        return on

    def mean(self, forecast, days):
        """Expected units of the first days; beyond the forecast the mean of its last week."""
        tail = sum(row["mean"] for row in forecast[-7:]) / min(7, len(forecast))
        return sum(row["mean"] for row in forecast[:days]) + max(0, days - len(forecast)) * tail

    def wasted(self, key, on_hand, shelf_life, forecast, days):
        """Thousandths of the stock that expire before the order comes; ages by deliveries, the newest still there."""
        left, batches = on_hand, {}
        received = sorted(((self.as_of - on).days, quantity) for on, quantity in self.received.get(key, []) if quantity > 0)
        for age, quantity in received:
            part = min(left, quantity)
            left -= part
            if part:
                remaining = max(0, shelf_life - age - 1)
                batches[remaining] = batches.get(remaining, 0) + part
        if received and left:
            remaining = max(0, shelf_life - received[-1][0] - 1)
            batches[remaining] = batches.get(remaining, 0) + left
        batches = {remaining: part for remaining, part in batches.items() if remaining > 0}
        waste, spent = 0, 0
        for at in range(1, min(days, len(forecast)) + 1):
            wanted = round(sum(row["mean"] for row in forecast[:at]) * 1000) - spent
            spent += wanted
            for remaining in sorted(batches):
                part = min(wanted, batches[remaining])
                batches[remaining] -= part
                wanted -= part
            for remaining in [known for known in batches if known <= at]:
                waste += batches.pop(remaining)
        return waste

    def order(self, row):
        key = (row["product_id"], row["location_id"])
        product, forecast, stock = self.products[key[0]], self.forecasts[key], self.stock[key]
        supplier = product["supplier_id"]
        seen = self.lead_times.get(supplier, [])
        lead_times = seen if len(seen) >= 5 else [self.suppliers[supplier]["lead_time_days"]]
        planning, median = days_for(lead_times, 0.9), days_for(lead_times, 0.5)
        order_on = self.order_day(supplier, self.as_of + timedelta(1))
        next_order = self.order_day(supplier, order_on + timedelta(1))
        cover, gap = next_order + timedelta(planning), (next_order - self.as_of).days - 1
        if gap + max(lead_times) > len(forecast):
            return None
        parts = []
        for days in sorted(set(lead_times)):
            total = gap + days
            values = [forecast[total - 1][name] for name in COLUMNS] if total else [0.0] * len(COLUMNS)
            parts.append((lead_times.count(days) / len(lead_times), values))
        level = row["service_level"]
        low, high = min(quantile(values, level) for _, values in parts), max(quantile(values, level) for _, values in parts)
        for _ in range(60 if len(parts) > 1 else 0):
            middle = (low + high) / 2
            if sum(weight * within(values, middle) for weight, values in parts) >= level:
                high = middle
            else:
                low = middle
        up_to = math.ceil(high * 1000 - 1e-6)
        patience = max(2 * max(lead_times), max(lead_times) + 14)
        came, missing = self.came.get(supplier, 0), self.missing.get(supplier, 0)
        rests_come = came + missing < 5 or came >= 0.2 * (came + missing)
        on_order = 0
        for due, ordered, quantity, is_rest in self.open.get(key, []):
            if (is_rest and not rests_come) or (self.as_of - due).days > patience - median:
                continue
            arrives = (due - self.as_of).days
            if arrives <= 0:
                waited = (self.as_of - ordered).days
                longer = [days for days in lead_times if days > waited]
                arrives = max(1, days_for(longer, 0.5) - waited if longer else planning)
            if self.as_of + timedelta(arrives) < cover:
                on_order += round(quantity * 1000)
        on_hand, reserved = max(0, round(stock["on_hand"] * 1000)), max(0, round((stock["reserved"] or 0) * 1000))
        arrival = (order_on - self.as_of).days + planning
        life = product["shelf_life_days"]
        waste = self.wasted(key, on_hand, life, forecast, arrival - 1) if life else 0
        quantity = need = max(0, up_to - on_hand + reserved - on_order + waste)
        if quantity:
            minimum = round((product["min_order_quantity"] or 0) * 1000)
            pack = round((product["pack_size"] or 0) * 1000) or 1000
            quantity = -(-max(quantity, minimum) // pack) * pack
            if life:
                gone = math.ceil(self.mean(forecast, arrival - 1) * 1000 - 1e-6)
                sells = math.ceil(self.mean(forecast, arrival - 1 + life) * 1000 - 1e-6)
                cap = max(0, sells - max(gone, on_hand - reserved + on_order - waste))
                if cap < quantity:
                    quantity = cap // pack * pack
                if quantity < max(minimum, pack):
                    quantity = 0
        same = (quantity == round(row["order_quantity"] * 1000) and order_on.isoformat() == row["order_on"]
                and (cover - timedelta(1)).isoformat() == row["covers_until"] and abs(up_to - round(row["order_up_to"] * 1000)) <= 1)
        told = (f"{key[0]} at {key[1]}: {len(seen)} deliveries, median {median}, nine in ten {planning} days; order on {order_on}, covers to "
                f"{cover - timedelta(1)}; up to {up_to / 1000:g} ({row['order_up_to']:g}), on hand {on_hand / 1000:g}, reserved {reserved / 1000:g}, "
                f"on order {on_order / 1000:g} ({row['on_order']:g}), expires {waste / 1000:g}, need {need / 1000:g}, minimum "
                f"{product['min_order_quantity']}, pack {product['pack_size']}: {quantity / 1000:g}, published {row['order_quantity']:g}")
        return same, quantity, (bool(on_order), bool(reserved), bool(waste), len(parts) > 1, quantity > need), told


def main():
    warehouse, shown = Warehouse(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5
    same = different = beyond = 0
    kinds = set()
    for row in warehouse.advice:
        found = warehouse.order(row)
        if found is None:
            beyond += 1
            continue
        agrees, quantity, kind, told = found
        same, different = same + agrees, different + (not agrees)
        if not agrees or (quantity and kind not in kinds and len(kinds) < shown):
            kinds.add(kind)
            print(("same  " if agrees else "OTHER ") + told)
    print(f"{same} lines agree, {different} do not, {beyond} reach beyond the forecast, of {len(warehouse.advice)}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
