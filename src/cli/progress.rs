//! Progress bars, on a terminal only, and interruption by the user.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::stop::Stop;
use crate::video::{self, Monitor};

use super::outcome::Outcome;
use super::plain::plain;
use super::report::say_lines;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

static TAPE_STYLE: LazyLock<ProgressStyle> = LazyLock::new(|| style("{prefix:24!} {bar:30} {pos}/{len} frames"));
static TOTAL_STYLE: LazyLock<ProgressStyle> =
    LazyLock::new(|| style("{prefix:24!} {bar:30} {pos}/{len} tapes {eta:>6}"));

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("templates are constants").progress_chars("━━─")
}

/// Whether no work is running that needs a clean-up: then the first Ctrl-C ends the process.
pub static IDLE: AtomicBool = AtomicBool::new(false);

/// Makes Ctrl-C (and SIGTERM) stop the work and clean up; a second one ends the process at once.
pub fn stop_on_interrupt() {
    stop_on_interrupt_and(|| {});
}

/// As [`stop_on_interrupt`], and also calls `also` to stop the work.
pub fn stop_on_interrupt_and(also: fn()) {
    let stop = move || {
        if INTERRUPTED.swap(true, Ordering::Relaxed) || IDLE.load(Ordering::Relaxed) {
            std::process::exit(Outcome::Interrupted as i32);
        }
        also();
    };
    // Fails only if a handler is already set; then that one stays.
    let _ = ctrlc::set_handler(stop);
}

/// Whether the user has asked to stop.
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// Bars for a batch of tapes, drawn on standard error if it is a terminal.
pub struct Progress {
    bars: MultiProgress,
    /// Only if there is more than one tape.
    total: Option<ProgressBar>,
}

impl Progress {
    pub fn new(tapes: usize) -> Self {
        let bars = MultiProgress::new();
        let total = || ProgressBar::new(tapes as u64).with_style(TOTAL_STYLE.clone()).with_prefix("total");
        let total = (tapes > 1).then(|| bars.add(total()));
        Progress { bars, total }
    }

    /// A bar for one tape, above the total.
    pub fn tape(&self, name: &str) -> TapeProgress {
        let bar = ProgressBar::new(0).with_style(TAPE_STYLE.clone()).with_prefix(plain(name).into_owned());
        let bar = match &self.total {
            Some(total) => self.bars.insert_before(total, bar),
            None => self.bars.add(bar),
        };
        TapeProgress { bar, total: self.total.clone() }
    }

    /// Prints a line to standard error without disturbing the bars.
    pub fn say(&self, text: &str) {
        self.bars.suspend(|| say_lines(text));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(total) = &self.total {
            total.finish_and_clear();
        }
    }
}

/// The bar of one tape; it disappears when the tape is done.
pub struct TapeProgress {
    bar: ProgressBar,
    total: Option<ProgressBar>,
}

impl TapeProgress {
    /// A monitor that moves the bar and is stopped by Ctrl-C.
    pub fn monitor(&self) -> Monitor {
        let bar = self.bar.clone();
        Monitor::telling(Stop::when(interrupted), move |progress| match progress {
            video::Progress::Begun { frames } => {
                bar.set_length(frames as u64);
                bar.set_position(0);
            }
            video::Progress::Encoded { frames } => bar.inc(frames as u64),
        })
    }
}

impl Drop for TapeProgress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        if let Some(total) = &self.total {
            total.inc(1);
        }
    }
}
