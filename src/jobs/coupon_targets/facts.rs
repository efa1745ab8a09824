//! The frames as plain structs: customers by index, campaigns with their members, offers, the margin.

use std::collections::{BTreeMap, HashMap};

use polars::prelude::DataFrame;

use super::dataset::CouponFrames;
use super::purchases::Purchases;
use crate::contract::ContractError;
use crate::datasets::{
    self, Assignment, AttributeValues, CampaignOutcome, CustomerAttribute, Product, Sale, Suppression,
};
use crate::day::{Day, Instant};
use crate::job::RunContext;
use crate::published::{CouponAssignment, CouponCampaign};

/// A customer, as far as permission goes.
#[derive(Clone, Debug)]
pub(super) struct Customer {
    pub id: String,
    pub joined: Option<Day>,
    pub consent: Option<bool>,
    pub contact_hash: Option<String>,
    pub suppressed: bool,
}

/// A campaign with everyone who was put into an arm.
#[derive(Clone, Debug)]
pub(super) struct Campaign {
    pub id: String,
    pub kind: String,
    pub starts: Day,
    pub ends: Day,
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
    /// The day of the decision.
    pub assigned: Option<Day>,
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
    /// One value per customer each.
    pub attributes: Vec<CustomerAttribute>,
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
    /// Whom lists in the shadow would have written to.
    pub shadow: Vec<Member>,
}

impl Facts {
    /// Shapes the frames.
    pub(super) fn new(ctx: &RunContext, frames: &CouponFrames) -> Result<Self, ContractError> {
        let (mut customers, order) = customers(&frames.customers)?;
        let by_id: Vec<String> = customers.iter().map(|customer| customer.id.clone()).collect();
        let index: HashMap<&str, usize> = by_id.iter().enumerate().map(|(at, id)| (id.as_str(), at)).collect();
        if let Some(frame) = &frames.suppressions {
            for suppression in Suppression::read(frame)? {
                let holds = suppression.until.is_none_or(|until| until >= ctx.as_of.into());
                if let Some(&at) = index.get(suppression.customer_id).filter(|_| holds) {
                    customers[at].suppressed = true;
                }
            }
        }
        let purchases = frames.customer_days.as_ref().map(|frame| Purchases::new(frame, &index, customers.len()));
        let (campaigns, unknown_members) = campaigns(frames, &index)?;
        let attributes = CustomerAttribute::read(&frames.customers);
        Ok(Self {
            attributes: attributes.into_iter().map(|attribute| in_order(attribute, &order)).collect(),
            customers,
            purchases: purchases.transpose()?,
            campaigns,
            offers: frames.offers.as_ref().map(offers).transpose()?,
            margin_share: match (&frames.products, &frames.daily_sales) {
                (Some(products), Some(sales)) => margin_share(products, sales)?,
                _ => None,
            },
            unknown_members,
            knows_suppressions: frames.suppressions.is_some(),
            shadow: frames
                .shadow_assignments
                .as_ref()
                .map(|frame| shadow(frame, &index))
                .transpose()?
                .unwrap_or_default(),
        })
    }
}

/// Customers by id, and the row of each in the frame.
fn customers(frame: &DataFrame) -> Result<(Vec<Customer>, Vec<usize>), ContractError> {
    let mut rows: Vec<(usize, datasets::Customer<'_>)> = datasets::Customer::read(frame)?.enumerate().collect();
    rows.sort_by_key(|(_, row)| row.customer_id);
    let order = rows.iter().map(|(at, _)| *at).collect();
    let customer = |(_, row): (usize, datasets::Customer<'_>)| Customer {
        id: row.customer_id.to_owned(),
        joined: row.joined_on,
        consent: row.consent_marketing,
        contact_hash: row.contact_hash.filter(|hash| !hash.is_empty()).map(str::to_owned),
        suppressed: false,
    };
    Ok((rows.into_iter().map(customer).collect(), order))
}

/// An attribute with its values in the order of these rows.
fn in_order(attribute: CustomerAttribute, order: &[usize]) -> CustomerAttribute {
    let values = match attribute.values {
        AttributeValues::Words(words) => AttributeValues::Words(order.iter().map(|&row| words[row].clone()).collect()),
        AttributeValues::Numbers(numbers) => AttributeValues::Numbers(order.iter().map(|&row| numbers[row]).collect()),
    };
    CustomerAttribute { values, ..attribute }
}

/// The campaigns with their members and given outcomes; and how many members are not among the customers.
fn campaigns(frames: &CouponFrames, index: &HashMap<&str, usize>) -> Result<(Vec<Campaign>, u64), ContractError> {
    let mut found: BTreeMap<String, Campaign> = BTreeMap::new();
    // Our own come last and win: a project may union them into its datasets.
    if let Some(frame) = &frames.campaigns {
        for campaign in datasets::Campaign::read(frame)? {
            let campaign = Campaign {
                id: campaign.campaign_id,
                kind: campaign.kind,
                starts: campaign.starts_on,
                ends: campaign.ends_on,
                randomised: campaign.randomised == Some(true),
                offer_id: campaign.offer_id,
                own: false,
                members: Vec::new(),
                given: BTreeMap::new(),
            };
            found.insert(campaign.id.clone(), campaign);
        }
    }
    if let Some(frame) = &frames.own_campaigns {
        for campaign in CouponCampaign::read(frame)? {
            let campaign = Campaign {
                id: campaign.campaign_id,
                kind: campaign.kind,
                starts: campaign.starts_on,
                ends: campaign.ends_on,
                randomised: campaign.randomised,
                offer_id: campaign.offer_id,
                own: true,
                members: Vec::new(),
                given: BTreeMap::new(),
            };
            found.insert(campaign.id.clone(), campaign);
        }
    }
    let mut unknown_members = 0;
    let mut add = |own: bool, campaign_id: &str, customer_id: &str, variant: &str, assigned: Option<Day>| {
        let Some(campaign) = found.get_mut(campaign_id).filter(|campaign| campaign.own == own) else { return };
        match index.get(customer_id) {
            Some(&customer) => campaign.members.push(Member { customer, treated: variant != "control", assigned }),
            None => unknown_members += 1,
        }
    };
    if let Some(frame) = &frames.assignments {
        for row in Assignment::read(frame)? {
            add(false, row.campaign_id, row.customer_id, row.variant, row.assigned_at.map(Instant::day));
        }
    }
    if let Some(frame) = &frames.own_assignments {
        for row in CouponAssignment::read(frame)? {
            add(true, row.campaign_id, row.customer_id, row.variant, Some(row.assigned_on));
        }
    }
    if let Some(frame) = &frames.campaign_outcomes {
        for row in CampaignOutcome::read(frame)? {
            let Some(campaign) = found.get_mut(row.campaign_id) else { continue };
            let of_metric = campaign.given.entry(row.metric.to_owned()).or_default();
            if let Some(&customer) = index.get(row.customer_id) {
                of_metric.insert(customer, if row.value.is_finite() { row.value } else { 0.0 });
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

/// Those of lists in the shadow who were not to be held out.
fn shadow(frame: &DataFrame, index: &HashMap<&str, usize>) -> Result<Vec<Member>, ContractError> {
    let written_to = CouponAssignment::read(frame)?.filter(|row| row.variant != "control");
    let member = |row: CouponAssignment<'_>| {
        Some(Member { customer: *index.get(row.customer_id)?, treated: true, assigned: Some(row.assigned_on) })
    };
    Ok(written_to.filter_map(member).collect())
}

fn offers(frame: &DataFrame) -> Result<Vec<Offer>, ContractError> {
    let offer = |offer: datasets::Offer| Offer {
        id: offer.offer_id,
        is_rate: offer.kind == "rate",
        value: if offer.value.is_finite() { offer.value.max(0.0) } else { 0.0 },
        capacity: offer.capacity.map(|capacity| capacity.max(0) as u64),
    };
    let mut offers: Vec<Offer> = datasets::Offer::read(frame)?.map(offer).collect();
    offers.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(offers)
}

/// `1 - cost / revenue` over what was sold of products with a known cost; `None` without such sales. Rows at more than
/// five times the product's median price are faults, and one of them could outweigh a year of sales: they are left out.
fn margin_share(products: &DataFrame, sales: &DataFrame) -> Result<Option<f64>, ContractError> {
    let known = Product::read(products)?.filter_map(|product| Some((product.product_id, product.unit_cost?)));
    let costs: BTreeMap<String, f64> = known.map(|(id, cost)| (id, cost as f64)).collect();
    let mut sold: BTreeMap<&str, Vec<Sold>> = BTreeMap::new();
    for sale in Sale::read(sales)? {
        if sale.quantity > 0 && costs.contains_key(sale.product_id) {
            let row = Sold { units: sale.quantity as f64 / 1000.0, revenue: sale.net_amount as f64 };
            sold.entry(sale.product_id).or_default().push(row);
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
