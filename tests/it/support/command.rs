//! The program, run as people run it, in a folder of its own.

use std::fs;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::memory::peak;
use super::probe::Video;
use super::tape::TapeBuilder;

/// How long the program may take for anything a test asks, on a slow and busy machine.
const TIME_LIMIT: Duration = Duration::from_mins(2);

/// The interval of memory samples of the running program. It cannot grow by more than a few MiB in between.
const SAMPLING: Duration = Duration::from_millis(4);

/// The program, built with these tests.
pub const TELECINE: &str = env!("CARGO_BIN_EXE_telecine");

/// A folder with tapes in which the program is run.
#[derive(Debug)]
pub struct Workshop {
    folder: TempDir,
}

/// What came of running the program.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: String,
    pub elapsed: Duration,
    /// The most memory it had at once, in bytes.
    pub peak: u64,
}

impl Workshop {
    pub fn new() -> Self {
        Workshop { folder: tempfile::tempdir().unwrap() }
    }

    /// A workshop with one tape, `tape.zip`.
    pub fn with(tape: &TapeBuilder) -> Self {
        let workshop = Workshop::new();
        workshop.put("tape.zip", tape.zip());
        workshop
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    pub fn get(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// The names of all files there are, in order.
    pub fn files(&self) -> Vec<String> {
        let names = fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The program with these arguments, split at spaces, not started yet.
    pub fn telecine(&self, arguments: &str) -> Command {
        let mut command = Command::new(TELECINE);
        command.args(arguments.split_whitespace()).current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    /// A shell with a file system of its own over the folder `place`, and a script for it; not started yet.
    ///
    /// Needs to be root or to be allowed user namespaces, as every user is on most systems.
    pub fn with_mount(&self, options: &str, place: &str, script: &str) -> Command {
        let mount = format!("mount -t tmpfs -o {options} none {place}");
        let in_namespace = |flags: &str, script: &str| {
            let mut command = Command::new("unshare");
            command.args([flags, "sh", "-c", script]).current_dir(self.folder.path());
            command
        };
        let works = |flags: &&str| in_namespace(flags, &mount).output().is_ok_and(|tried| tried.status.success());
        let Some(namespace) = ["-m", "-rm"].into_iter().find(works) else {
            panic!("cannot mount a small file system: run the tests as root, or allow user namespaces");
        };
        in_namespace(namespace, &format!("{mount} && {{ {script}; }}"))
    }

    /// Runs the program with these arguments, split at spaces.
    pub fn run(&self, arguments: &str) -> Run {
        run(&mut self.telecine(arguments))
    }

    /// Converts `tape.zip` with these further arguments and reads the MP4.
    pub fn convert(&self, arguments: &str) -> Video {
        self.run(&format!("convert tape.zip --force {arguments}")).succeeds();
        self.video("tape.mp4")
    }

    pub fn video(&self, name: &str) -> Video {
        Video::read(&self.path(name))
    }
}

/// Converts a tape and reads the MP4, for tests that want nothing else. The workshop must outlive the reading.
pub fn converted(tape: &TapeBuilder, arguments: &str) -> (Workshop, Video) {
    let workshop = Workshop::with(tape);
    let video = workshop.convert(arguments);
    (workshop, video)
}

/// Runs a command to its end, within the time limit, and watches its memory.
pub fn run(command: &mut Command) -> Run {
    Running::start(command).finish()
}

/// A program that has been started.
pub struct Running {
    child: Child,
    stdout: fs::File,
    stderr: fs::File,
    started: Instant,
    peak: u64,
}

impl Running {
    /// What it prints goes to files, as pipes would fill up.
    pub fn start(command: &mut Command) -> Self {
        let [stdout, stderr] = [(); 2].map(|()| tempfile::tempfile().unwrap());
        command.stdout(stdout.try_clone().unwrap()).stderr(stderr.try_clone().unwrap());
        let child = command.spawn().unwrap();
        Running { child, stdout, stderr, started: Instant::now(), peak: 0 }
    }

    /// Sends it a signal by name. The standard library has no other than KILL; every shell has them all.
    pub fn signal(&self, name: &str) {
        let command = format!("kill -s {name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &command]).status().unwrap().success());
    }

    /// Whether it has not ended yet.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits until `condition` holds.
    pub fn wait_until(&mut self, condition: impl Fn() -> bool) {
        while !condition() {
            assert!(self.child.try_wait().unwrap().is_none(), "it ended before that");
            assert!(self.started.elapsed() < TIME_LIMIT, "that never happened");
            std::thread::sleep(SAMPLING);
        }
    }

    /// Waits until `condition` holds, or it ends; says whether it holds and it has not ended.
    pub fn wait_until_or_end(&mut self, condition: impl Fn() -> bool) -> bool {
        while self.is_running() {
            if condition() {
                return true;
            }
            assert!(self.started.elapsed() < TIME_LIMIT, "neither ever happened");
            std::thread::sleep(SAMPLING);
        }
        false
    }

    /// Kills it, if it has not ended.
    pub fn kill(&mut self) {
        // An error is that it has.
        let _ = self.child.kill();
    }

    /// Waits until it has printed that to standard error.
    pub fn wait_for_stderr(&mut self, text: &str) {
        let stderr = self.stderr.try_clone().unwrap();
        self.wait_until(|| {
            // The position is the program's own.
            let mut printed = vec![0; 64 * 1024];
            let length = std::os::unix::fs::FileExt::read_at(&stderr, &mut printed, 0).unwrap();
            String::from_utf8_lossy(&printed[..length]).contains(text)
        });
    }

    pub fn finish(mut self) -> Run {
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            self.peak = self.peak.max(peak(self.child.id()).unwrap_or(0));
            if self.started.elapsed() > TIME_LIMIT {
                self.child.kill().unwrap();
                panic!("killed after {TIME_LIMIT:?}");
            }
            std::thread::sleep(SAMPLING);
        };
        let elapsed = self.started.elapsed();
        let read = |mut file: fs::File| {
            let mut bytes = Vec::new();
            file.rewind().unwrap();
            file.read_to_end(&mut bytes).unwrap();
            bytes
        };
        let stderr = String::from_utf8(read(self.stderr)).unwrap();
        Run { code: status.code(), stdout: read(self.stdout), stderr, elapsed, peak: self.peak }
    }
}

impl Run {
    /// Checks that it did what it was asked for.
    pub fn succeeds(self) -> Self {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self
    }

    /// Checks that it failed with this code and this text, and wrote nothing to standard output.
    pub fn fails(self, code: i32, stderr: &str) -> Self {
        assert_eq!(self.stderr.trim_end(), stderr);
        assert_eq!((self.code, self.stdout()), (Some(code), ""));
        self
    }

    pub fn stdout(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap()
    }

    /// The lines of JSON it printed.
    pub fn json(&self) -> Vec<serde_json::Value> {
        self.stdout().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// Feeds bytes to a command that reads standard input.
pub fn fed(command: &mut Command, bytes: &[u8]) -> Run {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    run(command.stdin(file))
}

/// Whether a file is there.
pub fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}
