//! Our advice, read as the generated shop follows it.

use chrono::NaiveDate;
use polars::prelude::{DataFrame, PolarsResult};

use super::{number, rows, text};
use crate::published::{COUPON_ASSIGNMENTS, COUPON_CAMPAIGNS, INVENTORY_RECOMMENDATIONS, Table};
use crate::shop::{CouponContact, OfferValue, OrderUpTo, PlacedOrder};
use crate::warehouse::{Query, Side, Value, Warehouse, WarehouseError};

/// The current recommendations: what to order on which day, and the level to keep to afterwards.
///
/// # Errors
/// When the warehouse refuses.
pub async fn planned_orders(warehouse: &Warehouse) -> Result<(Vec<PlacedOrder>, Vec<OrderUpTo>), WarehouseError> {
    let table = &INVENTORY_RECOMMENDATIONS;
    let frame = current(warehouse, table).await?;
    orders_and_levels(&frame)
        .map_err(|error| WarehouseError::Frame { table: table.name().to_owned(), message: error.to_string() })
}

/// The current publication of a table.
async fn current(warehouse: &Warehouse, table: &Table) -> Result<DataFrame, WarehouseError> {
    let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    let query = Query {
        origin: table.name(),
        sql: &format!("SELECT {} FROM {}_current", names.join(", "), table.name()),
        binds: Vec::new(),
        schema: &table.schema,
        keeps_attributes: false,
        timezone: chrono_tz::Tz::UTC,
        quarantine: None,
    };
    warehouse.read(Side::Target, &query).await
}

fn orders_and_levels(frame: &DataFrame) -> PolarsResult<(Vec<PlacedOrder>, Vec<OrderUpTo>)> {
    let (product, location) = (frame.column("product_id")?.str()?, frame.column("location_id")?.str()?);
    let (quantity, level) = (frame.column("order_quantity")?.f64()?, frame.column("order_up_to")?.f64()?);
    let order_on = frame.column("order_on")?.date()?.physical();
    let (mut orders, mut levels) = (Vec::new(), Vec::new());
    for row in 0..frame.height() {
        let (Some(product), Some(location)) = (product.get(row), location.get(row)) else { continue };
        let (product_id, location_id) = (product.to_owned(), location.to_owned());
        let (quantity, level) = (quantity.get(row).unwrap_or(0.0), level.get(row).unwrap_or(0.0));
        let order_on = order_on.get(row).and_then(NaiveDate::from_epoch_days).unwrap_or_default();
        levels.push(OrderUpTo { product_id: product_id.clone(), location_id: location_id.clone(), level });
        orders.push(PlacedOrder { product_id, location_id, quantity: quantity as i64, order_on });
    }
    Ok((orders, levels))
}

/// Everybody on our lists, with what the coupon is worth.
///
/// # Errors
/// When the warehouse refuses.
pub async fn coupon_contacts(warehouse: &Warehouse) -> Result<Vec<CouponContact>, WarehouseError> {
    let published = |table: &str| {
        format!("FROM {table} t JOIN nightclerk_publications p ON p.run_id = t.run_id WHERE p.state = 'published'")
    };
    let sql = format!(
        "SELECT a.campaign_id, c.offer_id, a.customer_id, a.variant, a.assigned_on, o.kind, o.value \
         FROM (SELECT t.* {}) a \
         JOIN (SELECT t.campaign_id, t.offer_id {}) c ON c.campaign_id = a.campaign_id \
         JOIN offers o ON o.offer_id = c.offer_id ORDER BY a.campaign_id, a.customer_id",
        published(COUPON_ASSIGNMENTS.name()),
        published(COUPON_CAMPAIGNS.name()),
    );
    let contact = |row: &Vec<Value>| CouponContact {
        campaign_id: text(row, 0).to_owned(),
        offer_id: text(row, 1).to_owned(),
        customer_id: text(row, 2).to_owned(),
        variant: text(row, 3).to_owned(),
        assigned_on: crate::runner::ledger::as_date(row, 4),
        value: match text(row, 5) {
            "rate" => OfferValue::Rate(number(row, 6)),
            _ => OfferValue::Amount(number(row, 6) as i64),
        },
    };
    Ok(rows(warehouse, &sql).await?.iter().map(contact).collect())
}
