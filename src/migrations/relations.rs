//! The tables and views that a warehouse really has.

use std::collections::BTreeMap;

use super::schemas::{Role, Schema, SchemaColumn};
use super::steps::in_currency;
use crate::published::staged_name;
use crate::quantities::Currency;
use crate::table::ColumnType;
use crate::warehouse::{Dialect, Side, Transaction, Value, Warehouse, WarehouseError};

/// Tables and views by name.
pub type Relations = BTreeMap<String, Relation>;

/// A table or a view.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relation {
    /// Its columns, in order. None for a view on SQLite, which has those of its table at any time.
    pub columns: Vec<FoundColumn>,
}

/// A column as an engine describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundColumn {
    /// Its name.
    pub name: String,
    /// Its type in the words of `CREATE TABLE`.
    pub sql_type: String,
    /// Whether it may hold NULL.
    pub nullable: bool,
}

impl Relation {
    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&FoundColumn> {
        self.columns.iter().find(|column| column.name == name)
    }
}

impl FoundColumn {
    /// The type, and whether NULL is allowed.
    pub(super) fn definition(&self) -> String {
        definition(&self.sql_type, self.nullable)
    }
}

impl SchemaColumn {
    /// The column as an engine describes it.
    pub(super) fn on(&self, dialect: Dialect) -> FoundColumn {
        let sql_type = dialect.type_name(self.kind).to_owned();
        FoundColumn { name: self.name.clone(), sql_type, nullable: self.nullable }
    }

    /// The type, and whether NULL is allowed, as `CREATE TABLE` has it.
    pub(super) fn definition(&self, dialect: Dialect) -> String {
        definition(dialect.type_name(self.kind), self.nullable)
    }
}

fn definition(sql_type: &str, nullable: bool) -> String {
    format!("{sql_type}{}", if nullable { "" } else { " NOT NULL" })
}

/// The name of the view that consumers read.
pub(super) fn view(table: &str) -> String {
    format!("{table}_current")
}

/// The tables and views that belong to a schema; views last.
pub(super) fn names(schema: &Schema) -> Vec<String> {
    match schema.role {
        Role::Ledger => vec![schema.name.clone()],
        Role::Published => vec![schema.name.clone(), staged_name(&schema.name), view(&schema.name)],
    }
}

/// What a warehouse would have that has exactly these tables.
pub fn of(dialect: Dialect, schemas: &[Schema]) -> Relations {
    let mut relations = Relations::new();
    for schema in schemas {
        for name in names(schema) {
            let has_columns = dialect != Dialect::Sqlite || name != view(&schema.name);
            let columns = schema.columns.iter().filter(|_| has_columns).map(|column| column.on(dialect));
            relations.insert(name, Relation { columns: columns.collect() });
        }
    }
    relations
}

/// Who is asked: the warehouse, or a transaction that has changed it.
#[derive(Debug)]
pub(super) enum Reader<'a> {
    Warehouse(&'a Warehouse),
    Transaction(&'a mut Transaction),
}

impl Reader<'_> {
    pub(super) fn dialect(&self) -> Dialect {
        match self {
            Self::Warehouse(warehouse) => warehouse.dialect(Side::Target),
            Self::Transaction(transaction) => transaction.dialect(),
        }
    }

    pub(super) async fn rows(&mut self, sql: &str) -> Result<Vec<Vec<Value>>, WarehouseError> {
        match self {
            Self::Warehouse(warehouse) => warehouse.read_values(Side::Target, sql, &[]).await,
            Self::Transaction(transaction) => transaction.read_values(sql, &[]).await,
        }
    }
}

/// Reads which of these tables and views there are, and their columns.
///
/// A type that is that of money in this currency gets the name that it has in steps.
pub(super) async fn read(
    reader: &mut Reader<'_>,
    names: &[String],
    currency: Currency,
) -> Result<Relations, WarehouseError> {
    let dialect = reader.dialect();
    let mut relations = Relations::new();
    for row in reader.rows(&catalogue_sql(dialect, names)).await? {
        let [name, column, sql_type, nullable] = row.as_slice() else { continue };
        let relation = relations.entry(name.as_text().unwrap_or_default().to_owned()).or_default();
        // A view on SQLite is a row without a column.
        if let Some(column) = column.as_text() {
            relation.columns.push(FoundColumn {
                name: column.to_owned(),
                sql_type: type_name(dialect, sql_type.as_text().unwrap_or_default(), currency),
                nullable: nullable.as_flag().unwrap_or_default(),
            });
        }
    }
    Ok(relations)
}

/// Reads what a warehouse has of the tables and views of these schemas.
///
/// # Errors
/// When the warehouse cannot be asked.
pub async fn of_warehouse(
    warehouse: &Warehouse,
    schemas: &[Schema],
    currency: Currency,
) -> Result<Relations, WarehouseError> {
    let names: Vec<String> = schemas.iter().flat_map(names).collect();
    read(&mut Reader::Warehouse(warehouse), &names, currency).await
}

/// Where our tables are on PostgreSQL: the first schema of the search path, whether it is there or not.
pub(super) const OUR_SCHEMA: &str = "btrim(split_part(current_setting('search_path'), ',', 1), ' \"')";

/// Selects name, column, type and whether it may hold NULL.
fn catalogue_sql(dialect: Dialect, names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    let names = names.join(", ");
    match dialect {
        // A view whose table is gone cannot be asked for its columns. A primary key is never NULL, whatever `notnull` says.
        Dialect::Sqlite => format!(
            "SELECT m.name, p.name, p.type, p.\"notnull\" = 0 AND p.pk = 0 \
             FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name IN ({names}) \
             UNION ALL SELECT name, NULL, NULL, NULL FROM sqlite_master WHERE type = 'view' AND name IN ({names})"
        ),
        Dialect::Mariadb => format!(
            "SELECT table_name, column_name, column_type, is_nullable = 'YES' FROM information_schema.columns \
             WHERE table_schema = DATABASE() AND table_name IN ({names}) ORDER BY table_name, ordinal_position"
        ),
        Dialect::Postgres => format!(
            "SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod)::text, \
             NOT a.attnotnull \
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid \
             WHERE n.nspname = {OUR_SCHEMA} AND c.relkind IN ('r', 'p', 'v') AND a.attnum > 0 AND NOT a.attisdropped \
             AND c.relname IN ({names}) ORDER BY c.relname, a.attnum"
        ),
    }
}

/// The word of `CREATE TABLE` for an engine's word.
fn type_name(dialect: Dialect, found: &str, currency: Currency) -> String {
    let (found, money) = (found.to_uppercase(), dialect.type_name(ColumnType::Money));
    match (dialect, found.as_str()) {
        (Dialect::Postgres, "TIMESTAMP WITH TIME ZONE") => "TIMESTAMPTZ".to_owned(),
        (Dialect::Mariadb, "BIGINT(20)") => "BIGINT".to_owned(),
        (Dialect::Mariadb, "TINYINT(1)") => "BOOLEAN".to_owned(),
        // A key has a length there, which the schemas do not know.
        (Dialect::Mariadb, text) if text.starts_with("VARCHAR(") => dialect.type_name(ColumnType::Text).to_owned(),
        _ if found == in_currency(money, currency) => money.to_owned(),
        _ => found,
    }
}
