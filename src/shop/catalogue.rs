//! What the shop sells and where it comes from: categories, products, suppliers, locations, prices, promotions, pairs.

use rand::Rng;
use rand::seq::SliceRandom;

use super::chance::{Stream, Weighted, between, happens, log_normal, normal, poisson, rng};

/// Order lines per day over all products and locations at scale 1, before any factor.
pub(super) const BASE_LINES_PER_DAY: f64 = 260.0;

/// A middle category with its leaves.
type Middle = (&'static str, [&'static str; 3]);

/// Top, middle and leaf names of the tree, with the median price in cents of the top.
const TREE: [(&str, f64, [Middle; 3]); 4] = [
    (
        "Grocery",
        249.0,
        [
            ("Dairy", ["Milk", "Cheese", "Yoghurt"]),
            ("Bakery", ["Bread", "Cake", "Biscuits"]),
            ("Drinks", ["Coffee", "Juice", "Wine"]),
        ],
    ),
    (
        "Household",
        449.0,
        [
            ("Cleaning", ["Detergent", "Dishwashing", "Bathroom"]),
            ("Paper", ["Kitchen Rolls", "Tissues", "Stationery"]),
            ("Kitchen", ["Pans", "Storage", "Cutlery"]),
        ],
    ),
    (
        "Beauty",
        699.0,
        [
            ("Hair", ["Shampoo", "Styling", "Colour"]),
            ("Skin", ["Creams", "Sun Care", "Soap"]),
            ("Oral", ["Toothpaste", "Brushes", "Mouthwash"]),
        ],
    ),
    (
        "Leisure",
        1499.0,
        [
            ("Garden", ["Plants", "Tools", "Barbecue"]),
            ("Toys", ["Games", "Figures", "Puzzles"]),
            ("Sports", ["Fitness", "Outdoor", "Cycling"]),
        ],
    ),
];
const BRANDS: [&str; 8] = ["Alder", "Birke", "Corvo", "Dunes", "Elmo", "Fjord", "Garten", "Hafen"];
const SUPPLIER_WEEKDAYS: [[usize; 2]; 4] = [[0, 3], [1, 4], [0, 2], [2, 5]];
pub(super) const WEEKDAY_NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
pub(super) const LOCATION_NAMES: [&str; 3] = ["Centre", "Station", "Suburb"];
pub(super) const LOCATION_SHARES: [f64; 3] = [0.5, 0.3, 0.2];
/// How many days of future a promotion is announced ahead.
pub(super) const PLANNED_DAYS: i32 = 60;
const PRODUCT_PROMOTION_SLOT: i32 = 90;
const CATEGORY_PROMOTION_SLOT: i32 = 180;
const PRICE_SLOT: i32 = 240;

/// A leaf of the category tree with the habits of those who buy there.
#[derive(Debug)]
pub(super) struct Category {
    pub path: String,
    pub top: usize,
    pub middle_path: String,
    /// Factors Monday to Sunday, mean 1.
    pub weekday: [f64; 7],
    /// Amplitude and phase (radians) of one and of two waves per year, on the logarithm.
    pub waves: [(f64, f64); 2],
    pub christmas: f64,
    pub easter: f64,
    pub black_friday: f64,
    pub return_rate: f64,
}

#[derive(Debug)]
pub(super) struct Product {
    pub id: String,
    pub name: String,
    pub brand: &'static str,
    pub category: usize,
    pub supplier: usize,
    pub unit_cost: i64,
    pub pack_size: i64,
    pub min_order_quantity: i64,
    pub shelf_life_days: Option<i64>,
    /// Day numbers; `i32::MIN` and `i32::MAX` when always on sale.
    pub launched: i32,
    pub discontinued: i32,
    /// Expected units per day over all locations before any factor.
    pub base: f64,
    /// Expected units per order line: `1 + Poisson(units_per_line - 1)`.
    pub units_per_line: f64,
    /// Shape of the negative binomial.
    pub shape: f64,
    /// Probability that there is any demand on a day; below 1 for intermittent products.
    pub active_share: f64,
    pub elasticity: f64,
    pub yearly_trend: f64,
    /// First day and price, by day.
    pub prices: Vec<(i32, i64)>,
}

impl Product {
    pub(super) fn on_sale(&self, day: i32) -> bool {
        (self.launched..=self.discontinued).contains(&day)
    }

    pub(super) fn price(&self, day: i32) -> i64 {
        let after = self.prices.partition_point(|&(from, _)| from <= day);
        self.prices.get(after.saturating_sub(1)).map_or(0, |&(_, price)| price)
    }
}

#[derive(Debug)]
pub(super) struct Supplier {
    pub id: String,
    pub name: String,
    pub lead_time_days: i32,
    pub order_weekdays: [usize; 2],
    pub min_order_value: Option<i64>,
    /// Probability that an order comes late, and mean days of lateness.
    pub late_share: f64,
}

/// What a promotion covers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scope {
    Product(usize),
    /// A middle category, by its first leaf.
    Middle(usize),
}

#[derive(Debug)]
pub(super) struct Promotion {
    pub id: String,
    pub scope: Scope,
    pub location: Option<usize>,
    pub start: i32,
    pub end: i32,
    pub display: bool,
    pub rate: f64,
}

/// A planted complement: a line of the antecedent adds a line of the consequent with probability `strength`.
#[derive(Debug)]
pub(super) struct Pair {
    pub antecedent: usize,
    pub consequent: usize,
    pub strength: f64,
}

#[derive(Debug)]
pub(super) struct Catalogue {
    pub categories: Vec<Category>,
    pub products: Vec<Product>,
    pub suppliers: Vec<Supplier>,
    pub promotions: Vec<Promotion>,
    /// Between products.
    pub product_pairs: Vec<Pair>,
    /// Between leaf categories.
    pub category_pairs: Vec<Pair>,
}

/// The days for which the world is planned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub first: i32,
    /// Last day of the history.
    pub last: i32,
    /// Last day for which anything is planned.
    pub horizon: i32,
}

impl Catalogue {
    pub(super) fn new(seed: u64, scale: f64, span: Span) -> Self {
        let categories = categories(seed);
        let suppliers = suppliers(seed);
        let products = products(seed, scale, span, &categories, suppliers.len());
        let promotions = promotions(seed, span, products.len());
        let product_pairs = product_pairs(seed, &products);
        let category_pairs = category_pairs(seed, &categories, &products);
        Self { categories, products, suppliers, promotions, product_pairs, category_pairs }
    }
}

fn categories(seed: u64) -> Vec<Category> {
    let mut categories = Vec::new();
    for (top, (top_name, _, middles)) in TREE.iter().enumerate() {
        for (middle_name, leaves) in middles {
            for leaf in leaves {
                let mut rng = rng(seed, Stream::Categories, [categories.len() as u64, 0, 0]);
                let mut weekday = [0.85, 0.85, 0.9, 1.0, 1.3, 1.6, 0.5];
                for factor in &mut weekday {
                    *factor *= log_normal(&mut rng, 0.08);
                }
                let mean = weekday.iter().sum::<f64>() / 7.0;
                let garden = *middle_name == "Garden" || *leaf == "Sun Care";
                let amplitude = if garden { 0.7 } else { between(&mut rng, 0.08, 0.35) };
                let phase = if garden { std::f64::consts::PI } else { between(&mut rng, 0.0, std::f64::consts::TAU) };
                let gifts = *middle_name == "Toys" || *leaf == "Wine" || *leaf == "Biscuits";
                categories.push(Category {
                    path: format!("{top_name}/{middle_name}/{leaf}"),
                    top,
                    middle_path: format!("{top_name}/{middle_name}"),
                    weekday: weekday.map(|factor| factor / mean),
                    waves: [
                        (amplitude, phase),
                        (between(&mut rng, 0.0, 0.12), between(&mut rng, 0.0, std::f64::consts::TAU)),
                    ],
                    christmas: if gifts { 2.4 } else { between(&mut rng, 1.15, 1.7) },
                    easter: if top == 0 { between(&mut rng, 1.3, 1.9) } else { between(&mut rng, 0.9, 1.3) },
                    black_friday: if top == 0 { 1.0 } else { between(&mut rng, 1.4, 2.2) },
                    return_rate: [0.004, 0.015, 0.03, 0.06][top],
                });
            }
        }
    }
    categories
}

fn suppliers(seed: u64) -> Vec<Supplier> {
    (0..8)
        .map(|number| {
            let mut rng = rng(seed, Stream::Suppliers, [number as u64, 0, 0]);
            Supplier {
                id: format!("S{:02}", number + 1),
                name: format!("{} Supplies", BRANDS[number]),
                lead_time_days: [2, 3, 5, 4, 7, 9, 6, 13][number],
                order_weekdays: SUPPLIER_WEEKDAYS[number % 4],
                min_order_value: happens(&mut rng, 0.5).then(|| 5000 * rng.random_range(1..=4)),
                late_share: between(&mut rng, 0.08, 0.25),
            }
        })
        .collect()
}

fn products(seed: u64, scale: f64, span: Span, categories: &[Category], suppliers: usize) -> Vec<Product> {
    let count = ((120.0 * scale.sqrt()).round() as usize).max(36);
    let mut products: Vec<Product> = (0..count)
        .map(|number| {
            let mut rng = rng(seed, Stream::Products, [number as u64, 0, 0]);
            let category = number % categories.len();
            let top = categories[category].top;
            let price = ((TREE[top].1 * log_normal(&mut rng, 0.5) / 10.0).round() as i64).max(5) * 10 - 1;
            let intermittent = happens(&mut rng, 0.2);
            let popularity = normal(&mut rng, 0.0, 1.1).exp() * if intermittent { 0.08 } else { 1.0 };
            let pack_size = [1, 1, 2, 4, 6, 6, 12][rng.random_range(0..7)];
            let newcomer = happens(&mut rng, 0.08);
            let leaver = !newcomer && happens(&mut rng, 0.05);
            let days = f64::from(span.last - span.first);
            let somewhere = span.first + (days * between(&mut rng, 0.2, 0.9)) as i32;
            Product {
                id: format!("P{:04}", number + 1),
                name: {
                    let leaf = categories[category].path.rsplit('/').next().unwrap_or_default();
                    format!("{} {leaf} {}", BRANDS[number % BRANDS.len()], number / categories.len() + 1)
                },
                brand: BRANDS[number % BRANDS.len()],
                category,
                supplier: (number + rng.random_range(0..3)) % suppliers,
                unit_cost: (price as f64 * between(&mut rng, 0.5, 0.75)).round() as i64,
                pack_size,
                min_order_quantity: pack_size * [1, 1, 2][rng.random_range(0..3)],
                shelf_life_days: (top == 0).then(|| rng.random_range(5..=120)),
                launched: if newcomer { somewhere } else { i32::MIN },
                discontinued: if leaver { somewhere } else { i32::MAX },
                base: popularity,
                units_per_line: 1.0 + [0.7, 0.25, 0.2, 0.08][top],
                shape: between(&mut rng, 2.0, 8.0),
                active_share: if intermittent { between(&mut rng, 0.2, 0.5) } else { 1.0 },
                elasticity: between(&mut rng, 0.8, 2.5),
                yearly_trend: normal(&mut rng, 0.03, 0.12),
                prices: prices(seed, number, price, span),
            }
        })
        .collect();
    let raw_lines: f64 = products.iter().map(|product| product.base / product.units_per_line).sum();
    let factor = BASE_LINES_PER_DAY * scale / raw_lines;
    for product in &mut products {
        product.base *= factor;
    }
    products
}

fn prices(seed: u64, product: usize, list_price: i64, span: Span) -> Vec<(i32, i64)> {
    let mut prices = vec![(span.first, list_price)];
    let mut price = list_price as f64;
    for slot in 0..(span.horizon - span.first) / PRICE_SLOT {
        let mut rng = rng(seed, Stream::Prices, [product as u64, slot as u64, 0]);
        if happens(&mut rng, 0.6) {
            price *= 1.0 + between(&mut rng, 0.03, 0.12) * if happens(&mut rng, 0.7) { 1.0 } else { -1.0 };
            let day = span.first + slot * PRICE_SLOT + rng.random_range(1..PRICE_SLOT);
            prices.push((day, ((price / 10.0).round() as i64).max(5) * 10 - 1));
        }
    }
    prices
}

fn promotions(seed: u64, span: Span, products: usize) -> Vec<Promotion> {
    let mut promotions = Vec::new();
    let mut plan = |scope: Scope, key: u64, slot_days: i32, probability: f64| {
        for slot in 0..=(span.horizon - span.first) / slot_days {
            let mut rng = rng(seed, Stream::Promotions, [key, slot as u64, slot_days as u64]);
            if !happens(&mut rng, probability) {
                continue;
            }
            let start = span.first + slot * slot_days + rng.random_range(0..slot_days - 24);
            let location = happens(&mut rng, 0.15).then(|| rng.random_range(0..LOCATION_NAMES.len()));
            let end = start + rng.random_range(4..14);
            let display = happens(&mut rng, 0.35);
            let rate = [0.1, 0.15, 0.2, 0.25, 0.3, 0.4][rng.random_range(0..6)];
            promotions.push(Promotion { id: String::new(), scope, location, start, end, display, rate });
        }
    };
    for product in 0..products {
        plan(Scope::Product(product), product as u64, PRODUCT_PROMOTION_SLOT, 0.6);
    }
    for middle in 0..12 {
        plan(Scope::Middle(middle * 3), 1_000_000 + middle as u64, CATEGORY_PROMOTION_SLOT, 0.5);
    }
    promotions.sort_by_key(|promotion| promotion.start);
    for (number, promotion) in promotions.iter_mut().enumerate() {
        promotion.id = format!("PR{:05}", number + 1);
    }
    promotions
}

/// About 15 pairs of lasting products, antecedents from often to rarely bought, no product in two pairs.
fn product_pairs(seed: u64, products: &[Product]) -> Vec<Pair> {
    let mut lasting: Vec<usize> = (0..products.len())
        .filter(|&product| {
            let product = &products[product];
            product.launched == i32::MIN && product.discontinued == i32::MAX && product.active_share >= 1.0
        })
        .collect();
    lasting.sort_by(|&one, &other| products[other].base.total_cmp(&products[one].base).then(one.cmp(&other)));
    let mut rng = rng(seed, Stream::Categories, [1000, 0, 0]);
    let pairs = (lasting.len() / 3).min(15);
    let mut antecedents: Vec<usize> = lasting.iter().copied().take(2 * pairs).step_by(2).collect();
    let mut consequents: Vec<usize> = lasting.iter().copied().filter(|one| !antecedents.contains(one)).collect();
    antecedents.truncate(pairs);
    consequents.shuffle(&mut rng);
    antecedents
        .into_iter()
        .zip(consequents)
        .enumerate()
        .map(|(rank, (antecedent, consequent))| Pair {
            antecedent,
            consequent,
            strength: [0.10, 0.30, 0.18, 0.45, 0.25][rank % 5],
        })
        .collect()
}

/// Four pairs of leaf categories from different tops; no category in two pairs.
fn category_pairs(seed: u64, categories: &[Category], products: &[Product]) -> Vec<Pair> {
    let mut rng = rng(seed, Stream::Categories, [2000, 0, 0]);
    let sold = |category: usize| {
        products.iter().filter(move |product| product.category == category).map(|product| product.base)
    };
    let weights = Weighted::new((0..categories.len()).map(|category| sold(category).sum()));
    let mut used: Vec<usize> = Vec::new();
    let mut pairs = Vec::new();
    for _ in 0..1000 {
        let (Some(antecedent), Some(consequent)) = (weights.draw(&mut rng), weights.draw(&mut rng)) else { break };
        let fresh = !used.contains(&antecedent) && !used.contains(&consequent);
        if pairs.len() < 4 && fresh && categories[antecedent].top != categories[consequent].top {
            used.extend([antecedent, consequent]);
            pairs.push(Pair { antecedent, consequent, strength: [0.12, 0.2, 0.15, 0.25][pairs.len()] });
        }
    }
    pairs
}

/// Days from order to arrival of what a supplier was sent on one day for one location: the quoted time, sometimes a
/// day less, sometimes late by 1 + Poisson(1.5) days, as one lorry carries it all.
pub(super) fn lead_time(seed: u64, supplier: usize, quoted: &Supplier, ordered_on: i32, location: usize) -> i32 {
    let mut rng = rng(seed, Stream::LeadTimes, [supplier as u64, super::chance::day_key(ordered_on), location as u64]);
    let late = happens(&mut rng, quoted.late_share);
    let days = if late { 1 + poisson(&mut rng, 1.5) as i32 } else { -i32::from(happens(&mut rng, 0.2)) };
    (quoted.lead_time_days + days).max(1)
}
