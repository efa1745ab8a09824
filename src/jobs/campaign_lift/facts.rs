//! The frames as plain structs: campaigns with their customers in numbers, and what each customer did.

use std::collections::{BTreeMap, HashMap};

use polars::prelude::DataFrame;

use super::dataset::CampaignFrames;
use crate::contract::ContractError;
use crate::datasets::{self, Assignment, CampaignOutcome, CustomerDay, Product, Redemption, Sale};
use crate::day::Day;
use crate::job::RunContext;
use crate::published::{CouponAssignment, CouponCampaign, CouponPromise, LiftVerdict};
use crate::quantities::{Currency, ExpectedMoney};

/// A campaign as planned.
#[derive(Clone, Debug)]
pub(super) struct Campaign {
    pub id: String,
    pub name: String,
    pub starts: Day,
    pub ends: Day,
    pub randomised: bool,
    /// Minor currency units per contact.
    pub contact_cost: Option<i64>,
    pub has_offer: bool,
    pub primary_metric: Option<String>,
    /// Whether it is a list that we published.
    pub ours: bool,
    pub members: Vec<Member>,
}

/// A customer in an arm.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub customer: u32,
    pub variant: String,
    pub probability: Option<f64>,
}

/// One customer's day.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bought {
    pub day: Day,
    pub orders: i64,
    pub net_amount: i64,
}

/// Value and value before, of one customer and metric.
pub(super) type Values = HashMap<u32, (f64, Option<f64>)>;

/// What is left of revenue after the cost of goods.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Margin {
    /// Per unit of net revenue, among products with a known cost.
    pub share: f64,
    /// Share of revenue whose cost is known.
    pub known: f64,
}

/// Verdicts that were published before: by campaign and arm.
#[derive(Clone, Debug)]
pub(super) struct EarlierVerdicts {
    pub as_of: Day,
    pub verdicts: BTreeMap<(String, String), String>,
}

/// Everything by numbers of customers.
#[derive(Debug, Default)]
pub(super) struct CampaignBook {
    /// By start, then id.
    pub campaigns: Vec<Campaign>,
    /// Days of each customer, ascending; `None` without `customer_days`.
    pub days: Option<Vec<Vec<Bought>>>,
    pub first_day: Option<Day>,
    /// Campaign, metric.
    pub outcomes: BTreeMap<String, BTreeMap<String, Values>>,
    /// Redeemed amount by campaign and customer; `None` as an amount where a row has none.
    pub redeemed: BTreeMap<String, HashMap<u32, Option<f64>>>,
    pub has_redemptions: bool,
    pub n_customers: usize,
    /// From a year of sales; `None` where it is not known.
    pub margin: Option<Margin>,
    /// Margin that our own lists were expected to bring, by campaign, in minor currency units.
    pub promises: BTreeMap<String, f64>,
    /// Our newest earlier publication.
    pub earlier: Option<EarlierVerdicts>,
}

/// Numbers for customers, in order of appearance; nothing published depends on them.
#[derive(Default)]
struct Numbers<'a>(HashMap<&'a str, u32>);

impl<'a> Numbers<'a> {
    fn of(&mut self, customer: &'a str) -> u32 {
        let next = self.0.len() as u32;
        *self.0.entry(customer).or_insert(next)
    }
}

impl CampaignBook {
    /// Shapes the frames.
    pub fn read(ctx: &RunContext, frames: &CampaignFrames) -> Result<Self, ContractError> {
        let mut numbers = Numbers::default();
        let mut campaigns = planned(frames, ctx.currency)?;
        for row in Assignment::read(&frames.assignments)? {
            let Some(campaign) = campaigns.get_mut(row.campaign_id).filter(|campaign| !campaign.ours) else { continue };
            let (customer, variant) = (numbers.of(row.customer_id), row.variant.to_owned());
            campaign.members.push(Member { customer, variant, probability: row.probability });
        }
        if let Some(frame) = &frames.our_assignments {
            for row in CouponAssignment::read(frame)? {
                let Some(campaign) = campaigns.get_mut(row.campaign_id).filter(|campaign| campaign.ours) else {
                    continue;
                };
                let (customer, variant) = (numbers.of(row.customer_id), row.variant.to_owned());
                campaign.members.push(Member { customer, variant, probability: Some(row.probability) });
            }
        }
        let mut book = Self { has_redemptions: frames.redemptions.is_some(), ..Self::default() };
        if let Some(frame) = &frames.campaign_outcomes {
            book.read_outcomes(frame, &mut numbers)?;
        }
        if let Some(frame) = &frames.redemptions {
            for row in Redemption::read(frame)? {
                let of_campaign = book.redeemed.entry(row.campaign_id.to_owned()).or_default();
                let sum = of_campaign.entry(numbers.of(row.customer_id)).or_insert(Some(0.0));
                *sum = sum.zip(row.amount).map(|(sum, amount)| sum + amount as f64);
            }
        }
        if let Some(frame) = &frames.customer_days {
            book.read_days(frame, &mut numbers)?;
        }
        if let Some(frame) = &frames.our_targets {
            for row in CouponPromise::read(frame)? {
                *book.promises.entry(row.campaign_id.to_owned()).or_default() +=
                    ExpectedMoney::from_currency(row.expected_value, ctx.currency).minor();
            }
        }
        if let Some((as_of, frame)) = &frames.earlier {
            let verdict =
                |row: LiftVerdict<'_>| ((row.campaign_id.to_owned(), row.arm.to_owned()), row.verdict.to_owned());
            let verdicts = LiftVerdict::read(frame)?.map(verdict).collect();
            book.earlier = Some(EarlierVerdicts { as_of: (*as_of).into(), verdicts });
        }
        if let (Some(products), Some(sales)) = (&frames.products, &frames.daily_sales) {
            book.margin = margin(products, sales, ctx.as_of.into())?;
        }
        book.n_customers = numbers.0.len();
        book.campaigns = campaigns.into_values().collect();
        book.campaigns.sort_by(|a, b| a.starts.cmp(&b.starts).then_with(|| a.id.cmp(&b.id)));
        Ok(book)
    }

    fn read_outcomes<'f>(&mut self, frame: &'f DataFrame, numbers: &mut Numbers<'f>) -> Result<(), ContractError> {
        for row in CampaignOutcome::read(frame)? {
            let metrics = match self.outcomes.get_mut(row.campaign_id) {
                Some(metrics) => metrics,
                None => self.outcomes.entry(row.campaign_id.to_owned()).or_default(),
            };
            let values = match metrics.get_mut(row.metric) {
                Some(values) => values,
                None => metrics.entry(row.metric.to_owned()).or_default(),
            };
            values.insert(numbers.of(row.customer_id), (row.value, row.before));
        }
        Ok(())
    }

    fn read_days<'f>(&mut self, frame: &'f DataFrame, numbers: &mut Numbers<'f>) -> Result<(), ContractError> {
        let mut by_customer: Vec<Vec<Bought>> = Vec::new();
        for row in CustomerDay::read(frame)? {
            let number = numbers.of(row.customer_id) as usize;
            by_customer.resize_with(by_customer.len().max(number + 1), Vec::new);
            by_customer[number].push(Bought { day: row.sold_on, orders: row.orders, net_amount: row.net_amount });
            self.first_day = Some(self.first_day.map_or(row.sold_on, |first| first.min(row.sold_on)));
        }
        for days in &mut by_customer {
            days.sort_by_key(|bought| bought.day);
        }
        self.days = Some(by_customer);
        Ok(())
    }

    /// What a customer bought from day `from` to day `to`, both included: spend in minor currency units, and orders.
    pub fn bought(&self, customer: u32, from: Day, to: Day) -> (f64, f64) {
        let Some(days) = self.days.as_ref().and_then(|days| days.get(customer as usize)) else { return (0.0, 0.0) };
        let start = days.partition_point(|bought| bought.day < from);
        let within = days[start..].iter().take_while(|bought| bought.day <= to);
        let (spend, orders) = within.fold((0, 0), |(spend, orders), day| (spend + day.net_amount, orders + day.orders));
        (spend as f64, orders as f64)
    }
}

/// The campaigns by id, without members. A project that maps our lists into its own campaigns has them once.
fn planned(frames: &CampaignFrames, currency: Currency) -> Result<BTreeMap<String, Campaign>, ContractError> {
    let mut campaigns: BTreeMap<String, Campaign> = BTreeMap::new();
    for row in datasets::Campaign::read(&frames.campaigns)? {
        campaigns.entry(row.campaign_id.clone()).or_insert_with(|| Campaign {
            id: row.campaign_id,
            name: row.name,
            starts: row.starts_on,
            ends: row.ends_on,
            randomised: row.randomised == Some(true),
            contact_cost: row.contact_cost,
            has_offer: row.offer_id.is_some(),
            primary_metric: row.primary_metric,
            ours: false,
            members: Vec::new(),
        });
    }
    let Some(frame) = &frames.our_campaigns else { return Ok(campaigns) };
    for row in CouponCampaign::read(frame)? {
        campaigns.entry(row.campaign_id.clone()).or_insert_with(|| Campaign {
            id: row.campaign_id,
            name: row.name,
            starts: row.starts_on,
            ends: row.ends_on,
            randomised: row.randomised,
            contact_cost: row.contact_cost.map(|cost| cost.money(currency).minor()),
            has_offer: row.offer_id.is_some(),
            primary_metric: row.primary_metric,
            ours: true,
            members: Vec::new(),
        });
    }
    Ok(campaigns)
}

/// Margin over the year up to `as_of`; `None` where no cost is known, or where costs and revenue cannot belong together.
fn margin(products: &DataFrame, sales: &DataFrame, as_of: Day) -> Result<Option<Margin>, ContractError> {
    let known_cost = |product: Product| Some((product.product_id, product.unit_cost?));
    let costs: HashMap<String, i64> = Product::read(products)?.filter_map(known_cost).collect();
    let (mut revenue, mut known, mut goods) = (0_i64, 0_i64, 0_i128);
    for sale in Sale::read(sales)? {
        if sale.sold_on <= as_of - 365 || sale.sold_on > as_of {
            continue;
        }
        revenue += sale.net_amount;
        if let Some(cost) = costs.get(sale.product_id) {
            known += sale.net_amount;
            goods += i128::from(*cost) * i128::from(sale.quantity);
        }
    }
    let share = 1.0 - goods as f64 / 1000.0 / known as f64;
    Ok((known > 0 && (0.0..=1.0).contains(&share)).then(|| Margin { share, known: known as f64 / revenue as f64 }))
}
