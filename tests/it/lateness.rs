//! How late a thousand jobs begin that fall due at once, and what a daemon costs that has nothing to do. By hand.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nightclerk::runner::events::{Event, Phase};
use nightclerk::runner::{Runner, daemon};
use nightclerk::warehouse::Side;

use crate::beat::Shop;
use crate::small_shop::SmallShop;
use crate::support::{command, wait};

const JOBS: usize = 1000;

#[test]
#[ignore = "minutes: NIGHTCLERK_MINUTES times a thousand jobs"]
fn a_thousand_jobs_that_fall_due_at_once() {
    let minutes: i64 = std::env::var("NIGHTCLERK_MINUTES").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let names: Vec<&'static str> =
        (0..JOBS).map(|n| -> &'static str { Box::leak(format!("job{n:04}").into_boxed_str()) }).collect();
    let jobs: Vec<(&'static str, &str)> =
        names.iter().map(|name| (*name, "\n\n[schedule]\ncron = \"30 2 * * *\"")).collect();
    let shop = Shop::sqlite("lateness", "UTC", &jobs);
    wait(async {
        let host = shop.host(0).await;
        let begun: Arc<Mutex<BTreeMap<String, Instant>>> = Arc::default();
        let ears = begun.clone();
        let events = Arc::new(move |event: &Event| {
            if let Event::Phase { job, phase: Phase::Claim, .. } = event {
                ears.lock().unwrap().insert(job.clone(), Instant::now());
            }
        });
        let runner = Runner { events, ..host };
        let mut late: Vec<f64> = Vec::new();
        let mut whole = Vec::new();
        for minute in 0..minutes {
            // Every date falls due once: a minute of the thousand is a date of theirs.
            shop.at_time(&format!("2026-06-{:02}T02:30:00Z", 2 + minute));
            let due = Instant::now();
            daemon::tick(&runner).await.unwrap();
            whole.push(due.elapsed().as_secs_f64());
            let begun = std::mem::take(&mut *begun.lock().unwrap());
            assert_eq!(begun.len(), JOBS);
            late.extend(begun.values().map(|at| at.duration_since(due).as_secs_f64()));
        }
        let published = "SELECT COUNT(*) FROM nightclerk_slots WHERE state = 'published'";
        let rows = runner.warehouse.read_values(Side::Target, published, &[]).await.unwrap();
        assert_eq!(rows[0][0].as_integer(), Some(JOBS as i64 * minutes));
        late.sort_by(f64::total_cmp);
        let of = |share: f64| late[((late.len() - 1) as f64 * share) as usize];
        println!(
            "{JOBS} jobs, {minutes} times: lateness p50 {:.2} s, p99 {:.2} s, all done after {whole:.2?} s",
            of(0.5),
            of(0.99)
        );
    });
}

/// Bytes of memory and seconds of CPU of a process.
fn cost(process: u32) -> (u64, f64) {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kilobytes: u64 = resident.trim().trim_end_matches("kB").trim().parse().unwrap();
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    (kilobytes * 1024, ticks / 100.0)
}

#[test]
#[ignore = "ten minutes"]
fn a_daemon_that_has_nothing_to_do_costs_little() {
    let minutes: u64 = std::env::var("NIGHTCLERK_MINUTES").ok().and_then(|text| text.parse().ok()).unwrap_or(10);
    let shop = SmallShop::new("");
    // Half a day away from now.
    let hour = (chrono::Timelike::hour(&chrono::Utc::now()) + 12) % 24;
    for job in ["basket_rules", "demand_forecast", "inventory_plan"] {
        let file = format!("jobs/{job}.toml");
        let text = shop.project.read(&file);
        let kept = text.lines().filter(|line| !line.starts_with("misfire = ")).map(|line| match line {
            cron if cron.starts_with("cron = ") => {
                format!("timezone = \"UTC\"\ncron = \"0 {hour} * * *\"\nmisfire = \"none\"\n")
            }
            other => format!("{other}\n"),
        });
        shop.project.write(&file, &kept.collect::<String>());
    }
    let mut daemon = command(shop.project.path(), &["schedule"]).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(30));
    let (_, before) = cost(daemon.id());
    std::thread::sleep(Duration::from_mins(minutes));
    let (memory, after) = cost(daemon.id());
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    println!(
        "{minutes} minutes: {:.1} MiB resident, {:.2} s of CPU, {:.3} % of a core",
        memory as f64 / 1_048_576.0,
        after - before,
        (after - before) / (minutes as f64 * 60.0) * 100.0
    );
}
