//! Every kind of job there is. One line per kind.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;

use crate::datasets::Dataset;
use crate::explain::Explanation;
use crate::job::{AnyJob, Job};
use crate::jobs::{
    basket_rules::BasketRules, campaign_lift::CampaignLift, coupon_targets::CouponTargets,
    demand_forecast::DemandForecast, inventory_plan::InventoryPlan,
};
use crate::published::Table;

/// The kinds, alphabetical.
pub const KINDS: &[Kind] = &[
    Kind::of::<BasketRules>(),
    Kind::of::<CampaignLift>(),
    Kind::of::<CouponTargets>(),
    Kind::of::<DemandForecast>(),
    Kind::of::<InventoryPlan>(),
];

/// A kind of job: its name in job files, what it reads and writes, and how to read its parameters.
#[derive(Clone, Copy)]
pub struct Kind {
    /// See [`Job::KIND`].
    pub name: &'static str,
    /// See [`Job::NEEDS`].
    pub needs: &'static [&'static Dataset],
    /// See [`Job::USES`].
    pub uses: &'static [&'static Dataset],
    /// See [`Job::PUBLISHES`].
    pub publishes: &'static [&'static Table],
    /// See [`Job::EXPLAINS`].
    pub explains: Option<&'static Explanation>,
    parse: fn(&str) -> Result<Arc<dyn AnyJob>, toml::de::Error>,
}

impl Kind {
    /// The kind that `J` implements.
    pub const fn of<J: Job>() -> Self {
        Self {
            name: J::KIND,
            needs: J::NEEDS,
            uses: J::USES,
            publishes: J::PUBLISHES,
            explains: J::EXPLAINS,
            parse: parse_params::<J>,
        }
    }

    /// Reads the `[params]` table of a job file's whole text, so that errors keep their line. Without the table every
    /// parameter has its default.
    ///
    /// # Errors
    /// An unknown key, a wrong type or a value out of range.
    pub fn parse(&self, text: &str) -> Result<Arc<dyn AnyJob>, toml::de::Error> {
        (self.parse)(text)
    }

    /// Every parameter with its default, as TOML.
    ///
    /// # Errors
    /// When a parameter has no default.
    pub fn default_params(&self) -> Result<String, toml::de::Error> {
        self.parse("").map(|job| job.params_toml())
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Kind").field(&self.name).finish()
    }
}

/// The kind of that name.
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

#[derive(Deserialize)]
struct ParamsOnly<J> {
    params: Option<J>,
}

fn parse_params<J: Job>(text: &str) -> Result<Arc<dyn AnyJob>, toml::de::Error> {
    let params = match toml::from_str::<ParamsOnly<J>>(text)?.params {
        Some(params) => params,
        None => toml::from_str("")?,
    };
    Ok(Arc::new(params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_are_alphabetical_and_their_names_unique() {
        assert!(KINDS.windows(2).all(|pair| pair[0].name < pair[1].name));
    }

    #[test]
    fn every_kind_reads_its_own_defaults() {
        for kind in KINDS {
            let defaults = kind.default_params().unwrap_or_else(|error| panic!("{}: {error}", kind.name));
            let again = kind.parse(&format!("[params]\n{defaults}")).map(|job| job.params_toml());
            assert_eq!(again.unwrap_or_else(|error| panic!("{}: {error}", kind.name)), defaults);
        }
    }
}
