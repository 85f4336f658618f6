//! The program, run as people run it, and what that cost.

use std::fs;
use std::io::{Read, Seek};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::stack::site::Site;
use crate::support::memory::peak;

/// How often the memory of the running program is looked at.
const SAMPLING: Duration = Duration::from_millis(5);

/// In what Linux counts the time of processes, whatever its clock does.
const TICKS_A_SECOND: u64 = 100;

/// What a run took: time on the clock, time of CPU, the most bytes of memory at once.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    pub wall: Duration,
    pub cpu: Duration,
    pub peak: u64,
}

/// Runs the program on a site with these arguments, split at spaces. It must succeed.
pub fn telecine(site: &Site, folder: &Path, arguments: &str) -> Cost {
    let mut command = Command::new(env!("CARGO_BIN_EXE_telecine"));
    command.args(arguments.split_whitespace()).envs(site.environment()).current_dir(folder);
    let mut stderr = tempfile::tempfile().unwrap();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr.try_clone().unwrap());

    let (before, started) = (cpu_of_children(), Instant::now());
    let mut child = command.spawn().unwrap();
    let mut most = 0;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        most = most.max(peak(child.id()).unwrap_or(0));
        std::thread::sleep(SAMPLING);
    };
    let cost = Cost { wall: started.elapsed(), cpu: cpu_of_children().saturating_sub(before), peak: most };
    if !status.success() {
        let mut text = String::new();
        stderr.rewind().unwrap();
        stderr.read_to_string(&mut text).unwrap();
        panic!("telecine {arguments}: {status}\n{text}");
    }
    cost
}

/// The CPU of all children that have ended, which the servers have not.
fn cpu_of_children() -> Duration {
    let line = fs::read_to_string("/proc/self/stat").unwrap();
    // The name comes second and may hold spaces; the children's times are the 14th and 15th fields after it.
    let fields = line.rsplit(')').next().unwrap().split_whitespace().skip(13).take(2);
    let ticks: u64 = fields.map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 1_000 / TICKS_A_SECOND)
}
