//! What is on its way is what was ordered less what was received, line by line, on every engine.

use chrono::{NaiveDate, TimeDelta};
use nightclerk::warehouse::Value;

use crate::database::Database;
use crate::mariadb::temporary_server;
use crate::postgres::temporary_cluster;
use crate::small_shop::{SmallShop, first_night};

/// Orders of product, quantity and due date, and what was received of each number and product.
fn half_delivered(url: &str) {
    let shop = SmallShop::new(url);
    // The demo's keys allow an order one line and one delivery; others have several.
    for table in ["purchase_orders", "deliveries"] {
        shop.execute(&format!("CREATE TABLE of_many_lines AS SELECT * FROM {table}"));
        shop.execute(&format!("DROP TABLE {table}"));
        shop.execute(&format!("ALTER TABLE of_many_lines RENAME TO {table}"));
    }
    let orders = [
        ("HALF", "p0", 100, "2026-09-02"),
        // Two lines of one order for one product: what came is the first's.
        ("TWICE", "p1", 30, "2026-09-02"),
        ("TWICE", "p1", 50, "2026-09-03"),
        ("WHOLE", "p2", 70, "2026-09-02"),
        ("MORE", "p3", 20, "2026-09-02"),
        ("NOTHING", "p4", 10, "2026-09-02"),
    ];
    for (number, product, quantity, due_on) in orders {
        shop.execute(&format!(
            "INSERT INTO purchase_orders (order_number, supplier_id, product_id, location_id, ordered_on, due_on, quantity) \
             VALUES ('{number}', 's', '{product}', 'l', '2026-08-28', '{due_on}', {quantity})"
        ));
    }
    let received =
        [("HALF", "p0", 25), ("HALF", "p0", 15), ("TWICE", "p1", 40), ("WHOLE", "p2", 70), ("MORE", "p3", 26)];
    for (number, product, quantity) in received {
        shop.execute(&format!(
            "INSERT INTO deliveries (order_number, supplier_id, product_id, location_id, ordered_on, received_on, quantity) \
             VALUES ('{number}', 's', '{product}', 'l', '2026-08-28', '2026-08-31', {quantity})"
        ));
    }
    shop.run(first_night(), "half delivered");
    let on_order = "SELECT product_id, on_order FROM inventory_recommendations_current ORDER BY product_id";
    let found: Vec<(String, i64)> = (shop.rows(on_order).iter())
        .map(|row| (row[0].as_text().unwrap().to_owned(), row[1].as_real().unwrap() as i64))
        .collect();
    let expected = [("p0", 60), ("p1", 40), ("p2", 0), ("p3", 0), ("p4", 10), ("p5", 0), ("p6", 0), ("p7", 0)];
    assert_eq!(found, expected.map(|(product, quantity)| (product.to_owned(), quantity)));
    assert!(shop.rows(on_order).iter().all(|row| !matches!(row[1], Value::Null)));
}

#[test]
fn the_rest_of_an_order_is_on_its_way_on_sqlite() {
    half_delivered("");
}

#[test]
fn the_rest_of_an_order_is_on_its_way_on_postgres() {
    let Some(cluster) = temporary_cluster() else { return };
    half_delivered(&Database::new(&cluster, "on_order").url);
}

#[test]
fn the_rest_of_an_order_is_on_its_way_on_mariadb() {
    let Some(server) = temporary_server() else { return };
    half_delivered(&server.database("on_order"));
}

/// What a plan hands out for the next day: product, day of order, day of arrival, units.
fn handed_out(shop: &SmallShop, as_of: NaiveDate) -> Vec<(String, NaiveDate, NaiveDate, i64)> {
    let sql = format!(
        "SELECT product_id, order_on, arrives_on, order_quantity FROM inventory_recommendations_current \
         WHERE order_quantity > 0 AND order_on = '{}' ORDER BY product_id",
        as_of + TimeDelta::days(1)
    );
    let date = |value: &Value| value.as_text().unwrap().parse().unwrap();
    let row = |row: &Vec<Value>| {
        (row[0].as_text().unwrap().to_owned(), date(&row[1]), date(&row[2]), row[3].as_real().unwrap() as i64)
    };
    shop.rows(&sql).iter().map(row).collect()
}

#[test]
fn nothing_is_ordered_twice_while_the_books_lag_behind() {
    // Everything that is handed out is placed. One shop's books show it at once, the other's two days later.
    let (prompt, late) = (SmallShop::new(""), SmallShop::new(""));
    let write = |shop: &SmallShop, orders: &[(String, NaiveDate, NaiveDate, i64)]| {
        for (product, ordered_on, due_on, quantity) in orders {
            shop.execute(&format!(
                "INSERT INTO purchase_orders (order_number, supplier_id, product_id, location_id, ordered_on, due_on, quantity) \
                 VALUES ('{product}-{ordered_on}', 's', '{product}', 'l', '{ordered_on}', '{due_on}', {quantity})"
            ));
        }
    };
    let mut to_be_shown = std::collections::VecDeque::from([Vec::new(), Vec::new()]);
    let mut ordered = 0;
    for night in 0..10 {
        let as_of = first_night() + TimeDelta::days(night);
        prompt.run(as_of, "prompt");
        late.run(as_of, "late");
        // Once more, before the books have caught up.
        late.project.run(&["run", "--as-of", &as_of.to_string(), "--job", "inventory_plan"]).exits(0);
        let orders = handed_out(&late, as_of);
        assert_eq!(orders, handed_out(&prompt, as_of), "night {night}");
        ordered += orders.len();
        write(&prompt, &orders);
        to_be_shown.push_back(orders);
        write(&late, &to_be_shown.pop_front().unwrap());
    }
    assert!(ordered >= 8, "{ordered} orders show nothing");
    let believed = "SELECT COUNT(*) FROM inventory_recommendations WHERE flags LIKE '%handed_out%'";
    assert!(late.count(believed) > 0, "nothing had to be believed");
    assert_eq!(prompt.count(believed), 0);
}

#[test]
fn decisions_are_added_read_and_outlive_a_run_of_the_night_again() {
    let shop = SmallShop::new("");
    shop.run(first_night(), "first");
    let decide = |arguments: &[&str]| shop.project.run(&[&["decide"], arguments].concat());
    decide(&["order", "p0", "l", "change"]).exits(2);
    decide(&["order", "p0", "l", "approve", "--quantity", "3"]).exits(2);
    decide(&["order", "p0", "l", "change", "--quantity", "-3"]).exits(2);
    decide(&["order", "p0", "l", "snooze"]).exits(2);
    decide(&["order", "p0", "l", "burn"]).exits(2);
    assert!(decide(&["list"]).exits(0).stdout.contains("nothing was decided yet"));
    let changed = decide(&["order", "p0", "l", "change", "--quantity", "24", "--by", "ann", "--key", "k1", "--json"]);
    assert_eq!(changed.exits(0).json()["is_new"], true);
    // The same key again is the same decision; another planner's takes its place and says so.
    let again = decide(&["order", "p0", "l", "change", "--quantity", "99", "--by", "ann", "--key", "k1", "--json"]);
    assert_eq!(again.exits(0).json()["is_new"], false);
    let bob = decide(&["order", "p0", "l", "reject", "--by", "bob", "--reason", "too much"]).exits(0);
    assert!(bob.stderr.contains("this takes the place of: change 24 by ann"), "{}", bob.stderr);
    // Another program writes into the table, one with a word of its own.
    shop.execute(
        "INSERT INTO recommendation_decisions (decision_id, recommendation_id, decided_us, actor, action, reference) \
         SELECT 'erp-1', recommendation_id, 99999999999999999, 'erp', 'ordered', 'PO77' FROM inventory_recommendations_current \
         WHERE product_id = 'p1'",
    );
    shop.execute(
        "INSERT INTO recommendation_decisions (decision_id, recommendation_id, decided_us, actor, action) \
         VALUES ('erp-2', 'x', 99999999999999999, 'erp', 'burnt')",
    );
    let rows = "SELECT COUNT(*) FROM recommendation_decisions";
    assert_eq!(shop.count(rows), 4);
    shop.run(first_night(), "again");
    assert_eq!(shop.count(rows), 4, "a run does not touch them");
    let listed = decide(&["list", "--json"]).exits(0).json();
    assert_eq!((listed["decisions"].as_array().unwrap().len(), listed["unreadable"].as_u64()), (3, Some(1)));
    shop.run(first_night() + TimeDelta::days(1), "next");
    let page = shop.project.read("out/2026-09-02/inventory_plan.html");
    assert!(page.contains("has an action that there is not"), "the unknown word is told");
    // A line that no current plan has cannot be decided about.
    shop.project.run(&["rollback", "inventory_plan", "--not-sent"]).exits(0);
    shop.project.run(&["rollback", "inventory_plan", "--not-sent"]).exits(0);
    let gone = decide(&["order", "p0", "l", "approve"]).exits(2);
    assert!(gone.stderr.contains("no current order of p0 at l"), "{}", gone.stderr);
}
