//! The names and the dates of a list.

use chrono::{Days, NaiveDate};

use super::CouponTargets;
use crate::job::RunContext;

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
