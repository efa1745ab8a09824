//! Decides: scores every campaign, corrects for how many they are, and says what each was worth.

use std::collections::BTreeMap;

use super::CampaignLift;
use super::arms::Window;
use super::facts::{CampaignBook, Margin};
use super::lift_row::{Grade, LiftRow, main_rows};
use super::measure::{Gaps, Terms, rows_of};
use super::verdicts;
use crate::day::Day;
use crate::job::{Progress, RunContext};
use crate::models::experiment::{Estimate, holm};
use crate::quantities::Share;

/// Everything that is published and told.
pub(super) struct Decision<'a> {
    pub ctx: &'a RunContext,
    pub book: &'a CampaignBook,
    pub rows: Vec<LiftRow>,
    /// Campaigns by what was missing.
    pub gaps: Gaps,
    /// Margin per unit of net revenue.
    pub margin_share: Option<f64>,
    /// Where that comes from a year of sales rather than from a parameter.
    pub computed_margin: Option<Margin>,
    /// Net value of all arms that are over.
    pub total: Option<Estimate>,
}

impl Decision<'_> {
    /// One row per arm: that of the primary metric.
    pub fn main_rows(&self) -> impl Iterator<Item = &LiftRow> {
        main_rows(&self.rows)
    }

    /// The arms with this verdict.
    pub fn with_verdict(&self, verdict: &str) -> impl Iterator<Item = &LiftRow> {
        self.main_rows().filter(move |row| row.verdict == verdict)
    }
}

/// Scores the campaigns.
pub(super) fn decide<'a>(
    params: &CampaignLift,
    ctx: &'a RunContext,
    book: &'a CampaignBook,
    progress: &Progress,
) -> Decision<'a> {
    let computed_margin = book.margin.filter(|_| params.margin_share.is_none());
    let margin_share = params.margin_share.map(Share::get).or(computed_margin.map(|margin| margin.share));
    let terms = Terms { params, margin_share };
    let as_of = Day::from(ctx.as_of);
    let oldest = as_of - params.history_days.get().cast_signed();
    let mut gaps = Gaps::default();
    let mut rows = Vec::new();
    for (done, campaign) in book.campaigns.iter().enumerate() {
        progress.report("campaigns scored", done as u64, book.campaigns.len() as u64);
        if campaign.starts > as_of {
            continue;
        }
        if campaign.starts < oldest {
            gaps.note("too_old", campaign);
        } else if campaign.members.is_empty() {
            gaps.note("no_assignments", campaign);
        } else if campaign.ends < campaign.starts {
            gaps.note("ends_before_start", campaign);
        } else {
            rows.extend(rows_of(campaign, Window::of(campaign, as_of), book, &terms, &mut gaps));
        }
    }
    correct(&mut rows);
    let money: BTreeMap<(String, String), (Estimate, f64)> = rows
        .iter()
        .filter_map(|row| Some(((row.campaign_id.clone(), row.arm.clone()), (row.net?, row.cost?))))
        .collect();
    for row in &mut rows {
        // The verdict of an arm rests on its money, whichever metric a row is about.
        row.arm_money = money.get(&(row.campaign_id.clone(), row.arm.clone())).copied();
        row.explanation = verdicts::explanation(row, ctx.currency);
    }
    let total = total_net(&rows);
    Decision { ctx, book, rows, gaps, margin_share, computed_margin, total }
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
