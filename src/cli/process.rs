//! What this process has cost so far, as the operating system counts it.

/// CPU seconds of this process and its threads, in user and kernel mode; `None` where /proc does not tell.
///
/// Fields 14 and 15 of /proc/self/stat, in clock ticks, of which Linux shows programs 100 a second (proc(5)).
pub(super) fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the program's name in parentheses and may hold blanks.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / 100.0)
}
