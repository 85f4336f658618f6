//! Bars for a sync: accounts, items, bytes and their rate. Drawn on standard error if that is a terminal.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::sync::{AccountPlan, AccountReport, Step, Watch};

use super::super::progress::{BARS, interrupted};
use super::super::report::bytes;

static ACCOUNTS: LazyLock<ProgressStyle> = LazyLock::new(|| style("accounts {pos:>6} done  {msg}"));
static ITEMS: LazyLock<ProgressStyle> =
    LazyLock::new(|| style("items    {bar:30} {pos}/{len}  {per_sec}  {eta:>6} left"));

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("templates are constants").progress_chars("━━─")
}

/// The bars of one sync.
pub struct SyncProgress {
    accounts: ProgressBar,
    items: ProgressBar,
    uploaded: AtomicU64,
    started: Instant,
}

impl SyncProgress {
    /// For a run that only plans: there is no telling how many accounts there are.
    pub fn planning() -> Self {
        let accounts = BARS.add(ProgressBar::no_length().with_style(ACCOUNTS.clone()));
        SyncProgress::new(accounts, ProgressBar::hidden())
    }

    /// For a run that does what it plans: items are added as accounts are planned.
    pub fn live() -> Self {
        let accounts = BARS.add(ProgressBar::no_length().with_style(ACCOUNTS.clone()));
        SyncProgress::new(accounts, BARS.add(ProgressBar::new(0).with_style(ITEMS.clone())))
    }

    fn new(accounts: ProgressBar, items: ProgressBar) -> Self {
        SyncProgress { accounts, items, uploaded: AtomicU64::new(0), started: Instant::now() }
    }

    /// Takes the bars away.
    pub fn finish(&self) {
        self.accounts.finish_and_clear();
        self.items.finish_and_clear();
    }

    /// Adds to how much there is to do.
    pub fn expect(&self, items: usize) {
        self.items.inc_length(items as u64);
    }

    /// Does something that prints, without disturbing the bars.
    pub fn suspend(&self, print: impl FnOnce()) {
        self.accounts.suspend(print);
    }

    /// How long it has been.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

impl Watch for SyncProgress {
    fn planned(&self, plan: &AccountPlan) {
        let steps = plan.media.iter().flat_map(|(_, plan)| &plan.steps);
        self.items.inc_length(steps.filter(|step: &&Step| step.has_work()).count() as u64);
        if self.items.is_hidden() {
            self.accounts.inc(1);
        }
    }

    fn items(&self, count: usize) {
        self.items.inc(count as u64);
    }

    fn uploaded(&self, more: u64) {
        let all = self.uploaded.fetch_add(more, Ordering::Relaxed) + more;
        let rate = all as f64 / self.started.elapsed().as_secs_f64();
        self.accounts.set_message(format!("{} uploaded, {}/s", bytes(all), bytes(rate as u64)));
    }

    fn account(&self, _: &AccountReport) {
        self.accounts.inc(1);
    }

    fn is_cancelled(&self) -> bool {
        interrupted()
    }
}
