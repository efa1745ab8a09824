//! A new installation runs beside today's process: it publishes nothing that leaves, and says what it would have done beside what was done.

use chrono::TimeDelta;

use crate::small_shop::{SmallShop, first_night};

/// The order files of a date.
fn order_files(shop: &SmallShop, date: &str) -> Vec<String> {
    let folder = shop.project.path().join(format!("out/{date}/inventory_plan"));
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.map(|file| file.file_name().to_string_lossy().into_owned()).filter(|name| name.starts_with("order")).collect()
}

fn set_mode(shop: &SmallShop, mode: &str) {
    let config = shop.project.read("nightclerk.toml");
    let rest: Vec<&str> = config.lines().filter(|line| !line.starts_with("mode = ")).collect();
    shop.project.write("nightclerk.toml", &format!("mode = \"{mode}\"\n{}\n", rest.join("\n")));
}

/// What today's process orders: product 0 on the day after the first night, product 1 never.
fn order_by_hand(shop: &SmallShop) {
    let (on, due) = (first_night() + TimeDelta::days(1), first_night() + TimeDelta::days(30));
    shop.project.execute(&format!(
        "INSERT INTO purchase_orders (order_number, product_id, location_id, supplier_id, quantity, ordered_on, due_on) \
         VALUES ('o2', 'p0', 'l', 's', 60, '{on}', '{due}')"
    ));
    let back = first_night() - TimeDelta::days(10);
    shop.project.execute(&format!(
        "INSERT INTO deliveries (order_number, supplier_id, product_id, location_id, ordered_on, received_on, quantity) \
         VALUES ('o1', 's', 'p0', 'l', '{back}', '{}', 40)",
        back + TimeDelta::days(3)
    ));
}

#[test]
fn a_shadow_publishes_nothing_that_leaves_and_is_compared_with_what_was_done() {
    let shop = SmallShop::new("");
    set_mode(&shop, "shadow");
    order_by_hand(&shop);
    let days: Vec<_> = (0..4).map(|n| first_night() + TimeDelta::days(n)).collect();
    for day in &days {
        shop.run(*day, "a shadow night");
    }
    let last = days[3].to_string();
    let page = shop.project.read(&format!("out/{last}/inventory_plan.html"));
    assert!(page.contains("SHADOW, nobody acts on it. "), "the first sentence says it");
    assert!(page.contains("Beside what was ordered"));
    let compared = format!("From {} to {last}: of ", days[1]);
    assert!(page.contains(&compared), "{compared}");
    assert_eq!(order_files(&shop, &last), [] as [String; 0]);
    assert_eq!(shop.count("SELECT COUNT(*) FROM nightclerk_publications WHERE shadow"), 12);
    assert_eq!(shop.count("SELECT COUNT(*) FROM nightclerk_current"), 0, "consumers see nothing of it");
    assert_eq!(shop.count("SELECT COUNT(*) FROM inventory_recommendations_current"), 0);
    let status = shop.project.run(&["status"]).exits(0);
    assert!(status.stdout.contains("SHADOW: nobody acts on what it publishes"), "{}", status.stdout);
    let target = shop.project.path().join("handed");
    let export = shop.project.run(&["export", "inventory_plan", "--to", target.to_str().unwrap()]).exits(2);
    assert!(export.stderr.contains("is of a shadow night: nobody is to act on it"), "{}", export.stderr);

    let explained = shop.project.run(&["explain", "order", "p1", "l"]).exits(0);
    assert!(explained.stdout.contains("p1"), "what nobody sees can be explained: {}", explained.stdout);

    // The same date run again as a live one: now it leaves.
    set_mode(&shop, "live");
    shop.run(days[3], "the first live night");
    assert_eq!(shop.count("SELECT COUNT(*) FROM nightclerk_current"), 3);
    let page = shop.project.read(&format!("out/{last}/inventory_plan.html"));
    assert!(!page.contains("SHADOW") && !page.contains("Beside what was ordered"));
    assert!(!order_files(&shop, &last).is_empty(), "the buyer gets a file");

    // Back in the shadow, what consumers read stays theirs.
    set_mode(&shop, "shadow");
    let again = shop.project.run(&["run", "--as-of", &last]).exits(0);
    assert!(again.stderr.contains("does not take it from those who read it"), "{}", again.stderr);
    assert_eq!(shop.count("SELECT COUNT(*) FROM nightclerk_current"), 3);
}

#[test]
fn one_job_may_be_in_the_shadow_while_the_others_are_live() {
    let shop = SmallShop::new("");
    let job = shop.project.read("jobs/inventory_plan.toml");
    shop.project.write("jobs/inventory_plan.toml", &format!("mode = \"shadow\"\n{job}"));
    shop.run(first_night(), "a night");
    let current = shop.rows("SELECT job FROM nightclerk_current ORDER BY job");
    let jobs: Vec<&str> = current.iter().filter_map(|row| row[0].as_text()).collect();
    assert_eq!(jobs, ["basket_rules", "demand_forecast"]);
    let wrong = shop.project.read("jobs/inventory_plan.toml").replace("\"shadow\"", "\"dark\"");
    shop.project.write("jobs/inventory_plan.toml", &wrong);
    let check = shop.project.run(&["check"]).exits(2);
    assert!(check.stderr.contains("jobs/inventory_plan.toml") && check.stderr.contains("shadow"), "{}", check.stderr);
}
