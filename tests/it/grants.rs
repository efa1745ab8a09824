//! The scripts in `deploy/` that grant the least privileges: a night runs with them, and nothing of the retailer's can be changed.

use nightclerk::warehouse::{Side, WarehouseConfig};

use crate::database::Database;
use crate::mariadb::temporary_server;
use crate::postgres::temporary_cluster;
use crate::server;
use crate::small_shop::{SmallShop, first_night};
use crate::support::with_warehouse;

/// The text of a file in `deploy/`.
fn script(name: &str) -> String {
    std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name)).unwrap()
}

/// What the retailer's database says to a statement.
fn refused(url: &str, sql: &str) -> String {
    with_warehouse(&WarehouseConfig::new(url), async |warehouse| {
        warehouse.execute(Side::Target, sql, &[]).await.map_or_else(|error| error.to_string(), |n| format!("{n} rows"))
    })
}

#[test]
fn a_night_runs_with_the_privileges_that_the_script_for_postgres_grants() {
    let Some(cluster) = temporary_cluster() else { return };
    let database = Database::new(&cluster, "grants");
    let mut shop = SmallShop::new(&database.url);
    let role = format!("clerk_{}", std::process::id());
    let file = shop.project.path().join("grants.sql");
    // The retailer's tables are where those of most shops are.
    let moved = "SELECT format('ALTER TABLE %s SET SCHEMA public', oid::regclass) FROM pg_class \
                 WHERE relnamespace = 'nightclerk'::regnamespace AND relkind = 'r' \\gexec\n";
    std::fs::write(&file, moved.to_owned() + &script("grants.postgres.sql")).unwrap();
    let psql = server::find("psql").unwrap_or_else(|error| panic!("{error}"));
    let command = format!(
        "{} -q -X -v role={role} -v schema=of_the_clerk -v shop=public -f '{}' '{}'",
        psql.display(),
        file.display(),
        database.url
    );
    server::run(&mut server::shell(None, &command, shop.project.path())).unwrap();
    let (_, host) = database.url.split_once('@').unwrap();
    let url = format!("postgres://{role}@{host}");
    let config = shop.project.read("nightclerk.toml").replace(&database.url, &url);
    shop.project.write("nightclerk.toml", &config.replace("[warehouse]", "[warehouse]\nschema = \"of_the_clerk\""));
    shop.project.run(&["check"]).exits(0);
    shop.run(first_night(), "as the clerk");
    shop.url = format!("{}?options=-csearch_path%3Dof_the_clerk", database.url);
    assert_eq!(shop.count("SELECT COUNT(*) FROM of_the_clerk.nightclerk_publications WHERE state = 'published'"), 3);
    for sql in [
        "DELETE FROM order_lines",
        "UPDATE order_lines SET order_id = order_id",
        "DROP TABLE order_lines",
        "CREATE TABLE public.mine (a int)",
    ] {
        let said = refused(&url, sql);
        assert!(said.contains("permission denied") || said.contains("must be owner"), "{sql}: {said}");
    }
    // A role that has privileges cannot be dropped; it goes with the server.
}

#[test]
fn a_night_runs_with_the_privileges_that_the_script_for_mariadb_grants() {
    let Some(server) = temporary_server() else { return };
    let theirs = server.database("grants");
    let mut shop = SmallShop::new(&theirs);
    let (base, name) = theirs.rsplit_once('/').unwrap();
    let ours = format!("{name}_ours");
    let set = format!("SET @shop = '{name}', @ours = '{ours}', @user = 'clerk', @password = 'of the night';\n");
    server.execute(&(set + &script("grants.mariadb.sql")));
    let of_clerk = |database: &str| format!("{}/{database}", base.replace("tester@", "clerk:of%20the%20night@"));
    let urls = format!("{}\"\nsource_url = \"{}\"\nallow_inline_secrets = true\n#\"", of_clerk(&ours), of_clerk(name));
    shop.project.replace("nightclerk.toml", &format!("{theirs}\""), &urls);
    shop.project.run(&["check"]).exits(0);
    shop.url = format!("{base}/{ours}");
    shop.run(first_night(), "as the clerk");
    shop.is_done(first_night(), "as the clerk");
    for sql in [
        "DELETE FROM order_lines",
        "UPDATE order_lines SET order_id = order_id",
        "DROP TABLE order_lines",
        "CREATE TABLE mine (a int)",
    ] {
        let said = refused(&of_clerk(name), sql);
        assert!(said.contains("command denied"), "{sql}: {said}");
    }
}
