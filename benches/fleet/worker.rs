//! One machine of the fleet: its slots, its cores, and the sessions it keeps.

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
}
