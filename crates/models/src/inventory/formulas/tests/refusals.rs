//! What is refused, and that examples are not.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::evaluated;
use crate::inventory::formulas::{FORMULAS, FormulaError};

#[test]
fn every_example_is_evaluated_and_every_name_is_used_once() {
    for formula in FORMULAS {
        let inputs: Value = serde_json::from_str(formula.example).unwrap();
        let found = formula.evaluate(inputs).unwrap_or_else(|error| panic!("{}: {error}", formula.name));
        assert!(found.as_object().is_some_and(|fields| !fields.is_empty()), "{}: {found}", formula.name);
        assert_eq!(FORMULAS.iter().filter(|other| other.name == formula.name).count(), 1, "{}", formula.name);
        assert!(!formula.about.is_empty() && !formula.source.is_empty());
    }
}

#[test]
fn an_unknown_or_missing_input_is_named() {
    for formula in FORMULAS {
        let mut inputs: Value = serde_json::from_str(formula.example).unwrap();
        inputs["made_up"] = json!(1);
        let error = formula.evaluate(inputs).expect_err(formula.name);
        assert!(matches!(&error, FormulaError::Inputs { problem } if problem.contains("made_up")), "{error}");
        let error = formula.evaluate(json!({})).expect_err(formula.name);
        assert!(matches!(&error, FormulaError::Inputs { problem } if problem.contains("missing field")), "{error}");
    }
    let unknown =
        r#"{"holding_cost": 1, "stockout_cost": 9, "demand": {"family": "gamma", "shape": 2, "scale": 5, "rate": 1}}"#;
    let error = evaluated("newsvendor_continuous", unknown).unwrap_err();
    assert!(error.to_string().contains("rate"), "{error}");
}

/// What is often wrong, small, large or none of both, as JSON.
const SILLY: [&str; 14] =
    ["-1", "0", "1", "-1.5", "1e-300", "1e-9", "0.001", "0.5", "7", "1000", "1000000", "100000.5", "1e12", "1e300"];

/// Every number of every example in turn is replaced by what is often wrong. Nothing may panic, hang, or give what is no number.
#[test]
fn no_number_makes_a_formula_panic() {
    for formula in FORMULAS {
        let example: Value = serde_json::from_str(formula.example).unwrap();
        let mut places = Vec::new();
        number_places(&example, String::new(), &mut places);
        assert!(!places.is_empty(), "{}", formula.name);
        for place in &places {
            for silly in SILLY {
                let mut inputs = example.clone();
                *inputs.pointer_mut(place).unwrap() = serde_json::from_str(silly).unwrap();
                if let Err(error) = formula.evaluate(inputs) {
                    assert!(error.to_string().len() > 20, "{} {place} {silly}: {error}", formula.name);
                }
            }
        }
    }
}

proptest! {
    /// As above, with several numbers at once.
    #[test]
    fn no_numbers_together_make_a_formula_panic(
        which in any::<prop::sample::Index>(), silly in prop::collection::vec(prop::option::weighted(0.3, 0..SILLY.len()), 40),
    ) {
        let formula = which.get(FORMULAS);
        let mut inputs: Value = serde_json::from_str(formula.example).unwrap();
        let mut places = Vec::new();
        number_places(&inputs, String::new(), &mut places);
        for (place, silly) in places.iter().zip(&silly) {
            if let Some(silly) = silly {
                *inputs.pointer_mut(place).unwrap() = serde_json::from_str(SILLY[*silly]).unwrap();
            }
        }
        if let Err(error) = formula.evaluate(inputs) {
            prop_assert!(error.to_string().len() > 20, "{}: {}", formula.name, error);
        }
    }
}

fn number_places(value: &Value, place: String, places: &mut Vec<String>) {
    match value {
        Value::Number(_) => places.push(place),
        Value::Array(entries) => {
            entries.iter().enumerate().for_each(|(i, entry)| number_places(entry, format!("{place}/{i}"), places));
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(name, entry)| number_places(entry, format!("{place}/{name}"), places));
        }
        _ => {}
    }
}

#[test]
fn what_is_wrong_is_said_with_the_field_the_value_and_what_is_allowed() {
    for (name, inputs, field, found) in [
        (
            "newsvendor_normal",
            r#"{"holding_cost": 1, "stockout_cost": 1, "demand_mean": 5, "demand_sd": -8}"#,
            "demand.sd",
            "-8",
        ),
        ("eoq", r#"{"fixed_cost": 8, "holding_cost": 0, "demand_rate": 1300}"#, "holding_cost", "0"),
        ("newsvendor_empirical", r#"{"samples": [], "critical_ratios": [0.5]}"#, "samples", "a list of 0"),
        ("newsvendor_empirical", r#"{"samples": [1], "critical_ratios": [1.5]}"#, "critical_ratios[0]", "1.5"),
        (
            "newsvendor_pmf",
            r#"{"holding_cost": 1, "stockout_cost": 4, "demand_pmf": {"0": 0.6, "1": 0.3}}"#,
            "demand_pmf.probabilities",
            "0.89",
        ),
        (
            "newsvendor_pmf",
            r#"{"holding_cost": 1, "stockout_cost": 4, "demand_pmf": {}}"#,
            "demand_pmf.values",
            "a list of 0",
        ),
        (
            "cycle_service",
            r#"{"mean_per_day": 20, "sd_per_day": 6, "review_days": 7, "lead_time_days": -3, "alpha": 0.9}"#,
            "lead_time_days",
            "-3",
        ),
        (
            "cycle_service",
            r#"{"mean_per_day": 20, "sd_per_day": 6, "review_days": 7, "lead_time_days": 3, "alpha": 1}"#,
            "alpha",
            "1",
        ),
        (
            "fill_rate_s_q",
            r#"{"ltd_mean": 100, "ltd_sd": 30, "order_quantity": 200, "fill_rate": 1}"#,
            "fill_rate",
            "1",
        ),
        (
            "newsvendor_normal_explicit",
            r#"{"revenue": 1, "purchase_cost": 2, "salvage_value": 0.1, "demand_mean": 50, "demand_sd": 8}"#,
            "purchase_cost",
            "2",
        ),
        (
            "s_s_cost",
            r#"{"reorder_point": 4, "order_up_to_level": 4, "holding_cost": 1, "stockout_cost": 4, "fixed_cost": 5,
            "use_poisson": true, "demand_mean": 6}"#,
            "order_up_to_level",
            "4",
        ),
        (
            "s_s_exact",
            r#"{"holding_cost": 1, "stockout_cost": 4, "fixed_cost": 5, "use_poisson": true}"#,
            "use_poisson",
            "true",
        ),
        (
            "s_s_exact",
            r#"{"holding_cost": 1, "stockout_cost": 4, "fixed_cost": 5, "use_poisson": false, "demand_hi": 3,
            "demand_pmf": [0.5, 0.5]}"#,
            "demand_pmf, entries",
            "2",
        ),
        (
            "r_q_eil",
            r#"{"holding_cost": 10, "stockout_cost": 0.1, "fixed_cost": 8, "demand_mean": 13, "demand_sd": 5, "lead_time": 1}"#,
            "stockout_cost",
            "0.1",
        ),
        (
            "budget_greedy",
            r#"{"items": [{"id": "A", "margin": 4, "carry": 1, "unit_cost": 0, "demand": {"family": "poisson", "mean": 5}}],
            "budget": 60}"#,
            "A.unit_cost",
            "0",
        ),
        (
            "lead_time_demand",
            r#"{"demand": {"family": "uniform", "low": 0, "high": 5}, "lead_time": 3, "levels": [0.5]}"#,
            "demand.family",
            "another",
        ),
        ("censored_poisson", r#"{"uncensored_sales": [], "censored_sales": [4]}"#, "uncensored_sales", "a list of 0"),
        ("censored_normal", r#"{"uncensored": [4, 4], "censored_at": [5]}"#, "uncensored, standard deviation", "0"),
        (
            "guaranteed_service",
            r#"{"nodes": [{"id": 1, "processing_time": 2, "holding_cost": 1, "demand_bound_constant": 1,
            "preds": [], "succs": []}]}"#,
            "external_outbound_cst",
            "missing",
        ),
        (
            "guaranteed_service",
            r#"{"nodes": [
            {"id": 1, "processing_time": 2, "external_outbound_cst": 0, "holding_cost": 1, "demand_bound_constant": 1, "preds": [], "succs": []},
            {"id": 2, "processing_time": 2, "external_outbound_cst": 0, "holding_cost": 1, "demand_bound_constant": 1, "preds": [], "succs": []}
            ]}"#,
            "nodes",
            "2 nodes with 0 links",
        ),
    ] {
        match evaluated(name, inputs) {
            Err(FormulaError::Value { field: at, found: value, allowed }) => {
                assert_eq!(at, field, "{name}: {value}");
                assert!(value.contains(found) && !allowed.is_empty(), "{name}: {at} is {value}, {allowed}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn what_is_no_number_is_refused_by_the_functions_too() {
    use crate::inventory::formulas::{losses, lot_size};
    for silly in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(losses::standard_normal(&losses::Score { z: silly }).is_err());
        let item = lot_size::Item { fixed_cost: silly, holding_cost: 1.0, demand_rate: 1.0 };
        assert!(lot_size::eoq(&item).is_err());
    }
}
