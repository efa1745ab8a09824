//! The default project: this repository's own `jobs/`, `sql/` and `reports/`, carried in the binary.

use std::path::Path;

macro_rules! embedded {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../", $path)))),*]
    };
}

/// Every file with its path in a project folder, in order.
pub const FILES: &[(&str, &str)] = embedded![
    "jobs/basket_rules.toml",
    "jobs/campaign_lift.toml",
    "jobs/coupon_targets.toml",
    "jobs/demand_forecast.toml",
    "jobs/inventory_plan.toml",
    "reports/basket_rules.html.j2",
    "reports/campaign_lift.html.j2",
    "reports/coupon_targets.html.j2",
    "reports/demand_forecast.html.j2",
    "reports/index.html.j2",
    "reports/inventory_plan.html.j2",
    "reports/layout.html.j2",
    "reports/parts.html.j2",
    "reports/style.css",
    "sql/audits/coupon_assignments_listed.sql",
    "sql/audits/coupon_assignments_once.sql",
    "sql/audits/coupon_assignments_probability.sql",
    "sql/audits/coupon_drops_counts.sql",
    "sql/audits/coupon_drops_match.sql",
    "sql/audits/coupon_targets_assigned.sql",
    "sql/audits/coupon_targets_budget.sql",
    "sql/audits/coupon_targets_dates.sql",
    "sql/audits/coupon_targets_once.sql",
    "sql/audits/coupon_targets_rank.sql",
    "sql/audits/demand_forecasts_coherence.sql",
    "sql/audits/demand_forecasts_mean.sql",
    "sql/audits/demand_forecasts_quantiles.sql",
    "sql/audits/demand_forecasts_steps.sql",
    "sql/audits/demand_forecasts_totals.sql",
    "sql/audits/explanation_belongs_to_a_recommendation.sql",
    "sql/audits/explanation_running_total_adds_up.sql",
    "sql/audits/explanation_sums_to_order.sql",
    "sql/audits/forecast_accuracy_beats_naive.sql",
    "sql/audits/forecast_accuracy_ranges.sql",
    "sql/audits/lift_intervals_hold_their_estimates.sql",
    "sql/audits/most_lines_have_a_unit_cost.sql",
    "sql/audits/most_splits_are_sound.sql",
    "sql/audits/only_sound_experiments_claim_money.sql",
    "sql/audits/order_dates_are_in_order.sql",
    "sql/audits/order_is_explained.sql",
    "sql/audits/order_is_not_negative.sql",
    "sql/audits/order_is_whole_packs.sql",
    "sql/audits/order_up_to_is_demand_plus_safety.sql",
    "sql/audits/order_up_to_is_in_proportion.sql",
    "sql/audits/order_value_is_quantity_times_cost.sql",
    "sql/audits/outcome_agrees_with_its_facts.sql",
    "sql/audits/outcome_is_graded_after_its_window.sql",
    "sql/audits/recommended_stock_is_not_negative.sql",
    "sql/audits/rule_counts_add_up.sql",
    "sql/audits/rules_are_beyond_chance.sql",
    "sql/datasets/assignments.sql",
    "sql/datasets/basket_lines.sql",
    "sql/datasets/calendar.sql",
    "sql/datasets/campaigns.sql",
    "sql/datasets/customer_days.sql",
    "sql/datasets/customer_purchases.sql",
    "sql/datasets/customers.sql",
    "sql/datasets/daily_sales.sql",
    "sql/datasets/deliveries.sql",
    "sql/datasets/offers.sql",
    "sql/datasets/open_orders.sql",
    "sql/datasets/order_lines.sql",
    "sql/datasets/prices.sql",
    "sql/datasets/products.sql",
    "sql/datasets/promotions.sql",
    "sql/datasets/redemptions.sql",
    "sql/datasets/stock_levels.sql",
    "sql/datasets/suppliers.sql",
    "sql/datasets/suppressions.sql",
];

/// What a generated `nightclerk.toml` says.
#[derive(Clone, Copy, Debug)]
pub struct NewProject<'a> {
    /// The retailer's name.
    pub name: &'a str,
    /// The business date to fix, for a demo.
    pub as_of: Option<chrono::NaiveDate>,
    /// The seed.
    pub seed: u64,
    /// The warehouse URL; passwords as `${VARIABLE}`.
    pub url: &'a str,
}

impl NewProject<'_> {
    /// The text of `nightclerk.toml`, commented.
    pub fn config_text(&self) -> String {
        let as_of = match self.as_of {
            Some(date) => format!(
                "# The business date is fixed because the data are; without this line it is yesterday.\nas_of = \"{date}\"\n"
            ),
            None => "# as_of = \"2026-11-22\"   # fixes the business date of historical data; else it is yesterday\n"
                .to_owned(),
        };
        format!(
            "# A nightclerk project. `nightclerk check` reads everything and prepares every query; `nightclerk run` runs a night.\n\
             name = {name:?}\n\
             timezone = \"Europe/Berlin\"   # IANA; business dates are those of this zone\n\
             currency = \"EUR\"\n\
             seed = {seed}                   # the same seed and data give the same tables, byte for byte\n\
             {as_of}\n\
             [warehouse]\n\
             # Where nightclerk publishes. Passwords come from the environment:\n\
             # url = \"postgres://clerk:${{NIGHTCLERK_PG_PASSWORD}}@db.example.org/retail\"\n\
             url = {url:?}\n\
             # source_url = \"...\"   # read-only, when your data live elsewhere\n\
             # schema = \"nightclerk\"   # the PostgreSQL schema of our own tables\n\n\
             [output]\n\
             dir = \"out\"              # pages and exports\n\
             keep_publications = 400  # per job\n\n\
             [gates]\n\
             max_age_days = 2         # an input whose newest day is older stops the job\n\
             row_count_ratio = 0.6    # rows read or published below this share of what history expects stop it too\n",
            name = self.name,
            seed = self.seed,
            url = self.url,
        )
    }
}

/// Writes a project folder: settings and every default file. A file that is there already is left alone.
///
/// # Errors
/// When a file cannot be written.
pub fn write(folder: &Path, project: &NewProject<'_>) -> std::io::Result<Vec<String>> {
    let config = project.config_text();
    let mut written = Vec::new();
    for (path, text) in std::iter::once((super::CONFIG_FILE, config.as_str())).chain(FILES.iter().copied()) {
        let target = folder.join(path);
        if target.exists() {
            continue;
        }
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&target, text)?;
        written.push(path.to_owned());
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_default_project_is_embedded() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut found = Vec::new();
        for folder in ["jobs", "reports", "sql/audits", "sql/datasets"] {
            for entry in std::fs::read_dir(root.join(folder)).unwrap() {
                found.push(format!("{folder}/{}", entry.unwrap().file_name().into_string().unwrap()));
            }
        }
        found.sort();
        let mut embedded: Vec<&str> = FILES.iter().map(|(path, _)| *path).collect();
        embedded.sort_unstable();
        assert_eq!(found, embedded);
    }
}
