//! Our own tables, as a run reads them, and the reading itself.

use polars::prelude::DataFrame;

use crate::warehouse::{Query, Side, Transaction, Value, Warehouse, WarehouseError};

/// Who is asked for our own tables: the reading of the retailer's, where they are in one database. A second connection beside it would
/// do too; behind a pooler that is short of them, runs that hold one and wait for another wait for each other.
pub(super) enum Ours<'a> {
    Snapshot(tokio::sync::MutexGuard<'a, Option<Transaction>>),
    Warehouse(&'a Warehouse),
}

impl Ours<'_> {
    pub(super) async fn table_exists(&mut self, name: &str) -> Result<bool, WarehouseError> {
        match self {
            Self::Snapshot(snapshot) => snapshot.as_mut().ok_or_else(ended)?.table_exists(name).await,
            Self::Warehouse(warehouse) => warehouse.table_exists(Side::Target, name).await,
        }
    }

    pub(super) async fn read_values(&mut self, sql: &str, binds: &[Value]) -> Result<Vec<Vec<Value>>, WarehouseError> {
        match self {
            Self::Snapshot(snapshot) => snapshot.as_mut().ok_or_else(ended)?.read_values(sql, binds).await,
            Self::Warehouse(warehouse) => warehouse.read_values(Side::Target, sql, binds).await,
        }
    }

    pub(super) async fn read(&mut self, query: &Query<'_>) -> Result<DataFrame, WarehouseError> {
        match self {
            Self::Snapshot(snapshot) => Ok(snapshot.as_mut().ok_or_else(ended)?.read_sound(query).await?.0),
            Self::Warehouse(warehouse) => warehouse.read(Side::Target, query).await,
        }
    }
}

fn ended() -> WarehouseError {
    WarehouseError::Busy { origin: "published tables".to_owned(), message: "the reading has ended".to_owned() }
}

/// The reading, begun where nobody has begun it.
pub(super) async fn begun<'a>(
    snapshot: &'a mut Option<Transaction>,
    warehouse: &Warehouse,
) -> Result<&'a mut Transaction, WarehouseError> {
    match snapshot {
        Some(begun) => Ok(begun),
        none => Ok(none.insert(warehouse.snapshot().await?)),
    }
}

/// Refuses an empty answer where the same question has one outside of the reading: what TRUNCATE emptied and somebody filled again after
/// the reading began is empty for it, and never was for the retailer.
pub(super) async fn refuse_refilled(warehouse: &Warehouse, query: &Query<'_>) -> Result<(), WarehouseError> {
    if warehouse.read(Side::Source, query).await?.height() == 0 {
        return Ok(());
    }
    let message = "what it reads was emptied and filled again meanwhile".to_owned();
    Err(WarehouseError::Busy { origin: query.origin.to_owned(), message })
}
