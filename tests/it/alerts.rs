//! One message when a job stops publishing, one when it publishes again; none is lost, and none is repeated without being asked.

use chrono::{Days, NaiveDate};

use crate::small_shop::{SmallShop, first_night};

/// A shop whose alerts are written to a file by a command that fails while `down` is there.
fn shop() -> SmallShop {
    let shop = SmallShop::new("");
    let config = std::fs::read_to_string(shop.project.path().join("nightclerk.toml")).unwrap();
    let alerts =
        "\n[[alerts]]\nname = \"on-call\"\ncommand = [\"sh\", \"-c\", \"test ! -e down && cat >> told.jsonl\"]\n";
    std::fs::write(shop.project.path().join("nightclerk.toml"), config + alerts).unwrap();
    shop
}

/// `kind job as_of` of every message that arrived.
fn told(shop: &SmallShop) -> Vec<String> {
    let text = std::fs::read_to_string(shop.project.path().join("told.jsonl")).unwrap_or_default();
    let of_line = |line: &str| {
        let alert: serde_json::Value = serde_json::from_str(line).unwrap();
        let word = |key: &str| alert[key].as_str().unwrap().to_owned();
        assert!(!word("text").is_empty() && word("project") == "Small Shop");
        format!("{} {} {}", word("alert"), word("job"), word("as_of"))
    };
    text.lines().map(of_line).collect()
}

fn run(shop: &SmallShop, as_of: NaiveDate, code: i32) {
    shop.project.run(&["run", "--as-of", &as_of.to_string()]).exits(code);
}

#[test]
fn an_incident_is_told_once_and_its_end_once() {
    let shop = shop();
    let (first, second, third) = (first_night(), first_night() + Days::new(1), first_night() + Days::new(2));
    run(&shop, first, 0);
    assert_eq!(told(&shop), [""; 0], "a good night is no news");

    // The forecast fails; the plan waits for it and is no incident of its own.
    let sql = shop.project.path().join("sql/datasets/daily_sales.sql");
    let sound = std::fs::read_to_string(&sql).unwrap();
    std::fs::write(&sql, "SELECT nothing FROM nowhere").unwrap();
    run(&shop, second, 1);
    assert_eq!(told(&shop), [format!("opened demand_forecast {second}")]);
    run(&shop, second, 1);
    run(&shop, third, 1);
    assert_eq!(told(&shop).len(), 1, "it goes on: {:?}", told(&shop));

    std::fs::write(&sql, sound).unwrap();
    run(&shop, third, 0);
    let expected = [format!("opened demand_forecast {second}"), format!("recovered demand_forecast {second}")];
    assert_eq!(told(&shop), expected);
    run(&shop, third + Days::new(1), 0);
    assert_eq!(told(&shop).len(), 2);
}

#[test]
fn what_cannot_be_told_waits_and_what_may_have_been_told_is_not_repeated() {
    let shop = shop();
    let night = first_night();
    std::fs::write(shop.project.path().join("down"), "").unwrap();
    std::fs::write(shop.project.path().join("sql/datasets/daily_sales.sql"), "SELECT nothing FROM nowhere").unwrap();
    run(&shop, night, 1);
    assert_eq!(told(&shop), [""; 0]);
    let status = shop.project.run(&["status"]);
    let line = format!("alert to `on-call` that demand_forecast {night} opened is due: `sh`: exit status: 1");
    assert!(status.stdout.contains(&line), "{}", status.stdout);

    std::fs::remove_file(shop.project.path().join("down")).unwrap();
    shop.project.execute("UPDATE nightclerk_alerts SET next_try_us = 0");
    run(&shop, night, 1);
    assert_eq!(told(&shop), [format!("opened demand_forecast {night}")]);
    assert!(!shop.project.run(&["status"]).stdout.contains("alert to"));

    // A process that died while it sent.
    shop.project.execute("UPDATE nightclerk_alerts SET state = 'sending', changed_us = 0");
    run(&shop, night, 1);
    assert_eq!(told(&shop).len(), 1);
    let status = shop.project.run(&["status"]);
    assert!(status.stdout.contains("is unknown: the process that sent it ended without a word"), "{}", status.stdout);
}

#[test]
fn a_channel_without_a_program_and_two_of_one_name_are_refused() {
    let shop = shop();
    let config = std::fs::read_to_string(shop.project.path().join("nightclerk.toml")).unwrap();
    let more = "\n[[alerts]]\nname = \"on-call\"\ncommand = []\n";
    std::fs::write(shop.project.path().join("nightclerk.toml"), config + more).unwrap();
    let checked = shop.project.run(&["check"]).exits(2);
    for said in ["two of the alerts are called `on-call`", "`command` of the alert `on-call` names no program"] {
        assert!(checked.stderr.contains(said), "{}", checked.stderr);
    }
}
