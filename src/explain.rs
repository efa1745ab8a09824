//! Why a number was published: what a kind of job says about one of its own, for `nightclerk explain`.
//!
//! A kind hangs its [`Explanation`] on [`crate::job::Job::EXPLAINS`]; it follows the chain through [`CurrentRows`], which reads
//! what consumers read and nothing else.

use chrono::NaiveDate;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value as Json, json};

use crate::decided::Decision;
use crate::published::Table;
use crate::warehouse::{Side, Value, Warehouse, WarehouseError};

/// A published row with the as-of date of its publication, by column.
pub type Row = Map<String, Json>;

/// How one number of a kind is explained.
#[derive(Clone, Copy, Debug)]
pub struct Explanation {
    /// The word after `explain` on the command line: `order`.
    pub word: &'static str,
    /// What it tells, for the help.
    pub about: &'static str,
    /// What names the number, in the order in which it is typed; optional ones come last.
    pub keys: &'static [Key],
    /// Follows the chain: one record per number that the keys name.
    pub chain: Chain,
    /// The lines on which a record is told to a person; `None` where it is written column by column. `--json` holds every row.
    pub told: Option<fn(&Json) -> Vec<String>>,
}

/// Follows the chain behind the number that the keys name; `None` is an optional key that was left out.
pub type Chain =
    for<'a> fn(&'a CurrentRows<'a>, &'a [Option<String>]) -> BoxFuture<'a, Result<Vec<Json>, ExplainError>>;

/// A key of an [`Explanation`].
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name: `product`.
    pub name: &'static str,
    /// What it is, for the help.
    pub about: &'static str,
    /// Whether it may be left out.
    pub optional: bool,
}

/// Why nothing can be explained.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// The keys name nothing that is current; the sentence says where to look.
    #[error("{0}")]
    NotFound(String),
    /// The warehouse refused.
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
}

/// Reads current publications.
#[derive(Clone, Copy, Debug)]
pub struct CurrentRows<'w> {
    warehouse: &'w Warehouse,
}

impl<'w> CurrentRows<'w> {
    /// Those of a warehouse.
    pub fn of(warehouse: &'w Warehouse) -> Self {
        Self { warehouse }
    }

    /// Rows of a table's current publications with these texts in these columns, ordered by a column.
    ///
    /// # Errors
    /// When the warehouse refuses.
    pub async fn read(&self, table: &Table, keys: &[(&str, &str)], order: &str) -> Result<Vec<Row>, WarehouseError> {
        self.read_of(table, keys, order, None).await
    }

    /// As [`CurrentRows::read`], of the publication for a date.
    ///
    /// # Errors
    /// When the warehouse refuses.
    pub async fn read_of(
        &self,
        table: &Table,
        keys: &[(&str, &str)],
        order: &str,
        as_of: Option<NaiveDate>,
    ) -> Result<Vec<Row>, WarehouseError> {
        let names: Vec<&str> = std::iter::once("as_of").chain(table.columns.iter().map(|column| column.name)).collect();
        let conditions: Vec<String> =
            keys.iter().enumerate().map(|(index, (column, _))| format!("{column} = ${}", index + 1)).collect();
        let conditions = ["TRUE".to_owned()].into_iter().chain(conditions).collect::<Vec<_>>().join(" AND ");
        // The newest of each job, also one that consumers do not see because it was made in the shadow.
        let newest =
            "(SELECT MAX(q.as_of) FROM nightclerk_publications q WHERE q.job = p.job AND q.state = 'published')";
        let date = as_of.map_or_else(|| newest.to_owned(), |_| format!("${}", keys.len() + 1));
        let sql = format!(
            "SELECT {} FROM {} WHERE run_id IN (SELECT p.run_id FROM nightclerk_publications p WHERE p.state = 'published' AND \
             p.as_of = {date}) AND {conditions} ORDER BY {order}",
            names.join(", "),
            table.name()
        );
        let mut binds: Vec<Value> = keys.iter().map(|(_, value)| Value::Text((*value).to_owned())).collect();
        binds.extend(as_of.map(Value::Date));
        let rows = self.warehouse.read_values(Side::Target, &sql, &binds).await?;
        let named = |row: Vec<Value>| names.iter().map(|name| (*name).to_owned()).zip(row.into_iter().map(to_json));
        Ok(rows.into_iter().map(|row| named(row).collect()).collect())
    }
}

impl CurrentRows<'_> {
    /// The newest date before another for which a table holds such rows that were published; `None` where it holds none.
    ///
    /// # Errors
    /// When the warehouse refuses.
    pub async fn date_before(
        &self,
        table: &Table,
        keys: &[(&str, &str)],
        as_of: NaiveDate,
    ) -> Result<Option<NaiveDate>, WarehouseError> {
        let conditions: Vec<String> =
            keys.iter().enumerate().map(|(index, (column, _))| format!(" AND t.{column} = ${}", index + 2)).collect();
        let sql = format!(
            "SELECT t.as_of FROM {} t JOIN nightclerk_publications p ON p.run_id = t.run_id WHERE p.state = 'published' AND t.as_of < $1{} \
             ORDER BY t.as_of DESC LIMIT 1",
            table.name(),
            conditions.concat()
        );
        let keys = keys.iter().map(|(_, value)| Value::Text((*value).to_owned()));
        let binds: Vec<Value> = std::iter::once(Value::Date(as_of)).chain(keys).collect();
        let rows = self.warehouse.read_values(Side::Target, &sql, &binds).await?;
        Ok(rows.first().and_then(|row| row.first()).and_then(Value::as_date))
    }

    /// What was decided about a recommendation, the oldest first.
    ///
    /// # Errors
    /// When the warehouse refuses.
    pub async fn decisions(&self, recommendation_id: &str) -> Result<Vec<Decision>, WarehouseError> {
        let sql = format!(
            "SELECT {} FROM recommendation_decisions WHERE recommendation_id = $1 ORDER BY decided_us, decision_id",
            Decision::COLUMNS
        );
        let binds = [Value::Text(recommendation_id.to_owned())];
        let rows = self.warehouse.read_values(Side::Target, &sql, &binds).await?;
        Ok(rows.iter().filter_map(|row| Decision::of(row)).collect())
    }
}

/// The text in a column of a row; empty where there is none.
pub fn text<'r>(row: &'r Row, column: &str) -> &'r str {
    row.get(column).and_then(Json::as_str).unwrap_or_default()
}

fn to_json(value: Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Integer(number) => json!(number),
        Value::Real(number) => json!(number),
        Value::Text(text) => json!(text),
        Value::Date(date) => json!(date),
        Value::Instant(micros) => json!(crate::table::instant_text(micros)),
        Value::Flag(flag) => json!(flag),
    }
}

/// The records as their kind tells them, else as an indented outline; an empty line after each.
pub fn outline(explanation: &Explanation, records: &[Json]) -> Vec<String> {
    let mut all = Vec::new();
    for record in records {
        match explanation.told {
            None => all.extend(lines(record, 0)),
            Some(told) => {
                all.extend(told(record));
                let remembered = record.get("remembered").into_iter();
                all.extend(remembered.flat_map(|notes| lines(&json!({ "remembered": notes }), 0)));
            }
        }
        all.push(String::new());
    }
    all
}

fn lines(value: &Json, depth: usize) -> Vec<String> {
    let indent = "  ".repeat(depth);
    match value {
        Json::Object(row) => row
            .iter()
            .filter(|(_, value)| !value.is_null())
            .flat_map(|(key, value)| match value {
                Json::Array(_) | Json::Object(_) => {
                    let mut block = vec![format!("{indent}{key}:")];
                    block.extend(lines(value, depth + 1));
                    block
                }
                Json::String(text) => vec![format!("{indent}{key}: {text}")],
                other => vec![format!("{indent}{key}: {other}")],
            })
            .collect(),
        Json::Array(values) if values.is_empty() => vec![format!("{indent}none")],
        Json::Array(values) => values.iter().flat_map(|value| lines(value, depth)).collect(),
        other => vec![format!("{indent}{other}")],
    }
}
