//! Old runs, slots, pages and exports go; what reached people or left the house stays.

use std::fs;

use crate::support::Project;

#[test]
fn what_is_old_goes_and_what_left_the_house_stays() {
    let project = Project::demo();
    let rows = |sql: &str| project.count(sql);
    let lists = "SELECT COUNT(*) FROM coupon_targets";
    let before = (rows(lists), rows("SELECT COUNT(*) FROM nightclerk_publications"));
    assert!(rows("SELECT COUNT(*) FROM nightclerk_files WHERE leaves") > 0);
    // A run of long ago that published nothing, with a gate, and a page of its own; and a file that is not ours.
    project.execute(
        "INSERT INTO nightclerk_runs SELECT 9001, job, kind, '2025-01-05', 'failed', fence, started_us, finished_us, params_toml, \
         config_hash, code_version, seed, rows_in, rows_out, error FROM nightclerk_runs LIMIT 1",
    );
    project.execute("INSERT INTO nightclerk_gates VALUES (9001, 0, 'g', 'block', FALSE, 'o', 'e', 'x')");
    project.execute(
        "INSERT INTO nightclerk_slots SELECT job, '2025-01-05', 'failed', reason, schedule, due_us, until_us, next_try_us, attempts, \
         crashes, run_id, changed_us FROM nightclerk_slots LIMIT 1",
    );
    project.write("out/2025-01-05/basket_rules.html", "<p>old</p>");
    project.write("out/2025-01-05/notes.txt", "mine");

    let planned = project.run(&["prune", "--dry-run", "--json"]).exits(0).json();
    let counts = |json: &serde_json::Value| {
        ["runs", "gates", "slots", "files"].map(|name| json[name].as_u64().unwrap_or_default())
    };
    assert_eq!(counts(&planned), [1, 1, 1, 1], "{planned}");
    assert_eq!(rows("SELECT COUNT(*) FROM nightclerk_runs WHERE run_id = 9001"), 1);
    let done = project.run(&["prune", "--json"]).exits(0).json();
    assert_eq!(counts(&done), [1, 1, 1, 1], "{done}");
    assert_eq!(rows("SELECT COUNT(*) FROM nightclerk_runs WHERE run_id = 9001"), 0);
    assert!(!project.path().join("out/2025-01-05/basket_rules.html").exists());
    assert_eq!(project.read("out/2025-01-05/notes.txt"), "mine");
    assert_eq!(counts(&project.run(&["prune", "--json"]).exits(0).json()), [0; 4]);

    // Everything of the demo's first night is older than 30 days before the second would be at the end of the year.
    project.replace("nightclerk.toml", "as_of = \"2026-11-22\"", "as_of = \"2026-12-31\"");
    project.run(&["prune", "--keep-days", "30"]).exits(0);
    assert_eq!((rows(lists), rows("SELECT COUNT(*) FROM nightclerk_publications")), before);
    let left = project.query("SELECT path FROM nightclerk_files WHERE leaves AND state = 'written'");
    assert!(!left.is_empty());
    for path in left.iter().filter_map(|row| row[0].as_text()) {
        assert!(fs::exists(project.path().join("out").join(path)).unwrap(), "{path} left the house");
    }
    assert_eq!(project.run(&["status"]).exits(0).code, 0);
}
