//! Frames in, campaigns with their customers in numbers out.

use std::collections::{BTreeMap, HashMap};

use chrono::{Days, NaiveDate};
use polars::prelude::{DataFrame, PolarsResult, Series};

use super::CampaignLift;
use crate::datasets::{
    ASSIGNMENTS, CAMPAIGN_OUTCOMES, CAMPAIGNS, CUSTOMER_DAYS, DAILY_SALES, LoadError, PRODUCTS, PublishedAt,
    REDEMPTIONS, Source,
};
use crate::job::RunContext;
use crate::published::{CAMPAIGN_LIFT, COUPON_ASSIGNMENTS, COUPON_CAMPAIGNS, COUPON_TARGETS};

/// What campaigns are scored from; the datasets of the same names.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are the datasets of the same names")]
pub struct CampaignFrames {
    pub campaigns: DataFrame,
    pub assignments: DataFrame,
    pub customer_days: Option<DataFrame>,
    pub campaign_outcomes: Option<DataFrame>,
    pub redemptions: Option<DataFrame>,
    pub products: Option<DataFrame>,
    pub daily_sales: Option<DataFrame>,
    /// Our own lists: `coupon_campaigns`, `coupon_assignments` and `coupon_targets`, all publications.
    pub our_campaigns: Option<DataFrame>,
    pub our_assignments: Option<DataFrame>,
    pub our_targets: Option<DataFrame>,
    /// Our newest earlier publication.
    pub earlier: Option<(NaiveDate, DataFrame)>,
}

pub(super) async fn load(
    params: &CampaignLift,
    ctx: &RunContext,
    source: &Source<'_>,
) -> anyhow::Result<CampaignFrames> {
    let absent = |name: &str| LoadError::Missing { names: vec![name.to_owned()] };
    // Without rows is fit: on the first nights there may be no campaign yet.
    let campaigns = source.read_if_present(&CAMPAIGNS).await?.ok_or_else(|| absent("campaigns"))?;
    let assignments = source.read_if_present(&ASSIGNMENTS).await?.ok_or_else(|| absent("assignments"))?;
    let customer_days = source.read_if_present(&CUSTOMER_DAYS).await?;
    let campaign_outcomes = source.read_if_present(&CAMPAIGN_OUTCOMES).await?;
    if customer_days.is_none() && campaign_outcomes.is_none() {
        let names = vec!["customer_days".to_owned(), "campaign_outcomes".to_owned()];
        return Err(LoadError::Missing { names }.into());
    }
    let (products, daily_sales) = if params.margin_share.is_none() {
        (source.read_if_present(&PRODUCTS).await?, source.read_if_present(&DAILY_SALES).await?)
    } else {
        (None, None)
    };
    let all = PublishedAt::Before(ctx.as_of);
    let earlier = source.read_published(&CAMPAIGN_LIFT, PublishedAt::Before(ctx.as_of)).await?;
    Ok(CampaignFrames {
        campaigns,
        assignments,
        customer_days,
        campaign_outcomes,
        redemptions: source.read_if_present(&REDEMPTIONS).await?,
        products,
        daily_sales,
        our_campaigns: source.read_published(&COUPON_CAMPAIGNS, all).await?.map(|published| published.frame),
        our_assignments: source.read_published(&COUPON_ASSIGNMENTS, all).await?.map(|published| published.frame),
        our_targets: source.read_published(&COUPON_TARGETS, all).await?.map(|published| published.frame),
        earlier: earlier.map(|published| (published.as_of, published.frame)),
    })
}

/// A campaign as planned.
#[derive(Clone, Debug)]
pub(super) struct Campaign {
    pub id: String,
    pub name: String,
    pub starts: NaiveDate,
    pub ends: NaiveDate,
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
    pub day: i32,
    pub orders: i64,
    pub net_amount: i64,
}

/// Value and value before, of one customer and metric.
pub(super) type Values = HashMap<u32, (f64, Option<f64>)>;

/// Everything by numbers of customers.
#[derive(Debug, Default)]
pub(super) struct CampaignBook {
    /// By start, then id.
    pub campaigns: Vec<Campaign>,
    /// Days of each customer, ascending; `None` without `customer_days`.
    pub days: Option<Vec<Vec<Bought>>>,
    pub first_day: Option<i32>,
    /// Campaign, metric.
    pub outcomes: BTreeMap<String, BTreeMap<String, Values>>,
    /// Redeemed amount by campaign and customer; `None` as an amount where a row has none.
    pub redeemed: BTreeMap<String, HashMap<u32, Option<f64>>>,
    pub has_redemptions: bool,
    pub n_customers: usize,
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

pub(super) fn series<'a>(frame: &'a DataFrame, name: &str) -> PolarsResult<&'a Series> {
    frame.column(name).map(polars::prelude::Column::as_materialized_series)
}

impl CampaignBook {
    pub fn read(frames: &CampaignFrames) -> PolarsResult<Self> {
        let mut numbers = Numbers::default();
        let mut campaigns: BTreeMap<String, Campaign> = BTreeMap::new();
        let sources = [(Some(&frames.campaigns), false), (frames.our_campaigns.as_ref(), true)];
        for (frame, ours) in sources.into_iter().filter_map(|(frame, ours)| frame.map(|frame| (frame, ours))) {
            read_campaigns(frame, ours, &mut campaigns)?;
        }
        let sources = [(Some(&frames.assignments), false), (frames.our_assignments.as_ref(), true)];
        for (frame, ours) in sources.into_iter().filter_map(|(frame, ours)| frame.map(|frame| (frame, ours))) {
            read_members(frame, ours, &mut campaigns, &mut numbers)?;
        }
        let mut book = Self { has_redemptions: frames.redemptions.is_some(), ..Self::default() };
        if let Some(frame) = &frames.campaign_outcomes {
            let (ids, people) = (series(frame, "campaign_id")?.str()?, series(frame, "customer_id")?.str()?);
            let (metrics, values) = (series(frame, "metric")?.str()?, series(frame, "value")?.f64()?);
            let before = series(frame, "before")?.f64()?;
            let rows = ids.iter().zip(people.iter()).zip(metrics.iter()).zip(values.iter()).zip(before.iter());
            for ((((id, customer), metric), value), before) in rows {
                let (Some(id), Some(customer), Some(metric), Some(value)) = (id, customer, metric, value) else {
                    continue;
                };
                let metrics = match book.outcomes.get_mut(id) {
                    Some(metrics) => metrics,
                    None => book.outcomes.entry(id.to_owned()).or_default(),
                };
                let values = match metrics.get_mut(metric) {
                    Some(values) => values,
                    None => metrics.entry(metric.to_owned()).or_default(),
                };
                values.insert(numbers.of(customer), (value, before));
            }
        }
        if let Some(frame) = &frames.redemptions {
            let (ids, people) = (series(frame, "campaign_id")?.str()?, series(frame, "customer_id")?.str()?);
            let amounts = series(frame, "amount")?.i64()?;
            for ((id, customer), amount) in ids.iter().zip(people.iter()).zip(amounts.iter()) {
                let (Some(id), Some(customer)) = (id, customer) else { continue };
                let sum =
                    book.redeemed.entry(id.to_owned()).or_default().entry(numbers.of(customer)).or_insert(Some(0.0));
                *sum = sum.zip(amount).map(|(sum, amount)| sum + amount as f64);
            }
        }
        if let Some(frame) = &frames.customer_days {
            let (people, days) = (series(frame, "customer_id")?.str()?, series(frame, "sold_on")?.date()?.physical());
            let (orders, amounts) = (series(frame, "orders")?.i64()?, series(frame, "net_amount")?.i64()?);
            let mut by_customer: Vec<Vec<Bought>> = Vec::new();
            for (((customer, day), orders), net) in
                people.iter().zip(days.iter()).zip(orders.iter()).zip(amounts.iter())
            {
                let (Some(customer), Some(day)) = (customer, day) else { continue };
                let number = numbers.of(customer) as usize;
                by_customer.resize_with(by_customer.len().max(number + 1), Vec::new);
                by_customer[number].push(Bought { day, orders: orders.unwrap_or(0), net_amount: net.unwrap_or(0) });
            }
            for days in &mut by_customer {
                days.sort_by_key(|bought| bought.day);
            }
            book.first_day = days.iter().flatten().min();
            book.days = Some(by_customer);
        }
        book.n_customers = numbers.0.len();
        book.campaigns = campaigns.into_values().collect();
        book.campaigns.sort_by(|a, b| a.starts.cmp(&b.starts).then_with(|| a.id.cmp(&b.id)));
        Ok(book)
    }

    /// What a customer bought from day `from` to day `to`, both included: spend in minor currency units, and orders.
    pub fn bought(&self, customer: u32, from: i32, to: i32) -> (f64, f64) {
        let Some(days) = self.days.as_ref().and_then(|days| days.get(customer as usize)) else { return (0.0, 0.0) };
        let start = days.partition_point(|bought| bought.day < from);
        let within = days[start..].iter().take_while(|bought| bought.day <= to);
        let (spend, orders) = within.fold((0, 0), |(spend, orders), day| (spend + day.net_amount, orders + day.orders));
        (spend as f64, orders as f64)
    }
}

fn read_campaigns(frame: &DataFrame, ours: bool, campaigns: &mut BTreeMap<String, Campaign>) -> PolarsResult<()> {
    let (ids, names) = (series(frame, "campaign_id")?.str()?, series(frame, "name")?.str()?);
    let (starts, ends) = (series(frame, "starts_on")?.date()?.physical(), series(frame, "ends_on")?.date()?.physical());
    let (randomised, costs) = (series(frame, "randomised")?.bool()?, series(frame, "contact_cost")?.i64()?);
    let (offers, metrics) = (series(frame, "offer_id")?.str()?, series(frame, "primary_metric")?.str()?);
    for row in 0..frame.height() {
        let date = |days: Option<i32>| days.and_then(NaiveDate::from_epoch_days);
        let (Some(id), Some(starts), Some(ends)) = (ids.get(row), date(starts.get(row)), date(ends.get(row))) else {
            continue;
        };
        // A project that maps our lists into its own campaigns has them once.
        campaigns.entry(id.to_owned()).or_insert_with(|| Campaign {
            id: id.to_owned(),
            name: names.get(row).unwrap_or(id).to_owned(),
            starts,
            ends,
            randomised: randomised.get(row) == Some(true),
            contact_cost: costs.get(row),
            has_offer: offers.get(row).is_some(),
            primary_metric: metrics.get(row).map(str::to_owned),
            ours,
            members: Vec::new(),
        });
    }
    Ok(())
}

fn read_members<'a>(
    frame: &'a DataFrame,
    ours: bool,
    campaigns: &mut BTreeMap<String, Campaign>,
    numbers: &mut Numbers<'a>,
) -> PolarsResult<()> {
    let (ids, people) = (series(frame, "campaign_id")?.str()?, series(frame, "customer_id")?.str()?);
    let (variants, shares) = (series(frame, "variant")?.str()?, series(frame, "probability")?.f64()?);
    for (((id, customer), variant), probability) in
        ids.iter().zip(people.iter()).zip(variants.iter()).zip(shares.iter())
    {
        let (Some(id), Some(customer), Some(variant)) = (id, customer, variant) else { continue };
        let Some(campaign) = campaigns.get_mut(id).filter(|campaign| campaign.ours == ours) else { continue };
        campaign.members.push(Member { customer: numbers.of(customer), variant: variant.to_owned(), probability });
    }
    Ok(())
}

/// Margin per unit of net revenue over the year up to `as_of`, and the share of revenue whose cost is known.
pub(super) fn margin_share(frames: &CampaignFrames, as_of: NaiveDate) -> PolarsResult<Option<(f64, f64)>> {
    let (Some(products), Some(sales)) = (&frames.products, &frames.daily_sales) else { return Ok(None) };
    let (ids, costs) = (series(products, "product_id")?.str()?, series(products, "unit_cost")?.i64()?);
    let costs: HashMap<&str, i64> = ids.iter().zip(costs.iter()).filter_map(|(id, cost)| Some((id?, cost?))).collect();
    let from = as_of.checked_sub_days(Days::new(365)).unwrap_or(as_of).to_epoch_days();
    let (days, ids) = (series(sales, "sold_on")?.date()?.physical(), series(sales, "product_id")?.str()?);
    let (quantities, amounts) = (series(sales, "quantity")?.i64()?, series(sales, "net_amount")?.i64()?);
    let (mut revenue, mut known, mut goods) = (0_i64, 0_i64, 0_i128);
    for (((day, id), quantity), amount) in days.iter().zip(ids.iter()).zip(quantities.iter()).zip(amounts.iter()) {
        let (Some(day), Some(id), Some(quantity), Some(amount)) = (day, id, quantity, amount) else { continue };
        if day <= from || day > as_of.to_epoch_days() {
            continue;
        }
        revenue += amount;
        if let Some(cost) = costs.get(id) {
            known += amount;
            goods += i128::from(*cost) * i128::from(quantity);
        }
    }
    let share = 1.0 - goods as f64 / 1000.0 / known as f64;
    Ok((known > 0 && (0.0..=1.0).contains(&share)).then(|| (share, known as f64 / revenue as f64)))
}
