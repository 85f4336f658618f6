//! Where the time goes: each stage of a transcode on its own, on all cores, against libx264 alone.
//!
//! `scripts/bench --stages` builds a tape and runs this on it; or: `TAPE=tape.zip cargo bench --bench stages`.
//! `PRESET` names the preset (standard), `ROUNDS` says how often everything is done (5).

use std::env;
use std::fs::File;
use std::time::{Duration, Instant};

use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use telecine::Result;
use telecine::picture::{Decoder, Picture};
use telecine::tape::{Limits, Tape};
use telecine::video::planes::{Chroma, Converter, Geometry, Plane};
use telecine::video::stages::Painted;
use telecine::video::{Colors, Monitor, Options, Preset, Presets, transcode};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // `cargo test --benches` runs this too, with nothing to measure.
    let Ok(path) = env::var("TAPE") else {
        eprintln!("TAPE is not set; see scripts/bench --stages");
        return Ok(());
    };
    let presets = Presets::built_in()?;
    let preset = presets.get(&env::var("PRESET").unwrap_or_else(|_| "standard".into()))?;
    let rounds = env::var("ROUNDS").map_or(Ok(5), |rounds| rounds.parse())?;
    let tape = Tape::open(File::open(&path)?, &Limits::default())?;

    let pool = ThreadPoolBuilder::new().build()?;
    let pictures = decode_all(&tape)?;
    let painted = Painted::new(&tape, preset)?;
    let mut file = tempfile::tempfile()?;
    let mut times: [Vec<Duration>; 5] = Default::default();
    for _ in 0..rounds {
        times[0].push(time(|| pool.install(|| decode(&tape)))?.0);
        let planes = || {
            pool.install(|| convert(&pictures, preset));
            Ok(())
        };
        times[1].push(time(planes)?.0);
        let (encoding, encoded) = time(|| painted.encode(&pool))?;
        times[2].push(encoding);
        times[3].push(time(|| encoded.mux(&mut file))?.0);
        times[4].push(time(|| transcode(&tape, preset, Options::default(), &pool, &Monitor::nobody(), &mut file))?.0);
    }

    let frames = pictures.len();
    let [decode, planes, encode, mux, whole] = times.map(|mut times| median(&mut times));
    println!("{path}: {frames} frames, preset {}, {} threads", preset.name, pool.current_num_threads());
    println!("{:<16}{:>10}{:>12}{:>14}", "stage", "median", "a frame", "of encode");
    for (stage, time) in
        [("decode", decode), ("planes", planes), ("encode alone", encode), ("mux", mux), ("whole", whole)]
    {
        let (ms, us) = (time.as_secs_f64() * 1e3, time.as_secs_f64() * 1e6 / frames as f64);
        println!("{stage:<16}{ms:>7.1} ms{us:>9.1} µs{:>14.3}", time.div_duration_f64(encode));
    }
    Ok(())
}

fn time<T>(work: impl FnOnce() -> Result<T>) -> Result<(Duration, T)> {
    let started = Instant::now();
    let result = work()?;
    Ok((started.elapsed(), result))
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn decode_all(tape: &Tape) -> Result<Vec<Picture>> {
    let (mut reel, mut decoder) = (tape.reel(), Decoder::default());
    let picture = |index| {
        let mut picture = Picture::default();
        reel.picture(index, &mut decoder, &mut picture)?;
        Ok(picture)
    };
    (0..tape.frame_count()).map(picture).collect()
}

/// Unpacks and decodes every picture, each thread into a buffer of its own.
fn decode(tape: &Tape) -> Result<()> {
    let tools = || (tape.reel(), Decoder::default(), Picture::default());
    (0..tape.frame_count())
        .into_par_iter()
        .try_for_each_init(tools, |(reel, decoder, picture), index| reel.picture(index, decoder, picture))
}

/// Converts every picture to the planes of the video, each thread into a frame of its own.
fn convert(pictures: &[Picture], preset: &Preset) {
    let Some(encoding) = preset.encodings.first() else { return };
    assert_eq!(encoding.colors, Colors::Yuv420p, "these planes are the usual ones");
    let Some(Picture { width, height, .. }) = pictures.first() else { return };
    let geometry = Geometry::new(*width, *height, encoding.scale_for(*width, *height), 2);
    let (width, height) = (geometry.width as usize, geometry.height as usize);
    let tools =
        || (Converter::default(), vec![0; width * height], vec![0; width * height / 4], vec![0; width * height / 4]);
    pictures.par_iter().for_each_init(tools, |(converter, luma, blue, red), picture| {
        let planes = [(luma, width), (blue, width / 2), (red, width / 2)];
        converter.convert(picture, &geometry, Chroma::Halved, planes.map(|(data, stride)| Plane { data, stride }));
    });
}
