//! Processor time, memory, and lines of the table.

use std::time::Duration;

use crate::Problem;

/// Ticks per second of `/proc/PID/stat`: the same on every Linux that user programs see.
const TICKS_PER_SECOND: u64 = 100;
/// Nanoseconds of one tick.
const TICK_NS: u64 = 1_000_000_000 / TICKS_PER_SECOND;

/// Processor time of a process so far, all threads, those that have ended included.
pub fn process_time(process: u32) -> Result<Duration, Problem> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name of the program, in brackets, may hold spaces; user and system time are the 12th and 13th word after it.
    let after_name = text.rsplit_once(')').ok_or("no name in stat")?.1;
    let ticks: Result<Vec<u64>, _> = after_name.split_whitespace().skip(11).take(2).map(str::parse).collect();
    Ok(Duration::from_nanos(ticks?.iter().sum::<u64>() * TICK_NS))
}

/// Processor time of the thread that asks.
pub fn thread_time() -> Result<Duration, Problem> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let first = text.split_whitespace().next().ok_or("empty schedstat")?;
    Ok(Duration::from_nanos(first.parse()?))
}

/// A line of `/proc/PID/status` in KiB: `VmRSS` is what lies in memory now, `VmHWM` the most there ever was.
pub fn memory_kib(process: u32, name: &str) -> Result<u64, Problem> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = text.lines().find(|line| line.starts_with(name)).ok_or("no such line")?;
    Ok(line.split_whitespace().nth(1).ok_or("no number")?.parse()?)
}

/// Forgets the most that there ever was in memory.
pub fn forget_peak(process: u32) -> Result<(), Problem> {
    Ok(std::fs::write(format!("/proc/{process}/clear_refs"), "5")?)
}

/// The one in the middle: a burst of somebody else's work moves it least.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A line of the table: what, how much, and what was wanted of it.
pub fn line(what: &str, value: &str, target: &str) {
    println!("  {what:<66} {value:>16}  {target}");
}
