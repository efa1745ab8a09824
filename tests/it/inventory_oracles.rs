//! Every record of `inventory_oracles.json`, in the folder that `NIGHTCLERK_DATA` names.

use serde_json::Value;

use crate::inventory_questions::{Question, question};
use crate::support::data_folder;
use nightclerk::models::inventory::formulas::formula;

/// Records in the file; a larger file needs further translations.
const RECORDS: usize = 93;

/// Where a program's number is wrong, and what shows it.
const WRONG: &[(&str, &str)] = &[];

#[test]
fn all_records_are_reproduced() {
    let Some(folder) = data_folder() else { return };
    let path = folder.join("inventory_oracles.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file: Value = serde_json::from_str(&text).unwrap();
    let records = file["records"].as_array().unwrap();
    assert_eq!(records.len(), RECORDS);
    let mut problems = Vec::new();
    let mut reproduced = 0;
    for record in records {
        let id = record["id"].as_str().unwrap();
        if WRONG.iter().any(|(wrong, _)| *wrong == id) {
            continue;
        }
        let Some(Question { name, inputs, outputs, tolerances }) = question(record) else {
            problems.push(format!("{id}: no translation"));
            continue;
        };
        let Some(formula) = formula(name) else {
            problems.push(format!("{id}: no formula `{name}`"));
            continue;
        };
        match formula.evaluate(inputs) {
            Err(error) => problems.push(format!("{id}: {error}")),
            Ok(found) => {
                let tolerance = record["rel_tol"].as_f64().unwrap();
                let before = problems.len();
                for (field, expected) in outputs.as_object().unwrap() {
                    let other = tolerances.iter().find(|(name, _)| name == field);
                    let tolerance = other.map_or(tolerance, |(_, tolerance)| *tolerance);
                    compare(&format!("{id}: {field}"), &found[field], expected, tolerance, &mut problems);
                }
                reproduced += usize::from(problems.len() == before);
            }
        }
    }
    assert!(problems.is_empty(), "{} differences:\n{}", problems.len(), problems.join("\n"));
    assert_eq!(reproduced + WRONG.len(), RECORDS);
}

/// Numbers within the tolerance, whole ones exactly; all entries of a list, all fields that are expected.
fn compare(place: &str, found: &Value, expected: &Value, tolerance: f64, problems: &mut Vec<String>) {
    match (found, expected) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, wanted) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            let allowed = if b.is_f64() { tolerance * wanted.abs() + 1e-12 } else { 0.0 };
            if (a - wanted).abs() > allowed {
                problems.push(format!("{place}: {a}, recorded {wanted}, off by {:e}", (a - wanted) / wanted));
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                compare(&format!("{place}[{index}]"), a, b, tolerance, problems);
            }
        }
        (Value::Object(a), Value::Object(b)) => {
            for (field, b) in b {
                compare(&format!("{place}.{field}"), a.get(field).unwrap_or(&Value::Null), b, tolerance, problems);
            }
        }
        (a, b) if a == b => {}
        (a, b) => problems.push(format!("{place}: {a}, recorded {b}")),
    }
}
