//! Limits as the reference PDS and the relay have them.

use std::collections::{HashMap, VecDeque};

use crate::clock::{DAY, HOUR, MINUTE, Moment, SECOND};

/// A window of fixed length that begins with the first request, as those of the PDS do.
#[derive(Debug, Clone, Copy)]
struct Window {
    points: u32,
    length: Moment,
    used: u32,
    ends: Moment,
}

impl Window {
    fn new(points: u32, length: Moment) -> Window {
        Window { points, length, used: 0, ends: 0 }
    }

    /// When it has room again, if it has none now.
    fn full_until(&self, now: Moment, cost: u32) -> Option<Moment> {
        (now < self.ends && self.used + cost > self.points).then_some(self.ends)
    }

    fn take(&mut self, now: Moment, cost: u32) {
        if now >= self.ends {
            (self.used, self.ends) = (0, now + self.length);
        }
        self.used += cost;
    }
}

/// What a request is for, and so which limits count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    Read,
    Login,
    Upload,
    /// `putRecord`, which costs two points whether it creates or updates.
    Write,
}

/// The points of one `putRecord`.
pub const WRITE_POINTS: u32 = 2;

/// The limits of a PDS as its installer sets them. All machines know what is left, as if they told each other.
#[derive(Debug)]
pub struct Pds {
    /// With the operator's bypass key the PDS counts nothing, neither by address nor by account.
    is_bypassed: bool,
    addresses: HashMap<usize, [Window; 2]>,
    accounts: HashMap<u32, [Window; 4]>,
}

impl Pds {
    pub fn new(is_bypassed: bool) -> Pds {
        Pds { is_bypassed, addresses: HashMap::new(), accounts: HashMap::new() }
    }

    /// Counts a request, or says until when it has to wait.
    pub fn ask(&mut self, now: Moment, request: Request, address: usize, account: u32) -> Result<(), Moment> {
        if self.is_bypassed {
            return Ok(());
        }
        let windows = self.windows(request, address, account);
        if let Some(until) = windows.iter().filter_map(|(window, cost)| window.full_until(now, *cost)).max() {
            return Err(until);
        }
        for (window, cost) in windows {
            window.take(now, cost);
        }
        Ok(())
    }

    /// Until when such a request would have to wait. Counts nothing.
    pub fn full_until(&mut self, now: Moment, request: Request, address: usize, account: u32) -> Option<Moment> {
        if self.is_bypassed {
            return None;
        }
        let windows = self.windows(request, address, account);
        windows.into_iter().filter_map(|(window, cost)| window.full_until(now, cost)).max()
    }

    fn windows(&mut self, request: Request, address: usize, account: u32) -> Vec<(&mut Window, u32)> {
        let fresh = || [Window::new(3_000, 5 * MINUTE), Window::new(1_000, DAY)];
        let [requests, uploads] = self.addresses.entry(address).or_insert_with(fresh);
        let fresh =
            || [Window::new(5_000, HOUR), Window::new(35_000, DAY), Window::new(30, 5 * MINUTE), Window::new(300, DAY)];
        let [hour, day, logins, logins_a_day] = self.accounts.entry(account).or_insert_with(fresh);
        let mut windows = vec![(requests, 1)];
        match request {
            Request::Read => {}
            Request::Login => windows.extend([(logins, 1), (logins_a_day, 1)]),
            Request::Upload => windows.push((uploads, 1)),
            Request::Write => windows.extend([(hour, WRITE_POINTS), (day, WRITE_POINTS)]),
        }
        windows
    }
}

/// A relay that lets events of one host through at three rates, and the rest later, in order.
#[derive(Debug)]
pub struct Relay {
    /// The latest events that were let through, as many as the window may have, for each length.
    let_through: Vec<(Moment, usize, VecDeque<Moment>)>,
    latest: Moment,
}

impl Relay {
    /// For a host with this limit of accounts.
    pub fn new(accounts: usize) -> Relay {
        let windows = Relay::rates(accounts).map(|(length, most)| (length, most, VecDeque::with_capacity(most)));
        Relay { let_through: windows.into(), latest: 0 }
    }

    /// Events a second, an hour and a day.
    pub fn rates(accounts: usize) -> [(Moment, usize); 3] {
        [(SECOND, 50 + accounts / 1000), (HOUR, 2_500 + accounts), (DAY, 20_000 + 10 * accounts)]
    }

    /// When the relay passes an event on that the PDS has at that moment.
    pub fn pass(&mut self, now: Moment) -> Moment {
        let mut passed = now.max(self.latest);
        for (length, most, latest) in &self.let_through {
            if latest.len() == *most {
                passed = passed.max(latest[0] + length);
            }
        }
        for (_, most, latest) in &mut self.let_through {
            if latest.len() == *most {
                latest.pop_front();
            }
            latest.push_back(passed);
        }
        self.latest = passed;
        passed
    }
}
