//! The kinds of job, one folder each.

pub mod basket_rules;
pub mod campaign_lift;
pub mod coupon_targets;
pub mod demand_forecast;
pub mod inventory_plan;
