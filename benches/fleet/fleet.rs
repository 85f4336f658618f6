//! Machines that take jobs from one queue and do them: the simulation itself, which knows no medium and no cost.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::clock::{DAY, Moment, SECOND};
use crate::item::{Arrival, GUEST, Takes, Times};
use crate::job::{Job, Kind, Mark, Step};
use crate::limits::{Pds, Request};
use crate::random::Random;
use crate::setup::{Choice, Setup};
use crate::usage::Usage;
use crate::worker::Worker;

/// How often NATS is told that a job is still worked on: with the progress of a bake, and with the renewal of any claim; as
/// `src/serve/runner.rs`.
const REPORT: Moment = SECOND;
const RENEW: Moment = 8 * SECOND;

#[derive(Debug)]
struct Open {
    item: usize,
    job: Job,
    step: usize,
    worker: usize,
    began: Moment,
    has_encoder: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A job may be begun.
    Due(usize),
    /// A job takes its next step.
    Proceed(usize),
    /// Some job of a worker has computed all it had to, if nothing has changed since.
    Computed(usize, u64),
}

pub struct Fleet {
    setup: Setup,
    now: Moment,
    count: u64,
    events: BinaryHeap<Reverse<(Moment, u64, Event)>>,
    open: Vec<Option<Open>>,
    unused: Vec<usize>,
    ready: [VecDeque<usize>; Kind::COUNT],
    workers: Vec<Worker>,
    items: Vec<(u32, Takes)>,
    pds: Pds,
    random: Random,
    pub usage: Usage,
    pub times: Vec<Times>,
}

impl Fleet {
    pub fn new(setup: Setup) -> Fleet {
        Fleet {
            now: 0,
            count: 0,
            events: BinaryHeap::new(),
            open: Vec::new(),
            unused: Vec::new(),
            ready: Default::default(),
            workers: vec![Worker::new(setup.cores, setup.slots); setup.workers],
            items: Vec::new(),
            pds: Pds::new(setup.is_bypassed),
            random: Random::new(setup.seed),
            usage: Usage::default(),
            times: Vec::new(),
            setup,
        }
    }

    /// Lets the items come in, and works until `end`.
    pub fn run(&mut self, arrivals: impl Iterator<Item = Arrival>, end: Moment) {
        let mut arrivals = arrivals.peekable();
        loop {
            let event = self.events.peek().map(|Reverse((at, ..))| *at);
            let arrival = arrivals.peek().map(|arrival| arrival.at);
            let Some(next) = event.into_iter().chain(arrival).min().filter(|next| *next < end) else { break };
            self.now = next;
            if arrival == Some(next) {
                if let Some(arrival) = arrivals.next() {
                    self.arrive(arrival);
                }
            } else if let Some(Reverse((_, _, event))) = self.events.pop() {
                match event {
                    Event::Due(job) => self.queue(job),
                    Event::Proceed(job) => self.proceed(job),
                    Event::Computed(worker, version) => self.computed(worker, version),
                }
            }
        }
    }

    fn at(&mut self, moment: Moment, event: Event) {
        self.count += 1;
        self.events.push(Reverse((moment, self.count, event)));
    }

    fn arrive(&mut self, arrival: Arrival) {
        let item = self.times.len();
        self.times.push(Times { arrived: self.now, ..Times::default() });
        self.items.push((arrival.account, arrival.takes));
        for job in arrival.jobs {
            self.submit(item, job);
        }
    }

    fn submit(&mut self, item: usize, job: Job) {
        let open = Open { item, job, step: 0, worker: 0, began: 0, has_encoder: false };
        // Published, and acknowledged.
        self.usage.messages.add(self.now, 2.0);
        let id = self.unused.pop().unwrap_or(self.open.len());
        if id == self.open.len() {
            self.open.push(Some(open));
        } else {
            self.open[id] = Some(open);
        }
        self.queue(id);
    }

    fn queue(&mut self, id: usize) {
        let kind = self.of(id).job.kind;
        self.ready[kind as usize].push_back(id);
        self.dispatch(kind);
    }

    fn of(&mut self, id: usize) -> &mut Open {
        self.open[id].as_mut().expect("no event is left of a job that is over")
    }

    /// Gives jobs to workers while there are both.
    fn dispatch(&mut self, kind: Kind) {
        while let Some(id) = self.ready[kind as usize].front().copied() {
            let Some(worker) = self.free_worker(kind) else { return };
            self.ready[kind as usize].pop_front();
            self.workers[worker].free[kind as usize] -= 1;
            let now = self.now;
            let open = self.of(id);
            (open.worker, open.began, open.step) = (worker, now, 0);
            // Asked for, and delivered.
            self.usage.messages.add(now, 2.0);
            // Not within this: a job that is put off at once lets the next one begin, thousands of times in a row.
            self.at(now, Event::Proceed(id));
        }
    }

    fn free_worker(&mut self, kind: Kind) -> Option<usize> {
        let free = |worker: &Worker| worker.free[kind as usize];
        let most = self.workers.iter().map(free).max().filter(|most| *most > 0)?;
        let least = if self.setup.choice == Choice::Idlest { most } else { 1 };
        let able = self.workers.iter().filter(|worker| free(worker) >= least).count();
        let chosen = self.random.below(able);
        let mut able = self.workers.iter().enumerate().filter(|(_, worker)| free(worker) >= least);
        able.nth(chosen).map(|(worker, _)| worker)
    }

    /// Takes the steps of a job up to the next one that takes time.
    fn proceed(&mut self, id: usize) {
        loop {
            let (now, open) = (self.now, self.of(id));
            let (worker, item) = (open.worker, open.item);
            let Some(step) = open.job.script.get(open.step).cloned() else { return self.end(id) };
            open.step += 1;
            let account = self.items[item].0;
            match step {
                Step::Wait(time) => return self.at(now + time, Event::Proceed(id)),
                Step::Session => {
                    let Some(request) = self.workers[worker].for_session(now, account) else {
                        self.workers[worker].use_session(now, account, false);
                        continue;
                    };
                    if let Err(until) = self.ask(worker, request, account) {
                        return self.held_up(id, request, until);
                    }
                    self.workers[worker].use_session(now, account, true);
                    if request == Request::Login {
                        self.usage.logins.add(now, 1.0);
                        return self.at(now + self.setup.login, Event::Proceed(id));
                    }
                }
                Step::Ask(request) => {
                    if let Err(until) = self.ask(worker, request, account) {
                        return self.held_up(id, request, until);
                    }
                }
                Step::Foresee(request) => {
                    let address = self.address(worker);
                    if let Some(until) = self.pds.full_until(now, request, address, account)
                        && !self.setup.has_patience(now, until, request)
                    {
                        return self.postpone(id, until);
                    }
                }
                Step::Encoder => {
                    self.of(id).has_encoder = true;
                    if !self.workers[worker].take_encoder(id) {
                        return;
                    }
                }
                Step::Compute(work, lanes) => {
                    self.usage.cores.add(now, work);
                    self.workers[worker].cores.begin(now, id, work, lanes);
                    return self.foretell(worker);
                }
                Step::EncoderFree => self.free_encoder(id),
                Step::Mark(Mark::Begun) => {
                    self.times[item].begun.get_or_insert(now);
                }
                Step::Mark(Mark::Playable) => self.times[item].playable = Some(now),
                Step::Mark(Mark::Published) => self.publish(item),
                Step::Submit(job) => self.submit(item, *job),
            }
        }
    }

    fn address(&self, worker: usize) -> usize {
        if self.setup.is_one_address { 0 } else { worker }
    }

    fn ask(&mut self, worker: usize, request: Request, account: u32) -> Result<(), Moment> {
        let (now, address) = (self.now, self.address(worker));
        self.pds.ask(now, request, address, account)?;
        self.usage.requests.add(now, 1.0);
        match request {
            Request::Upload => self.usage.uploads.add(now, 1.0),
            Request::Write if account == GUEST => {
                let points = f64::from(crate::limits::WRITE_POINTS);
                self.usage.guest_hour.add(now, points);
                self.usage.guest_day.add(now, points);
            }
            _ => {}
        }
        Ok(())
    }

    /// A limit is met: the job waits in its slot if the worker has the patience, else it is put off.
    fn held_up(&mut self, id: usize, request: Request, until: Moment) {
        let now = self.now;
        let open = self.of(id);
        open.step -= 1;
        if self.setup.has_patience(now, until, request) {
            self.at(until, Event::Proceed(id));
        } else {
            self.postpone(id, until);
        }
    }

    fn postpone(&mut self, id: usize, until: Moment) {
        self.usage.postponed += 1;
        let open = self.of(id);
        let item = open.item;
        if let Some(instead) = open.job.instead.take() {
            self.end(id);
            return self.submit(item, *instead);
        }
        let kind = open.job.kind;
        self.release(id);
        self.at(until, Event::Due(id));
        self.dispatch(kind);
    }

    /// A job's record is on the PDS.
    fn publish(&mut self, item: usize) {
        let (now, takes) = (self.now, self.items[item].1);
        let usage = &mut self.usage;
        for commits in [&mut usage.commits_second, &mut usage.commits_hour, &mut usage.commits_day] {
            commits.add(now, 1.0);
        }
        usage.writes.add(now, takes.writes);
        usage.changes.add(now, takes.changes);
        usage.pds_cores.add(now, takes.pds);
        usage.mongod_cores.add(now, takes.mongod);
        self.times[item].published = Some(now);
    }

    fn end(&mut self, id: usize) {
        let kind = self.of(id).job.kind;
        self.release(id);
        self.open[id] = None;
        self.unused.push(id);
        self.dispatch(kind);
    }

    /// A worker has done with a job.
    fn release(&mut self, id: usize) {
        let now = self.now;
        let open = self.of(id);
        let (kind, worker, has_encoder) = (open.job.kind, open.worker, open.has_encoder);
        let pause = if kind == Kind::Bake { REPORT } else { RENEW };
        let progress = ((now - open.began) / pause) as f64;
        self.usage.messages.add(now, 1.0 + progress);
        if has_encoder {
            self.free_encoder(id);
        }
        self.workers[worker].free[kind as usize] += 1;
    }

    fn free_encoder(&mut self, id: usize) {
        let open = self.of(id);
        open.has_encoder = false;
        let worker = open.worker;
        if let Some(next) = self.workers[worker].free_encoder() {
            let now = self.now;
            self.at(now, Event::Proceed(next));
        }
    }

    fn foretell(&mut self, worker: usize) {
        let cores = &self.workers[worker].cores;
        if let Some(end) = cores.next_end() {
            let version = cores.version;
            self.at(end, Event::Computed(worker, version));
        }
    }

    fn computed(&mut self, worker: usize, version: u64) {
        if self.workers[worker].cores.version != version {
            return;
        }
        let ended = self.workers[worker].cores.ended(self.now);
        self.foretell(worker);
        for id in ended {
            self.proceed(id);
        }
    }

    /// Seconds of all cores that were used so far.
    pub fn cores_used(&self) -> f64 {
        self.workers.iter().map(|worker| worker.cores.used).sum()
    }

    /// How many items had come in `day` days after the beginning, and of those how many were without a record.
    pub fn left_after(&self, days: u64) -> (usize, usize) {
        let end = days * DAY;
        let come = self.times.iter().filter(|times| times.arrived < end);
        let left = come.clone().filter(|times| times.published.is_none_or(|published| published >= end));
        (come.count(), left.count())
    }
}
