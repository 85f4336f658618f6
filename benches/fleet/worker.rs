//! One machine of the fleet: its slots, its cores, the sessions it keeps and its patience.

use std::collections::{HashMap, VecDeque};

use crate::clock::{HOUR, Moment};
use crate::cores::Cores;
use crate::job::Kind;
use crate::limits::Request;

/// How long a session that nobody uses is kept; as `src/remote/pds/sessions.rs`.
const UNUSED: Moment = 6 * HOUR;

/// How long an access token of the reference PDS is good for.
const ACCESS: Moment = 2 * HOUR;

#[derive(Debug, Clone)]
pub struct Worker {
    pub free: [usize; Kind::COUNT],
    pub cores: Cores,
    encoders: usize,
    /// Jobs that wait for the encoder, in order.
    pub for_encoder: VecDeque<usize>,
    sessions: HashMap<u32, Session>,
    /// For how long each account has been waited for, and up to when; what overlaps counts once.
    spent: HashMap<u32, (Moment, Moment)>,
}

#[derive(Debug, Clone, Copy)]
struct Session {
    used: Moment,
    refreshed: Moment,
}

impl Worker {
    pub fn new(cores: usize, slots: [usize; Kind::COUNT]) -> Worker {
        Worker {
            free: slots,
            cores: Cores::new(cores),
            encoders: cores,
            for_encoder: VecDeque::new(),
            sessions: HashMap::new(),
            spent: HashMap::new(),
        }
    }

    /// Takes a permit of the encoder; a job that gets none waits in line.
    pub fn take_encoder(&mut self, job: usize) -> bool {
        if self.encoders == 0 {
            self.for_encoder.push_back(job);
            return false;
        }
        self.encoders -= 1;
        true
    }

    /// Gives a permit back. It goes to the job that is returned, if any waits.
    pub fn free_encoder(&mut self) -> Option<usize> {
        let next = self.for_encoder.pop_front();
        self.encoders += usize::from(next.is_none());
        next
    }

    /// The request that it takes to have a session of the account now.
    pub fn for_session(&self, now: Moment, account: u32) -> Option<Request> {
        match self.sessions.get(&account) {
            Some(session) if now >= session.used + UNUSED => Some(Request::Login),
            Some(session) if now >= session.refreshed + ACCESS => Some(Request::Read),
            Some(_) => None,
            None => Some(Request::Login),
        }
    }

    /// The session of an account is used; `is_fresh` if it has just been begun or refreshed.
    pub fn use_session(&mut self, now: Moment, account: u32, is_fresh: bool) {
        let session = self.sessions.entry(account).or_insert(Session { used: now, refreshed: now });
        session.used = now;
        if is_fresh {
            session.refreshed = now;
        }
    }

    /// Whether it waits until then; as `src/remote/waits.rs`, where waits for one account add up as long as the process lives.
    pub fn has_patience(&mut self, now: Moment, until: Moment, patience: Moment, account: Option<u32>) -> bool {
        let allowed = patience + patience / 100;
        let Some(account) = account else { return until - now <= allowed };
        let (total, up_to) = self.spent.entry(account).or_insert((0, now));
        let more = until.saturating_sub((*up_to).max(now));
        if *total + more > allowed {
            return false;
        }
        *total += more;
        *up_to = (*up_to).max(until);
        true
    }
}
