//! Tests of the formulas: recorded values of other programs and derivations, identities, and what is refused.

mod properties;
mod refusals;
mod values;

use serde_json::Value;

use super::{FormulaError, formula};

/// Evaluates a formula on JSON text.
fn evaluated(name: &str, inputs: &str) -> Result<Value, FormulaError> {
    let inputs = serde_json::from_str(inputs).unwrap_or_else(|error| panic!("{name}: {error}: {inputs}"));
    formula(name).unwrap_or_else(|| panic!("no formula `{name}`")).evaluate(inputs)
}

/// One number of the result.
fn number(name: &str, inputs: &str, field: &str) -> f64 {
    let found = evaluated(name, inputs).unwrap_or_else(|error| panic!("{name}: {error}"));
    found[field].as_f64().unwrap_or_else(|| panic!("{name}: no number `{field}` in {found}"))
}
