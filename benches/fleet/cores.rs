//! The cores of one machine, shared by whatever computes on it: all get the same, none more than it has threads for.

use crate::clock::{Moment, micros, seconds};

#[derive(Debug, Clone)]
pub struct Cores {
    count: f64,
    tasks: Vec<Task>,
    /// Up to when the tasks' work has been taken off.
    since: Moment,
    /// Grows whenever it changes who gets what, so that an end that was foretold before is known to be wrong.
    pub version: u64,
    /// Seconds of all cores together that were used so far.
    pub used: f64,
}

#[derive(Debug, Clone)]
struct Task {
    job: usize,
    /// Seconds of one core.
    left: f64,
    lanes: f64,
    rate: f64,
}

impl Cores {
    pub fn new(count: usize) -> Cores {
        Cores { count: count as f64, tasks: Vec::new(), since: 0, version: 0, used: 0.0 }
    }

    /// A job begins to compute: seconds of one core, on a limited number of cores.
    pub fn begin(&mut self, now: Moment, job: usize, work: f64, lanes: usize) {
        self.advance(now);
        self.tasks.push(Task { job, left: work, lanes: lanes as f64, rate: 0.0 });
        self.share();
    }

    /// The jobs that have computed all they had to by now.
    pub fn ended(&mut self, now: Moment) -> Vec<usize> {
        self.advance(now);
        // Times are cut to microseconds.
        let (ended, left) = self.tasks.drain(..).partition(|task: &Task| task.left < 1e-6);
        self.tasks = left;
        self.share();
        ended.into_iter().map(|task| task.job).collect()
    }

    /// When the next job ends, if nothing else begins.
    pub fn next_end(&self) -> Option<Moment> {
        let ends = self.tasks.iter().map(|task| task.left / task.rate);
        ends.min_by(f64::total_cmp).map(|end| self.since + micros(end).max(1))
    }

    fn advance(&mut self, now: Moment) {
        let passed = seconds(now - self.since);
        for task in &mut self.tasks {
            self.used += task.rate * passed;
            task.left -= task.rate * passed;
        }
        self.since = now;
    }

    fn share(&mut self) {
        self.version += 1;
        self.tasks.sort_by(|one, other| one.lanes.total_cmp(&other.lanes));
        let (mut free, mut others) = (self.count, self.tasks.len() as f64);
        for task in &mut self.tasks {
            task.rate = task.lanes.min(free / others);
            free -= task.rate;
            others -= 1.0;
        }
    }
}
