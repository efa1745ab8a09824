//! What the process has used, from the process file system of Linux; elsewhere nothing is known.

/// A clock that counts the CPU time of the whole process, in seconds since it began.
pub trait CpuClock {
    /// CPU seconds of all threads, user and system; `None` where they cannot be read.
    fn cpu_seconds(&self) -> Option<f64>;
    /// Largest resident memory so far, in mebibytes; `None` where it cannot be read.
    fn peak_rss_mb(&self) -> Option<f64>;
}

/// The clock of this process.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessClock;

/// `/proc/self/stat` counts in hundredths of a second on every architecture of Linux that Rust compiles for.
const TICKS_PER_SECOND: f64 = 100.0;

impl CpuClock for ProcessClock {
    /// The larger of two readings: `stat` knows threads that have ended, but counts hundredths of a second; `schedstat`
    /// counts nanoseconds, but only of threads that live.
    fn cpu_seconds(&self) -> Option<f64> {
        let stat = std::fs::read_to_string("/proc/self/stat").ok().and_then(|text| ticks(&text));
        let threads = std::fs::read_dir("/proc/self/task").ok().map(|tasks| {
            let spent = |task: std::io::Result<std::fs::DirEntry>| {
                let text = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
                text.split_whitespace().next()?.parse::<f64>().ok()
            };
            tasks.filter_map(spent).sum::<f64>() / 1e9
        });
        match (stat, threads) {
            (Some(stat), Some(threads)) => Some(stat.max(threads)),
            (stat, _) => stat,
        }
    }

    fn peak_rss_mb(&self) -> Option<f64> {
        peak_mb(&std::fs::read_to_string("/proc/self/status").ok()?)
    }
}

/// User and system time of a `stat` line: fields 14 and 15, counted behind the name, which may hold blanks.
fn ticks(stat: &str) -> Option<f64> {
    let behind = &stat[stat.rfind(')')? + 1..];
    let mut fields = behind.split_whitespace().skip(11);
    let (user, system): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((user + system) / TICKS_PER_SECOND)
}

/// `VmHWM` of a `status` file.
fn peak_mb(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok()? / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_system_time_are_found_behind_any_name() {
        let stat = "4242 (night (clerk) x) S 1 4242 4242 0 -1 4194304 1010 0 0 0 150 25 0 0 20 0 3 0 1";
        assert_eq!(ticks(stat), Some(1.75));
        assert_eq!(ticks("nonsense"), None);
    }

    #[test]
    fn the_peak_is_read_in_mebibytes() {
        assert_eq!(peak_mb("VmPeak:\t 9 kB\nVmHWM:\t  20480 kB\n"), Some(20.0));
        assert_eq!(peak_mb(""), None);
    }
}
