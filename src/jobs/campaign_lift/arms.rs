//! The arms of a campaign, and what each customer in them did.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::facts::{Campaign, CampaignBook, Member, Values};
use crate::day::Day;

/// The name of the arm that is held out.
pub(super) const CONTROL: &str = "control";

/// The window of a campaign, and the one of equal length before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub from: Day,
    pub to: Day,
    pub complete: bool,
}

impl Window {
    pub fn of(campaign: &Campaign, as_of: Day) -> Self {
        Self { from: campaign.starts, to: campaign.ends.min(as_of), complete: campaign.ends <= as_of }
    }

    /// First day and last day of the equally long time before.
    fn before(&self) -> (Day, Day) {
        (self.from - (self.to - self.from + 1), self.from - 1)
    }
}

/// What one metric was in a group: one value per customer, and the same before the campaign where it is known.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub value: f64,
    pub before: Option<f64>,
}

/// Where outcomes of a campaign come from.
pub(super) enum Origin<'a> {
    /// `campaign_outcomes`.
    Given(&'a BTreeMap<String, Values>),
    /// `customer_days`.
    Derived,
}

pub(super) struct Outcomes<'a> {
    book: &'a CampaignBook,
    origin: Origin<'a>,
    window: Window,
}

impl<'a> Outcomes<'a> {
    /// `None` where neither dataset can answer for the campaign's window.
    pub fn of(book: &'a CampaignBook, campaign: &Campaign, window: Window) -> Option<Self> {
        if let Some(given) = book.outcomes.get(&campaign.id) {
            return Some(Self { book, origin: Origin::Given(given), window });
        }
        book.first_day.filter(|first| *first <= window.from)?;
        Some(Self { book, origin: Origin::Derived, window })
    }

    pub fn is_given(&self) -> bool {
        matches!(self.origin, Origin::Given(_))
    }

    pub fn metrics(&self) -> Vec<String> {
        match &self.origin {
            Origin::Given(metrics) => metrics.keys().cloned().collect(),
            Origin::Derived => ["conversion", "orders", "spend"].map(str::to_owned).to_vec(),
        }
    }

    /// Whether the time before the campaign lies within what was recorded.
    pub fn has_before(&self, metric: &str) -> bool {
        match &self.origin {
            Origin::Given(metrics) => {
                metrics.get(metric).is_some_and(|values| values.values().all(|(_, before)| before.is_some()))
            }
            Origin::Derived => self.book.first_day.is_some_and(|first| first <= self.window.before().0),
        }
    }

    pub fn of_customer(&self, customer: u32, metric: &str) -> Outcome {
        let of = |(spend, orders): (f64, f64)| match metric {
            "spend" => spend,
            "orders" => orders,
            _ => f64::from(u8::from(orders > 0.0)),
        };
        match &self.origin {
            Origin::Given(metrics) => {
                let found = metrics.get(metric).and_then(|values| values.get(&customer)).copied();
                let (value, before) = found.unwrap_or((0.0, Some(0.0)));
                Outcome { value, before }
            }
            Origin::Derived => {
                let (from_before, to_before) = self.window.before();
                Outcome {
                    value: of(self.book.bought(customer, self.window.from, self.window.to)),
                    before: self.has_before(metric).then(|| of(self.book.bought(customer, from_before, to_before))),
                }
            }
        }
    }

    /// Customers who were not listed and can be compared with those who were, ascending.
    pub fn not_listed(&self, campaign: &Campaign) -> Vec<u32> {
        let listed: HashSet<u32> = campaign.members.iter().map(|member| member.customer).collect();
        let mut others: Vec<u32> = match &self.origin {
            Origin::Given(metrics) => metrics.values().flat_map(HashMap::keys).copied().collect(),
            Origin::Derived => {
                let (from, to) = self.window.before();
                (0..self.book.n_customers as u32).filter(|one| self.book.bought(*one, from, to).1 > 0.0).collect()
            }
        };
        others.retain(|customer| !listed.contains(customer));
        others.sort_unstable();
        others.dedup();
        others
    }
}

/// The arms by name, `control` among them where there is one.
pub(super) fn arms(campaign: &Campaign) -> BTreeMap<&str, Vec<&Member>> {
    let mut arms: BTreeMap<&str, Vec<&Member>> = BTreeMap::new();
    for member in &campaign.members {
        arms.entry(&member.variant).or_default().push(member);
    }
    arms
}

/// The planned share of each arm, in the order of [`arms`]; `None` where nothing says it.
pub(super) fn planned_shares(arms: &BTreeMap<&str, Vec<&Member>>, control_share: Option<f64>) -> Option<Vec<f64>> {
    let mean = |members: &Vec<&Member>| -> Option<f64> {
        let sum = members.iter().map(|member| member.probability).sum::<Option<f64>>()?;
        Some(sum / members.len() as f64).filter(|share| *share > 0.0 && *share <= 1.0)
    };
    let known: Option<Vec<f64>> = arms.values().map(mean).collect();
    known.or_else(|| {
        let others = arms.len().checked_sub(1).filter(|others| *others > 0)? as f64;
        let control = control_share?;
        Some(arms.keys().map(|name| if *name == CONTROL { control } else { (1.0 - control) / others }).collect())
    })
}
