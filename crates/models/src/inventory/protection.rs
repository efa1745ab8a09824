//! Demand until the next order can have arrived, over a lead time that varies, and the level of stock that it asks for.

use super::lost_sales::DemandPairs;
use super::outlook::QuantileTable;
use super::{DemandOutlook, InventoryError, LeadTime, check_service_level};

/// What stock is held for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ServiceTarget {
    /// The probability of no stock-out until the next order arrives (per cycle, "P1"), strictly between 0 and 1.
    Cycle(f64),
    /// The share of demand that is served from the shelf at once ("P2"), strictly between 0 and 1.
    FillRate(f64),
    /// The probability of no stock-out until the next order arrives with which this line does its part, so that many lines together
    /// serve a share of demand ([`share_fill_rate`](super::share_fill_rate)).
    SharedFill {
        /// The share of the demand of all of them.
        of_all: f64,
        /// Per cycle, strictly between 0 and 1.
        service: f64,
    },
}

/// What becomes of demand that finds no stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnmetDemand {
    /// It waits until there is some: what is lacking when the order arrives is ordered too.
    #[default]
    Waits,
    /// It is lost, and nothing is ordered for it.
    IsLost,
}

impl ServiceTarget {
    /// # Errors
    /// [`InventoryError::ServiceLevel`] for a share that is not strictly between 0 and 1.
    pub(super) fn check(self) -> Result<(), InventoryError> {
        match self {
            Self::Cycle(share) | Self::FillRate(share) => check_service_level(share),
            Self::SharedFill { of_all, service } => check_service_level(of_all).and(check_service_level(service)),
        }
    }

    /// Of the step of the safety stock.
    pub(super) fn safety_text(self) -> String {
        match self {
            Self::Cycle(level) => format!("safety stock for a service level of {:.1} %", level * 100.0),
            Self::FillRate(share) => {
                format!("safety stock to serve {:.1} % of demand from the shelf", share * 100.0)
            }
            Self::SharedFill { of_all, service } => format!(
                "safety stock for a service level of {:.1} %, with which all lines together serve {:.1} % of demand from the shelf at the \
                 least cost",
                service * 100.0,
                of_all * 100.0
            ),
        }
    }
}

/// Demand over a protection interval of random length: until this order arrives, and until the next one does.
#[derive(Debug)]
pub(super) struct Protection {
    /// Of each lead time: its share, its demand until the next order arrives, and until this one does.
    parts: Vec<(f64, QuantileTable, QuantileTable)>,
    /// Days until this order arrives and until the next one does, of each.
    days: Vec<(usize, usize)>,
    /// Mean demand between the two arrivals, units.
    between: f64,
    /// A possible interval reaches past the forecast.
    beyond_horizon: bool,
}

/// A level of stock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ProtectionLevel {
    /// In units.
    pub units: f64,
    /// A possible interval reaches past the forecast.
    pub beyond_horizon: bool,
    /// The target lies outside the forecast's levels.
    pub beyond_levels: bool,
}

/// Halvings of an interval in which a level is looked for.
const HALVINGS: usize = 60;

/// The share of the demand between the arrivals of an order and of the next one that a stock position serves at once, the order in it.
///
/// `gaps`: days from the first one to come until the order is placed, and until the next one is. `position` in units. `None` without demand,
/// or where the outlook cannot be used.
pub fn expected_fill_rate(
    outlook: &DemandOutlook<'_>,
    lead_time: &LeadTime,
    gaps: (usize, usize),
    position: f64,
) -> Option<f64> {
    outlook.check().ok()?;
    Protection::new(outlook, lead_time, gaps).fill_rate(position)
}

impl Protection {
    /// `gaps`: days from the first one to come until this order is placed, and until the next one is. The outlook must have been checked.
    pub(super) fn new(outlook: &DemandOutlook<'_>, lead_time: &LeadTime, gaps: (usize, usize)) -> Self {
        let (mut parts, mut all_days, mut between, mut beyond_horizon) = (Vec::new(), Vec::new(), 0.0, false);
        for &(days, weight) in &lead_time.distribution {
            let (first, next) = (gaps.0 + days as usize, gaps.1 + days as usize);
            beyond_horizon |= next > outlook.mean.len();
            between += weight * (outlook.mean_total(next).units - outlook.mean_total(first).units);
            parts.push((weight, outlook.table(next), outlook.table(first)));
            all_days.push((first, next));
        }
        Self { parts, days: all_days, between, beyond_horizon }
    }

    /// Mean demand between the arrivals of this order and of the next one, units.
    pub(super) fn between(&self) -> f64 {
        self.between
    }

    /// The pairs of demand until this order arrives and from then to the next, for demand that is lost.
    pub(super) fn pairs(&self) -> DemandPairs {
        let mut pairs = DemandPairs::default();
        for ((weight, next, first), days) in self.parts.iter().zip(&self.days) {
            pairs.add(*weight, (first, next), *days);
        }
        pairs
    }

    /// The level that meets a target.
    pub(super) fn level(&self, target: ServiceTarget) -> ProtectionLevel {
        match target {
            ServiceTarget::Cycle(level) | ServiceTarget::SharedFill { service: level, .. } => self.quantile(level),
            ServiceTarget::FillRate(share) => self.level_for_fill(share),
        }
    }

    /// Solves `sum_L weight_L * P(total of (gap + L) days <= x) = service_level` for `x` by bisection. A mixture keeps what a
    /// normal approximation loses: with lead times of 5 (60 %), 7 (30 %) or 14 days (10 %) the 99 % point of a negative binomial example is
    /// 56 units, not 50.
    fn quantile(&self, service_level: f64) -> ProtectionLevel {
        let singles: Vec<_> =
            self.parts.iter().map(|(_, next, _)| next.quantile(service_level, self.beyond_horizon)).collect();
        let beyond_levels = singles.iter().any(|single| single.beyond_levels);
        let mut low = singles.iter().map(|single| single.units).fold(f64::INFINITY, f64::min);
        let mut high = singles.iter().map(|single| single.units).fold(0.0, f64::max);
        if self.parts.len() > 1 {
            for _ in 0..HALVINGS {
                let middle = f64::midpoint(low, high);
                if self.cycle_service(middle) >= service_level { high = middle } else { low = middle }
            }
        }
        ProtectionLevel { units: high, beyond_horizon: self.beyond_horizon, beyond_levels }
    }

    /// The least level whose fill rate is the wanted one; 0 without demand.
    fn level_for_fill(&self, wanted: f64) -> ProtectionLevel {
        let meets = |units: f64| self.fill_rate(units).is_none_or(|share| share >= wanted);
        let (mut low, mut high) = (0.0, self.between.max(1.0));
        while !meets(high) && high < 1e12 {
            (low, high) = (high, 2.0 * high);
        }
        if meets(0.0) {
            high = 0.0;
        }
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(low, high);
            if meets(middle) { high = middle } else { low = middle }
        }
        let beyond_levels = self.parts.iter().any(|(_, next, _)| next.reaches_beyond(high));
        ProtectionLevel { units: high, beyond_horizon: self.beyond_horizon, beyond_levels }
    }

    /// Probability that a position lasts until the next order arrives.
    pub(super) fn cycle_service(&self, units: f64) -> f64 {
        self.parts.iter().map(|(weight, next, _)| weight * next.probability_within(units)).sum()
    }

    /// The share of the demand between the two arrivals that a position serves at once: `1 - (E(D_next - S)+ - E(D_this - S)+) / E(between)`
    /// (Silver, Pyke and Thomas, 4th ed., section 6.7; without the second term it counts what ran out before this order came). `None`
    /// without demand.
    pub(super) fn fill_rate(&self, units: f64) -> Option<f64> {
        if self.between <= 0.0 {
            return None;
        }
        let missing = |(weight, next, first): &(f64, QuantileTable, QuantileTable)| {
            weight * (next.expected_between(units, f64::INFINITY) - first.expected_between(units, f64::INFINITY))
        };
        let missed: f64 = self.parts.iter().map(missing).sum();
        Some((1.0 - missed / self.between).clamp(0.0, 1.0))
    }
}

/// What has to be ordered on top of a position where unmet demand is lost; never more than up to `level`. Units.
pub(super) fn order_where_lost(pairs: &DemandPairs, target: ServiceTarget, position: f64, level: f64) -> f64 {
    pairs.least_order(level - position, |pairs, order| match target {
        ServiceTarget::Cycle(wanted) | ServiceTarget::SharedFill { service: wanted, .. } => {
            pairs.cycle_service(position, order) >= wanted
        }
        ServiceTarget::FillRate(wanted) => pairs.fill_rate(position, order).is_none_or(|share| share >= wanted),
    })
}
