//! Projects on real data: what publishes does, what refuses says what it lacks.
//!
//! `NIGHTCLERK_DATA` names the folder that holds the files which the projects' READMEs ask for.

use std::path::Path;

use crate::support::{Project, data_folder};

/// A project folder in `tests/projects/` and the files it is made for.
pub struct RealProject {
    /// Its folder.
    pub name: &'static str,
    files: &'static [&'static str],
}

/// Gifts, from the United Kingdom.
pub const ONLINE_RETAIL: RealProject =
    RealProject { name: "online_retail", files: &["online_retail_to_2011_08.csv.gz"] };

/// Groceries, from the United States.
pub const COMPLETE_JOURNEY: RealProject = RealProject {
    name: "complete_journey",
    files: &[
        "complete_journey_campaign_descriptions.csv.gz",
        "complete_journey_campaigns.csv.gz",
        "complete_journey_coupon_redemptions.csv.gz",
        "complete_journey_demographics.csv.gz",
        "complete_journey_household_campaign_spend.csv.gz",
        "complete_journey_household_summary.csv.gz",
        "complete_journey_products.csv.gz",
        "complete_journey_transactions_sample.csv.gz",
    ],
};

/// A mail-order house's e-mail experiment.
pub const HILLSTROM: RealProject = RealProject { name: "hillstrom", files: &["hillstrom_email.csv.gz"] };

impl RealProject {
    /// The arguments that import its files from the folder of the data.
    pub fn import<'a>(&self, data: &'a str) -> Vec<&'a str> {
        let mut arguments = vec!["import", data];
        for file in self.files {
            arguments.extend(["--only", *file]);
        }
        arguments
    }
}

/// What a project's night must come to.
struct Expected {
    project: RealProject,
    publish: &'static [&'static str],
    /// Jobs that refuse, with the datasets that their reasons must name. A job that lacks datasets of its own says so, also
    /// when one it waits for did not publish.
    refuse: &'static [(&'static str, &'static [&'static str])],
}

#[test]
fn online_retail() {
    holds(&Expected {
        project: ONLINE_RETAIL,
        publish: &["basket_rules", "demand_forecast"],
        refuse: &[
            ("campaign_lift", &["campaigns", "assignments"]),
            ("coupon_targets", &["campaigns", "assignments"]),
            ("inventory_plan", &["stock_levels"]),
        ],
    });
}

#[test]
fn complete_journey() {
    holds(&Expected {
        project: COMPLETE_JOURNEY,
        publish: &["campaign_lift", "coupon_targets", "demand_forecast"],
        refuse: &[("basket_rules", &["basket_lines"]), ("inventory_plan", &["stock_levels"])],
    });
}

#[test]
fn hillstrom() {
    holds(&Expected {
        project: HILLSTROM,
        publish: &["campaign_lift", "coupon_targets"],
        refuse: &[
            ("basket_rules", &["basket_lines"]),
            ("demand_forecast", &["daily_sales"]),
            ("inventory_plan", &["products", "stock_levels", "daily_sales"]),
        ],
    });
}

fn holds(expected: &Expected) {
    let name = expected.project.name;
    let Some(data) = data_folder() else { return };
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/projects").join(name);
    let readme = std::fs::read_to_string(committed.join("README.md")).unwrap();
    let project = Project::copy_of(&committed);
    for file in expected.project.files {
        let stem = file.trim_start_matches("complete_journey_").trim_end_matches(".csv.gz");
        assert!(readme.contains(stem), "{name}: the README does not name {file}");
    }
    project.run(&expected.project.import(&data.display().to_string())).exits(0);
    project.run(&["check"]).exits(0);

    let ran = project.run(&["run", "--json"]);
    let night = ran.json();
    let outcome = |job: &str| {
        let found = night["jobs"].as_array().and_then(|jobs| jobs.iter().find(|outcome| outcome["job"] == job));
        let found = found.unwrap_or_else(|| panic!("{name}: {job} is not in {night}"));
        (
            found["state"].as_str().unwrap_or_default().to_owned(),
            found["reason"].as_str().unwrap_or_default().to_owned(),
        )
    };
    for job in expected.publish {
        let (state, reason) = outcome(job);
        assert_eq!(state, "published", "{name}: {job}: {reason}");
        eprintln!("{name}: {job}: {}", headline(&night, job));
    }
    for (job, datasets) in expected.refuse {
        let (state, reason) = outcome(job);
        assert_eq!(state, "refused", "{name}: {job}: {reason}");
        for dataset in *datasets {
            assert!(reason.contains(&format!("`{dataset}`")), "{name}: {job} does not name `{dataset}`: {reason}");
        }
    }
    assert!(project.path().join("out/index.html").is_file());
}

fn headline(night: &serde_json::Value, job: &str) -> String {
    let jobs = night["jobs"].as_array().cloned().unwrap_or_default();
    let found = jobs.into_iter().find(|outcome| outcome["job"] == job);
    found.and_then(|outcome| outcome["headline"].as_str().map(str::to_owned)).unwrap_or_default()
}
