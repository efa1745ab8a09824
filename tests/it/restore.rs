//! A ledger that was restored to an older state: nothing is sent twice, and nobody who was reached is forgotten.

use std::path::PathBuf;

use nightclerk::registry::Registry;

use crate::support::{NEXT_NIGHT, Project, SECOND_NIGHT};

/// Takes the ledger and the published tables back to where they were before the second night; the output folder and the retailer's tables
/// stay as they are.
fn restore(project: &Project) {
    for table in Registry::standard().tables() {
        project.execute(&format!("DELETE FROM {} WHERE as_of = '{SECOND_NIGHT}'", table.name));
    }
    for table in ["publications", "slots", "files", "runs"] {
        project.execute(&format!("DELETE FROM nightclerk_{table} WHERE as_of = '{SECOND_NIGHT}'"));
    }
}

/// The CSV exports of a job's second night that the ledger knows: the lists, or the orders that leave the house.
fn lists(project: &Project, job: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let sql = format!(
        "SELECT path FROM nightclerk_files WHERE job = '{job}' AND as_of = '{SECOND_NIGHT}' AND path LIKE '%.csv' \
         AND (path LIKE '%list%' OR path LIKE '%orders%') ORDER BY path"
    );
    let paths = project.query(&sql).into_iter().map(|row| project.path().join("out").join(row[0].as_text().unwrap()));
    let lists: Vec<(PathBuf, Vec<u8>)> = paths.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect();
    assert!(!lists.is_empty());
    lists
}

#[test]
fn after_a_restore_nothing_is_sent_twice_and_nobody_is_forgotten() {
    let project = Project::demo();
    let contacted = project.count(&format!("SELECT COUNT(*) FROM coupon_targets WHERE as_of = '{SECOND_NIGHT}'"));
    let (coupons, orders) = (lists(&project, "coupon_targets"), lists(&project, "inventory_plan"));
    restore(&project);

    // The next list would go to the same people.
    let run = project.run(&["run", "--job", "coupon_targets", "--as-of", NEXT_NIGHT]).exits(4);
    let (said, all) = (format!("`{SECOND_NIGHT}/coupon_targets/"), run.stdout + &run.stderr);
    assert!(all.contains(&said) && all.contains("whom it reached would be forgotten"), "{all}");

    // The same advice once more is the same list.
    project.run(&["run", "--job", "campaign_lift"]).exits(0);
    project.run(&["run", "--job", "coupon_targets"]).exits(0);
    assert_eq!(lists(&project, "coupon_targets"), coupons);
    assert_eq!(
        project.count(&format!("SELECT COUNT(*) FROM coupon_targets WHERE as_of = '{SECOND_NIGHT}'")),
        contacted,
        "those who were reached are known again"
    );

    // Other advice is not put in the place of an order that somebody may have sent.
    let (sent, bytes) = &orders[0];
    let changed = [bytes.as_slice(), b"a line that is not in it any more\r\n"].concat();
    std::fs::write(sent, &changed).unwrap();
    project.run(&["run", "--job", "demand_forecast"]).exits(0);
    let run = project.run(&["run", "--job", "inventory_plan"]).exits(4);
    let all = run.stdout + &run.stderr;
    assert!(all.contains("with other content, and the ledger knows nothing of it"), "{all}");
    assert_eq!(std::fs::read(sent).unwrap(), changed);
    std::fs::rename(sent, sent.with_extension("sent")).unwrap();
    project.run(&["run", "--job", "inventory_plan"]).exits(0);
    assert_eq!(lists(&project, "inventory_plan"), orders);
}
