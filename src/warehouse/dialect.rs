//! What differs between engines, one question per function.

use std::fmt::Write as _;

use super::Value;
use crate::table::{Column, ColumnType, TableSchema};

/// An SQL engine we speak to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// SQLite, in a file.
    Sqlite,
    /// PostgreSQL 12 or newer.
    Postgres,
    /// MariaDB 10.6 or newer; the retailer's own tables may be on MySQL.
    Mariadb,
}

/// What stands in a type and in a step for the decimals of the project's currency.
pub const MONEY_DECIMALS: &str = "{money_decimals}";

impl Dialect {
    /// The word in file names: `daily_sales.postgres.sql`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Mariadb => "mariadb",
        }
    }

    /// Every dialect.
    pub const ALL: [Self; 3] = [Self::Sqlite, Self::Postgres, Self::Mariadb];

    /// The type a column of ours gets in `CREATE TABLE`. [`MONEY_DECIMALS`] stands for the decimals of the project's currency.
    pub const fn type_name(self, kind: ColumnType) -> &'static str {
        match (self, kind) {
            // TEXT ends at 64 KiB there.
            (Self::Mariadb, ColumnType::Text) => "MEDIUMTEXT",
            (_, ColumnType::Text) | (Self::Sqlite, ColumnType::Date | ColumnType::Instant) => "TEXT",
            (Self::Sqlite, ColumnType::Integer | ColumnType::Flag) => "INTEGER",
            (Self::Sqlite, ColumnType::Real) => "REAL",
            // On SQLite affinity NUMERIC: numbers stay numbers, a whole one is kept as an integer and printed without a point.
            (Self::Sqlite | Self::Mariadb, ColumnType::Quantity) => "DECIMAL(18,3)",
            (Self::Sqlite | Self::Mariadb, ColumnType::Money) => "DECIMAL(18,{money_decimals})",
            (Self::Mariadb, ColumnType::Real) => "DOUBLE",
            // Kept as UTC, whatever the zone of the session; DATETIME would be a local time of nobody's zone.
            (Self::Mariadb, ColumnType::Instant) => "TIMESTAMP(6)",
            (Self::Postgres, ColumnType::Quantity) => "NUMERIC(18,3)",
            (Self::Postgres, ColumnType::Money) => "NUMERIC(18,{money_decimals})",
            (Self::Postgres, ColumnType::Real) => "DOUBLE PRECISION",
            (Self::Postgres, ColumnType::Instant) => "TIMESTAMPTZ",
            (Self::Postgres | Self::Mariadb, ColumnType::Integer) => "BIGINT",
            (Self::Postgres | Self::Mariadb, ColumnType::Date) => "DATE",
            (Self::Postgres | Self::Mariadb, ColumnType::Flag) => "BOOLEAN",
        }
    }

    /// The type of a column that is part of a key: MariaDB indexes no text without a length, and 3,072 bytes in all.
    const fn key_type_name(self, kind: ColumnType) -> &'static str {
        match (self, kind) {
            (Self::Mariadb, ColumnType::Text) => "VARCHAR(190)",
            _ => self.type_name(kind),
        }
    }

    /// What follows the columns of a table of ours.
    pub const fn table_options(self) -> &'static str {
        match self {
            Self::Sqlite | Self::Postgres => "",
            // Byte by byte, as the others compare: neither `a` and `A` are one product, nor `a` and `a `.
            Self::Mariadb => " ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin",
        }
    }

    /// `INSERT` of rows whose key is not there yet; those whose key is are left as they are, and not counted. `rows` is what follows
    /// `INTO`, `key` names the columns of the key.
    pub fn insert_new(self, rows: &str, key: &str) -> String {
        match self {
            Self::Sqlite | Self::Postgres => format!("INSERT INTO {rows} ON CONFLICT ({key}) DO NOTHING"),
            Self::Mariadb => format!("INSERT IGNORE INTO {rows}"),
        }
    }

    /// The placeholder of bind number `position`, from 1.
    pub fn placeholder(self, position: usize) -> String {
        match self {
            // MariaDB counts no placeholders: its statements are given `?` and their values in order when they are sent.
            Self::Sqlite | Self::Postgres | Self::Mariadb => format!("${position}"),
        }
    }

    /// A name as an SQL identifier; a dot separates schema and table.
    pub fn quote(self, name: &str) -> String {
        let part = |part: &str| match self {
            // MariaDB's sessions are opened with ANSI_QUOTES.
            Self::Sqlite | Self::Postgres | Self::Mariadb => format!("\"{}\"", part.replace('"', "\"\"")),
        };
        name.split('.').map(part).collect::<Vec<_>>().join(".")
    }

    /// A question for how many tables or views bear a name, with its bind.
    pub(super) fn exists_sql(self, name: &str) -> (&'static str, Value) {
        match self {
            Self::Sqlite => {
                ("SELECT COUNT(*) FROM sqlite_master WHERE type IN ('table', 'view') AND name = $1", name.into())
            }
            Self::Postgres => ("SELECT (to_regclass($1) IS NOT NULL)::int", self.quote(name).into()),
            Self::Mariadb => (
                "SELECT COUNT(*) FROM information_schema.tables \
                 WHERE table_schema = DATABASE() AND BINARY table_name = BINARY $1",
                name.into(),
            ),
        }
    }

    /// How many rows of `columns` columns go into one `INSERT ... VALUES` statement.
    ///
    /// SQLite takes 32,766 binds; beyond a few hundred rows a statement is no faster.
    pub fn rows_per_insert(self, columns: usize) -> usize {
        let binds = match self {
            Self::Sqlite => 32_766,
            Self::Postgres | Self::Mariadb => 65_535,
        };
        (binds / columns.max(1)).clamp(1, 400)
    }
}

/// `CREATE TABLE` for a schema; the grain is the primary key where none of its columns may be NULL.
pub fn create_table_sql(dialect: Dialect, schema: &TableSchema<'_>, if_not_exists: bool) -> String {
    let never_null = |name: &&str| schema.column(name).is_some_and(|column| !column.nullable);
    let key = if schema.grain.iter().all(never_null) { schema.grain } else { &[] };
    columns_sql(dialect, schema.name, schema.columns, key, if_not_exists)
}

/// `CREATE TABLE` for bare columns and a primary key, which may be empty.
pub(super) fn columns_sql(
    dialect: Dialect,
    table: &str,
    columns: &[Column<'_>],
    primary_key: &[&str],
    if_not_exists: bool,
) -> String {
    let guard = if if_not_exists { "IF NOT EXISTS " } else { "" };
    let mut sql = format!("CREATE TABLE {guard}{} (", dialect.quote(table));
    for (position, column) in columns.iter().enumerate() {
        let comma = if position == 0 { "" } else { "," };
        let null = match (dialect, column.nullable) {
            (_, false) => " NOT NULL",
            // Older ones give a timestamp that says nothing the current time for a default.
            (Dialect::Mariadb, true) => " NULL",
            (Dialect::Sqlite | Dialect::Postgres, true) => "",
        };
        let is_key = primary_key.contains(&column.name);
        let kind = if is_key { dialect.key_type_name(column.kind) } else { dialect.type_name(column.kind) };
        // Writing to a String cannot fail.
        let _ = write!(sql, "{comma}\n    {} {kind}{null}", dialect.quote(column.name));
    }
    if !primary_key.is_empty() {
        let names: Vec<String> = primary_key.iter().map(|name| dialect.quote(name)).collect();
        let _ = write!(sql, ",\n    PRIMARY KEY ({})", names.join(", "));
    }
    sql.push_str(match dialect {
        // Without it SQLite takes text for a number, and arithmetic then takes the text for 0.
        Dialect::Sqlite => "\n) STRICT",
        Dialect::Postgres | Dialect::Mariadb => "\n)",
    });
    sql.push_str(dialect.table_options());
    sql
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datasets::{PRICES, SUPPLIERS};

    #[test]
    fn a_grain_without_nulls_becomes_the_primary_key() {
        let sql = create_table_sql(Dialect::Postgres, &SUPPLIERS.schema, true);
        assert!(
            sql.starts_with("CREATE TABLE IF NOT EXISTS \"suppliers\" (\n    \"supplier_id\" TEXT NOT NULL,"),
            "{sql}"
        );
        assert!(sql.ends_with("PRIMARY KEY (\"supplier_id\")\n)"), "{sql}");
        assert!(sql.contains("\"min_order_value\" BIGINT,"), "{sql}");
    }

    #[test]
    fn a_grain_with_nulls_has_no_primary_key() {
        assert!(!create_table_sql(Dialect::Sqlite, &PRICES.schema, false).contains("PRIMARY KEY"));
    }

    #[test]
    fn a_key_of_mariadb_has_a_length_and_no_padding() {
        let sql = create_table_sql(Dialect::Mariadb, &SUPPLIERS.schema, false);
        assert!(sql.contains("\"supplier_id\" VARCHAR(190) NOT NULL,"), "{sql}");
        assert!(sql.contains("\"name\" MEDIUMTEXT"), "{sql}");
        assert!(sql.ends_with("COLLATE utf8mb4_nopad_bin"), "{sql}");
    }

    #[test]
    fn quotes_in_names_are_doubled() {
        assert_eq!(Dialect::Postgres.quote("shop.a\"b"), "\"shop\".\"a\"\"b\"");
    }
}
