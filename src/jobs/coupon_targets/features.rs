//! What is known of a customer on a day, as numbers.

use std::collections::BTreeSet;

use super::facts::Facts;
use crate::datasets::AttributeValues;
use crate::day::Day;

/// Most words a text attribute may have to be a feature.
const MAX_LEVELS: usize = 12;
/// Windows in days over which purchases are counted.
const WINDOWS: [i32; 3] = [28, 90, 365];
/// Recency of somebody who has not ordered for that long, or never.
const MAX_RECENCY: f64 = 365.0;

/// Turns customers into feature rows. The same columns for training and for the list.
#[derive(Debug)]
pub(super) struct Encoder {
    /// One name per column.
    pub names: Vec<String>,
    /// Text attributes with too many words.
    pub left_out: Vec<String>,
    encodings: Vec<(usize, Encoding)>,
    tenure_known: bool,
}

#[derive(Debug)]
enum Encoding {
    /// One column per word; an unknown word is all zeros.
    OneHot(Vec<String>),
    /// The number, or the mean of all customers.
    Number { mean: f64 },
}

impl Encoder {
    /// Looks at all customers for the words and the means.
    pub(super) fn new(facts: &Facts) -> Self {
        let mut encoder = Self { names: Vec::new(), left_out: Vec::new(), encodings: Vec::new(), tenure_known: false };
        if facts.purchases.is_some() {
            encoder.names.push("recency_days".to_owned());
            for days in WINDOWS {
                encoder.names.extend(["orders", "spend", "coupon_share"].map(|what| format!("{what}_{days}_days")));
            }
        }
        if facts.customers.iter().any(|customer| customer.joined.is_some()) {
            encoder.tenure_known = true;
            encoder.names.push("tenure_days".to_owned());
        }
        for (at, attribute) in facts.attributes.iter().enumerate() {
            let encoding = match &attribute.values {
                AttributeValues::Words(words) => {
                    let levels: BTreeSet<&String> = words.iter().flatten().collect();
                    if levels.len() > MAX_LEVELS {
                        encoder.left_out.push(attribute.name.clone());
                        continue;
                    }
                    let levels: Vec<String> = levels.into_iter().cloned().collect();
                    encoder.names.extend(levels.iter().map(|level| format!("{}={level}", attribute.name)));
                    Encoding::OneHot(levels)
                }
                AttributeValues::Numbers(numbers) => {
                    let known: Vec<f64> = numbers.iter().flatten().copied().collect();
                    encoder.names.push(attribute.name.clone());
                    Encoding::Number { mean: known.iter().sum::<f64>() / known.len().max(1) as f64 }
                }
            };
            encoder.encodings.push((at, encoding));
        }
        encoder
    }

    /// Appends a customer's features as known at the close of `day`.
    pub(super) fn push_row(&self, facts: &Facts, customer: usize, day: Day, row: &mut Vec<f64>) {
        if let Some(purchases) = &facts.purchases {
            let recency = purchases.last_order(customer, day).map_or(MAX_RECENCY, |last| f64::from(day - last));
            row.push(recency.min(MAX_RECENCY));
            let observed = (day - purchases.first_day + 1).max(WINDOWS[0]);
            for days in WINDOWS {
                let bought = purchases.within(customer, day - days + 1, day);
                // History that is shorter than the window is scaled up, or early campaigns would look like lapsed customers.
                let scale = f64::from(days) / f64::from(days.min(observed));
                // Logarithms: a few large spenders would otherwise carry the slopes.
                row.push((bought.orders.max(0.0) * scale).ln_1p());
                row.push((bought.spend.max(0.0) * scale / 100.0).ln_1p());
                row.push(if bought.orders > 0.0 { bought.coupon_orders / bought.orders } else { 0.0 });
            }
        }
        if self.tenure_known {
            let tenure = facts.customers[customer].joined.map_or(0, |joined| (day - joined).max(0));
            row.push(f64::from(tenure).ln_1p());
        }
        for (at, encoding) in &self.encodings {
            match (&facts.attributes[*at].values, encoding) {
                (AttributeValues::Words(words), Encoding::OneHot(levels)) => {
                    row.extend(levels.iter().map(|level| f64::from(u8::from(words[customer].as_ref() == Some(level)))));
                }
                (AttributeValues::Numbers(numbers), Encoding::Number { mean }) => {
                    row.push(numbers[customer].unwrap_or(*mean));
                }
                _ => {}
            }
        }
    }
}
