//! `nightclerk doctor`, and what the terminal needs to know of the commands.

use chrono::Days;

use crate::small_shop::{SmallShop, first_night};

#[test]
fn doctor_says_first_whether_a_night_could_run_and_then_what_is_to_be_mended() {
    let shop = SmallShop::new("");
    let doctor = |code: i32, first_line: &str, part: &str| {
        let found = shop.project.run(&["doctor"]).exits(code);
        assert_eq!(found.stdout.lines().next(), Some(first_line), "{}", found.stdout);
        assert!(found.stdout.contains(part), "{}", found.stdout);
    };
    doctor(0, "a night can run; 1 remark", "remark our tables         at step 0 of ");
    shop.run(first_night(), "the first");
    doctor(0, "a night can run", "ok     our tables");

    let sound = shop.project.read("sql/datasets/daily_sales.sql");
    shop.project.write("sql/datasets/daily_sales.sql", "SELECT nothing FROM nowhere");
    let failed = first_night() + Days::new(1);
    shop.project.run(&["run", "--as-of", &failed.to_string()]).exits(1);
    let said = format!(
        "remark publications       demand_forecast has not published {failed}: failed: sql/datasets/daily_sales.sql"
    );
    doctor(0, "a night can run; 1 remark", &said);
    shop.project.write("sql/datasets/daily_sales.sql", &sound);
    shop.run(failed, "mended");
    doctor(0, "a night can run", "ok     our tables");

    let out = shop.project.path().join("out");
    std::fs::rename(&out, out.with_extension("away")).unwrap();
    std::fs::write(&out, "a file where the folder was").unwrap();
    let found = shop.project.run(&["doctor", "--json"]).exits(1).json();
    assert_eq!(found["ill"], 1, "{found}");
    let ill = found["findings"].as_array().unwrap().iter().find(|finding| finding["state"] == "ill").unwrap();
    assert_eq!(ill["what"], "output folder");
}

#[test]
fn completions_and_manual_know_every_command() {
    let shop = SmallShop::new("");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = shop.project.run(&["completions", shell]).exits(0).stdout;
        assert!(script.contains("rollback") && script.contains("doctor"), "{shell}");
    }
    let pages = shop.project.run(&["man"]).exits(0).stdout;
    for command in ["run", "backfill", "cancel", "doctor", "prune"] {
        assert!(pages.contains(&format!(".TH \"nightclerk {command}\"")), "{command}");
    }
}
