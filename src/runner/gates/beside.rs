//! Products beside what is sold: prices, costs and packs that cannot be meant, whatever earlier nights read; a first night has nothing
//! else to be held against.

use super::days::rounded;
use crate::datasets::{DAILY_SALES, InputFact, PRODUCTS};
use crate::gate::{GateResult, GateSeverity};
use crate::profile::summed;

/// A column of the products and what its middle number is held against.
struct Beside {
    column: &'static str,
    against: Against,
    /// Times that, below and above which it is remarked on.
    warns: (f64, f64),
    /// Times that, below and above which it stops the publication.
    blocks: (f64, f64),
}

#[derive(Clone, Copy)]
enum Against {
    /// The middle number of another column of the products.
    Column(&'static str),
    /// The net amount per unit sold: a mean over all products, so cheap ones that sell much pull it down.
    PriceSold,
    /// Units sold of a product at a location, on a day on which it sells.
    DaySold,
}

const LOOSE: f64 = 60.0;

/// Wide, because the middle product is not the one that sells: a unit is a hundredfold or a thousandfold.
const CHECKS: [Beside; 4] = [
    Beside {
        column: "list_price",
        against: Against::PriceSold,
        warns: (1.0 / 20.0, 20.0),
        blocks: (1.0 / LOOSE, LOOSE),
    },
    Beside {
        column: "unit_cost",
        against: Against::Column("list_price"),
        warns: (1.0 / 20.0, 1.5),
        blocks: (1.0 / 60.0, 3.0),
    },
    Beside { column: "pack_size", against: Against::DaySold, warns: (0.0, 100.0), blocks: (0.0, 500.0) },
    Beside { column: "min_order_quantity", against: Against::DaySold, warns: (0.0, 200.0), blocks: (0.0, 1_000.0) },
];

/// Rows without which a middle number says nothing.
const LEAST_ROWS: u64 = 10;

/// One result for each column that is out of proportion.
pub(super) fn products(inputs: &[InputFact], tolerated: impl Fn(&InputFact) -> bool) -> Vec<GateResult> {
    let input = |name: &str| inputs.iter().rev().find(|input| input.dataset == name);
    let Some(products) = input(PRODUCTS.name()) else { return Vec::new() };
    let sold = input(DAILY_SALES.name());
    let results = CHECKS.iter().filter_map(|check| {
        let (found, usual) = (middle(products, check.column)?, number(products, sold, check.against)?);
        let factor = found / usual;
        let beyond = |(low, high): (f64, f64)| factor < low || factor > high;
        let (low, high) = if beyond(check.blocks) { check.blocks } else { check.warns };
        beyond(check.warns).then(|| GateResult {
            name: format!("{} of {} beside {}", check.column, PRODUCTS.name(), check.against.told()),
            severity: if beyond(check.blocks) && !tolerated(products) { GateSeverity::Block } else { GateSeverity::Warn },
            passed: false,
            observed: format!("{} times that, in the middle of the products", rounded(factor)),
            expected: if low > 0.0 {
                format!("{} to {} times", rounded(low), rounded(high))
            } else {
                format!("at most {} times", rounded(high))
            },
            explanation: "one of the two is in another unit (euros for cents, pieces for thousandths); where both are right, accept this gate in \
                          the job's file"
                .to_owned(),
        })
    });
    results.collect()
}

impl Against {
    fn told(self) -> String {
        match self {
            Self::Column(column) => column.to_owned(),
            Self::PriceSold => format!("the net amount per unit of {}", DAILY_SALES.name()),
            Self::DaySold => format!("the units of a line of {}", DAILY_SALES.name()),
        }
    }
}

fn number(products: &InputFact, sold: Option<&InputFact>, against: Against) -> Option<f64> {
    let total = |column: &str| -> Option<f64> {
        let place = summed(DAILY_SALES.measures).iter().position(|name| *name == column)?;
        let total: f64 = sold?.days.values().filter_map(|day| day.sums.get(place)).sum();
        (total > 0.0).then_some(total)
    };
    let lines =
        || sold.map(|sold| sold.days.values().map(|day| day.rows).sum::<u64>()).filter(|lines| *lines >= LEAST_ROWS);
    match against {
        Against::Column(column) => middle(products, column),
        Against::PriceSold => Some(total("net_amount")? / total("quantity")? * 1_000.0),
        Against::DaySold => Some(total("quantity")? / lines()? as f64),
    }
}

/// The middle number of a column that enough products have.
fn middle(products: &InputFact, column: &str) -> Option<f64> {
    let profile = products.columns.iter().find(|profile| profile.column == column)?;
    let known = profile.rows - profile.nulls;
    (known >= LEAST_ROWS && profile.median > 0.0).then_some(profile.median)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datasets::InputOrigin;
    use crate::profile::{ColumnProfile, DayProfile};

    /// Products at 5.00 that cost 3.00, in packs of 6; lines of two units at 4.50.
    fn inputs(change: impl Fn(&str) -> f64) -> Vec<InputFact> {
        let as_of = "2026-11-22".parse().unwrap();
        let column = |column: &str, median: f64| ColumnProfile {
            column: column.to_owned(),
            rows: 50,
            median: median * change(column),
            ..ColumnProfile::default()
        };
        let columns = vec![
            column("list_price", 500.0),
            column("unit_cost", 300.0),
            column("pack_size", 6_000.0),
            column("min_order_quantity", 12_000.0),
        ];
        let sums = vec![90_000.0, 200_000.0, 100.0];
        let days = [(as_of, DayProfile { rows: 100, sums })].into();
        vec![
            InputFact { columns, ..InputFact::of("products", InputOrigin::Dataset, as_of) },
            InputFact { days, ..InputFact::of("daily_sales", InputOrigin::Dataset, as_of) },
        ]
    }

    fn failed(inputs: &[InputFact]) -> Vec<(String, bool)> {
        let blocks = |gate: &GateResult| gate.severity == GateSeverity::Block;
        products(inputs, |_| false).iter().map(|gate| (gate.name.clone(), blocks(gate))).collect()
    }

    #[test]
    fn products_in_another_unit_stop_a_first_night() {
        assert_eq!(failed(&inputs(|_| 1.0)), []);
        for (wrong, factor) in [
            ("list_price", 100.0),
            ("unit_cost", 100.0),
            ("unit_cost", 0.01),
            ("pack_size", 1_000.0),
            ("min_order_quantity", 1_000.0),
        ] {
            let found = failed(&inputs(|column| if column == wrong { factor } else { 1.0 }));
            assert!(found.iter().any(|(name, blocks)| *blocks && name.starts_with(wrong)), "{wrong}: {found:?}");
        }
        let euros = failed(&inputs(|column| if column == "list_price" || column == "unit_cost" { 0.01 } else { 1.0 }));
        let beside = "list_price of products beside the net amount per unit of daily_sales".to_owned();
        assert_eq!(euros, [(beside, true)]);
        assert_eq!(failed(&inputs(|_| 1.0)[..1]), [], "without sales only cost and price are known");
    }
}
