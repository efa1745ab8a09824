//! Tokens: who may ask `nightclerk serve`, and for what. Of a token its fingerprint alone is kept.

use serde::Serialize;

use super::cells::{as_integer, as_text, text};
use crate::warehouse::{Side, Value, Warehouse, WarehouseError};

/// What a token allows; each role allows what those before it do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// See what stands, and the pages; no file that leaves the house.
    Read,
    /// Also run and cancel dates, and see files that leave the house.
    Operate,
    /// Also see who did what.
    Admin,
}

impl Role {
    /// Its name, as the ledger and the command line have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Operate => "operate",
            Self::Admin => "admin",
        }
    }

    /// All of them, the least first.
    pub const ALL: [Self; 3] = [Self::Read, Self::Operate, Self::Admin];

    /// An unknown name, of a newer version perhaps, allows the least.
    fn parse(name: &str) -> Self {
        Self::ALL.into_iter().find(|role| role.name() == name).unwrap_or(Self::Read)
    }
}

/// A token as the ledger knows it.
#[derive(Clone, Debug, Serialize)]
pub struct TokenRow {
    /// Whose it is.
    pub name: String,
    /// What it allows.
    pub role: Role,
    /// When it was made, microseconds since 1970.
    pub created_us: i64,
    /// Since when it is worth nothing, microseconds since 1970.
    pub revoked_us: Option<i64>,
}

const COLUMNS: &str = "name, role, created_us, revoked_us";

fn token_row(row: &[Value]) -> TokenRow {
    TokenRow {
        name: as_text(row, 0),
        role: Role::parse(&as_text(row, 1)),
        created_us: as_integer(row, 2),
        revoked_us: row.get(3).and_then(Value::as_integer),
    }
}

/// Writes a token down; false where there is, or was, one of that name: who did what must stay known.
///
/// # Errors
/// When the warehouse refuses.
pub async fn add(
    warehouse: &Warehouse,
    (name, role): (&str, Role),
    fingerprint: &str,
    now_micros: i64,
) -> Result<bool, WarehouseError> {
    let rows = "nightclerk_tokens (name, role, sha256, created_us) VALUES ($1, $2, $3, $4)";
    let sql = warehouse.dialect(Side::Target).insert_new(rows, "name");
    let values = [text(name), text(role.name()), text(fingerprint), Value::Integer(now_micros)];
    Ok(warehouse.execute(Side::Target, &sql, &values).await? == 1)
}

/// Makes a token worth nothing from now on; whether there was one.
///
/// # Errors
/// When the warehouse refuses.
pub async fn revoke(warehouse: &Warehouse, name: &str, now_micros: i64) -> Result<bool, WarehouseError> {
    let sql = "UPDATE nightclerk_tokens SET revoked_us = $1 WHERE name = $2 AND revoked_us IS NULL";
    Ok(warehouse.execute(Side::Target, sql, &[Value::Integer(now_micros), text(name)]).await? == 1)
}

/// Every token, revoked ones too, by name.
///
/// # Errors
/// When the warehouse refuses.
pub async fn all(warehouse: &Warehouse) -> Result<Vec<TokenRow>, WarehouseError> {
    let sql = format!("SELECT {COLUMNS} FROM nightclerk_tokens ORDER BY name");
    Ok(warehouse.read_values(Side::Target, &sql, &[]).await?.iter().map(|row| token_row(row)).collect())
}

/// The token with a fingerprint, unless it was revoked.
///
/// # Errors
/// When the warehouse refuses.
pub async fn find(warehouse: &Warehouse, fingerprint: &str) -> Result<Option<TokenRow>, WarehouseError> {
    let sql = format!("SELECT {COLUMNS} FROM nightclerk_tokens WHERE sha256 = $1 AND revoked_us IS NULL");
    let rows = warehouse.read_values(Side::Target, &sql, &[text(fingerprint)]).await?;
    Ok(rows.first().map(|row| token_row(row)))
}
