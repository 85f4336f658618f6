//! What people make in a day: how much of each medium, when, and in whose name.

use crate::clock::{DAY, HOUR, Moment, seconds};
use crate::item::GUEST;
use crate::random::{Random, sums};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    Tape,
    Painting,
    Mood,
    Piece,
    Kidlisp,
}

impl Medium {
    pub const ALL: [Medium; 5] = [Medium::Tape, Medium::Painting, Medium::Mood, Medium::Piece, Medium::Kidlisp];

    /// What share of it is anonymous: of the site's paintings 1,064 of 3,903, of its tapes 32 of 35; moods have no anonymous
    /// form; of the others the shares are not known, and the paintings' is taken.
    fn anonymous(self) -> f64 {
        match self {
            Medium::Tape => 32.0 / 35.0,
            Medium::Mood => 0.0,
            Medium::Painting | Medium::Piece | Medium::Kidlisp => 1_064.0 / 3_903.0,
        }
    }

    /// How many the site has: 2,839 paintings of people and 1,064 of nobody, the moods, and the pieces and kidlisp of the one
    /// account whose numbers are known.
    fn on_the_site(self) -> f64 {
        match self {
            Medium::Tape => 0.0,
            Medium::Painting => 3_903.0,
            Medium::Mood => 2_095.0,
            Medium::Piece => 26.0,
            Medium::Kidlisp => 2_220.0,
        }
    }
}

/// Accounts of the site, the guest's apart.
const ACCOUNTS: u32 = 4_201;

/// When the day begins that is simulated: at the quietest hour.
const BEGINS_AT: Moment = 8 * HOUR;

/// The hour of the peak. Which one it is makes no difference: the limits of the PDS begin with the first request.
const PEAK_AT: Moment = 20 * HOUR;

/// How much more than in the mean of the day is made in that hour.
pub const PEAK: f64 = 5.0;

/// How far the other hours are above and below their mean, along a sine that is highest at the peak.
const SWAY: f64 = 0.6;

/// How much is made at a moment, in parts of the day's mean.
pub fn rhythm(at: Moment) -> f64 {
    let of_day = (at + BEGINS_AT) % DAY;
    if (PEAK_AT..PEAK_AT + HOUR).contains(&of_day) {
        return PEAK;
    }
    let turn = std::f64::consts::TAU / seconds(DAY);
    let from_peak = seconds(of_day) - seconds(PEAK_AT + HOUR / 2);
    // The sine over the other 23 hours has no mean of 0: the best hour is cut out of it.
    let best = 24.0 / std::f64::consts::TAU * 2.0 * (turn * seconds(HOUR) / 2.0).sin();
    let mean = 1.0 - SWAY * best / 23.0;
    (24.0 - PEAK) / 23.0 / mean * (1.0 + SWAY * (turn * from_peak).cos())
}

/// A day's demand.
#[derive(Debug, Clone, Copy)]
pub struct Demand {
    pub media_a_day: f64,
    /// The share of tapes; the other media have the rest as on the site.
    pub tapes: f64,
    pub days: u64,
}

/// Something was made.
#[derive(Debug, Clone, Copy)]
pub struct Made {
    pub at: Moment,
    pub medium: Medium,
    pub account: u32,
}

impl Demand {
    /// What is made, in order of time: at random, as often as the rhythm says.
    pub fn made(self, seed: u64) -> impl Iterator<Item = Made> {
        let mut random = Random::new(seed);
        let others: f64 = Medium::ALL.iter().map(|medium| medium.on_the_site()).sum();
        let shares = sums(Medium::ALL.iter().map(|medium| match medium {
            Medium::Tape => self.tapes,
            other => (1.0 - self.tapes) * other.on_the_site() / others,
        }));
        // By rank, as in the long run: the first has 11 % then, and the site's busiest account has 11 % of all moods.
        let people = sums((1..=ACCOUNTS).map(|rank| 1.0 / f64::from(rank)));
        let most = self.media_a_day * PEAK / seconds(DAY);
        let mut now = 0.0;
        std::iter::from_fn(move || {
            loop {
                now += random.exponential(1.0 / most);
                let at = crate::clock::micros(now);
                if at >= self.days * DAY {
                    return None;
                }
                // Thinned: the rate is the peak's, and all but a share is left out.
                if random.unit() * PEAK < rhythm(at) {
                    let medium = Medium::ALL[random.place(&shares)];
                    let is_guests = random.unit() < medium.anonymous();
                    let account = if is_guests { GUEST } else { 1 + random.place(&people) as u32 };
                    return Some(Made { at, medium, account });
                }
            }
        })
    }
}
