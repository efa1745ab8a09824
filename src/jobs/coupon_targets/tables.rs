//! The list as the published tables and as the file for the CRM.

use chrono::{Days, NaiveDate};
use polars::prelude::{Column, DataFrame, DataType, PlSmallStr, PolarsResult};
use sha2::{Digest, Sha256};

use super::CouponTargets;
use super::eligibility::Fate;
use super::facts::Facts;
use super::selection::{Selected, Selection, minor};
use super::words::column;
use crate::job::RunContext;
use crate::publication::{Cell, Export, ExportFormat, PublishedTable, Unit};
use crate::published::Table;
use crate::published::{COUPON_ASSIGNMENTS, COUPON_CAMPAIGNS, COUPON_DROPS, COUPON_TARGETS};

/// The list's own names and dates.
#[derive(Clone, Debug)]
pub(super) struct ListHead {
    pub campaign_id: String,
    /// `None` when nobody may be written to and no offer is known.
    pub offer_id: Option<String>,
    /// Probability of the control arm.
    pub holdout_share: f64,
    pub consent_basis: &'static str,
    pub send_after: NaiveDate,
    pub send_before: NaiveDate,
    pub starts_on: NaiveDate,
    pub ends_on: NaiveDate,
}

impl ListHead {
    /// The list of this run.
    pub(super) fn new(params: &CouponTargets, ctx: &RunContext, offer_id: Option<String>, holdout_share: f64) -> Self {
        let after = |days: u32| ctx.as_of.checked_add_days(Days::new(u64::from(days))).unwrap_or(ctx.as_of);
        Self {
            campaign_id: campaign_id(ctx),
            offer_id,
            holdout_share,
            consent_basis: if params.require_consent {
                "customers.consent_marketing"
            } else {
                "not required by `require_consent`"
            },
            send_after: after(1),
            send_before: after(params.send_window_days.get()),
            starts_on: after(1),
            ends_on: after(params.campaign_days.get()),
        }
    }
}

/// `coupons-2026-11-22`; lists of a job of another name carry that name.
pub(super) fn campaign_id(ctx: &RunContext) -> String {
    if ctx.job == "coupon_targets" {
        format!("coupons-{}", ctx.as_of)
    } else {
        format!("coupons-{}-{}", ctx.job, ctx.as_of)
    }
}

/// The four tables.
pub(super) fn tables(
    params: &CouponTargets,
    ctx: &RunContext,
    facts: &Facts,
    head: &ListHead,
    selection: &Selection,
    fates: &[Fate],
) -> PolarsResult<Vec<PublishedTable>> {
    Ok(vec![
        targets(facts, head, selection)?,
        assignments(ctx, facts, head, selection)?,
        campaign(params, ctx, head)?,
        drops(head, fates)?,
    ])
}

fn treated(selection: &Selection) -> impl Iterator<Item = &Selected> {
    selection.selected.iter().filter(|selected| selected.treated)
}

fn id<'f>(facts: &'f Facts, selected: &Selected) -> &'f str {
    &facts.customers[selected.customer].id
}

fn targets(facts: &Facts, head: &ListHead, selection: &Selection) -> PolarsResult<PublishedTable> {
    let rows: Vec<&Selected> = treated(selection).collect();
    let n = rows.len();
    let offer = head.offer_id.as_deref().unwrap_or_default();
    let reasons: Vec<&str> = rows.iter().map(|row| if row.exploration { "exploration" } else { "uplift" }).collect();
    let keys: Vec<String> = rows.iter().map(|row| idempotency_key(&head.campaign_id, id(facts, row))).collect();
    table(
        &COUPON_TARGETS,
        n,
        vec![
            Column::new("".into(), vec![head.campaign_id.as_str(); n]),
            Column::new("".into(), rows.iter().map(|row| id(facts, row)).collect::<Vec<_>>()),
            Column::new("".into(), (1..=n as i64).collect::<Vec<_>>()),
            Column::new("".into(), vec![offer; n]),
            Column::new("".into(), rows.iter().map(|row| row.uplift).collect::<Vec<_>>()),
            Column::new("".into(), rows.iter().map(|row| row.value).collect::<Vec<_>>()),
            Column::new("".into(), rows.iter().map(|row| row.cost).collect::<Vec<_>>()),
            Column::new("".into(), reasons),
            Column::new("".into(), vec![head.send_after.to_epoch_days(); n]),
            Column::new("".into(), vec![head.send_before.to_epoch_days(); n]),
            Column::new("".into(), vec![head.consent_basis; n]),
            Column::new("".into(), keys),
        ],
    )
}

fn assignments(
    ctx: &RunContext,
    facts: &Facts,
    head: &ListHead,
    selection: &Selection,
) -> PolarsResult<PublishedTable> {
    let mut rows: Vec<&Selected> = selection.selected.iter().collect();
    rows.sort_by_key(|row| row.customer);
    let n = rows.len();
    let probability = |row: &&Selected| if row.treated { 1.0 - head.holdout_share } else { head.holdout_share };
    let variants: Vec<&str> = rows.iter().map(|row| if row.treated { "treatment" } else { "control" }).collect();
    table(
        &COUPON_ASSIGNMENTS,
        n,
        vec![
            Column::new("".into(), vec![head.campaign_id.as_str(); n]),
            Column::new("".into(), rows.iter().map(|row| id(facts, row)).collect::<Vec<_>>()),
            Column::new("".into(), variants),
            Column::new("".into(), rows.iter().map(probability).collect::<Vec<_>>()),
            Column::new("".into(), vec![ctx.as_of.to_epoch_days(); n]),
        ],
    )
}

fn campaign(params: &CouponTargets, ctx: &RunContext, head: &ListHead) -> PolarsResult<PublishedTable> {
    let name = format!("Coupons of {}", head.starts_on);
    table(
        &COUPON_CAMPAIGNS,
        1,
        vec![
            Column::new("".into(), vec![head.campaign_id.as_str()]),
            Column::new("".into(), vec![name]),
            Column::new("".into(), vec!["coupon"]),
            Column::new("".into(), vec![head.starts_on.to_epoch_days()]),
            Column::new("".into(), vec![head.ends_on.to_epoch_days()]),
            Column::new("".into(), vec![head.holdout_share > 0.0]),
            Column::new("".into(), vec![Some(minor(ctx, params.contact_cost.get()).round() as i64)]),
            Column::new("".into(), vec![head.offer_id.as_deref()]),
            Column::new("".into(), vec![Some(minor(ctx, params.budget.get()).round() as i64)]),
            Column::new("".into(), vec![Some(params.metric.name())]),
        ],
    )
}

fn drops(head: &ListHead, fates: &[Fate]) -> PolarsResult<PublishedTable> {
    let n = Fate::ALL.len();
    let counts: Vec<i64> =
        Fate::ALL.iter().map(|fate| fates.iter().filter(|found| *found == fate).count() as i64).collect();
    table(
        &COUPON_DROPS,
        n,
        vec![
            Column::new("".into(), vec![head.campaign_id.as_str(); n]),
            Column::new("".into(), (1..=n as i64).collect::<Vec<_>>()),
            Column::new("".into(), Fate::ALL.iter().map(|fate| fate.reason()).collect::<Vec<_>>()),
            Column::new("".into(), counts),
            Column::new("".into(), Fate::ALL.iter().map(|fate| fate.text()).collect::<Vec<_>>()),
        ],
    )
}

/// Names and types the columns as the schema says; dates come as days since 1970-01-01.
fn table(table: &'static Table, height: usize, columns: Vec<Column>) -> PolarsResult<PublishedTable> {
    let mut typed = Vec::with_capacity(columns.len());
    for (column, described) in columns.into_iter().zip(table.columns) {
        let wanted: DataType = described.kind.dtype();
        typed.push(column.cast(&wanted)?.with_name(PlSmallStr::from_static(described.name)));
    }
    Ok(PublishedTable { table, frame: DataFrame::new(height, typed)? })
}

/// 16 hexadecimal digits of SHA-256 over `campaign_id|customer_id`.
pub(super) fn idempotency_key(campaign_id: &str, customer_id: &str) -> String {
    let digest = Sha256::digest(format!("{campaign_id}|{customer_id}"));
    let bits = digest.iter().take(8).fold(0_u64, |bits, &byte| (bits << 8) | u64::from(byte));
    format!("{bits:016x}")
}

/// The file that is uploaded to the CRM.
pub(super) fn export(facts: &Facts, head: &ListHead, selection: &Selection) -> Export {
    let text = |text: &str| Cell::Text(text.to_owned());
    let rows = treated(selection).enumerate().map(|(at, row)| {
        vec![
            text(id(facts, row)),
            text(&head.campaign_id),
            text(head.offer_id.as_deref().unwrap_or_default()),
            Cell::Number((at + 1) as f64),
            Cell::Date(head.send_after),
            Cell::Date(head.send_before),
            text(head.consent_basis),
            text(&idempotency_key(&head.campaign_id, id(facts, row))),
        ]
    });
    let columns = [
        ("external_id", None),
        ("campaign_id", None),
        ("offer_id", None),
        ("rank", Some(Unit::Count)),
        ("send_after", None),
        ("send_before", None),
        ("consent_basis", None),
        ("idempotency_key", None),
    ];
    Export {
        stem: format!("coupon-list-{}", head.campaign_id),
        formats: &[ExportFormat::Csv],
        about: "The list for the CRM: one row per customer to be sent the offer, the best first; whoever is held out is not in it".to_owned(),
        columns: columns.into_iter().map(|(label, unit)| column(label, unit)).collect(),
        rows: rows.collect(),
    }
}
