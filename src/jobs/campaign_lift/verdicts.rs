//! Verdicts and amounts in words.

use super::lift_row::{Grade, LiftRow};
use crate::quantities::Currency;
use crate::words::whole_money;

/// The verdict on a row in a sentence.
pub(super) fn explanation(row: &LiftRow, currency: Currency) -> String {
    let effect = effect(row, currency);
    match row.verdict {
        "broken_split" => format!(
            "The arms hold {} and {} customers, which the planned split does not explain (p = {:.1e}); no estimate can be trusted until the reason is found",
            row.n_treated,
            row.n_control,
            row.sample_ratio_p.unwrap_or(0.0)
        ),
        "not_randomised" => {
            let chosen = row.imbalance.map_or_else(String::new, |apart| {
                let side = if apart < 0.0 { "below" } else { "above" };
                format!(": before it, those addressed stood {:.2} standard deviations {side} the others", apart.abs())
            });
            let weight = if row.grade == Grade::Quasi {
                format!(
                    "{effect}, change against change, which proves nothing where customers were chosen for what they buy"
                )
            } else {
                "without a time before to compare with, no effect can be named".to_owned()
            };
            format!("Chance did not decide who got it{chosen}; {weight}")
        }
        "running" => format!("Still running up to {}; so far {effect}", row.to),
        verdict => {
            let money = match row.arm_money {
                Some((net, cost)) => format!(
                    "; after {} of cost that leaves {} ({} to {})",
                    whole_money(cost, currency),
                    signed(net.estimate, currency),
                    signed(net.lower, currency),
                    signed(net.upper, currency)
                ),
                _ => String::new(),
            };
            let end = match verdict {
                "paid" => "it paid",
                "lost" => "it lost money",
                _ => "whether it paid is open",
            };
            format!("{}{money}: {end}", capital(&effect))
        }
    }
}

/// `spend per customer was +0.43 EUR (0.10 to 0.76)`.
fn effect(row: &LiftRow, currency: Currency) -> String {
    let Some(found) = row.difference else {
        return format!("{} cannot be compared: too few customers or no variation", row.metric);
    };
    let write = |value: f64| match row.metric.as_str() {
        "spend" => format!("{:+.2} {}", value / currency.minor_per_major(), currency.code()),
        "conversion" => format!("{:+.2} points", 100.0 * value),
        _ => format!("{value:+.3}"),
    };
    format!(
        "{} per customer was {} against control ({} to {})",
        row.metric,
        write(found.estimate),
        write(found.lower),
        write(found.upper)
    )
}

/// `+12,340 EUR` for minor units, the plus where it is due.
pub(super) fn signed(minor: f64, currency: Currency) -> String {
    let text = whole_money(minor, currency);
    if minor / currency.minor_per_major() >= 0.5 { format!("+{text}") } else { text }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
