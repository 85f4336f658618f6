//! The program, run as people run it, and what that cost.

use std::fs;
use std::io::{Read, Seek};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::stack::site::Site;
use crate::support::memory::peak;

/// The interval of memory samples of the running program.
const SAMPLING: Duration = Duration::from_millis(5);

/// In what Linux counts the time of processes, whatever its clock does.
const TICKS_A_SECOND: u64 = 100;

/// What a run took: time on the clock, time of CPU, the most bytes of memory at once.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    pub wall: Duration,
    pub cpu: Duration,
    /// The CPU of all others in that time, which is that of the servers if the machine is quiet.
    pub servers: Duration,
    pub peak: u64,
}

/// The core that the program has to itself, if it has one.
static CORE: OnceLock<&str> = OnceLock::new();

/// Leaves the first core to the program. Everything that this process starts from now on has the others.
pub fn keep_apart() {
    let last = std::thread::available_parallelism().unwrap().get() - 1;
    let process = std::process::id().to_string();
    let mut pin = Command::new("taskset");
    pin.args(["--all-tasks", "--cpu-list", "--pid", &format!("1-{last}"), &process]).stdout(Stdio::null());
    assert!(pin.status().unwrap().success(), "there is no second core");
    CORE.set("0").unwrap();
}

/// Runs the program on a site with these arguments, split at spaces. It must succeed.
pub fn telecine(site: &Site, folder: &Path, arguments: &str) -> Cost {
    run(site, folder, arguments, &[0])
}

/// The same; it must end with one of these.
pub fn run(site: &Site, folder: &Path, arguments: &str, codes: &[i32]) -> Cost {
    let program = env!("CARGO_BIN_EXE_telecine");
    let mut command = Command::new(program);
    if let Some(core) = CORE.get() {
        command = Command::new("taskset");
        command.args(["--cpu-list", core, program]);
    }
    command.args(arguments.split_whitespace()).envs(site.environment()).current_dir(folder);
    let mut stderr = tempfile::tempfile().unwrap();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr.try_clone().unwrap());

    let (before, all_before, started) = (cpu_of_children(), cpu_of_all(), Instant::now());
    let mut child = command.spawn().unwrap();
    let mut most = 0;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        most = most.max(peak(child.id()).unwrap_or(0));
        std::thread::sleep(SAMPLING);
    };
    let (wall, cpu) = (started.elapsed(), cpu_of_children().saturating_sub(before));
    let servers = cpu_of_all().saturating_sub(all_before).saturating_sub(cpu);
    let cost = Cost { wall, cpu, servers, peak: most };
    if !status.code().is_some_and(|code| codes.contains(&code)) {
        let mut text = String::new();
        stderr.rewind().unwrap();
        stderr.read_to_string(&mut text).unwrap();
        panic!("telecine {arguments}: {status}\n{text}");
    }
    cost
}

/// The CPU of the whole machine, but for waiting.
fn cpu_of_all() -> Duration {
    let text = fs::read_to_string("/proc/stat").unwrap();
    let fields = text.lines().next().unwrap().split_whitespace().skip(1).map(|field| field.parse::<u64>().unwrap());
    // User, nice, system, idle, waiting for disks, interrupts, soft interrupts.
    let ticks: u64 =
        fields.take(7).enumerate().filter(|(field, _)| !matches!(field, 3 | 4)).map(|(_, ticks)| ticks).sum();
    Duration::from_millis(ticks * 1_000 / TICKS_A_SECOND)
}

/// The CPU of all children that have ended, which the servers have not.
fn cpu_of_children() -> Duration {
    let line = fs::read_to_string("/proc/self/stat").unwrap();
    // The name comes second and may hold spaces; the children's times are the 14th and 15th fields after it.
    let fields = line.rsplit(')').next().unwrap().split_whitespace().skip(13).take(2);
    let ticks: u64 = fields.map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 1_000 / TICKS_A_SECOND)
}
