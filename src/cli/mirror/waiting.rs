//! Shows waits for rate-limited servers as they happen: in a bar on a terminal, otherwise as a line on standard error.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::LazyLock;

use futures_util::future::LocalBoxFuture;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use jiff::{SignedDuration, Timestamp};

use crate::remote::{CurrentWaits, Wait, Waits};

use crate::cli::report::say;

/// Times that differ by less belong to one wait, measured separately by everything that shares it.
const SAME: SignedDuration = SignedDuration::from_secs(5);

/// All bars of commands that talk to servers, drawn together.
pub static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

static STYLE: LazyLock<ProgressStyle> =
    LazyLock::new(|| ProgressStyle::with_template("waiting  {msg}").expect("templates are constants"));

/// Does the work and shows its waits. The future is boxed because all commands pass through here.
pub async fn shown<T>(waits: &Waits, mut work: LocalBoxFuture<'_, T>) -> T {
    let mut shown = WaitBars::default();
    let mut current = waits.watch();
    loop {
        tokio::select! {
            done = &mut work => return done,
            // Never closed: `waits` is alive.
            _ = current.changed() => shown.update(&current.borrow_and_update()),
        }
    }
}

/// The waits on show.
#[derive(Default)]
struct WaitBars {
    /// The name of each wait and its end.
    waits: BTreeMap<String, Timestamp>,
    /// The bar, on a terminal.
    bar: Option<ProgressBar>,
}

impl WaitBars {
    fn update(&mut self, waits: &CurrentWaits) {
        let mut now: BTreeMap<String, Timestamp> = BTreeMap::new();
        for wait in waits.iter() {
            let until = now.entry(name(wait)).or_insert(wait.until);
            *until = wait.until.max(*until);
        }
        if std::io::stderr().is_terminal() {
            self.draw(&now);
        } else {
            for (name, until) in &now {
                let is_new = self.waits.get(name).is_none_or(|before| until.duration_since(*before) > SAME);
                if is_new {
                    say(format!("waiting until {} for the limit of {name}", time(*until)));
                }
            }
        }
        self.waits = now;
    }

    fn draw(&mut self, waits: &BTreeMap<String, Timestamp>) {
        let Some((name, until)) = waits.iter().max_by_key(|(_, until)| **until) else {
            if let Some(bar) = self.bar.take() {
                bar.finish_and_clear();
                BARS.remove(&bar);
            }
            return;
        };
        let more = if waits.len() > 1 { format!(", and {} more", waits.len() - 1) } else { String::new() };
        let bar = self.bar.get_or_insert_with(|| BARS.add(ProgressBar::no_length().with_style(STYLE.clone())));
        bar.set_message(format!("until {} for the limit of {name}{more}", time(*until)));
        bar.tick();
    }
}

impl Drop for WaitBars {
    fn drop(&mut self) {
        self.draw(&BTreeMap::new());
    }
}

/// `logins of did:plc:…`
fn name(wait: &Wait) -> String {
    match &wait.want.account {
        Some(account) => format!("{} of {account}", wait.want.kind),
        None => wait.want.kind.to_owned(),
    }
}

/// `2026-11-21 09:20:59 UTC`
pub fn time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}
