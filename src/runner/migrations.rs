//! The tables we own, brought up to date step by step, each step once and in one transaction.

use crate::warehouse::{Dialect, Side, Value, Warehouse, WarehouseError};

/// One numbered step.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its number; steps apply in order.
    pub version: i64,
    /// The file's name.
    pub name: &'static str,
    /// Its statements.
    pub sql: &'static str,
}

macro_rules! migration {
    ($dialect:literal, $version:literal, $name:literal) => {
        Migration {
            version: $version,
            name: $name,
            sql: include_str!(concat!("../../sql/migrations/", $dialect, "/", $name)),
        }
    };
}

const SQLITE: &[Migration] = &[
    migration!("sqlite", 1, "0001_ledger.sql"),
    migration!("sqlite", 2, "0002_publications.sql"),
    migration!("sqlite", 3, "0003_accuracy_by_horizon.sql"),
    migration!("sqlite", 4, "0004_what_rules_are_used_for.sql"),
    migration!("sqlite", 5, "0005_next_purchases.sql"),
];
const POSTGRES: &[Migration] = &[
    migration!("postgres", 1, "0001_ledger.sql"),
    migration!("postgres", 2, "0002_publications.sql"),
    migration!("postgres", 3, "0003_accuracy_by_horizon.sql"),
    migration!("postgres", 4, "0004_what_rules_are_used_for.sql"),
    migration!("postgres", 5, "0005_next_purchases.sql"),
];

/// Every step for a dialect.
pub fn migrations(dialect: Dialect) -> &'static [Migration] {
    match dialect {
        Dialect::Sqlite => SQLITE,
        Dialect::Postgres => POSTGRES,
    }
}

/// The steps that the target warehouse has not seen yet.
///
/// # Errors
/// When the warehouse cannot be asked.
pub async fn pending(warehouse: &Warehouse) -> Result<Vec<Migration>, WarehouseError> {
    let all = migrations(warehouse.dialect(Side::Target));
    if !warehouse.table_exists(Side::Target, "nightclerk_migrations").await? {
        return Ok(all.to_vec());
    }
    let rows = warehouse.read_values(Side::Target, "SELECT version FROM nightclerk_migrations", &[]).await?;
    let applied: Vec<i64> = rows.iter().map(|row| super::ledger::as_integer(row, 0)).collect();
    Ok(all.iter().copied().filter(|step| !applied.contains(&step.version)).collect())
}

/// Applies what is pending; gives the names of the steps applied.
///
/// # Errors
/// When a statement is refused; that step leaves nothing behind.
pub async fn apply(warehouse: &Warehouse, now_micros: i64) -> Result<Vec<&'static str>, WarehouseError> {
    let mut applied = Vec::new();
    for step in pending(warehouse).await? {
        let mut transaction = warehouse.begin().await?;
        transaction.execute(LEDGER_OF_STEPS, &[]).await?;
        for statement in statements(step.sql) {
            transaction.execute(statement, &[]).await?;
        }
        transaction
            .execute(
                "INSERT INTO nightclerk_migrations (version, name, applied_us) VALUES ($1, $2, $3)",
                &[Value::Integer(step.version), super::ledger::text(step.name), Value::Integer(now_micros)],
            )
            .await?;
        transaction.commit().await?;
        applied.push(step.name);
    }
    Ok(applied)
}

/// What `plan` prints for those who apply it by hand.
pub fn script(steps: &[Migration], dialect: Dialect, schema: &str) -> String {
    let mut script = match dialect {
        Dialect::Sqlite => String::new(),
        Dialect::Postgres => format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\";\nSET search_path = \"{schema}\";\n\n"),
    };
    script.push_str(&format!("{LEDGER_OF_STEPS};\n"));
    for step in steps {
        script.push_str(&format!(
            "\n-- {}\n{}\nINSERT INTO nightclerk_migrations (version, name, applied_us) VALUES ({}, '{}', 0);\n",
            step.name, step.sql, step.version, step.name
        ));
    }
    script
}

const LEDGER_OF_STEPS: &str = "CREATE TABLE IF NOT EXISTS nightclerk_migrations \
    (version BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_us BIGINT NOT NULL)";

/// Splits a script at semicolons that end a line; our scripts have none inside literals.
fn statements(script: &str) -> impl Iterator<Item = &str> {
    script.split(";\n").map(str::trim).filter(|statement| {
        statement.lines().any(|line| !line.trim().is_empty() && !line.trim_start().starts_with("--"))
    })
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::published::{KEY_COLUMNS, TABLES};
    use crate::table::{Column, ColumnType};

    fn sql_type(dialect: Dialect, kind: ColumnType) -> &'static str {
        match (dialect, kind) {
            (_, ColumnType::Text) | (Dialect::Sqlite, ColumnType::Date | ColumnType::Instant) => "TEXT",
            (Dialect::Sqlite, ColumnType::Integer | ColumnType::Flag) => "INTEGER",
            (Dialect::Sqlite, ColumnType::Real) => "REAL",
            (Dialect::Postgres, ColumnType::Integer) => "BIGINT",
            (Dialect::Postgres, ColumnType::Real) => "DOUBLE PRECISION",
            (Dialect::Postgres, ColumnType::Date) => "DATE",
            (Dialect::Postgres, ColumnType::Instant) => "TIMESTAMPTZ",
            (Dialect::Postgres, ColumnType::Flag) => "BOOLEAN",
        }
    }

    /// The statements that the schemas in `published` ask for.
    fn expected(dialect: Dialect, version: i64) -> String {
        let mut sql = String::from(
            "-- The tables that jobs publish. Rows are staged in staged_NAME, become visible in NAME in one transaction,\n\
             -- and consumers read NAME_current: the newest publication of each job.\n",
        );
        for table in TABLES.iter().filter(|table| table.created_in == version) {
            let columns: Vec<&Column<'_>> = KEY_COLUMNS.iter().chain(table.columns).collect();
            let _ = writeln!(sql, "\n-- {}", table.doc);
            for prefix in ["", "staged_"] {
                let _ = writeln!(sql, "CREATE TABLE {prefix}{} (", table.name);
                for (index, column) in columns.iter().enumerate() {
                    let null = if column.nullable { "" } else { " NOT NULL" };
                    let comma = if index + 1 == columns.len() { "" } else { "," };
                    let _ = writeln!(sql, "    {} {}{null}{comma}", column.name, sql_type(dialect, column.kind));
                }
                sql.push_str(");\n");
            }
            let _ = writeln!(sql, "CREATE INDEX {0}_by_run ON {0} (run_id);", table.name);
            let _ = writeln!(
                sql,
                "CREATE VIEW {0}_current AS\nSELECT t.* FROM {0} t JOIN nightclerk_current c ON c.run_id = t.run_id;",
                table.name
            );
        }
        sql
    }

    #[test]
    fn the_migration_files_create_the_tables_that_the_schemas_describe() {
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            for step in &migrations(dialect)[1..] {
                let expected = expected(dialect, step.version);
                if std::env::var_os("NIGHTCLERK_UPDATE_MIGRATIONS").is_some() {
                    let folder = if dialect == Dialect::Sqlite { "sqlite" } else { "postgres" };
                    let root = env!("CARGO_MANIFEST_DIR");
                    std::fs::write(format!("{root}/sql/migrations/{folder}/{}", step.name), &expected).unwrap();
                } else {
                    assert_eq!(step.sql, expected, "NIGHTCLERK_UPDATE_MIGRATIONS=1 writes the file anew");
                }
            }
        }
    }

    #[test]
    fn a_script_is_split_into_its_statements() {
        let script =
            "-- a comment; not a statement\nCREATE TABLE a (b TEXT);\n-- another\nCREATE VIEW c AS SELECT 1;\n";
        assert_eq!(statements(script).count(), 2);
    }
}
