//! Bars for a sync: accounts, items, bytes and their rate. Drawn on standard error if it is a terminal.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;

use crate::sync::{Control, Events, Update};

use super::super::network::stop;
use super::super::waiting::BARS;
use crate::cli::report::bytes;

static ACCOUNTS: LazyLock<ProgressStyle> = LazyLock::new(|| style("accounts {pos:>6} done  {msg}"));
static ITEMS: LazyLock<ProgressStyle> =
    LazyLock::new(|| style("items    {bar:30} {pos}/{len}  {per_sec}  {eta:>6} left"));

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("templates are constants").progress_chars("━━─")
}

/// The bars of one sync, which follow its events.
pub struct SyncProgress {
    /// Passed to the sync: takes its events, and stops it on Ctrl-C.
    pub control: Control,
    bars: Bars,
    following: JoinHandle<()>,
    started: Instant,
}

#[derive(Clone)]
struct Bars {
    accounts: ProgressBar,
    items: ProgressBar,
}

impl SyncProgress {
    /// For a run that only plans. The number of accounts is not known beforehand.
    pub fn planning() -> Self {
        SyncProgress::new(ProgressBar::hidden())
    }

    /// For a live run: items are added as accounts are planned.
    pub fn live() -> Self {
        SyncProgress::new(BARS.add(ProgressBar::new(0).with_style(ITEMS.clone())))
    }

    fn new(items: ProgressBar) -> Self {
        let accounts = BARS.add(ProgressBar::no_length().with_style(ACCOUNTS.clone()));
        let control = Control { events: Events::default(), stop: stop() };
        let (bars, started) = (Bars { accounts, items }, Instant::now());
        let following = tokio::spawn(bars.clone().follow(control.events.subscribe(), started));
        SyncProgress { control, bars, following, started }
    }

    /// Removes the bars.
    pub fn finish(&self) {
        self.following.abort();
        self.bars.accounts.finish_and_clear();
        self.bars.items.finish_and_clear();
    }

    /// Sets the number of items, for work without plans.
    pub fn expect(&self, items: usize) {
        self.bars.items.set_length(items as u64);
    }

    /// Runs code that prints, without disturbing the bars.
    pub fn suspend(&self, print: impl FnOnce()) {
        self.bars.accounts.suspend(print);
    }

    /// The time since the start.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

impl Bars {
    /// Draws updates until their sender is gone.
    async fn follow(self, mut updates: Receiver<Update>, started: Instant) {
        loop {
            match updates.recv().await {
                Ok(update) => self.draw(&update, started),
                // Each update has the totals, so a lost one costs nothing.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn draw(&self, Update { totals, .. }: &Update, started: Instant) {
        if totals.planned_items > 0 {
            self.items.set_length(totals.planned_items as u64);
        }
        self.items.set_position(totals.items as u64);
        let accounts = if self.items.is_hidden() { totals.planned_accounts } else { totals.accounts };
        self.accounts.set_position(accounts as u64);
        if totals.uploaded > 0 {
            let rate = totals.uploaded as f64 / started.elapsed().as_secs_f64();
            self.accounts.set_message(format!("{} uploaded, {}/s", bytes(totals.uploaded), bytes(rate as u64)));
        }
    }
}
