//! One day at one location: who asks for what, what is there, who takes it home.

use rand::Rng;
use rand::seq::SliceRandom;
use rand_pcg::Pcg64Mcg;

use super::campaigns::{REDEEMS, Treated};
use super::catalogue::Catalogue;
use super::chance::{Stream, Weighted, day_key, happens, log_normal, negative_binomial, poisson, rng};
use super::customers::{EXTRA_LINES, LINES_PER_BASKET};
use super::demand::complement_lines;
use super::plan::Plan;
use super::world::World;

/// Lines of a basket before complements.
const MOST_LINES: usize = 22;
/// Standard deviation of the logarithm of what all of a location's demand of a day has in common.
const WEATHER_SIGMA: f64 = 0.08;

/// What was asked for and sold, per product.
#[derive(Debug)]
pub(super) struct Trade {
    /// Expected units.
    pub mean: Vec<f64>,
    pub demanded: Vec<i64>,
    pub sold: Vec<i64>,
}

/// What one shopper takes home.
#[derive(Debug)]
pub(super) struct Basket {
    pub customer: Option<usize>,
    /// Position in the plan's treated customers, with what it did.
    pub influence: Option<(usize, Influence)>,
    /// Product and units, by product, no product twice.
    pub lines: Vec<(usize, i64)>,
    /// Second of the local day.
    pub second: i64,
}

/// What a coupon did to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Influence {
    Extra,
    Redeemed,
    Guest,
}

impl Influence {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Extra => "extra",
            Self::Redeemed => "redeemed",
            Self::Guest => "guest",
        }
    }
}

/// Lets the shoppers of a day in; takes what they buy from `on_hand`.
pub(super) fn trade(
    world: &World,
    plan: &Plan,
    location: usize,
    day: i32,
    on_hand: &mut [i64],
) -> (Trade, Vec<Basket>) {
    let products = &world.catalogue.products;
    let own = world.own_units(location, day);
    let own_lines: Vec<f64> = own.iter().zip(products).map(|(units, product)| units / product.units_per_line).collect();
    let total: f64 = own_lines.iter().sum();
    let expected_extra = plan.expected_extra.get(&(location, day)).copied().unwrap_or(0.0);
    let extra_share = expected_extra * (1.0 + EXTRA_LINES) / total.max(1e-9);
    let lines: Vec<f64> = own_lines.iter().map(|lines| lines * (1.0 + extra_share)).collect();
    let added = complement_lines(&world.catalogue, &lines);
    let mean =
        (0..products.len()).map(|number| (lines[number] + added[number]) * products[number].units_per_line).collect();
    let trade = Trade { mean, demanded: vec![0; products.len()], sold: vec![0; products.len()] };
    let mut counter = Counter { catalogue: &world.catalogue, trade, on_hand };

    let mut sold = own_demand(world, &mut counter, &own_lines, location, day);
    for (number, &expected) in own.iter().enumerate() {
        let bulk = world.troubles.bulk(number, day, expected);
        if bulk > 0 {
            // It was ordered for them.
            counter.trade.demanded[number] += bulk;
            counter.trade.sold[number] += bulk;
            sold.push((number, bulk));
        }
    }
    let mut rng = rng(world.settings.seed, Stream::Baskets, [location as u64, day_key(day), 0]);
    let mut baskets = fill_baskets(world, sold, total / world.base_lines[location], location, day, &mut rng);
    for basket in &mut baskets {
        influence(plan, basket, day, &mut rng);
    }
    let by_popularity = Weighted::new(own_lines.iter().copied());
    for &position in plan.extra.get(&(location, day)).map_or(&[][..], Vec::as_slice) {
        baskets.extend(extra_basket(&mut counter, plan, position, &by_popularity, &mut rng));
    }
    let complements = Complements::new(&world.catalogue, &own_lines);
    for basket in &mut baskets {
        complements.add(&mut counter, basket, &mut rng);
        merge(&mut basket.lines);
    }
    baskets.sort_by_key(|basket| basket.second);
    (counter.trade, baskets)
}

/// Sells from stock and keeps count.
struct Counter<'a> {
    catalogue: &'a Catalogue,
    trade: Trade,
    on_hand: &'a mut [i64],
}

impl Counter<'_> {
    /// One line is asked for; the units that were there.
    fn line(&mut self, product: usize, rng: &mut impl Rng) -> i64 {
        let wanted = 1 + i64::from(poisson(rng, self.catalogue.products[product].units_per_line - 1.0));
        let sold = wanted.min(self.on_hand[product]);
        self.trade.demanded[product] += wanted;
        self.trade.sold[product] += sold;
        self.on_hand[product] -= sold;
        sold
    }
}

/// The lines sold of those that people want of themselves: per product a negative binomial number of lines, on some
/// days none for intermittent products, all moved by the weather.
fn own_demand(world: &World, counter: &mut Counter<'_>, lines: &[f64], location: usize, day: i32) -> Vec<(usize, i64)> {
    let seed = world.settings.seed;
    let weather = log_normal(&mut rng(seed, Stream::Weather, [location as u64, day_key(day), 0]), WEATHER_SIGMA);
    let mut sold = Vec::new();
    for (number, &expected) in lines.iter().enumerate() {
        if expected <= 0.0 {
            continue;
        }
        let product = &world.catalogue.products[number];
        let mut rng = rng(seed, Stream::Demand, [number as u64, location as u64, day_key(day)]);
        if product.active_share < 1.0 && !happens(&mut rng, product.active_share) {
            continue;
        }
        for _ in 0..negative_binomial(&mut rng, expected * weather / product.active_share, product.shape) {
            let units = counter.line(number, &mut rng);
            if units > 0 {
                sold.push((number, units));
            }
        }
    }
    sold
}

/// Hands the lines to shoppers: a Poisson number of customers with cards, one line each, and guests; the rest goes to
/// baskets in proportion to log-normal weights.
fn fill_baskets(
    world: &World,
    mut sold: Vec<(usize, i64)>,
    rhythm: f64,
    location: usize,
    day: i32,
    rng: &mut Pcg64Mcg,
) -> Vec<Basket> {
    sold.shuffle(rng);
    let shoppers = &world.shoppers[location];
    let known = (poisson(rng, shoppers.total() * rhythm) as usize).min(sold.len());
    let count = ((sold.len() as f64 / LINES_PER_BASKET).round() as usize).max(known).max(usize::from(!sold.is_empty()));
    let mut weights = Vec::with_capacity(count);
    let mut baskets: Vec<Basket> = (0..count)
        .map(|number| {
            let drawn = (number < known).then(|| shoppers.draw(rng)).flatten();
            let customer = drawn.filter(|&customer| world.customers[customer].active(day));
            weights.push(customer.map_or(0.7, |customer| world.customers[customer].size) * log_normal(rng, 0.7));
            Basket { customer, influence: None, lines: Vec::new(), second: opening_second(rng) }
        })
        .collect();
    let weights = Weighted::new(weights.into_iter());
    for (position, line) in sold.into_iter().enumerate() {
        let mut at = position;
        if position >= known {
            for _ in 0..8 {
                at = weights.draw(rng).unwrap_or(0);
                if baskets[at].lines.len() < MOST_LINES {
                    break;
                }
            }
        }
        baskets[at].lines.push(line);
    }
    baskets.retain(|basket| !basket.lines.is_empty());
    baskets
}

/// What a valid coupon does to an order that comes anyway.
fn influence(plan: &Plan, basket: &mut Basket, day: i32, rng: &mut impl Rng) {
    let Some(positions) = basket.customer.and_then(|customer| plan.holders.get(&customer)) else { return };
    let valid = |treated: &Treated| (treated.first..=treated.last).contains(&day);
    let Some(&position) = positions.iter().find(|&&position| valid(&plan.treated[position])) else { return };
    let treated = &plan.treated[position];
    if happens(rng, treated.hides) {
        basket.influence = Some((position, Influence::Guest));
    } else if happens(rng, REDEEMS) && treated.value.rate(1000) > 0.0 {
        basket.influence = Some((position, Influence::Redeemed));
    }
}

/// An order that a campaign causes. Who came for it takes something else when nothing of it is there.
fn extra_basket(
    counter: &mut Counter<'_>,
    plan: &Plan,
    position: usize,
    by_popularity: &Weighted,
    rng: &mut Pcg64Mcg,
) -> Option<Basket> {
    let count = (1 + negative_binomial(rng, EXTRA_LINES, 1.0) as usize).min(MOST_LINES);
    let mut lines = Vec::new();
    for attempt in 0..count + 30 {
        if attempt >= count && !lines.is_empty() {
            break;
        }
        let product = by_popularity.draw(rng)?;
        if attempt >= count && counter.on_hand[product] == 0 {
            continue;
        }
        let units = counter.line(product, rng);
        if units > 0 {
            lines.push((product, units));
        }
    }
    let customer = Some(plan.treated[position].customer);
    let second = opening_second(rng);
    (!lines.is_empty()).then_some(Basket { customer, influence: Some((position, Influence::Extra)), lines, second })
}

/// What the lines of an antecedent make people add.
struct Complements<'a> {
    catalogue: &'a Catalogue,
    /// Products of the consequent category, drawn by popularity, per category pair.
    members: Vec<Weighted>,
}

impl<'a> Complements<'a> {
    fn new(catalogue: &'a Catalogue, lines: &[f64]) -> Self {
        let member = |category: usize| {
            move |(number, &expected): (usize, &f64)| {
                if catalogue.products[number].category == category { expected } else { 0.0 }
            }
        };
        let members = catalogue
            .category_pairs
            .iter()
            .map(|pair| Weighted::new(lines.iter().enumerate().map(member(pair.consequent))))
            .collect();
        Self { catalogue, members }
    }

    fn add(&self, counter: &mut Counter<'_>, basket: &mut Basket, rng: &mut Pcg64Mcg) {
        for at in 0..basket.lines.len() {
            let product = basket.lines[at].0;
            for pair in self.catalogue.product_pairs.iter().filter(|pair| pair.antecedent == product) {
                if happens(rng, pair.strength) {
                    let units = counter.line(pair.consequent, rng);
                    basket.lines.push((pair.consequent, units));
                }
            }
            let category = self.catalogue.products[product].category;
            for (pair, members) in self.catalogue.category_pairs.iter().zip(&self.members) {
                if pair.antecedent == category
                    && happens(rng, pair.strength)
                    && let Some(consequent) = members.draw(rng)
                {
                    let units = counter.line(consequent, rng);
                    basket.lines.push((consequent, units));
                }
            }
        }
    }
}

/// Adds up the lines of a product and drops those of which nothing was there.
fn merge(lines: &mut Vec<(usize, i64)>) {
    lines.sort_unstable();
    lines.dedup_by(|later, earlier| {
        let same = later.0 == earlier.0;
        if same {
            earlier.1 += later.1;
        }
        same
    });
    lines.retain(|line| line.1 > 0);
}

/// Open from 8 to 21, most people around half past two.
fn opening_second(rng: &mut impl Rng) -> i64 {
    let middle: f64 = f64::midpoint(rng.random::<f64>(), rng.random::<f64>());
    (8.0 * 3600.0 + middle * 13.0 * 3600.0) as i64
}
