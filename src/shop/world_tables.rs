//! The tables known when the shop opens, and those rows of them that become known later.

use polars::prelude::PolarsResult;
use sha2::{Digest, Sha256};

use super::calendar::berlin_day_start;
use super::campaigns::OfferValue;
use super::catalogue::{LOCATION_NAMES, PLANNED_DAYS, Promotion, Scope, WEEKDAY_NAMES};
use super::customers::{AGE_BANDS, TIERS};
use super::frames::{column, columns, table};
use super::world::World;
use super::{ShopTable, schemas, truth};

const CALENDAR_AHEAD: i32 = 400;
/// Assignments are made at eight in the evening.
const EVENING_MICROS: i64 = 20 * 3600 * 1_000_000;

pub(super) fn world_tables(world: &World) -> PolarsResult<Vec<ShopTable>> {
    let mut tables = catalogue_tables(world)?;
    tables.extend(plan_tables(world, world.span.first - 1, world.span.last)?);
    tables.extend(customer_tables(world)?);
    tables.extend(campaign_tables(world)?);
    tables.push(associations(world)?);
    Ok(tables)
}

/// Prices, promotions and calendar days that become known after day `known` and up to day `today`.
pub(super) fn plan_tables(world: &World, known: i32, today: i32) -> PolarsResult<Vec<ShopTable>> {
    let products = &world.catalogue.products;
    let first = known < world.span.first;
    let news = |day: i32, ahead: i32| day <= today + ahead && (first || day > known + ahead);
    let prices: Vec<(&str, i32, i64)> = products
        .iter()
        .flat_map(|product| product.prices.iter().map(|&(from, price)| (product.id.as_str(), from, price)))
        .filter(|&(_, from, _)| news(from, 0))
        .collect();
    let promotions: Vec<&Promotion> =
        world.catalogue.promotions.iter().filter(|promotion| news(promotion.start, PLANNED_DAYS)).collect();
    let category = |promotion: &Promotion| match promotion.scope {
        Scope::Product(_) => None,
        Scope::Middle(leaf) => Some(world.catalogue.categories[leaf].middle_path.as_str()),
    };
    let product = |promotion: &Promotion| match promotion.scope {
        Scope::Product(number) => Some(products[number].id.as_str()),
        Scope::Middle(_) => None,
    };
    let from = if first { world.span.first } else { known + CALENDAR_AHEAD + 1 };
    let events: Vec<(i32, &str)> =
        (from..=today + CALENDAR_AHEAD).filter_map(|day| World::event_name(day).map(|name| (day, name))).collect();
    Ok(vec![
        table(
            &schemas::PRICES,
            columns![
                column!(prices, price => price.0),
                vec![None::<&str>; prices.len()],
                column!(prices, price => price.1),
                column!(prices, price => price.2),
            ],
        )?,
        table(
            &schemas::PROMOTIONS,
            columns![
                column!(promotions, promotion => promotion.id.as_str()),
                column!(promotions, promotion => product(promotion)),
                column!(promotions, promotion => category(promotion)),
                column!(promotions, promotion => promotion.location.map(|location| world.locations[location].as_str())),
                column!(promotions, promotion => promotion.start),
                column!(promotions, promotion => promotion.end),
                column!(promotions, promotion => if promotion.display { "display" } else { "price" }),
                column!(promotions, promotion => promotion.rate),
            ],
        )?,
        table(&schemas::CALENDAR, columns![column!(events, event => event.0), column!(events, event => event.1)])?,
    ])
}

fn catalogue_tables(world: &World) -> PolarsResult<Vec<ShopTable>> {
    let (products, suppliers) = (&world.catalogue.products, &world.catalogue.suppliers);
    let bounded = |day: i32| (day != i32::MIN && day != i32::MAX).then_some(day);
    let listed: Vec<Option<i32>> = (products.iter().enumerate())
        .map(|(number, product)| bounded(world.troubles.listed(number, product.launched)))
        .collect();
    let troubles: Vec<(usize, &'static str)> = world.troubles.each().collect();
    let weekdays = |days: [usize; 2]| days.map(|day| WEEKDAY_NAMES[day]).join(",");
    Ok(vec![
        table(
            &schemas::PRODUCTS,
            columns![
                column!(products, product => product.id.as_str()),
                column!(products, product => product.name.as_str()),
                column!(products, product => world.catalogue.categories[product.category].path.as_str()),
                column!(products, product => product.brand),
                column!(products, product => product.unit_cost),
                column!(products, product => product.prices[0].1),
                column!(products, product => suppliers[product.supplier].id.as_str()),
                column!(products, product => product.pack_size),
                column!(products, product => product.min_order_quantity),
                column!(products, product => product.shelf_life_days),
                listed,
                column!(products, product => bounded(product.discontinued)),
            ],
        )?,
        table(
            &truth::TRUTH_TROUBLES,
            columns![
                column!(troubles, (number, _) => products[*number].id.as_str()),
                column!(troubles, (_, name) => *name),
            ],
        )?,
        table(&schemas::LOCATIONS, columns![column!(world.locations, id => id.as_str()), LOCATION_NAMES.to_vec()])?,
        table(
            &schemas::SUPPLIERS,
            columns![
                column!(suppliers, supplier => supplier.id.as_str()),
                column!(suppliers, supplier => supplier.name.as_str()),
                column!(suppliers, supplier => i64::from(supplier.lead_time_days)),
                column!(suppliers, supplier => weekdays(supplier.order_weekdays)),
                column!(suppliers, supplier => supplier.min_order_value),
            ],
        )?,
    ])
}

fn customer_tables(world: &World) -> PolarsResult<Vec<ShopTable>> {
    let customers = &world.customers;
    let suppressed: Vec<(&str, &str)> = customers
        .iter()
        .filter_map(|customer| customer.suppressed.map(|reason| (customer.id.as_str(), reason)))
        .collect();
    let effects = world.uplift_truth();
    Ok(vec![
        table(
            &schemas::CUSTOMERS,
            columns![
                column!(customers, customer => customer.id.as_str()),
                column!(customers, customer => customer.joined),
                column!(customers, customer => customer.consent),
                column!(customers, customer => contact_hash(customer.contact)),
                column!(customers, customer => AGE_BANDS[customer.age]),
                column!(customers, customer => world.locations[customer.home].as_str()),
                column!(customers, customer => TIERS[customer.tier]),
            ],
        )?,
        table(
            &schemas::SUPPRESSIONS,
            columns![
                column!(suppressed, row => row.0),
                column!(suppressed, row => row.1),
                vec![None::<i32>; suppressed.len()],
            ],
        )?,
        table(
            &truth::TRUTH_UPLIFT,
            columns![
                column!(customers, customer => customer.id.as_str()),
                column!(customers, customer => customer.segment.name()),
                column!(effects, effect => effect.baseline_conversion),
                column!(effects, effect => effect.conversion),
                column!(effects, effect => effect.spend),
                column!(customers, customer => (customer.lapsed < i32::MAX).then_some(customer.lapsed)),
            ],
        )?,
    ])
}

fn campaign_tables(world: &World) -> PolarsResult<Vec<ShopTable>> {
    let campaigns = &world.campaigns;
    let offers: Vec<_> = campaigns.iter().filter(|campaign| campaign.offer().is_some()).collect();
    let contacts: Vec<_> = campaigns
        .iter()
        .flat_map(|campaign| campaign.contacts.iter().map(move |contact| (campaign, contact)))
        .collect();
    let probability = |campaign: &super::campaigns::Campaign, treated: bool| {
        campaign.randomised.then_some(if treated { 1.0 - campaign.control_share } else { campaign.control_share })
    };
    let effects: Vec<_> = campaigns
        .iter()
        .map(|campaign| {
            let effects = world.campaign_truth(&campaign.id);
            let mean = |of: fn(&super::ExpectedEffect) -> f64| {
                effects.iter().map(of).sum::<f64>() / effects.len().max(1) as f64
            };
            (mean(|effect| effect.conversion), mean(|effect| effect.spend), mean(|effect| effect.baseline_conversion))
        })
        .collect();
    let value = |value: OfferValue| match value {
        OfferValue::Amount(cents) => cents as f64,
        OfferValue::Rate(rate) => rate,
    };
    Ok(vec![
        table(
            &schemas::CAMPAIGNS,
            columns![
                column!(campaigns, campaign => campaign.id.as_str()),
                column!(campaigns, campaign => format!("{} {}", campaign.kind, &campaign.id[1..])),
                column!(campaigns, campaign => campaign.kind),
                column!(campaigns, campaign => campaign.start),
                column!(campaigns, campaign => campaign.end),
                column!(campaigns, campaign => match campaign.kind { "leaflet" => 60_i64, "coupon" => 25, _ => 2 }),
                column!(campaigns, campaign => campaign.offer()),
                vec![None::<i64>; campaigns.len()],
                column!(campaigns, campaign => if campaign.kind == "email" { "spend" } else { "conversion" }),
                column!(campaigns, campaign => campaign.randomised),
                column!(campaigns, campaign => campaign.control_share),
            ],
        )?,
        table(
            &schemas::OFFERS,
            columns![
                column!(offers, campaign => campaign.offer_id.as_str()),
                column!(offers, campaign => match campaign.value { OfferValue::Amount(_) => "amount", OfferValue::Rate(_) => "rate" }),
                column!(offers, campaign => value(campaign.value)),
                vec![None::<i64>; offers.len()],
                vec![None::<i64>; offers.len()],
            ],
        )?,
        table(
            &schemas::ASSIGNMENTS,
            columns![
                column!(contacts, (campaign, _) => campaign.id.as_str()),
                column!(contacts, (_, contact) => world.customers[contact.customer].id.as_str()),
                column!(contacts, (_, contact) => if contact.treated { "treatment" } else { "control" }),
                column!(contacts, (campaign, _) => berlin_day_start(campaign.start - 1) + EVENING_MICROS),
                column!(contacts, (campaign, contact) => probability(campaign, contact.treated)),
            ],
        )?,
        table(
            &truth::TRUTH_CAMPAIGNS,
            columns![
                column!(campaigns, campaign => campaign.id.as_str()),
                column!(campaigns, campaign => campaign.randomised),
                column!(campaigns, campaign => campaign.strength),
                column!(effects, effect => effect.0),
                column!(effects, effect => effect.1),
                column!(effects, effect => effect.2),
            ],
        )?,
    ])
}

fn associations(world: &World) -> PolarsResult<ShopTable> {
    let catalogue = &world.catalogue;
    let product = |number: usize| catalogue.products[number].id.as_str();
    let category = |number: usize| catalogue.categories[number].path.as_str();
    let pairs: Vec<(&str, &str, f64, &str)> = catalogue
        .product_pairs
        .iter()
        .map(|pair| (product(pair.antecedent), product(pair.consequent), pair.strength, "product"))
        .chain(
            catalogue
                .category_pairs
                .iter()
                .map(|pair| (category(pair.antecedent), category(pair.consequent), pair.strength, "category")),
        )
        .collect();
    table(
        &truth::TRUTH_ASSOCIATIONS,
        columns![
            column!(pairs, pair => pair.0),
            column!(pairs, pair => pair.1),
            column!(pairs, pair => pair.2),
            column!(pairs, pair => pair.3),
        ],
    )
}

fn contact_hash(contact: usize) -> String {
    let digest = Sha256::digest(format!("customer{contact}@example.com"));
    crate::words::hex(&digest[..12])
}
