//! What a reader must know beside the verdicts.

use super::decision::Decision;
use super::lift_row::LiftRow;
use crate::page_kit::{Concern, EXAMPLES, Rule};
use crate::publication::Caveat;
use crate::publication::Severity::{self, Note, Warning};
use crate::words::percent;

/// Shares of revenue without a known cost above which the margin share is doubtful.
const UNKNOWN_COST: f64 = 0.2;

/// What is said of campaigns for which something was missing, by the code of [`super::measure::Gaps`].
const GAPS: [(&str, Severity, &str); 11] = [
    ("ends_before_start", Warning, "campaigns end before they start and are not scored; mend `ends_on`"),
    (
        "no_assignments",
        Warning,
        "campaigns have no customer in `assignments` and cannot be scored; map who was addressed and who was held out",
    ),
    (
        "no_contact_cost",
        Warning,
        "campaigns have no `contact_cost`, and so no net value; fill it in, 0 where contacts are free",
    ),
    (
        "no_margin_share",
        Warning,
        "campaigns have no net value: there is no margin share; set `margin_share`, or map `products.unit_cost` and `daily_sales`",
    ),
    (
        "no_outcomes",
        Warning,
        "campaigns are not scored: `campaign_outcomes` does not hold them and `customer_days` begins after they started; load older orders",
    ),
    (
        "no_probability",
        Warning,
        "randomised campaigns do not say with which probability customers came into an arm, so that a broken split would go unseen; fill in `probability` or set `control_share`",
    ),
    (
        "no_redemptions",
        Warning,
        "campaigns carry an offer but what was redeemed is not known, and so no net value; map `redemptions` with `amount`",
    ),
    (
        "stratified",
        Note,
        "campaigns held out some customers with higher probability than others; arms were compared within equal probability",
    ),
    ("too_old", Note, "campaigns started before `history_days` and are not scored"),
    (
        "unknown_primary_metric",
        Warning,
        "campaigns name a `primary_metric` that was not measured; spend (or the first metric) was taken instead",
    ),
    (
        "varying_probability",
        Warning,
        "campaigns of several arms have probabilities that differ between customers; their plain difference may be off, use one probability per arm",
    ),
];

/// The caveats of a scoring.
pub(super) fn caveats(decision: &Decision<'_>) -> Vec<Caveat> {
    let mut caveats: Vec<Caveat> = GAPS.iter().filter_map(|gap| missing(decision, *gap)).collect();
    caveats.extend(Rule::caveats(&about_rows(), decision));
    caveats
}

fn missing(decision: &Decision<'_>, (code, severity, text): (&str, Severity, &str)) -> Option<Caveat> {
    let campaigns = decision.gaps.0.get(code)?;
    let caveat = Caveat::note(code, campaigns.len() as u64, text).naming(campaigns);
    Some(Caveat { severity, ..caveat })
}

fn about_rows<'d>() -> [Rule<Decision<'d>>; 5] {
    [
        Rule::note("too_small_to_tell", |decision| {
            let is_below = |row: &&LiftRow| {
                row.difference.zip(row.detectable).is_some_and(|(found, least)| found.estimate.abs() < least)
            };
            let unsure: Vec<&LiftRow> = decision.with_verdict("unclear").filter(is_below).collect();
            let least: Vec<String> = unsure.iter().take(EXAMPLES).map(|row| detectable(decision, row)).collect();
            concern(
                &unsure,
                format!(
                    "campaigns are unclear because they are small: they could only have seen effects above ({}); hold out more customers or pool campaigns",
                    least.join("; ")
                ),
            )
        }),
        Rule::warning("broken_split", |decision| {
            let rows: Vec<&LiftRow> = decision.with_verdict("broken_split").collect();
            concern(
                &rows,
                "campaigns have arms that the plan does not explain; look for customers lost between list and send",
            )
        }),
        Rule::warning("not_randomised", |decision| {
            let rows: Vec<&LiftRow> = decision.with_verdict("not_randomised").collect();
            concern(
                &rows,
                "campaigns were not randomised: no money is claimed for them; hold out a random 10 % next time",
            )
        }),
        Rule::warning("margin_share_partial", |decision| {
            let margin = decision.computed_margin.filter(|margin| margin.known < 1.0 - UNKNOWN_COST)?;
            Some(Concern::of(
                1,
                format!(
                    "the margin share of {} rests on {} of revenue, the rest has no `unit_cost`; fill it in or set `margin_share`",
                    percent(margin.share, 1),
                    percent(margin.known, 0)
                ),
            ))
        }),
        Rule::note("no_net_value", |decision| {
            let text = "no campaign is over, randomised, soundly split and priced, so that no net value can be named";
            decision.total.is_none().then(|| Concern::of(1, text))
        }),
    ]
}

/// What is said of these rows, by their campaigns.
fn concern(rows: &[&LiftRow], text: impl Into<String>) -> Option<Concern> {
    let campaigns = rows.iter().map(|row| row.campaign_id.as_str());
    Some(Concern::of_any(rows.len() as u64, text)?.naming(campaigns))
}

/// The smallest effect that the row could have seen, in words.
fn detectable(decision: &Decision<'_>, row: &LiftRow) -> String {
    let (id, currency) = (&row.campaign_id, decision.ctx.currency);
    match (row.metric.as_str(), row.detectable.unwrap_or(0.0)) {
        ("spend", least) => {
            format!("{id}: {:.2} {} per customer", least / currency.minor_per_major(), currency.code())
        }
        ("conversion", least) => format!("{id}: {:.2} points", 100.0 * least),
        (metric, least) => format!("{id}: {least:.3} {metric}"),
    }
}
