//! Scores every campaign and says what a reader must know.

use chrono::Days;

use super::arms::Window;
use super::dataset::{CampaignBook, CampaignFrames, margin_share};
use super::frame::{Grade, LiftRow, frame_of};
use super::measure::{Gaps, Terms, rows_of};
use super::{CampaignLift, page, verdicts};
use crate::job::{Progress, RunContext};
use crate::models::experiment::{Estimate, holm};
use crate::publication::{Caveat, Metric, Publication, PublishedTable, Severity, Unit};
use crate::published::CAMPAIGN_LIFT;

/// Shares of revenue without a known cost above which the margin share is doubtful.
const UNKNOWN_COST: f64 = 0.2;

pub(super) fn recommend(
    params: &CampaignLift,
    ctx: &RunContext,
    frames: &CampaignFrames,
    progress: &Progress,
) -> anyhow::Result<Publication> {
    let book = CampaignBook::read(frames)?;
    let computed = if params.margin_share.is_none() { margin_share(frames, ctx.as_of)? } else { None };
    let share = params.margin_share.map(crate::quantities::Share::get).or(computed.map(|(share, _)| share));
    let terms = Terms { params, margin_share: share };
    let oldest = ctx.as_of.checked_sub_days(Days::new(u64::from(params.history_days.get()))).unwrap_or(ctx.as_of);
    let mut gaps = Gaps::default();
    let mut rows = Vec::new();
    for (done, campaign) in book.campaigns.iter().enumerate() {
        progress.report("campaigns scored", done as u64, book.campaigns.len() as u64);
        if campaign.starts > ctx.as_of {
            continue;
        }
        if campaign.starts < oldest {
            gaps.note("too_old", campaign);
        } else if campaign.members.is_empty() {
            gaps.note("no_assignments", campaign);
        } else if campaign.ends < campaign.starts {
            gaps.note("ends_before_start", campaign);
        } else {
            rows.extend(rows_of(campaign, Window::of(campaign, ctx.as_of), &book, &terms, &mut gaps));
        }
    }
    correct(&mut rows);
    let money: std::collections::BTreeMap<(String, String), (Estimate, f64)> = rows
        .iter()
        .filter_map(|row| Some(((row.campaign_id.clone(), row.arm.clone()), (row.net?, row.cost?))))
        .collect();
    for row in &mut rows {
        // The verdict of an arm rests on its money, whichever metric a row is about.
        row.arm_money = money.get(&(row.campaign_id.clone(), row.arm.clone())).copied();
        row.explanation = verdicts::explanation(row, ctx.currency);
    }
    let mut caveats = caveats_of(&gaps);
    caveats.extend(caveats_of_rows(&rows, ctx.currency));
    if let Some((share, known)) = computed.filter(|(_, known)| *known < 1.0 - UNKNOWN_COST) {
        caveats.push(Caveat {
            severity: Severity::Warning,
            code: "margin_share_partial".to_owned(),
            count: 1,
            text: format!(
                "the margin share of {:.1} % rests on {:.0} % of revenue, the rest has no `unit_cost`; fill it in or set `margin_share`",
                100.0 * share,
                100.0 * known
            ),
            examples: Vec::new(),
        });
    }
    let total = total_net(&rows);
    let count = |verdict: &str| main_rows(&rows).filter(|row| row.verdict == verdict).count() as f64;
    let metric = |name: &str, value: Option<f64>, unit: Unit, meaning: &str| Metric {
        name: name.to_owned(),
        value,
        unit,
        meaning: meaning.to_owned(),
    };
    let metrics = vec![
        metric("net_value", total.map(|net| net.estimate), Unit::Money, "Net value of scored campaigns"),
        metric("arms_paid", Some(count("paid")), Unit::Count, "Campaigns that paid"),
        metric("arms_lost", Some(count("lost")), Unit::Count, "Campaigns that lost money"),
        metric("arms_unclear", Some(count("unclear")), Unit::Count, "Campaigns that are unclear"),
        metric("arms_not_randomised", Some(count("not_randomised")), Unit::Count, "Campaigns without a random holdout"),
        metric("margin_share", share, Unit::Share, "Margin per unit of revenue"),
    ];
    if total.is_none() {
        caveats.push(Caveat {
            severity: Severity::Note,
            code: "no_net_value".to_owned(),
            count: 1,
            text: "no campaign is over, randomised, soundly split and priced, so that no net value can be named"
                .to_owned(),
            examples: Vec::new(),
        });
    }
    let frame = frame_of(&rows)?;
    Ok(Publication {
        page: page::page(ctx, frames, &rows, total)?,
        exports: if rows.is_empty() { Vec::new() } else { vec![page::export(&rows)] },
        audits: Vec::new(),
        memory: None,
        tables: vec![PublishedTable { table: &CAMPAIGN_LIFT, frame }],
        metrics,
        caveats,
    })
}

/// One row per arm: that of the primary metric.
pub(super) fn main_rows(rows: &[LiftRow]) -> impl Iterator<Item = &LiftRow> {
    rows.iter().filter(|row| row.primary)
}

/// Holm over the primary comparisons that count: randomised, over, soundly split.
fn correct(rows: &mut [LiftRow]) {
    let counts = |row: &LiftRow| {
        row.primary
            && row.grade == Grade::Randomised
            && row.complete
            && row.verdict != "broken_split"
            && row.p_value.is_some()
    };
    let family: Vec<usize> = (0..rows.len()).filter(|&index| counts(&rows[index])).collect();
    let p_values: Vec<f64> = family.iter().filter_map(|&index| rows[index].p_value).collect();
    for (index, adjusted) in family.into_iter().zip(holm(&p_values)) {
        rows[index].p_adjusted = Some(adjusted);
    }
}

/// The net value of all arms that are over; the half-widths add up in squares, as those of independent estimates.
fn total_net(rows: &[LiftRow]) -> Option<Estimate> {
    let nets: Vec<Estimate> = rows.iter().filter(|row| row.complete).filter_map(|row| row.net).collect();
    let estimate: f64 = nets.iter().map(|net| net.estimate).sum();
    let width = nets.iter().map(|net| ((net.upper - net.lower) / 2.0).powi(2)).sum::<f64>().sqrt();
    (!nets.is_empty()).then_some(Estimate { estimate, lower: estimate - width, upper: estimate + width })
}

fn caveats_of(gaps: &Gaps) -> Vec<Caveat> {
    use Severity::{Note, Warning};
    let text = |code: &str| match code {
        "too_old" => (Note, "campaigns started before `history_days` and are not scored"),
        "no_assignments" => (
            Warning,
            "campaigns have no customer in `assignments` and cannot be scored; map who was addressed and who was held out",
        ),
        "ends_before_start" => (Warning, "campaigns end before they start and are not scored; mend `ends_on`"),
        "no_outcomes" => (
            Warning,
            "campaigns are not scored: `campaign_outcomes` does not hold them and `customer_days` begins after they started; load older orders",
        ),
        "unknown_primary_metric" => (
            Warning,
            "campaigns name a `primary_metric` that was not measured; spend (or the first metric) was taken instead",
        ),
        "no_probability" => (
            Warning,
            "randomised campaigns do not say with which probability customers came into an arm, so that a broken split would go unseen; fill in `probability` or set `control_share`",
        ),
        "stratified" => (
            Note,
            "campaigns held out some customers with higher probability than others; arms were compared within equal probability",
        ),
        "varying_probability" => (
            Warning,
            "campaigns of several arms have probabilities that differ between customers; their plain difference may be off, use one probability per arm",
        ),
        "no_margin_share" => (
            Warning,
            "campaigns have no net value: there is no margin share; set `margin_share`, or map `products.unit_cost` and `daily_sales`",
        ),
        "no_contact_cost" => {
            (Warning, "campaigns have no `contact_cost`, and so no net value; fill it in, 0 where contacts are free")
        }
        _ => (
            Warning,
            "campaigns carry an offer but what was redeemed is not known, and so no net value; map `redemptions` with `amount`",
        ),
    };
    let caveat = |(code, campaigns): (&&'static str, &Vec<String>)| {
        let (severity, text) = text(code);
        let examples = campaigns.iter().take(5).cloned().collect();
        Caveat { severity, code: (*code).to_owned(), count: campaigns.len() as u64, text: text.to_owned(), examples }
    };
    gaps.0.iter().map(caveat).collect()
}

fn caveats_of_rows(rows: &[LiftRow], currency: crate::quantities::Currency) -> Vec<Caveat> {
    let of = |severity: Severity, code: &str, found: Vec<&LiftRow>, text: String| {
        (!found.is_empty()).then(|| Caveat {
            severity,
            code: code.to_owned(),
            count: found.len() as u64,
            text,
            examples: found.iter().take(5).map(|row| row.campaign_id.clone()).collect(),
        })
    };
    let unsure: Vec<&LiftRow> = main_rows(rows)
        .filter(|row| row.verdict == "unclear")
        .filter(|row| row.difference.zip(row.detectable).is_some_and(|(found, least)| found.estimate.abs() < least))
        .collect();
    let words = |row: &LiftRow| match (row.metric.as_str(), row.detectable.unwrap_or(0.0)) {
        ("spend", least) => {
            format!("{}: {:.2} {} per customer", row.campaign_id, least / currency.minor_per_major(), currency.code())
        }
        ("conversion", least) => format!("{}: {:.2} points", row.campaign_id, 100.0 * least),
        (metric, least) => format!("{}: {least:.3} {metric}", row.campaign_id),
    };
    let least = unsure.iter().take(5).map(|row| words(row)).collect::<Vec<_>>().join("; ");
    let broken = main_rows(rows).filter(|row| row.verdict == "broken_split").collect();
    let observed = main_rows(rows).filter(|row| row.verdict == "not_randomised").collect();
    [
        of(Severity::Note, "too_small_to_tell", unsure, format!("campaigns are unclear because they are small: they could only have seen effects above ({least}); hold out more customers or pool campaigns")),
        of(Severity::Warning, "broken_split", broken, "campaigns have arms that the plan does not explain; look for customers lost between list and send".to_owned()),
        of(Severity::Warning, "not_randomised", observed, "campaigns were not randomised: no money is claimed for them; hold out a random 10 % next time".to_owned()),
    ]
    .into_iter()
    .flatten()
    .collect()
}
