//! The SQL that brings tables from what they are to what schemas describe, with the rows that are in them.
//!
//! It writes the next step from the difference to the last one, and `plan` prints with it what mends a warehouse.

use std::fmt::Write as _;

use super::relations::{self, FoundColumn, Relation, Relations, view};
use super::schemas::{Role, Schema, SchemaColumn};
use crate::published::staged_name;
use crate::warehouse::Dialect;

/// How the values of a column that changes its type are carried over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conversion<'a> {
    /// The published table.
    pub table: &'a str,
    /// The column.
    pub column: &'a str,
    /// The new value in SQL, over the columns of the old row: `order_quantity / 1000.0`.
    pub expression: &'a str,
}

/// Statements, each with its reason as comments before it and without the last semicolon.
pub type Statements = Vec<String>;

/// The text of the step between two states of the schemas.
///
/// # Errors
/// Every change that has to be written by hand, with the reason.
pub fn step(
    dialect: Dialect,
    before: &[Schema],
    after: &[Schema],
    conversions: &[Conversion<'_>],
) -> Result<String, Vec<String>> {
    let mut faults = Vec::new();
    for gone in before.iter().filter(|before| after.iter().all(|after| after.name != before.name)) {
        faults.push(format!("`{}` goes, and its rows with it: write that part of the step by hand", gone.name));
    }
    let statements = match change(dialect, &relations::of(dialect, before), after, conversions) {
        Ok(statements) if faults.is_empty() => statements,
        Ok(_) => return Err(faults),
        Err(more) => return Err(faults.into_iter().chain(more).collect()),
    };
    let mut sql = String::from(
        "-- Rows are staged in staged_NAME, become visible in NAME in one transaction, and consumers read NAME_current:\n\
         -- the newest publication of each job.\n",
    );
    if statements.is_empty() {
        sql.push_str("\n-- Nothing changes on this engine.\n");
    }
    for statement in statements {
        let _ = writeln!(sql, "{}{statement};", if statement.starts_with("--") { "\n" } else { "" });
    }
    Ok(sql)
}

/// What brings the tables of `found` to those of `schemas`. Tables that no schema describes stay as they are.
///
/// # Errors
/// Every change that cannot be generated, with the reason.
pub fn change(
    dialect: Dialect,
    found: &Relations,
    schemas: &[Schema],
    conversions: &[Conversion<'_>],
) -> Result<Statements, Vec<String>> {
    let (mut statements, mut faults) = (Statements::new(), Vec::new());
    for schema in schemas {
        let table = Generator { dialect, found, schema, conversions };
        match table.statements() {
            Ok(more) if more.is_empty() => {}
            Ok(mut more) => {
                let doc = if schema.doc.is_empty() { &schema.name } else { &schema.doc };
                more[0].insert_str(0, &format!("-- {doc}\n"));
                statements.append(&mut more);
            }
            Err(mut more) => faults.append(&mut more),
        }
    }
    if faults.is_empty() { Ok(statements) } else { Err(faults) }
}

/// One table that is to become what its schema says.
struct Generator<'a> {
    dialect: Dialect,
    found: &'a Relations,
    schema: &'a Schema,
    conversions: &'a [Conversion<'a>],
}

/// What has to be done to the columns of a table.
struct ColumnChanges<'a> {
    added: Vec<&'a SchemaColumn>,
    changed: Vec<(&'a FoundColumn, &'a SchemaColumn)>,
    dropped: Vec<&'a FoundColumn>,
}

impl ColumnChanges<'_> {
    fn only_adds(&self) -> bool {
        self.changed.is_empty() && self.dropped.is_empty()
    }

    fn is_empty(&self) -> bool {
        self.only_adds() && self.added.is_empty()
    }
}

impl Generator<'_> {
    fn statements(&self) -> Result<Statements, Vec<String>> {
        let name = self.schema.name.as_str();
        if self.schema.role == Role::Ledger {
            return match self.found.get(name) {
                Some(found) if self.changes(found).is_empty() => Ok(Statements::new()),
                Some(found) if self.dialect != Dialect::Sqlite || self.changes(found).only_adds() => {
                    self.altered(name, found)
                }
                _ => Err(vec![format!("`{name}` has keys, which are not generated: write that part by hand")]),
            };
        }
        let (staged, view) = (staged_name(name), view(name));
        let (mut statements, mut faults) = (Statements::new(), Vec::new());
        let changes = self.found.get(name).map(|found| self.changes(found));
        let keeps_view = changes.as_ref().is_some_and(ColumnChanges::only_adds);
        if self.dialect == Dialect::Postgres && self.found.contains_key(&view) && !keeps_view {
            // Without CASCADE: it would take views of others along, silently.
            statements.push(format!("-- What was granted on the view goes with it: grant it again.\nDROP VIEW {view}"));
        }
        match self.found.get(name) {
            None => statements.extend([self.create_table(name), self.create_index()]),
            Some(found) => match self.altered(name, found) {
                Ok(more) => statements.extend(more),
                Err(more) => faults.extend(more),
            },
        }
        statements.extend(self.staged(&staged));
        statements.extend(self.view(changes.as_ref(), keeps_view));
        if faults.is_empty() { Ok(statements) } else { Err(faults) }
    }

    /// What has to be done to the staged table. Its rows are those of a night that is over: where they stand in the way, they
    /// go.
    fn staged(&self, staged: &str) -> Statements {
        match self.found.get(staged) {
            None => vec![self.create_table(staged)],
            Some(found) if self.changes(found).only_adds() && self.altered(staged, found).is_ok() => {
                self.added(staged, &self.changes(found))
            }
            Some(_) => {
                let if_exists = if self.dialect == Dialect::Mariadb { "IF EXISTS " } else { "" };
                vec![format!("DROP TABLE {if_exists}{staged}"), self.create_table(staged)]
            }
        }
    }

    /// What has to be done to the view after its table is as it should be. On SQLite `SELECT t.*` is what the table has at
    /// any time; PostgreSQL and MariaDB keep the columns of the day it was made.
    fn view(&self, changes: Option<&ColumnChanges<'_>>, keeps_view: bool) -> Option<String> {
        let found = self.found.get(&view(&self.schema.name));
        let lacks = |view: &Relation| self.schema.columns.iter().any(|column| view.column(&column.name).is_none());
        let is_other = |view: &Relation| changes.is_some_and(|changes| !changes.is_empty()) || lacks(view);
        let verb = match (self.dialect, found) {
            (Dialect::Mariadb, None) => "CREATE OR REPLACE VIEW",
            (_, None) => "CREATE VIEW",
            (Dialect::Postgres, Some(_)) if !keeps_view => "CREATE VIEW",
            (Dialect::Postgres | Dialect::Mariadb, Some(view)) if is_other(view) => "CREATE OR REPLACE VIEW",
            (_, Some(_)) => return None,
        };
        let name = &self.schema.name;
        Some(format!(
            "{verb} {} AS\nSELECT t.* FROM {name} t JOIN nightclerk_current c ON c.run_id = t.run_id",
            view(name)
        ))
    }

    fn changes<'a>(&'a self, found: &'a Relation) -> ColumnChanges<'a> {
        let mut changes = ColumnChanges { added: Vec::new(), changed: Vec::new(), dropped: Vec::new() };
        for column in &self.schema.columns {
            match found.column(&column.name) {
                None => changes.added.push(column),
                Some(found) if *found == column.on(self.dialect) => {}
                Some(found) => changes.changed.push((found, column)),
            }
        }
        let is_known = |column: &FoundColumn| self.schema.columns.iter().any(|known| known.name == column.name);
        changes.dropped = found.columns.iter().filter(|column| !is_known(column)).collect();
        changes
    }

    /// Statements for a table that is there.
    fn altered(&self, table: &str, found: &Relation) -> Result<Statements, Vec<String>> {
        let changes = self.changes(found);
        let unfilled = changes.added.iter().filter(|column| !column.nullable && column.default.is_none());
        let mut faults: Vec<String> = unfilled
            .map(|column| {
                format!(
                    "`{table}.{}` may not be NULL and has no default for the rows that are there: give it one \
                     (`Column::or_before`) or let it be nullable",
                    column.name
                )
            })
            .collect();
        for (before, column) in &changes.changed {
            if before.nullable && !column.nullable && self.conversion(column).is_none() && column.default.is_none() {
                faults.push(format!(
                    "`{table}.{}` may not be NULL any more, and rows that are there may be: give it a default \
                     (`Column::or_before`) or a conversion",
                    column.name
                ));
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(match self.dialect {
            _ if changes.is_empty() => Statements::new(),
            Dialect::Sqlite if changes.only_adds() => self.added(table, &changes),
            Dialect::Sqlite => self.rebuilt(table, found),
            Dialect::Mariadb => self.modified(table, &changes)?,
            Dialect::Postgres => {
                let mut statements = self.added(table, &changes);
                let changed = changes.changed.iter().flat_map(|(before, column)| self.altered_column(before, column));
                let dropped = changes.dropped.iter().map(|column| format!("DROP COLUMN {}", column.name));
                // One statement writes the table anew once, and its expressions see the row as it was.
                for actions in [changed.collect::<Vec<_>>(), dropped.collect()] {
                    if !actions.is_empty() {
                        statements.push(format!("ALTER TABLE {table}\n    {}", actions.join(",\n    ")));
                    }
                }
                statements
            }
        })
    }

    fn added(&self, table: &str, changes: &ColumnChanges<'_>) -> Statements {
        let add = |column: &&SchemaColumn| {
            let default = column.default.as_ref().map(|default| format!(" DEFAULT {default}")).unwrap_or_default();
            let if_missing = if self.dialect == Dialect::Mariadb { "IF NOT EXISTS " } else { "" };
            let definition = column.definition(self.dialect);
            format!("ALTER TABLE {table} ADD COLUMN {if_missing}{} {definition}{default}", column.name)
        };
        changes.added.iter().map(add).collect()
    }

    /// Statements of MariaDB, each of which may be applied twice.
    fn modified(&self, table: &str, changes: &ColumnChanges<'_>) -> Result<Statements, Vec<String>> {
        let converted = changes.changed.iter().filter(|(_, column)| self.conversion(column).is_some());
        let by_hand = converted.map(|(_, column)| {
            format!("`{table}.{}` is converted, which may not happen twice: write that part by hand", column.name)
        });
        let faults: Vec<String> = by_hand.collect();
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut statements = self.added(table, changes);
        for (before, column) in &changes.changed {
            let (name, definition) = (&column.name, column.definition(self.dialect));
            if let (true, false, Some(default)) = (before.nullable, column.nullable, &column.default) {
                statements.push(format!("UPDATE {table} SET {name} = {default} WHERE {name} IS NULL"));
            }
            statements.push(format!("ALTER TABLE {table} MODIFY COLUMN {name} {definition}"));
        }
        let drop = |column: &&FoundColumn| format!("ALTER TABLE {table} DROP COLUMN IF EXISTS {}", column.name);
        statements.extend(changes.dropped.iter().map(drop));
        Ok(statements)
    }

    /// The actions of `ALTER TABLE` that PostgreSQL has for a column.
    fn altered_column(&self, before: &FoundColumn, column: &SchemaColumn) -> Vec<String> {
        let (name, after) = (&column.name, column.on(self.dialect));
        let mut actions = Vec::new();
        if !before.nullable && after.nullable {
            actions.push(format!("ALTER COLUMN {name} DROP NOT NULL"));
        }
        let is_filled = before.nullable && !after.nullable;
        if before.sql_type != after.sql_type || is_filled {
            let value = self.carried(Some(before), column);
            actions.push(format!("ALTER COLUMN {name} TYPE {} USING {value}", after.sql_type));
        }
        if is_filled {
            actions.push(format!("ALTER COLUMN {name} SET NOT NULL"));
        }
        actions
    }

    /// SQLite changes no column in place. The rows step aside into a table of their own: renaming a new table to the old
    /// name instead would fail as soon as somebody has a view over `NAME_current`.
    fn rebuilt(&self, table: &str, found: &Relation) -> Statements {
        let kept: Vec<&SchemaColumn> = self
            .schema
            .columns
            .iter()
            .filter(|column| found.column(&column.name).is_some() || column.default.is_some())
            .collect();
        let names: Vec<&str> = kept.iter().map(|column| column.name.as_str()).collect();
        let values: Vec<String> = kept.iter().map(|column| self.carried(found.column(&column.name), column)).collect();
        let mut statements = vec![
            format!("CREATE TABLE before_{table} AS SELECT * FROM {table}"),
            format!("DROP TABLE {table}"),
            self.create_table(table),
            format!(
                "INSERT INTO {table} (\n    {}\n)\nSELECT\n    {}\nFROM before_{table}",
                names.join(",\n    "),
                values.join(",\n    ")
            ),
            format!("DROP TABLE before_{table}"),
        ];
        if table == self.schema.name {
            statements.push(self.create_index());
        }
        statements
    }

    /// The value of a column over the row as it was before.
    fn carried(&self, before: Option<&FoundColumn>, column: &SchemaColumn) -> String {
        let default = || column.default.clone().unwrap_or_else(|| "NULL".to_owned());
        let Some(before) = before else { return default() };
        let after = column.on(self.dialect);
        let value = match self.conversion(column) {
            Some(conversion) => conversion.expression.to_owned(),
            None if before.sql_type == after.sql_type => column.name.clone(),
            None => format!("CAST({} AS {})", column.name, after.sql_type),
        };
        if before.nullable && !after.nullable && column.default.is_some() {
            format!("COALESCE({value}, {})", default())
        } else {
            value
        }
    }

    fn conversion(&self, column: &SchemaColumn) -> Option<&Conversion<'_>> {
        self.conversions.iter().find(|one| one.table == self.schema.name && one.column == column.name)
    }

    fn create_table(&self, table: &str) -> String {
        let lines: Vec<String> = self
            .schema
            .columns
            .iter()
            .map(|column| format!("    {} {}", column.name, column.definition(self.dialect)))
            .collect();
        let if_missing = if self.dialect == Dialect::Mariadb { "IF NOT EXISTS " } else { "" };
        format!("CREATE TABLE {if_missing}{table} (\n{}\n){}", lines.join(",\n"), self.dialect.table_options())
    }

    fn create_index(&self) -> String {
        let if_missing = if self.dialect == Dialect::Mariadb { "IF NOT EXISTS " } else { "" };
        format!("CREATE INDEX {if_missing}{0}_by_run ON {0} (run_id)", self.schema.name)
    }
}
