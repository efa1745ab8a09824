//! The world: everything about the shop that does not depend on what happens in it.

use super::calendar::{day_number, event};
use super::campaigns::{Campaign, REDEEMS, Treated, campaigns, treat};
use super::catalogue::{Catalogue, LOCATION_NAMES, LOCATION_SHARES, Span};
use super::chance::Weighted;
use super::customers::{COUPON_DAYS, Customer, EXTRA_LINES, customers, shoppers};
use super::demand::{DemandModel, complement_lines};
use super::troubles::Troubles;
use super::{OfferValue, ShopSettings};

/// The planned part of the world ends so many days after the last day of the history.
const HORIZON_DAYS: i32 = 1100;

/// Catalogue, customers, true parameters and campaigns: a function of the settings alone.
#[derive(Debug)]
pub struct World {
    pub(super) settings: ShopSettings,
    pub(super) span: Span,
    pub(super) catalogue: Catalogue,
    pub(super) demand: DemandModel,
    pub(super) troubles: Troubles,
    pub(super) customers: Vec<Customer>,
    /// Per location.
    pub(super) shoppers: Vec<Weighted>,
    pub(super) locations: Vec<String>,
    pub(super) campaigns: Vec<Campaign>,
    /// Expected lines of an average day, per location.
    pub(super) base_lines: Vec<f64>,
}

/// What a coupon is expected to do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExpectedEffect {
    /// P(at least one order in the window) without the coupon.
    pub baseline_conversion: f64,
    /// What the coupon adds to it.
    pub conversion: f64,
    /// What the coupon adds to the cents spent in the window, discounts deducted.
    pub spend: f64,
}

/// A day at a location, relative to an average one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rhythm {
    /// Expected lines over those of an average day.
    pub factor: f64,
    /// Expected cents of a line.
    pub line_value: f64,
}

impl World {
    /// Makes the world; takes well under a second at scale 1.
    pub fn new(settings: &ShopSettings) -> Self {
        let first = day_number(settings.first_day);
        let last = first + settings.days.max(1) as i32 - 1;
        let span = Span { first, last, horizon: last + HORIZON_DAYS };
        let scale = settings.scale.clamp(0.01, 1000.0);
        let catalogue = Catalogue::new(settings.seed, scale, span);
        let demand = DemandModel::new(settings.seed, &catalogue, span);
        let is_consequent = |product| catalogue.product_pairs.iter().any(|pair| pair.consequent == product);
        let troubles = if settings.troubled {
            Troubles::new(settings.seed, &catalogue.products, span, is_consequent)
        } else {
            Troubles::default()
        };
        let customers = customers(settings.seed, scale, span);
        let total: f64 = catalogue.products.iter().map(|product| product.base / product.units_per_line).sum();
        Self {
            settings: settings.clone(),
            span,
            shoppers: (0..LOCATION_SHARES.len()).map(|location| shoppers(&customers, location)).collect(),
            campaigns: campaigns(settings.seed, span, &customers),
            locations: (1..=LOCATION_NAMES.len()).map(|number| format!("L{number:02}")).collect(),
            base_lines: LOCATION_SHARES.iter().map(|share| share * total).collect(),
            catalogue,
            demand,
            troubles,
            customers,
        }
    }

    /// Expected units of every product at a location on a day, before complements and campaigns.
    pub(super) fn own_units(&self, location: usize, day: i32) -> Vec<f64> {
        if self.troubles.is_closed(location, day) {
            return vec![0.0; self.catalogue.products.len()];
        }
        self.demand.own_units(&self.catalogue, &self.troubles, location, day)
    }

    /// The expected effect of a standard coupon (5.00 off) over 14 average days on every customer, in the order of the
    /// `customers` table: what an oracle would rank by.
    pub fn uplift_truth(&self) -> Vec<ExpectedEffect> {
        let offer = OfferValue::Amount(500);
        let average = vec![
            [Rhythm { factor: 1.0, line_value: self.average_line_value() }; LOCATION_SHARES.len()];
            COUPON_DAYS as usize
        ];
        let today = self.span.last;
        (0..self.customers.len())
            .map(|number| {
                let treated =
                    treat(self.settings.seed, (0, "standard"), (number, &self.customers[number]), today, 1.0, offer);
                self.effect(&treated, &average, |customer, _| customer.lapsed >= today)
            })
            .collect()
    }

    /// The expected effect of a campaign of the history on each treated customer, in the order of `customer_id`;
    /// empty for an unknown campaign.
    pub fn campaign_truth(&self, campaign_id: &str) -> Vec<ExpectedEffect> {
        self.campaigns.iter().find(|campaign| campaign.id == campaign_id).map_or_else(Vec::new, |campaign| {
            let window = self.window(campaign.start);
            self.treated(0, campaign).iter().map(|treated| self.effect(treated, &window, Customer::active)).collect()
        })
    }

    /// The treated customers of a campaign of the history.
    pub(super) fn treated(&self, label: usize, campaign: &Campaign) -> Vec<Treated> {
        campaign
            .contacts
            .iter()
            .filter(|contact| contact.treated)
            .map(|contact| {
                let who = (contact.customer, &self.customers[contact.customer]);
                treat(self.settings.seed, (label, &campaign.id), who, campaign.start, campaign.strength, campaign.value)
            })
            .collect()
    }

    /// Whether a day has an event, by name.
    pub(super) fn event_name(day: i32) -> Option<&'static str> {
        event(day).map(super::calendar::Event::name)
    }

    /// The days of a coupon's window at every location.
    fn window(&self, first: i32) -> Vec<[Rhythm; LOCATION_SHARES.len()]> {
        (first..first + COUPON_DAYS).map(|day| std::array::from_fn(|location| self.rhythm(location, day))).collect()
    }

    fn rhythm(&self, location: usize, day: i32) -> Rhythm {
        let products = &self.catalogue.products;
        let units = self.own_units(location, day);
        let lines: Vec<f64> =
            units.iter().zip(products).map(|(units, product)| units / product.units_per_line).collect();
        let added = complement_lines(&self.catalogue, &lines);
        let total: f64 = lines.iter().sum();
        let value: f64 = (0..products.len())
            .map(|number| {
                let product = &products[number];
                let paid = product.price(day) as f64 * (1.0 - self.demand.discount_rate(number, location, day));
                (lines[number] + added[number]) * product.units_per_line * paid
            })
            .sum();
        Rhythm { factor: total / self.base_lines[location], line_value: value / total.max(1e-9) }
    }

    fn average_line_value(&self) -> f64 {
        let products = &self.catalogue.products;
        let value: f64 = products.iter().map(|product| product.base * product.prices[0].1 as f64).sum();
        value / self.base_lines.iter().sum::<f64>().max(1e-9)
    }

    /// With `L` the expected orders in the window, `u` the probability of an extra order, `h` that of hiding the card,
    /// `V` the value of a basket and `D` the discount on it:
    /// conversion `e^-L - (1 - u) e^{-L (1 - h)}`, spend `u (V - D) - h L V - 0.5 (1 - h) L D`.
    fn effect(
        &self,
        treated: &Treated,
        window: &[[Rhythm; LOCATION_SHARES.len()]],
        active: impl Fn(&Customer, i32) -> bool,
    ) -> ExpectedEffect {
        let customer = &self.customers[treated.customer];
        let (mut orders, mut active_days, mut line_value) = (0.0, 0.0, 0.0);
        for (day, locations) in (treated.first..).zip(window) {
            line_value += locations[customer.home].line_value / window.len() as f64;
            if active(customer, day) {
                active_days += 1.0 / window.len() as f64;
                for (location, rhythm) in locations.iter().enumerate() {
                    orders += customer.orders_at(location) * rhythm.factor;
                }
            }
        }
        let extra = treated.extra * active_days;
        let hides = treated.hides;
        let basket = (1.0 + EXTRA_LINES) * line_value;
        let discount = treated.value.rate(basket as i64) * basket;
        let without = (-orders).exp();
        ExpectedEffect {
            baseline_conversion: 1.0 - without,
            conversion: without - (1.0 - extra) * (-orders * (1.0 - hides)).exp(),
            spend: extra * (basket - discount) - hides * orders * basket - REDEEMS * (1.0 - hides) * orders * discount,
        }
    }
}
