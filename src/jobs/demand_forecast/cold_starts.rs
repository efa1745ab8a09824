//! Forecasts of series that are too new for a model.

use std::collections::BTreeMap;

use super::LEVELS;
use super::cleaned_demand::CleanedDemand;
use super::facts::DemandData;
use super::history::SeriesHistory;
use super::node::SeriesOutcome;
use super::shapes::Shape;
use crate::category_path::is_within;
use crate::day::Day;
use crate::models::forecast::calibration::demand_quantiles;
use crate::models::forecast::lifecycle::{CategoryProfile, Sibling, cold_start};
use crate::models::forecast::origins::Backtest;
use crate::models::forecast::{DemandQuantiles, QuantileBasis};

/// The name of the forecast of a product too new for a model.
const COLD_START: &str = "cold_start";
/// The name of the forecast of a product too new for a model, without siblings.
const OWN_MEAN: &str = "own_mean";
/// Siblings that a cold start needs.
const MIN_SIBLINGS: usize = 3;

/// What a new series is compared with.
pub(super) struct Siblings<'a> {
    /// The shop.
    pub data: &'a DemandData,
    /// What models learn from, per series.
    pub cleaned: &'a [CleanedDemand],
    /// Whether a model forecasts the series: only those say how a new one may go.
    pub is_modelled: &'a [bool],
    /// What multiplies demand, per series.
    pub factors: &'a [Vec<f64>],
}

/// What the series of a category at a location, or everywhere, have in common; `None` where they say nothing.
pub(super) type Profiles<'a> = BTreeMap<(&'a str, Option<&'a str>), Option<CategoryProfile>>;

impl<'a> Siblings<'a> {
    /// The forecast of a new series: its own days and its category's level, each as far as it says something. The siblings are
    /// those of the category at the same location, else everywhere, else of the category above.
    pub fn cold_start(&self, index: usize, profiles: &mut Profiles<'a>, horizon: usize) -> Option<SeriesOutcome> {
        let series = &self.data.series[index];
        let path = self.data.category_path(&series.product_id)?;
        let levels = path.levels().rev();
        let groups = levels.flat_map(|category| [(category, Some(series.location_id.as_str())), (category, None)]);
        let mut groups = groups.map(|group| profiles.entry(group).or_insert_with(|| self.profile(group)).clone());
        let profile = groups.find_map(|profile| profile.filter(|profile| profile.n_siblings >= MIN_SIBLINGS))?;
        let forecast = cold_start(&self.cleaned[index].demand, &profile, &self.factors[index], horizon);
        let quantiles = DemandQuantiles {
            levels: LEVELS.to_vec(),
            per_period: forecast.quantiles(&LEVELS),
            total: forecast.total_quantiles(&LEVELS),
            basis: QuantileBasis::CountModel,
        };
        let outcome = SeriesOutcome::without_backtest(COLD_START, forecast.mean, quantiles);
        Some(SeriesOutcome { cold_start: Some(forecast.weight_own), ..outcome })
    }

    fn profile(&self, (category, location): (&str, Option<&str>)) -> Option<CategoryProfile> {
        let members = (0..self.data.series.len()).filter(|index| {
            let series = &self.data.series[*index];
            self.is_modelled[*index]
                && series.season.is_none()
                && location.is_none_or(|location| series.location_id == location)
                && self.data.category_path(&series.product_id).is_some_and(|own| is_within(own.as_str(), category))
        });
        let siblings: Vec<Sibling> = members
            .map(|index| {
                let series = &self.data.series[index];
                let launch = self.data.products.get(&series.product_id).and_then(|product| product.launched_on);
                let launched = launch == Some(series.first_day);
                Sibling { demand: &self.cleaned[index].demand, factors: &self.factors[index], launched }
            })
            .collect();
        CategoryProfile::fit(&siblings)
    }
}

/// The mean of the series' own observed days, with the shape of its category.
pub(super) fn own_mean(as_of: Day, series: &SeriesHistory, shape: &Shape, horizon: usize) -> SeriesOutcome {
    let any_observed = series.demand.iter().any(|units| units.is_finite());
    // Where every day was sold out, sales are all there is.
    let values = if any_observed { &series.demand } else { &series.sold };
    let days = series.first_day.through(as_of).zip(values).filter(|(_, units)| units.is_finite());
    let (units, usual) = days.fold((0.0, 0.0), |(sum, usual), (day, units)| (sum + units, usual + shape.on(day)));
    let level = if usual > 0.0 { units / usual } else { 0.0 };
    let mean: Vec<f64> = (1..=horizon as i32).map(|ahead| level * shape.on(as_of + ahead)).collect();
    let quantiles = demand_quantiles(&mean, &Backtest::default(), values, &LEVELS);
    SeriesOutcome { cold_start: Some(1.0), ..SeriesOutcome::without_backtest(OWN_MEAN, mean, quantiles) }
}
