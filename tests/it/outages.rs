//! What a night makes of a warehouse that is away, frozen, busy or read by others: it waits, tries again, and loses nothing.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use chrono::{NaiveDate, TimeDelta};
use nightclerk::warehouse::{Side, Warehouse, WarehouseConfig};

use crate::database::Database;
use crate::mariadb::temporary_server;
use crate::own_server::OwnServer;
use crate::postgres::temporary_cluster;
use crate::server;
use crate::skips::{Need, skip};
use crate::small_shop::{SmallShop, first_night};
use crate::support::{Project, command, wait};

fn begin(shop: &SmallShop, as_of: NaiveDate) -> Child {
    let arguments = ["run", "--as-of", &as_of.to_string()];
    command(shop.project.path(), &arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Waits for a night and completes it where it was told to come again later.
fn complete(shop: &SmallShop, as_of: NaiveDate, night: &mut Child, context: &str) -> Option<i32> {
    let code = night.wait().unwrap().code();
    shop.is_whole(context);
    if code != Some(0) {
        shop.run(as_of, context);
    }
    shop.is_done(as_of, context);
    code
}

#[test]
fn a_server_that_freezes_is_stopped_or_loses_connections_costs_no_night() {
    let own = match OwnServer::new("own-postgres") {
        Ok(own) => own,
        Err(reason) => return skip(Need::Postgres, &format!("PostgreSQL cannot be started: {reason}")),
    };
    let (shop, control) = (SmallShop::new(&own.url), SmallShop::new(""));
    let mut as_of = first_night();
    shop.run(as_of, "undisturbed");
    control.run(as_of, "undisturbed");
    for round in 0..4_u64 {
        as_of += TimeDelta::days(1);
        let mut night = begin(&shop, as_of);
        std::thread::sleep(Duration::from_millis(200 + 300 * round));
        let context = format!("frozen for 5 s, night of {as_of}");
        own.signal("STOP");
        std::thread::sleep(Duration::from_secs(5));
        own.signal("CONT");
        assert_eq!(complete(&shop, as_of, &mut night, &context), Some(0), "{context}");
        control.run(as_of, &context);

        as_of += TimeDelta::days(1);
        let mut night = begin(&shop, as_of);
        std::thread::sleep(Duration::from_millis(200 + 300 * round));
        let context = format!("stopped at once and started again, night of {as_of}");
        own.control("stop -m immediate");
        own.control("start");
        let code = complete(&shop, as_of, &mut night, &context);
        assert!([Some(0), Some(1), Some(75)].contains(&code), "{context}: {code:?}");
        control.run(as_of, &context);

        as_of += TimeDelta::days(1);
        let mut night = begin(&shop, as_of);
        let context = format!("connections closed, night of {as_of}");
        for _ in 0..4 {
            std::thread::sleep(Duration::from_millis(150 + 40 * round));
            shop.rows("SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'nightclerk' AND pid <> pg_backend_pid()");
        }
        let code = complete(&shop, as_of, &mut night, &context);
        assert!([Some(0), Some(1), Some(75)].contains(&code), "{context}: {code:?}");
        control.run(as_of, &context);
    }
    assert_eq!(
        shop.published()["table demand_forecasts"].lines().count(),
        control.published()["table demand_forecasts"].lines().count()
    );
}

#[test]
fn a_program_that_waits_for_a_frozen_server_is_ended_by_two_signals_within_seconds() {
    let own = match OwnServer::new("frozen-postgres") {
        Ok(own) => own,
        Err(reason) => return skip(Need::Postgres, &format!("PostgreSQL cannot be started: {reason}")),
    };
    let shop = SmallShop::new(&own.url);
    let mut night = begin(&shop, first_night());
    std::thread::sleep(Duration::from_millis(700));
    own.signal("STOP");
    std::thread::sleep(Duration::from_millis(500));
    let asked = Instant::now();
    for _ in 0..2 {
        server::run(&mut server::shell(None, &format!("kill -TERM {}", night.id()), &std::env::temp_dir())).unwrap();
        std::thread::sleep(Duration::from_millis(200));
    }
    let code = night.wait().unwrap().code();
    let took = asked.elapsed();
    own.signal("CONT");
    assert_eq!(code, Some(130));
    assert!(took < Duration::from_secs(4), "{took:?}");
    // The dead one's lease runs out within a minute; the next night waits for it no longer than that.
    let started = Instant::now();
    while shop.project.run(&["run", "--as-of", &first_night().to_string()]).code != 0 {
        assert!(started.elapsed() < Duration::from_mins(2), "the lease is not given up");
        std::thread::sleep(Duration::from_secs(2));
    }
    shop.is_done(first_night(), "after the signals");
}

#[test]
fn who_reads_or_writes_beside_a_night_does_not_stop_it() {
    let cluster = temporary_cluster();
    let database = cluster.as_ref().map(|cluster| Database::new(cluster, "beside"));
    let urls = [
        Some(String::new()),
        database.as_ref().map(|database| database.url.clone()),
        temporary_server().map(|server| server.database("beside")),
    ];
    for url in urls.into_iter().flatten() {
        let shop = SmallShop::new(&url);
        let first = first_night();
        shop.run(first, "undisturbed");
        wait(async {
            let config = WarehouseConfig::new(shop.url.as_str());
            let (reader, writer) = (Warehouse::open(&config).await.unwrap(), Warehouse::open(&config).await.unwrap());
            // Somebody reads what is published, and stays with it.
            let mut reading = reader.snapshot().await.unwrap();
            let tables = ["demand_forecasts", "inventory_recommendations", "nightclerk_publications"];
            for table in tables {
                reading.read_values(&format!("SELECT COUNT(*) FROM {table}"), &[]).await.unwrap();
            }
            let night = begin(&shop, first + TimeDelta::days(1)).wait().unwrap();
            assert_eq!(night.code(), Some(0), "{url} beside a reader");
            let seen = reading.read_values("SELECT COUNT(*) FROM nightclerk_publications", &[]).await.unwrap();
            assert_eq!(seen[0][0].as_integer(), Some(3), "the reader still sees its moment");
            reading.rollback().await.unwrap();
            // Somebody writes, and holds what SQLite has one of for three seconds.
            let mut writing = writer.begin().await.unwrap();
            writing.execute("UPDATE products SET name = name", &[]).await.unwrap();
            let mut night = begin(&shop, first + TimeDelta::days(2));
            tokio::time::sleep(Duration::from_secs(3)).await;
            writing.commit().await.unwrap();
            assert_eq!(night.wait().unwrap().code(), Some(0), "{url} beside a writer");
            let retailers = reader.execute(Side::Source, "DELETE FROM products", &[]).await;
            assert!(retailers.is_err(), "{url}: the retailer's tables were written to");
            reader.close().await;
            writer.close().await;
        });
        shop.is_done(first + TimeDelta::days(2), &url);
    }
}

#[test]
fn a_password_is_shown_nowhere_however_its_url_is_mistyped() {
    for url in [
        "postgres//anna:s3cret@127.0.0.1:1/shop",
        "postgres:/anna:s3cret@127.0.0.1:1/shop",
        "postgres:anna:s3cret@127.0.0.1:1/shop",
        "postgres:://anna:s3cret@127.0.0.1:1/shop",
        "postgres;//anna:s3cret@127.0.0.1:1/shop",
        "//anna:s3cret@127.0.0.1:1/shop",
        "anna:s3cret@127.0.0.1:1/shop",
        "postgres://anna:s3cret#127.0.0.1:1/shop",
        "postgres://anna:s3cret/shop",
        "postgres://anna:s3cret",
        "postgres://anna s3cret@127.0.0.1:1/shop",
        "postgres://anna;s3cret@127.0.0.1:1/shop",
        "postgres://anna:s3cret@127.0.0.1:port/shop",
        "postgres://127.0.0.1:1/anna:s3cret@shop",
        "postgres://127.0.0.1:1/shop?passwort=s3cret",
        "postgres://127.0.0.1:1/shop?user=anna;password=s3cret",
        "jdbc:postgresql://anna:s3cret@127.0.0.1:1/shop",
        "host=127.0.0.1 user=anna password=s3cret",
        "postgers://anna:s3cret@127.0.0.1:1/shop",
        "mariadb://anna:s3cret@127.0.0.1:1/shop@home",
        "postgres://anna:s3cret@127.0.0.1:1/shop",
    ] {
        let project = Project::fresh();
        let settings = project.read("nightclerk.toml");
        let with = |url: &str| settings.replace("sqlite:warehouse.db", url);
        let mut told = String::new();
        // Written out, in a variable, and with quotes forgotten.
        for text in [with(url), with("${SHOP_URL}"), with(url).replace(&format!("\"{url}\""), url)] {
            project.write("nightclerk.toml", &text);
            for arguments in [&["check"][..], &["run"], &["status", "--json"]] {
                let output = command(project.path(), arguments)
                    .env("SHOP_URL", url)
                    .env("NIGHTCLERK_LOG", "debug")
                    .output()
                    .unwrap();
                told += &String::from_utf8_lossy(&[output.stdout, output.stderr].concat());
            }
        }
        assert!(!told.contains("s3cret"), "{url}:\n{told}");
        assert!(told.contains("error"), "{url}:\n{told}");
    }
}
