//! What is on its way is what was ordered less what was received, line by line, on every engine.

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
