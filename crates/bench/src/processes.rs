//! What processes used, read from /proc (proc(5)).

use std::{collections::HashSet, fs, time::Duration};

/// `sysconf(_SC_CLK_TCK)` is 100 on every Linux of today; times in /proc count in it.
const TICKS_A_SECOND: u64 = 100;

/// What is read of /proc/<pid>/stat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    pub pid: u32,
    pub parent: u32,
    /// User and system time of the process.
    ticks: u64,
    /// The same of its children that ended and were waited for.
    ended_ticks: u64,
}

impl Stat {
    /// The name in the second field may hold blanks and parentheses, so the fields are counted from
    /// its last closing one.
    pub fn parse(text: &str) -> Option<Self> {
        let (head, tail) = text.rsplit_once(')')?;
        let pid = head.split_once('(')?.0.trim().parse().ok()?;
        let fields: Vec<&str> = tail.split_whitespace().collect();
        // fields[0] is the third of proc(5), the state.
        let number = |nth: usize| fields.get(nth - 3)?.parse::<u64>().ok();
        Some(Self {
            pid,
            parent: u32::try_from(number(4)?).ok()?,
            ticks: number(14)? + number(15)?,
            ended_ticks: number(16)? + number(17)?,
        })
    }
}

/// The processes `roots` and all below them.
pub fn trees(roots: &[u32]) -> Vec<Stat> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let all: Vec<Stat> = entries
        .filter_map(|entry| {
            let name = entry.ok()?.file_name();
            let pid: u32 = name.to_str()?.parse().ok()?;
            Stat::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
        })
        .collect();
    below(&all, roots)
}

fn below(all: &[Stat], roots: &[u32]) -> Vec<Stat> {
    let mut known: HashSet<u32> = roots.iter().copied().collect();
    // A child may stand before its parent in the list: go on until nothing is added.
    loop {
        let before = known.len();
        known.extend(
            all.iter().filter(|s| known.contains(&s.parent)).map(|s| s.pid).collect::<Vec<_>>(),
        );
        if known.len() == before {
            break;
        }
    }
    all.iter().filter(|s| known.contains(&s.pid)).copied().collect()
}

/// Processor time of these trees since their start. Of processes that ended between two looks the
/// parent tells, so nothing is lost as long as the roots live.
pub fn cpu(roots: &[u32]) -> Duration {
    cpu_of(&trees(roots))
}

fn cpu_of(stats: &[Stat]) -> Duration {
    let ticks: u64 = stats.iter().map(|s| s.ticks + s.ended_ticks).sum();
    Duration::from_millis(ticks * 1000 / TICKS_A_SECOND)
}

/// Resident memory of one process, in bytes.
pub fn resident(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    kilobytes(&status, "VmRSS:") * 1024
}

/// Memory of a tree without counting shared pages twice (proportional set size), in bytes.
pub fn proportional(root: u32) -> u64 {
    trees(&[root])
        .iter()
        .map(|stat| {
            let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", stat.pid));
            rollup.map(|text| kilobytes(&text, "Pss:") * 1024).unwrap_or(0)
        })
        .sum()
}

fn kilobytes(text: &str, key: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(key));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "4021 (tokio (a) b) S 17 4021 4021 0 -1 4194304 900 12 3 0 \
        250 50 70 30 20 0 9 0 81234 500000000 6000 18446744073709551615 1 1 0";

    #[test]
    fn a_name_with_blanks_and_parentheses_does_not_shift_the_fields() {
        let stat = Stat::parse(LINE).expect("a line of proc(5)");
        assert_eq!(stat, Stat { pid: 4021, parent: 17, ticks: 300, ended_ticks: 100 });
        assert_eq!(Stat::parse("junk"), None);
        assert_eq!(Stat::parse("1 (x) S 2"), None);
    }

    #[test]
    fn a_tree_holds_children_of_children_and_nobody_else() {
        let stat = |pid, parent| Stat { pid, parent, ticks: 10, ended_ticks: 0 };
        let all = [stat(5, 4), stat(4, 2), stat(2, 1), stat(9, 1), stat(1, 0)];
        let tree = below(&all, &[2]);
        assert_eq!(tree.iter().map(|s| s.pid).collect::<Vec<_>>(), [5, 4, 2]);
        assert_eq!(cpu_of(&tree), Duration::from_millis(300));
    }

    #[test]
    fn our_own_process_is_found_and_has_memory() {
        let me = std::process::id();
        assert!(trees(&[me]).iter().any(|s| s.pid == me));
        assert!(resident(me) > 100_000);
        assert_eq!(kilobytes("Name:\tx\nVmRSS:\t  123 kB\n", "VmRSS:"), 123);
    }
}
