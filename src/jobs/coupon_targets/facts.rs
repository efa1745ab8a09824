//! The frames as plain structs: customers by index, campaigns with their members, offers, the margin.

use std::collections::{BTreeMap, HashMap};

use polars::prelude::{DataFrame, DataType, PolarsResult};

use super::dataset::{CouponFrames, days, integers, reals, texts};
use super::purchases::Purchases;
use crate::datasets::CUSTOMERS;
use crate::job::RunContext;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// A customer, as far as permission goes.
#[derive(Clone, Debug)]
pub(super) struct Customer {
    pub id: String,
    pub joined: Option<i32>,
    pub consent: Option<bool>,
    pub contact_hash: Option<String>,
    pub suppressed: bool,
}

/// A further column of `customers`.
#[derive(Clone, Debug)]
pub(super) struct Attribute {
    pub name: String,
    pub values: AttributeValues,
}

#[derive(Clone, Debug)]
pub(super) enum AttributeValues {
    Words(Vec<Option<String>>),
    Numbers(Vec<Option<f64>>),
}

/// A campaign with everyone who was put into an arm.
#[derive(Clone, Debug)]
pub(super) struct Campaign {
    pub id: String,
    pub kind: String,
    pub starts: i32,
    pub ends: i32,
    pub randomised: bool,
    pub offer_id: Option<String>,
    /// One of our own lists.
    pub own: bool,
    /// By customer.
    pub members: Vec<Member>,
    /// Outcomes that were given, by metric and customer; a member without an entry has 0.
    pub given: BTreeMap<String, HashMap<usize, f64>>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub customer: usize,
    pub treated: bool,
    /// The day of the decision, since 1970-01-01.
    pub assigned: Option<i32>,
}

/// An offer.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    pub id: String,
    pub is_rate: bool,
    /// Minor currency units off, or a share.
    pub value: f64,
    pub capacity: Option<u64>,
}

/// Everything a list is decided from.
#[derive(Debug)]
pub(super) struct Facts {
    /// By id.
    pub customers: Vec<Customer>,
    pub attributes: Vec<Attribute>,
    pub purchases: Option<Purchases>,
    /// By first day, then id.
    pub campaigns: Vec<Campaign>,
    /// By id; `None` without such a dataset.
    pub offers: Option<Vec<Offer>>,
    /// Share of revenue with known cost that is left after it.
    pub margin_share: Option<f64>,
    /// Assignments of customers who are not in `customers`.
    pub unknown_members: u64,
    /// Whether there is a dataset of suppressions.
    pub knows_suppressions: bool,
}

impl Facts {
    /// Shapes the frames.
    pub(super) fn new(ctx: &RunContext, frames: &CouponFrames) -> PolarsResult<Self> {
        let as_of = ctx.as_of.to_epoch_days();
        let (mut customers, order) = customers(&frames.customers)?;
        let by_id: Vec<String> = customers.iter().map(|customer| customer.id.clone()).collect();
        let index: HashMap<&str, usize> = by_id.iter().enumerate().map(|(at, id)| (id.as_str(), at)).collect();
        if let Some(frame) = &frames.suppressions {
            for (id, until) in texts(frame, "customer_id")?.into_iter().zip(days(frame, "until")?) {
                let holds = until.is_none_or(|until| until >= as_of);
                if let Some(&at) = id.and_then(|id| index.get(id)).filter(|_| holds) {
                    customers[at].suppressed = true;
                }
            }
        }
        let purchases = match &frames.customer_days {
            Some(frame) => Some(Purchases::new(frame, &index, customers.len())?),
            None => None,
        };
        let (campaigns, unknown_members) = campaigns(frames, &index)?;
        Ok(Self {
            attributes: attributes(&frames.customers, &order)?,
            customers,
            purchases,
            campaigns,
            offers: frames.offers.as_ref().map(offers).transpose()?,
            margin_share: match (&frames.products, &frames.daily_sales) {
                (Some(products), Some(sales)) => margin_share(products, sales)?,
                _ => None,
            },
            unknown_members,
            knows_suppressions: frames.suppressions.is_some(),
        })
    }
}

/// Customers by id, and the row of each in the frame.
fn customers(frame: &DataFrame) -> PolarsResult<(Vec<Customer>, Vec<usize>)> {
    let (ids, joined) = (texts(frame, "customer_id")?, days(frame, "joined_on")?);
    let (consent, hashes) = (reals(frame, "consent_marketing")?, texts(frame, "contact_hash")?);
    let mut order: Vec<usize> = (0..frame.height()).filter(|&row| ids[row].is_some()).collect();
    order.sort_by_key(|&row| ids[row]);
    let customers = order
        .iter()
        .map(|&row| Customer {
            id: ids[row].unwrap_or_default().to_owned(),
            joined: joined[row],
            consent: consent[row].map(|flag| flag > 0.0),
            contact_hash: hashes[row].filter(|hash| !hash.is_empty()).map(str::to_owned),
            suppressed: false,
        })
        .collect();
    Ok((customers, order))
}

fn attributes(frame: &DataFrame, order: &[usize]) -> PolarsResult<Vec<Attribute>> {
    let mut found = BTreeMap::new();
    for name in frame.get_column_names() {
        let name = name.as_str();
        if CUSTOMERS.schema.column(name).is_some() {
            continue;
        }
        let values = match frame.column(name)?.dtype() {
            DataType::String => {
                let all = texts(frame, name)?;
                AttributeValues::Words(order.iter().map(|&row| all[row].map(str::to_owned)).collect())
            }
            DataType::Float64 | DataType::Int64 | DataType::Int32 | DataType::Boolean => {
                let all = reals(frame, name)?;
                AttributeValues::Numbers(order.iter().map(|&row| all[row].filter(|value| value.is_finite())).collect())
            }
            _ => continue,
        };
        found.insert(name.to_owned(), values);
    }
    Ok(found.into_iter().map(|(name, values)| Attribute { name, values }).collect())
}

fn campaigns(frames: &CouponFrames, index: &HashMap<&str, usize>) -> PolarsResult<(Vec<Campaign>, u64)> {
    let mut found: BTreeMap<String, Campaign> = BTreeMap::new();
    // Our own come last and win: a project may union them into its datasets.
    for (frame, own) in [(Some(&frames.campaigns), false), (frames.own_campaigns.as_ref(), true)] {
        let Some(frame) = frame else { continue };
        let (ids, kinds, offer_ids) = (texts(frame, "campaign_id")?, texts(frame, "kind")?, texts(frame, "offer_id")?);
        let (starts, ends) = (days(frame, "starts_on")?, days(frame, "ends_on")?);
        let randomised = reals(frame, "randomised")?;
        for row in 0..frame.height() {
            let (Some(id), Some(starts), Some(ends)) = (ids[row], starts[row], ends[row]) else { continue };
            let campaign = Campaign {
                id: id.to_owned(),
                kind: kinds[row].unwrap_or_default().to_owned(),
                starts,
                ends,
                randomised: randomised[row].is_some_and(|flag| flag > 0.0),
                offer_id: offer_ids[row].map(str::to_owned),
                own,
                members: Vec::new(),
                given: BTreeMap::new(),
            };
            found.insert(id.to_owned(), campaign);
        }
    }
    let mut unknown_members = 0;
    for (frame, own) in [(Some(&frames.assignments), false), (frames.own_assignments.as_ref(), true)] {
        let Some(frame) = frame else { continue };
        let (ids, customer_ids) = (texts(frame, "campaign_id")?, texts(frame, "customer_id")?);
        let variants = texts(frame, "variant")?;
        let assigned: Vec<Option<i32>> = if own {
            days(frame, "assigned_on")?
        } else {
            let micros = integers(frame, "assigned_at")?;
            micros.into_iter().map(|at| at.map(|at| at.div_euclid(MICROS_PER_DAY) as i32)).collect()
        };
        for row in 0..frame.height() {
            let Some(campaign) = ids[row].and_then(|id| found.get_mut(id)).filter(|campaign| campaign.own == own)
            else {
                continue;
            };
            let Some(&customer) = customer_ids[row].and_then(|id| index.get(id)) else {
                unknown_members += 1;
                continue;
            };
            campaign.members.push(Member {
                customer,
                treated: variants[row] != Some("control"),
                assigned: assigned[row],
            });
        }
    }
    if let Some(frame) = &frames.campaign_outcomes {
        let (ids, customer_ids) = (texts(frame, "campaign_id")?, texts(frame, "customer_id")?);
        let (metrics, values) = (texts(frame, "metric")?, reals(frame, "value")?);
        for row in 0..frame.height() {
            let (Some(campaign), Some(metric)) = (ids[row].and_then(|id| found.get_mut(id)), metrics[row]) else {
                continue;
            };
            let of_metric = campaign.given.entry(metric.to_owned()).or_default();
            if let Some(&customer) = customer_ids[row].and_then(|id| index.get(id)) {
                of_metric.insert(customer, values[row].filter(|value| value.is_finite()).unwrap_or(0.0));
            }
        }
    }
    let mut campaigns: Vec<Campaign> = found.into_values().collect();
    for campaign in &mut campaigns {
        campaign.members.sort_by_key(|member| member.customer);
        campaign.members.dedup_by_key(|member| member.customer);
    }
    campaigns.sort_by(|one, other| one.starts.cmp(&other.starts).then_with(|| one.id.cmp(&other.id)));
    Ok((campaigns, unknown_members))
}

fn offers(frame: &DataFrame) -> PolarsResult<Vec<Offer>> {
    let (ids, kinds) = (texts(frame, "offer_id")?, texts(frame, "kind")?);
    let (values, capacities) = (reals(frame, "value")?, integers(frame, "capacity")?);
    let mut offers: Vec<Offer> = (0..frame.height())
        .filter_map(|row| {
            Some(Offer {
                id: ids[row]?.to_owned(),
                is_rate: kinds[row] == Some("rate"),
                value: values[row].filter(|value| value.is_finite()).unwrap_or(0.0).max(0.0),
                capacity: capacities[row].map(|capacity| capacity.max(0) as u64),
            })
        })
        .collect();
    offers.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(offers)
}

/// `1 - cost / revenue` over what was sold of products with a known cost; `None` without such sales. Rows at more than
/// five times the product's median price are faults, and one of them could outweigh a year of sales: they are left out.
fn margin_share(products: &DataFrame, sales: &DataFrame) -> PolarsResult<Option<f64>> {
    let costs: BTreeMap<&str, f64> = texts(products, "product_id")?
        .into_iter()
        .zip(reals(products, "unit_cost")?)
        .filter_map(|(id, cost)| Some((id?, cost?)))
        .collect();
    let (ids, quantities, amounts) =
        (texts(sales, "product_id")?, reals(sales, "quantity")?, reals(sales, "net_amount")?);
    let mut sold: BTreeMap<&str, Vec<Sold>> = BTreeMap::new();
    for row in 0..sales.height() {
        let (Some(id), Some(quantity), Some(revenue)) = (ids[row], quantities[row], amounts[row]) else { continue };
        if quantity > 0.0 && costs.contains_key(id) {
            sold.entry(id).or_default().push(Sold { units: quantity / 1000.0, revenue });
        }
    }
    let (mut revenue, mut cost) = (0.0, 0.0);
    for (id, mut rows) in sold {
        rows.sort_by(|one, other| one.price().total_cmp(&other.price()));
        let highest = 5.0 * rows[(rows.len() - 1) / 2].price();
        for row in rows.iter().filter(|row| row.price() <= highest) {
            revenue += row.revenue;
            cost += costs.get(id).copied().unwrap_or(0.0) * row.units;
        }
    }
    Ok((revenue > 0.0).then(|| (1.0 - cost / revenue).clamp(0.0, 1.0)))
}

/// A row of sales.
#[derive(Clone, Copy, Debug)]
struct Sold {
    units: f64,
    revenue: f64,
}

impl Sold {
    fn price(self) -> f64 {
        self.revenue / self.units
    }
}
