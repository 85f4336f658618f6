//! What items cost, as measured, and the jobs that follow from it.
//!
//! `benches/RESULTS.md`, "Many machines", says when and how. Tapes: seconds of CPU of `telecine convert` for each of the recorded
//! canvases, eight seconds long. Everything else: `scripts/bench-serve --only costs`.

use crate::clock::{Moment, micros};
use crate::demand::{Made, Medium};
use crate::item::{Arrival, Takes};
use crate::job::{Job, Kind, Mark, Step};
use crate::limits::Request;
use crate::random::Random;

/// A recording of eight seconds.
#[derive(Debug, Clone, Copy)]
struct Recording {
    frames: usize,
    cpu: f64,
    megabytes: f64,
}

const fn recording(frames: usize, cpu: f64, megabytes: f64) -> Recording {
    Recording { frames, cpu, megabytes }
}

/// How long recordings are, in seconds: the lengths that the site names. Its tests record 3 and 5 seconds, its documentation 8, and
/// its limit is 30.
const LENGTHS: [f64; 4] = [3.0, 5.0, 8.0, 30.0];

/// Frames that are encoded by one thread, one after the other: a chunk of the preset `standard`.
const CHUNK: usize = 150;

/// The canvases of `scripts/canvases`: frames, seconds of CPU, megabytes of the ZIP.
#[rustfmt::skip]
const RECORDINGS: [Recording; 20] = [
    recording(240, 2.57, 22.9), // camera
    recording(240, 0.55, 2.9), // cells
    recording(48, 0.45, 2.9), // clouds-busy
    recording(480, 1.79, 29.4), // clouds
    recording(480, 1.67, 4.6), // controls
    recording(48, 0.35, 1.6), // discs-busy
    recording(480, 1.50, 16.9), // discs
    recording(240, 1.62, 6.2), // fog
    recording(480, 1.35, 15.3), // glow
    recording(48, 0.67, 2.4), // gradient-busy
    recording(480, 3.86, 23.7), // gradient
    recording(480, 3.05, 14.5), // life
    recording(48, 0.56, 2.7), // lines-busy
    recording(480, 4.27, 25.4), // lines
    recording(480, 0.25, 5.2), // prompt
    recording(480, 1.19, 11.2), // scroll
    recording(48, 0.33, 0.8), // solid-busy
    recording(480, 1.79, 8.4), // solid
    recording(960, 2.73, 5.2), // sparks
    recording(480, 1.32, 1.4), // sprites
];

/// Milliseconds: the median, and what 99 of 100 are below.
type Spread = [f64; 2];

/// A text, from its insert to its record and key.
const TEXT: Spread = [22.0, 37.0];
/// A painting: a text, and what 60 of them took on two cores beyond their CPU, 40 ms each.
const PAINTING: Spread = [62.0, 77.0];
/// From the insert of a tape until it can be played, without its conversion.
const TAPE_AROUND: Spread = [150.0, 250.0];
/// The job that a change of our own makes, and that finds nothing to do: a third of a text's ways to servers and back.
const ECHO: Spread = [7.0, 12.0];
/// The site's receiver has not been measured. It would take 8 slots 14 s each to be what workers wait for.
const CALLBACK: Spread = TEXT;
/// Seconds of CPU for the thumbnail of a painting of 4096 × 4096 pixels: more than most take.
const PAINTING_CPU: f64 = 0.103;

/// Seconds of CPU for a text and its echo.
const TEXT_CPU: f64 = 0.0108;

/// What a login takes at the PDS, in seconds.
pub const LOGIN: f64 = 0.35;

/// What the way to the servers adds to what was measured beside them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Distance {
    /// Seconds there and back.
    pub round_trip: f64,
    /// Megabytes a second from Spaces and to it; `None` for as many as there are.
    pub megabytes: Option<f64>,
}

/// How often a job goes to some server and back, one after the other, as counted in its code.
const TRIPS_TEXT: f64 = 12.0;
const TRIPS_PAINTING: f64 = 15.0;
const TRIPS_TAPE: f64 = 13.0;
const TRIPS_ECHO: f64 = 4.0;

#[derive(Debug, Clone)]
pub struct Costs {
    distance: Distance,
    random: Random,
}

impl Costs {
    pub fn new(distance: Distance, seed: u64) -> Costs {
        Costs { distance, random: Random::new(seed) }
    }

    /// What comes to the service with something that was made.
    pub fn arrival(&mut self, made: Made) -> Arrival {
        let echo = Job::new(Kind::Mirror, vec![self.wait(ECHO, TRIPS_ECHO)]);
        let jobs = match made.medium {
            // Its insert tells of it too; that job finds a bake under way.
            Medium::Tape => vec![self.bake(echo.clone()), echo],
            Medium::Painting => vec![self.painting(echo)],
            Medium::Mood | Medium::Piece | Medium::Kidlisp => vec![self.text(echo)],
        };
        Arrival { at: made.at, account: made.account, jobs, takes: takes(made.medium) }
    }

    fn wait(&mut self, [median, p99]: Spread, trips: f64) -> Step {
        let measured = self.random.around(median, p99) / 1000.0;
        Step::Wait(micros(measured + trips * self.distance.round_trip))
    }

    fn text(&mut self, echo: Job) -> Job {
        let mut script =
            vec![Step::Mark(Mark::Begun), Step::Session, Step::Ask(Request::Read), Step::Ask(Request::Write)];
        script.extend([Step::Compute(TEXT_CPU, 1), self.wait(TEXT, TRIPS_TEXT)]);
        script.extend([Step::Mark(Mark::Published), Step::Submit(Box::new(echo))]);
        Job::new(Kind::Mirror, script)
    }

    fn painting(&mut self, echo: Job) -> Job {
        let mut script = vec![Step::Mark(Mark::Begun), Step::Ask(Request::Read), Step::Session];
        script.extend([Step::Foresee(Request::Upload), Step::Foresee(Request::Write)]);
        script.push(Step::Compute(PAINTING_CPU + TEXT_CPU, 1));
        script.extend([Step::Ask(Request::Upload), Step::Ask(Request::Write)]);
        script.push(self.wait(PAINTING, TRIPS_PAINTING));
        script.extend([Step::Mark(Mark::Published), Step::Submit(Box::new(echo))]);
        Job::new(Kind::Mirror, script)
    }

    fn bake(&mut self, echo: Job) -> Job {
        let recording = self.random.pick(&RECORDINGS);
        let length = self.random.pick(&LENGTHS) / 8.0;
        let chunks = ((recording.frames as f64 * length) as usize).div_ceil(CHUNK);
        let encode = Step::Compute(recording.cpu * length, chunks);
        let fetch = Step::Wait(self.transfer(recording.megabytes * length));
        let around = self.wait(TAPE_AROUND, TRIPS_TAPE);
        let callback = Job::new(Kind::Callback, vec![self.wait(CALLBACK, TRIPS_ECHO)]);
        let publish = [
            Step::Ask(Request::Upload),
            Step::Ask(Request::Upload),
            Step::Ask(Request::Write),
            self.wait(TEXT, TRIPS_TEXT),
            Step::Mark(Mark::Published),
            Step::Submit(Box::new(echo)),
        ];
        let make = [Step::Encoder, encode, Step::EncoderFree, around];
        let mut script = vec![Step::Mark(Mark::Begun), fetch.clone()];
        script.extend(make.clone());
        script.extend([Step::Mark(Mark::Playable), Step::Submit(Box::new(callback))]);
        let foresee = [Step::Foresee(Request::Upload), Step::Foresee(Request::Write)];
        script.extend([Step::Ask(Request::Read), Step::Session]);
        script.extend(foresee.clone());
        script.extend(publish.clone());
        let mut bake = Job::new(Kind::Bake, script);
        // Its record alone: the video is made once more for it.
        let mut script = vec![Step::Ask(Request::Read), Step::Session];
        script.extend(foresee);
        script.push(fetch);
        script.extend(make);
        script.extend(publish);
        bake.instead = Some(Box::new(Job::new(Kind::Mirror, script)));
        bake
    }

    fn transfer(&self, megabytes: f64) -> Moment {
        micros(self.distance.megabytes.map_or(0.0, |a_second| megabytes / a_second))
    }
}

/// Seconds of the PDS's core for a request, and of mongod's for a write: what 40 moods took, made one by one on a busy machine,
/// which is more than where there are many at once.
const PDS_REQUEST: f64 = 0.0195 / 2.0;
const MONGOD_WRITE: f64 = 0.0296 / 12.0;

/// A text was measured: 12 writes to MongoDB, its insert among them, two requests to the PDS and two attempts. The others are
/// counted in the code: a painting uploads its thumbnail; a tape uploads two files, and has a bake with its stages, and a callback.
fn takes(medium: Medium) -> Takes {
    let (writes, changes, requests) = match medium {
        Medium::Tape => (24.0, 3.0, 4.0),
        Medium::Painting => (12.0, 2.0, 3.0),
        Medium::Mood | Medium::Piece | Medium::Kidlisp => (12.0, 2.0, 2.0),
    };
    Takes { writes, changes, pds: requests * PDS_REQUEST, mongod: writes * MONGOD_WRITE }
}
