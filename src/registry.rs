//! Every kind of job there is: one line per kind.

use std::collections::BTreeMap;
use std::fmt;

use crate::datasets::{DATASETS, Dataset};
use crate::jobs::{
    basket_rules::BasketRules, campaign_lift::CampaignLift, coupon_targets::CouponTargets,
    demand_forecast::DemandForecast, inventory_plan::InventoryPlan,
};
use crate::kind::{Files, Kind};
use crate::project::embedded;
use crate::published::Table;

/// The kinds of the program, alphabetical.
pub const KINDS: &[Kind] = &[
    Kind::of::<BasketRules>(embedded::FILES),
    Kind::of::<CampaignLift>(embedded::FILES),
    Kind::of::<CouponTargets>(embedded::FILES),
    Kind::of::<DemandForecast>(embedded::FILES),
    Kind::of::<InventoryPlan>(embedded::FILES),
];

/// The kinds that a project may use, and what follows from them: tables, datasets, files of the default project.
#[derive(Clone)]
pub struct Registry {
    kinds: Vec<Kind>,
    /// What the default project holds besides the files of its kinds: their shared templates and the datasets.
    files: Files,
}

impl Registry {
    /// The kinds of the program.
    pub fn standard() -> Self {
        Self::of(KINDS)
    }

    /// Some kinds, with the shared files of the program.
    pub fn of(kinds: &[Kind]) -> Self {
        let mut kinds = kinds.to_vec();
        kinds.sort_by_key(|kind| kind.name);
        Self { kinds, files: embedded::FILES }
    }

    /// The same with one kind more.
    #[must_use]
    pub fn with(self, kind: Kind) -> Self {
        Self::of(&[self.kinds, vec![kind]].concat())
    }

    /// The kinds, alphabetical.
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// The published tables of all kinds, alphabetical.
    pub fn tables(&self) -> Vec<&'static Table> {
        let all = self.kinds.iter().flat_map(|kind| kind.publishes.iter().copied());
        let by_name: BTreeMap<&str, &'static Table> = all.map(|table| (table.name(), table)).collect();
        by_name.into_values().collect()
    }

    /// The datasets that there are: those of the program and those that a kind brings, alphabetical.
    pub fn datasets(&self) -> Vec<&'static Dataset> {
        let of_kinds = self.kinds.iter().flat_map(|kind| kind.needs.iter().chain(kind.uses));
        let by_name: BTreeMap<&str, &'static Dataset> =
            of_kinds.chain(DATASETS).map(|dataset| (dataset.name(), *dataset)).collect();
        by_name.into_values().collect()
    }

    /// The files of the default project by their path in it.
    pub fn files(&self) -> BTreeMap<&'static str, &'static str> {
        let of_kinds = self.kinds.iter().flat_map(|kind| kind.files);
        self.files.iter().chain(of_kinds).copied().collect()
    }

    /// The templates that ship with the program, by file name.
    pub fn templates(&self) -> BTreeMap<&'static str, &'static str> {
        self.files().into_iter().filter_map(|(path, text)| Some((path.strip_prefix("reports/")?, text))).collect()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(&self.kinds).finish()
    }
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
            let parsed = |text: &str| {
                kind.parse(text).map_or_else(|error| panic!("{}: {error}", kind.name), |job| job.params_toml())
            };
            let defaults = parsed("");
            assert_eq!(parsed(&format!("[params]\n{defaults}")), defaults);
        }
    }

    #[test]
    fn every_kind_has_a_job_file_a_template_and_audits_that_hold() {
        for kind in KINDS {
            let job_file = kind.job_file().unwrap_or_default();
            assert!(job_file.contains(&format!("\nkind = \"{}\"\n", kind.name)), "jobs/{}.toml", kind.name);
            assert!(kind.template().is_some_and(|text| text.contains("layout.html.j2")), "template of {}", kind.name);
            for (path, text) in kind.audits() {
                assert!(text.contains("{staged}"), "{path}");
            }
        }
        let audits = embedded::FILES.iter().filter(|(path, _)| path.starts_with("sql/audits/")).count();
        assert_eq!(KINDS.iter().map(|kind| kind.audits().count()).sum::<usize>(), audits);
    }
}
