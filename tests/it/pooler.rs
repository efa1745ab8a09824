//! A connection pooler that hands every transaction to another server process changes nothing.

use crate::database::Database;
use crate::postgres::{Cluster, temporary_cluster};
use crate::server;
use crate::skips::{Need, skip};
use crate::small_shop::{SmallShop, first_night};
use crate::support::{Project, nightclerk};

/// The URL of a database behind PgBouncer in transaction mode, with three server processes for all of its clients.
fn pooled(cluster: &Cluster, url: &str) -> Result<String, String> {
    let user = server::unprivileged_user(&["postgres", "nobody"])?;
    let folder = server::folder("pgbouncer", user.as_deref())?;
    let (_, rest) = cluster.url.split_once('@').ok_or("no host in the URL")?;
    let (host, _) = rest.split_once('/').ok_or("no database in the URL")?;
    let (address, port) = host.split_once(':').ok_or("no port in the URL")?;
    let (_, database) = url.rsplit_once('/').ok_or("no database in the URL")?;
    let own = server::free_port()?;
    std::fs::write(folder.join("users"), "\"tester\" \"\"\n").map_err(|error| error.to_string())?;
    let settings = format!(
        "[databases]\n* = host={address} port={port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {own}\nauth_type = trust\n\
         auth_file = {0}/users\npool_mode = transaction\ndefault_pool_size = 3\nmax_client_conn = 100\nunix_socket_dir = {0}\n",
        folder.display()
    );
    let file = folder.join("pgbouncer.ini");
    std::fs::write(&file, settings).map_err(|error| error.to_string())?;
    let url = format!("postgres://tester@127.0.0.1:{own}/{database}");
    let command = format!("{} '{}'", server::find("pgbouncer")?.display(), file.display());
    let ready = format!("{} -X -c 'SELECT 1' '{url}'", server::find("psql")?.display());
    server::start(user.as_deref(), &folder, &command, &ready)?;
    Ok(url)
}

#[test]
fn nights_behind_a_pooler_in_transaction_mode_publish_what_they_publish_without() {
    let Some(cluster) = temporary_cluster() else { return };
    let (behind, control) = (Database::new(&cluster, "pooled"), Database::new(&cluster, "not_pooled"));
    let url = match pooled(&cluster, &behind.url) {
        Ok(url) => url,
        Err(reason) => return skip(Need::Pgbouncer, &format!("PgBouncer cannot be started: {reason}")),
    };
    let (shop, control) = (SmallShop::new(&url), SmallShop::new(&control.url));
    nightclerk(shop.project.path(), &["check"]).exits(0);
    shop.run(first_night(), "behind the pooler");
    control.run(first_night(), "without");
    assert_eq!(shop.published(), control.published());

    // Several processes of other places at once, who share three server processes.
    let next = first_night() + chrono::TimeDelta::days(1);
    let places: Vec<Project> = (0..3).map(|_| Project::copy_of(shop.project.path())).collect();
    std::thread::scope(|scope| {
        for place in &places {
            scope.spawn(|| {
                let ran = nightclerk(place.path(), &["run", "--as-of", &next.to_string()]);
                assert!([0, 5].contains(&ran.code), "{}{}", ran.stdout, ran.stderr);
            });
        }
    });
    control.run(next, "without");
    shop.is_whole("three processes behind the pooler");
    let (Some(_), Some(_)) = (shop.table("demand_forecasts"), control.table("demand_forecasts")) else {
        panic!("nothing was forecast")
    };
    assert_eq!(shop.table("demand_forecasts"), control.table("demand_forecasts"));
    assert_eq!(shop.table("inventory_recommendations"), control.table("inventory_recommendations"));
}
