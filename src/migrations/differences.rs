//! What differs between the tables that a warehouse has and the ones that schemas describe.

use super::relations::{Relation, Relations, names, view};
use super::schemas::Schema;
use crate::warehouse::Dialect;

/// One thing in which a warehouse is not as described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// A table or view is not there.
    Missing {
        /// The table or view.
        relation: String,
    },
    /// A column is not there.
    MissingColumn {
        /// The table or view.
        relation: String,
        /// The column.
        column: String,
        /// Its type.
        expected: String,
    },
    /// A column is there that nobody asked for.
    UnknownColumn {
        /// The table.
        relation: String,
        /// The column.
        column: String,
        /// Its type.
        found: String,
    },
    /// A column has another type, or takes NULL where it should not, or the other way round.
    OtherType {
        /// The table.
        relation: String,
        /// The column.
        column: String,
        /// What it is.
        found: String,
        /// What it should be.
        expected: String,
    },
}

impl std::fmt::Display for Difference {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing { relation } => write!(formatter, "`{relation}` is missing"),
            Self::MissingColumn { relation, column, expected } => {
                write!(formatter, "`{relation}.{column}` is missing, expected {expected}")
            }
            Self::UnknownColumn { relation, column, found } => {
                write!(formatter, "`{relation}.{column}`, {found}, is not a column of ours")
            }
            Self::OtherType { relation, column, found, expected } => {
                write!(formatter, "`{relation}.{column}` is {found}, expected {expected}")
            }
        }
    }
}

/// Everything in which `found` is not what the schemas describe, table by table. Columns may stand in any order.
pub(super) fn differences(dialect: Dialect, found: &Relations, schemas: &[Schema]) -> Vec<Difference> {
    let mut differences = Vec::new();
    for schema in schemas {
        for name in names(schema) {
            match found.get(&name) {
                None => differences.push(Difference::Missing { relation: name }),
                Some(relation) if name == view(&schema.name) => {
                    view_differences(dialect, &name, relation, schema, &mut differences);
                }
                Some(relation) => table_differences(dialect, &name, relation, schema, &mut differences),
            }
        }
    }
    differences
}

fn table_differences(
    dialect: Dialect,
    name: &str,
    found: &Relation,
    schema: &Schema,
    differences: &mut Vec<Difference>,
) {
    for column in &schema.columns {
        let (relation, expected) = (name.to_owned(), column.definition(dialect));
        let missing = Difference::MissingColumn {
            relation: relation.clone(),
            column: column.name.clone(),
            expected: expected.clone(),
        };
        match found.column(&column.name) {
            None => differences.push(missing),
            Some(found) if *found == column.on(dialect) => {}
            Some(found) => differences.push(Difference::OtherType {
                relation,
                column: column.name.clone(),
                found: found.definition(),
                expected,
            }),
        }
    }
    for column in &found.columns {
        if schema.columns.iter().all(|known| known.name != column.name) {
            let (relation, found) = (name.to_owned(), column.definition());
            differences.push(Difference::UnknownColumn { relation, column: column.name.clone(), found });
        }
    }
}

/// PostgreSQL keeps the columns that a view had when it was made.
fn view_differences(
    dialect: Dialect,
    name: &str,
    found: &Relation,
    schema: &Schema,
    differences: &mut Vec<Difference>,
) {
    if dialect == Dialect::Sqlite {
        return;
    }
    for column in schema.columns.iter().filter(|column| found.column(&column.name).is_none()) {
        differences.push(Difference::MissingColumn {
            relation: name.to_owned(),
            column: column.name.clone(),
            expected: dialect.type_name(column.kind).to_owned(),
        });
    }
}
