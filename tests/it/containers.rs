//! Two containers that look alike from inside: one hostname, process 1, the project at one path; and one warehouse.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use chrono::{Days, NaiveDate};

use crate::database::Database;
use crate::postgres::temporary_cluster;
use crate::small_shop::{SmallShop, first_night};
use crate::support::{Project, binary, ran};

/// A night in namespaces of its own for processes, mounts and the hostname.
fn contained(folder: &Path, as_of: NaiveDate) -> Command {
    let script = "hostname container && mount --bind \"$1\" /mnt && cd /mnt && shift && exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--pid", "--fork", "--kill-child", "--mount", "--uts", "sh", "-c", script, "sh"]);
    command.arg(folder).arg(binary()).args(["run", "--as-of", &as_of.to_string()]).stdin(Stdio::null());
    command
}

/// Only the job that the other is at: a night would wait for it.
fn only_the_forecast(folder: &Path, as_of: NaiveDate) -> Command {
    let mut command = contained(folder, as_of);
    command.args(["--job", "demand_forecast"]);
    command
}

fn begun(folder: &Path, as_of: NaiveDate) -> Child {
    contained(folder, as_of).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

#[test]
#[ignore = "needs root and `unshare`, and waits for a lease to end: by hand"]
fn two_containers_with_one_hostname_and_process_1_do_not_take_each_other_for_dead() {
    let Some(cluster) = temporary_cluster() else { return };
    let database = Database::new(&cluster, "containers");
    let shop = SmallShop::new(&database.url);
    // The second is made from an image of the first, its marks of earlier nights and all.
    shop.run(first_night() - Days::new(1), "before the image was made");
    let (one, other) = (Project::copy_of(shop.project.path()), Project::copy_of(shop.project.path()));
    let mut as_of = first_night();
    for _ in 0..5 {
        let mut first = begun(one.path(), as_of);
        let second = ran(&mut contained(other.path(), as_of));
        let first = first.wait().unwrap().code();
        let codes = [first, Some(second.code)];
        // Each may find the other at one of the jobs.
        assert!(codes.iter().all(|code| [Some(0), Some(5)].contains(code)), "{codes:?}: {}", second.stderr);
        assert_eq!(ran(&mut contained(one.path(), as_of)).code, 0);
        shop.is_whole("a race of two containers");
        let once = format!("SELECT COUNT(*) FROM nightclerk_publications WHERE as_of = '{as_of}'");
        assert_eq!(shop.count(&once), 3);
        as_of = as_of + Days::new(1);
    }

    // One works, the other asks; then the one dies, and the other may take over when its lease has run out.
    let sound = one.read("sql/datasets/daily_sales.sql");
    one.write("sql/datasets/daily_sales.sql", &format!("SELECT r.* FROM (\n{sound}\n) r CROSS JOIN pg_sleep(600) s"));
    let mut first = begun(one.path(), as_of);
    let claimed = "SELECT COUNT(*) FROM nightclerk_runs WHERE state = 'running' AND job = 'demand_forecast'";
    while shop.count(claimed) == 0 {
        assert!(first.try_wait().unwrap().is_none(), "it has ended");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let asked = ran(&mut only_the_forecast(other.path(), as_of));
    assert_eq!(asked.code, 5, "{}{}", asked.stdout, asked.stderr);
    assert!(asked.stderr.contains("is being run by process 1 of"), "{}{}", asked.stdout, asked.stderr);
    first.kill().unwrap();
    first.wait().unwrap();
    let died = std::time::Instant::now();
    loop {
        let asked = ran(&mut only_the_forecast(other.path(), as_of));
        if asked.code == 0 {
            break;
        }
        assert_eq!(asked.code, 5, "{}{}", asked.stdout, asked.stderr);
        assert!(died.elapsed().as_secs() < 100, "it is not taken over");
        std::thread::sleep(std::time::Duration::from_secs(2));
    }
    eprintln!("taken over {:.0} s after the other container died", died.elapsed().as_secs_f64());
    shop.is_whole("after a container died");
}
