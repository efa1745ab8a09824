use super::error::checked;
use super::{Difference, ExperimentError};

/// What a campaign cost and how revenue turns into margin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CampaignCosts {
    /// Customers who were treated (meant to be contacted, not only those who redeemed).
    pub n_treated: u64,
    /// Margin per unit of revenue, 0 to 1. Use 1 when the lift already is a margin.
    pub margin_share: f64,
    /// Cost of contacting one treated customer, in currency.
    pub contact_cost: f64,
    /// Discount given to all redeemers together, in currency. Give 0 when the lift was measured on
    /// amounts after discount: the discount is then already in the lift.
    pub redemption_cost: f64,
}

/// An estimate with its interval, in the unit its field names.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The point estimate.
    pub estimate: f64,
    /// Lower end, at the level of the difference it came from.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
}

impl Estimate {
    fn map(self, shift: f64, scale: f64) -> Self {
        Self {
            estimate: self.estimate * scale + shift,
            lower: self.lower * scale + shift,
            upper: self.upper * scale + shift,
        }
    }
}

/// Whether a campaign earned back what it cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The whole interval of the net result lies above 0.
    Paid,
    /// The whole interval of the net result lies below 0.
    Lost,
    /// The interval holds 0.
    Unclear,
}

/// A campaign's money, over all treated customers, in currency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CampaignMoney {
    /// Revenue that would not have come without the campaign.
    pub incremental_revenue: Estimate,
    /// Margin on that revenue, before campaign costs.
    pub incremental_margin: Estimate,
    /// Contact cost plus redemption cost.
    pub spend: f64,
    /// Incremental margin minus spend.
    pub net: Estimate,
    /// Incremental margin per unit of spend; `None` when nothing was spent. 1 means break-even.
    pub return_on_spend: Option<Estimate>,
    /// Whether the interval of `net` decides.
    pub verdict: Verdict,
}

/// Turns a lift per customer into money: did the campaign pay?
///
/// `net = lift · n_treated · margin_share - contact_cost · n_treated - redemption_cost`. Costs are
/// known amounts, so the intervals are those of the lift, scaled and shifted: the verdict from
/// `net` and the one from `return_on_spend` against 1 cannot disagree.
///
/// # Errors
/// A margin share outside 0 to 1, a negative or non-finite cost, a non-finite lift.
///
/// ```
/// use nightclerk_models::experiment::{CampaignCosts, Sample, Verdict, campaign_money, welch};
/// let treatment = Sample { n: 10_000, mean: 6.0, variance: 100.0 };
/// let control = Sample { n: 10_000, mean: 5.0, variance: 100.0 };
/// let lift = welch(&treatment, &control, 0.95)?;
/// let costs = CampaignCosts { n_treated: 10_000, margin_share: 0.4, contact_cost: 0.1, redemption_cost: 500.0 };
/// let money = campaign_money(&lift, &costs)?;
/// assert_eq!(money.spend, 1_500.0);
/// assert!((money.net.estimate - 2_500.0).abs() < 1e-9); // 1 · 10000 · 0.4 - 1500
/// assert_eq!(money.verdict, Verdict::Paid);
/// # Ok::<(), nightclerk_models::experiment::ExperimentError>(())
/// ```
pub fn campaign_money(lift: &Difference, costs: &CampaignCosts) -> Result<CampaignMoney, ExperimentError> {
    let margin_share = checked("margin_share", costs.margin_share, "0 to 1", |share| (0.0..=1.0).contains(&share))?;
    let not_negative = "a number of 0 or more";
    let contact_cost = checked("contact_cost", costs.contact_cost, not_negative, |c| c >= 0.0)?;
    let redemption_cost = checked("redemption_cost", costs.redemption_cost, not_negative, |cost| cost >= 0.0)?;
    for (name, end) in [("lift.estimate", lift.estimate), ("lift.lower", lift.lower), ("lift.upper", lift.upper)] {
        checked(name, end, "a finite number", |_| true)?;
    }
    let n_treated = costs.n_treated as f64;
    let per_customer = Estimate { estimate: lift.estimate, lower: lift.lower, upper: lift.upper };
    let incremental_revenue = per_customer.map(0.0, n_treated);
    let incremental_margin = incremental_revenue.map(0.0, margin_share);
    let spend = contact_cost * n_treated + redemption_cost;
    let net = incremental_margin.map(-spend, 1.0);
    let verdict = if net.lower > 0.0 {
        Verdict::Paid
    } else if net.upper < 0.0 {
        Verdict::Lost
    } else {
        Verdict::Unclear
    };
    Ok(CampaignMoney {
        incremental_revenue,
        incremental_margin,
        spend,
        net,
        return_on_spend: (spend > 0.0).then(|| incremental_margin.map(0.0, 1.0 / spend)),
        verdict,
    })
}
