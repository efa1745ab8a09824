//! The stock with which a replay begins.

use std::collections::BTreeMap;
use std::path::Path;

use super::super::EvalError;
use super::super::rows::{Table, number, shown};
use crate::models::inventory::ReplayStock;

/// Columns that hold what is on hand, the first that is there.
const ON_HAND: [&str; 4] = ["end_inventory", "on_hand", "inventory", "stock"];
/// Columns of what arrives in the n-th period to come begin so.
const IN_TRANSIT: [&str; 2] = ["in_transit_w", "in_transit_"];

/// On hand and in transit by the id columns, joined as series are. Columns: those of `ids`, also without an `_id` at their end;
/// `end_inventory` or `on_hand`; `in_transit_w1` (or `in_transit_1`), the period to come, `in_transit_w2`, ... where there are.
///
/// # Errors
/// A column is missing, a cell is no number, a series stands twice.
pub(super) fn read(path: &Path, ids: &[String]) -> Result<BTreeMap<Vec<String>, ReplayStock>, EvalError> {
    const OPTION: &str = "--initial-state";
    let table = Table::open(path)?;
    let mut wanted = Vec::new();
    for id in ids {
        let short = id.strip_suffix("_id").and_then(|short| table.find(short));
        wanted.push(table.find(id).or(short).map_or_else(|| table.column(id, OPTION), Ok)?);
    }
    let on_hand = ON_HAND.iter().find_map(|name| table.find(name));
    wanted.push(on_hand.map_or_else(|| table.column(ON_HAND[0], OPTION), Ok)?);
    let period = |heading: &String| {
        let heading = heading.to_ascii_lowercase();
        IN_TRANSIT.iter().find_map(|start| heading.strip_prefix(start)?.parse::<usize>().ok())
    };
    let mut transit: Vec<(usize, usize)> = (table.headings.iter().enumerate())
        .filter_map(|(column, heading)| Some((period(heading).filter(|period| *period > 0)?, column)))
        .collect();
    transit.sort_unstable();
    wanted.extend(transit.iter().map(|(_, column)| *column));
    let mut found = BTreeMap::new();
    table.visit(&wanted, &mut |row| {
        let keys: Vec<String> = row.cells[..ids.len()].iter().map(shown).collect();
        let units = |place: usize| {
            let (cell, column) = (&row.cells[place], wanted[place]);
            let units = number(cell).map(|units| units.unwrap_or(0.0)).ok().filter(|units| *units >= 0.0);
            units.ok_or_else(|| table.cell(column, row, cell, "no quantity from 0 on", "give units, 0 for none"))
        };
        let mut in_transit = Vec::new();
        for (place, (period, _)) in transit.iter().enumerate() {
            in_transit.resize(in_transit.len().max(*period), 0.0);
            in_transit[period - 1] = units(ids.len() + 1 + place)?;
        }
        let stock = ReplayStock::new(units(ids.len())?, &in_transit);
        if found.insert(keys.clone(), stock).is_some() {
            return Err(EvalError::Row {
                file: table.file.clone(),
                line: row.line,
                problem: format!("`{}` stands there twice", keys.join("-")),
            });
        }
        Ok(())
    })?;
    Ok(found)
}
