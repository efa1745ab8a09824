//! What our tables are, on no engine in particular: today's, and those that a step left.
//!
//! A snapshot is the text of such a list. It is written when a step is frozen, and the next step is the difference
//! between it and the tables of that day.

use super::ledger_tables::LEDGER_TABLES;
use crate::published::{KEY_COLUMNS, Table};
use crate::registry::Registry;
use crate::table::{Column, ColumnType, TableSchema};

/// What a table is for, which says what belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A table of the ledger, by itself. Its keys stand in the step that made it.
    Ledger,
    /// A published table `NAME`: also `staged_NAME`, an index of runs and the view `NAME_current`.
    Published,
}

/// One of our tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// What it says, in one sentence; a snapshot does not keep it.
    pub doc: String,
    /// Its columns, in order.
    pub columns: Vec<SchemaColumn>,
}

/// A column of a [`Schema`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaColumn {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: ColumnType,
    /// Whether it may hold NULL.
    pub nullable: bool,
    /// What rows get that were there before the column, as an SQL literal; a snapshot does not keep it.
    pub default: Option<String>,
}

/// Today's tables: the ledger's, then what is published.
pub fn today() -> Vec<Schema> {
    let ledger = LEDGER_TABLES.iter().map(|table| schema(table, Role::Ledger, &[]));
    ledger.chain(Registry::standard().tables().into_iter().map(published)).collect()
}

/// A published table, of a kind of the program or any other.
pub fn published(table: &Table) -> Schema {
    schema(&table.schema, Role::Published, &KEY_COLUMNS)
}

fn schema(table: &TableSchema<'_>, role: Role, keys: &[Column<'_>]) -> Schema {
    let column = |column: &Column<'_>| SchemaColumn {
        name: column.name.to_owned(),
        kind: column.kind,
        nullable: column.nullable,
        default: column.default.map(str::to_owned),
    };
    let columns = keys.iter().chain(table.columns).map(column).collect();
    Schema { name: table.name.to_owned(), role, doc: table.doc.to_owned(), columns }
}

/// Reads a snapshot.
///
/// # Errors
/// The first line that is none of a snapshot's.
pub(super) fn parse(text: &str) -> Result<Vec<Schema>, String> {
    let mut schemas: Vec<Schema> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let fault = || format!("line {}, `{line}`, is neither a table nor a column of one", number + 1);
        match (line.starts_with(' '), words.as_slice()) {
            (false, ["ledger", name]) => schemas.push(empty(name, Role::Ledger)),
            (false, ["published", name]) => schemas.push(empty(name, Role::Published)),
            (true, [name, kind, null @ ..]) if matches!(null, [] | ["null"]) => {
                let kind = ColumnType::named(kind).ok_or_else(fault)?;
                let schema = schemas.last_mut().ok_or_else(fault)?;
                let (name, nullable) = ((*name).to_owned(), !null.is_empty());
                schema.columns.push(SchemaColumn { name, kind, nullable, default: None });
            }
            _ => return Err(fault()),
        }
    }
    Ok(schemas)
}

/// A snapshot: a line per table, an indented line per column.
#[cfg(test)]
pub(super) fn snapshot(schemas: &[Schema]) -> String {
    let mut text = String::new();
    for schema in schemas {
        let role = match schema.role {
            Role::Ledger => "ledger",
            Role::Published => "published",
        };
        text.push_str(&format!("{role} {}\n", schema.name));
        for column in &schema.columns {
            let null = if column.nullable { " null" } else { "" };
            text.push_str(&format!("    {} {}{null}\n", column.name, column.kind.name()));
        }
    }
    text
}

fn empty(name: &str, role: Role) -> Schema {
    Schema { name: name.to_owned(), role, doc: String::new(), columns: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_read_as_it_was_written() {
        let today = today();
        let read = parse(&snapshot(&today)).unwrap();
        assert_eq!(snapshot(&read), snapshot(&today));
        assert_eq!(read.len(), today.len());
    }

    #[test]
    fn a_line_that_belongs_to_no_snapshot_is_named() {
        let fault = parse("published a\n    b coins\n").unwrap_err();
        assert_eq!(fault, "line 2, `    b coins`, is neither a table nor a column of one");
        assert!(parse("    b text\n").is_err());
    }
}
