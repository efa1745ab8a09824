//! The list as the published tables and as the file for the CRM.

use sha2::{Digest, Sha256};

use super::UpliftMetric;
use super::decision::Decision;
use super::eligibility::Fate;
use super::selection::Selected;
use crate::page_kit::ViewRows;
use crate::publication::{Export, ExportFormat, PublishedTable, Unit};
use crate::published::{COUPON_ASSIGNMENTS, COUPON_CAMPAIGNS, COUPON_DROPS, COUPON_TARGETS, Rows, RowsError};
use crate::quantities::ExpectedMoney;

/// The four tables.
pub(super) fn tables(decision: &Decision<'_>) -> Result<Vec<PublishedTable>, RowsError> {
    Ok(vec![targets(decision)?, assignments(decision)?, campaign(decision)?, drops(decision)?])
}

/// A customer to be written to, with their place in the list.
struct Target<'a> {
    rank: usize,
    customer_id: &'a str,
    selected: &'a Selected,
    idempotency_key: String,
}

fn ranked<'a>(decision: &'a Decision<'_>) -> Vec<Target<'a>> {
    let target = |(rank, selected): (usize, &'a Selected)| {
        let customer_id = decision.id(selected);
        let idempotency_key = idempotency_key(&decision.head.campaign_id, customer_id);
        Target { rank, customer_id, selected, idempotency_key }
    };
    (1..).zip(decision.treated()).map(target).collect()
}

fn targets(decision: &Decision<'_>) -> Result<PublishedTable, RowsError> {
    let Decision { params, ctx, head, .. } = decision;
    let in_currency = |minor: f64| ExpectedMoney::from_minor(minor).in_currency(ctx.currency);
    Rows::of(&COUPON_TARGETS, &ranked(decision))
        .column("campaign_id", |_| head.campaign_id.as_str())
        .column("customer_id", |row| row.customer_id)
        .column("rank", |row| row.rank)
        .column("offer_id", |_| head.offer_id.as_deref().unwrap_or_default())
        .column("expected_uplift", |row| match params.metric {
            UpliftMetric::Conversion => row.selected.uplift,
            UpliftMetric::Spend => in_currency(row.selected.uplift),
        })
        .column("expected_value", |row| in_currency(row.selected.value))
        .column("expected_cost", |row| in_currency(row.selected.cost))
        .column("reason", |row| if row.selected.exploration { "exploration" } else { "uplift" })
        .column("send_after", |_| head.send_after)
        .column("send_before", |_| head.send_before)
        .column("consent_basis", |_| head.consent_basis)
        .column("idempotency_key", |row| row.idempotency_key.as_str())
        .publish()
}

fn assignments(decision: &Decision<'_>) -> Result<PublishedTable, RowsError> {
    let head = &decision.head;
    let mut rows: Vec<&Selected> = decision.selection.selected.iter().collect();
    rows.sort_by_key(|row| row.customer);
    Rows::of(&COUPON_ASSIGNMENTS, &rows)
        .column("campaign_id", |_| head.campaign_id.as_str())
        .column("customer_id", |row| decision.id(row))
        .column("variant", |row| if row.treated { "treatment" } else { "control" })
        .column("probability", |row| if row.treated { 1.0 - head.holdout_share } else { head.holdout_share })
        .column("assigned_on", |_| decision.ctx.as_of)
        .publish()
}

fn campaign(decision: &Decision<'_>) -> Result<PublishedTable, RowsError> {
    let Decision { params, ctx, head, .. } = decision;
    Rows::of(&COUPON_CAMPAIGNS, std::slice::from_ref(head))
        .in_currency(ctx.currency)
        .column("campaign_id", |head| head.campaign_id.as_str())
        .column("name", |head| format!("Coupons of {}", head.starts_on))
        .column("kind", |_| "coupon")
        .column("starts_on", |head| head.starts_on)
        .column("ends_on", |head| head.ends_on)
        .column("randomised", |head| head.holdout_share > 0.0)
        .column("contact_cost", |_| ExpectedMoney::from_minor(params.contact_cost.minor(ctx.currency)))
        .column("offer_id", |head| head.offer_id.as_deref())
        .column("budget", |_| ExpectedMoney::from_minor(params.budget.minor(ctx.currency)))
        .column("primary_metric", |_| params.metric.name())
        .publish()
}

fn drops(decision: &Decision<'_>) -> Result<PublishedTable, RowsError> {
    let fates: Vec<(i64, Fate)> = (1..).zip(Fate::ALL).collect();
    Rows::of(&COUPON_DROPS, &fates)
        .column("campaign_id", |_| decision.head.campaign_id.as_str())
        .column("position", |(position, _)| *position)
        .column("reason", |(_, fate)| fate.reason())
        .column("customers", |(_, fate)| decision.count(*fate))
        .column("text", |(_, fate)| fate.text())
        .publish()
}

/// 16 hexadecimal digits of SHA-256 over `campaign_id|customer_id`.
pub(super) fn idempotency_key(campaign_id: &str, customer_id: &str) -> String {
    let digest = Sha256::digest(format!("{campaign_id}|{customer_id}"));
    let bits = digest.iter().take(8).fold(0_u64, |bits, &byte| (bits << 8) | u64::from(byte));
    format!("{bits:016x}")
}

/// The file that is uploaded to the CRM.
pub(super) fn export(decision: &Decision<'_>) -> Export {
    let head = &decision.head;
    ViewRows::of(&ranked(decision))
        .text("external_id", |row| row.customer_id)
        .text("campaign_id", |_| head.campaign_id.as_str())
        .text("offer_id", |_| head.offer_id.as_deref().unwrap_or_default())
        .number("rank", Unit::Count, |row| row.rank)
        .text("send_after", |_| head.send_after)
        .text("send_before", |_| head.send_before)
        .text("consent_basis", |_| head.consent_basis)
        .text("idempotency_key", |row| row.idempotency_key.as_str())
        .export(
            format!("coupon-list-{}", head.campaign_id),
            &[ExportFormat::Csv],
            "The list for the CRM: one row per customer to be sent the offer, the best first; whoever is held out is not in it",
        )
        .leaving()
}
