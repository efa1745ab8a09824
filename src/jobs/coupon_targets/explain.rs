//! Why a customer gets an offer, or none.

use serde_json::{Value as Json, json};

use crate::explain::{CurrentRows, ExplainError, Explanation, Key};
use crate::published::{COUPON_ASSIGNMENTS, COUPON_DROPS, COUPON_TARGETS};

/// `explain coupon CUSTOMER`.
pub(super) const COUPON: Explanation = Explanation {
    word: "coupon",
    about: "Whether a customer gets an offer, and why or why not",
    keys: &[Key { name: "customer", about: "The customer", optional: false }],
    chain: |current, keys| Box::pin(coupon(current, keys)),
    told: None,
};

async fn coupon(current: &CurrentRows<'_>, keys: &[Option<String>]) -> Result<Vec<Json>, ExplainError> {
    let customer = keys.first().and_then(Option::as_deref).unwrap_or_default();
    let key = [("customer_id", customer)];
    let targets = current.read(&COUPON_TARGETS, &key, "campaign_id").await?;
    let assignments = current.read(&COUPON_ASSIGNMENTS, &key, "campaign_id").await?;
    let drops = current.read(&COUPON_DROPS, &[], "position").await?;
    let verdict = match (targets.is_empty(), assignments.is_empty()) {
        (false, _) => "on the list",
        (true, false) => "selected, and held out by chance so that the campaign can be scored",
        (true, true) => "not selected; the reasons and their counts are below",
    };
    Ok(vec![
        json!({ "customer_id": customer, "verdict": verdict, "target": targets, "assignment": assignments, "list": drops }),
    ])
}
