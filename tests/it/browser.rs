//! What most people watch tapes with: Chromium and Firefox open the videos, seek in them, and say what they see.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use crate::support::command::{Workshop, exists};
use crate::support::picture::{PALETTE, Picture};
use crate::support::probe::{Video, from_bt709};
use crate::support::tape::TapeBuilder;
use crate::support::wav::Wav;

/// Starting a browser takes a while on a busy machine.
const TIME_LIMIT: Duration = Duration::from_mins(2);

/// How far a colour may be off once libx264 and the browser have had it.
const TOLERANCE: u8 = 8;

/// How far a colour may be off that was converted to 4:4:4, quantised finely, and converted back, which Firefox does in
/// small numbers.
const CRISP: u8 = 6;

/// What the page says about a video.
#[derive(Debug, Deserialize)]
struct Seen {
    width: u32,
    height: u32,
    seconds: f64,
    /// For each time the left half's colour and the right half's.
    colors: Vec<[[u8; 4]; 2]>,
    /// For each time when the frame that is shown then begins.
    shown: Vec<f64>,
    /// For each time what the decoder gave.
    decoded: Vec<Decoded>,
    onset: Option<f64>,
}

/// Samples of a decoded frame: of a pixel in the left half and one in the right.
#[derive(Debug, Deserialize)]
struct Decoded {
    format: String,
    matrix: Option<String>,
    values: [Vec<u8>; 2],
}

impl Decoded {
    /// Both pixels as red, green and blue.
    fn colors(&self) -> [[u8; 3]; 2] {
        [0, 1].map(|half| match (self.format.as_str(), &self.values[half][..]) {
            // Untransformed colours lie in the planes as green, blue, red.
            ("BGRA" | "BGRX", &[blue, green, red, _])
            | ("RGBA" | "RGBX", &[red, green, blue, _])
            | ("I444", &[green, blue, red])
                if self.matrix.as_deref() != Some("bt709") || self.format != "I444" =>
            {
                [red, green, blue]
            }
            ("I444", &[luma, blue, red]) => opaque(from_bt709(luma.into(), blue.into(), red.into())),
            _ => panic!("{self:?} is of a format that the test does not know"),
        })
    }
}

fn opaque([red, green, blue, _]: [u8; 4]) -> [u8; 3] {
    [red, green, blue]
}

/// A web server for one page. Files by their paths; what is posted comes out of the receiver.
fn serve(files: HashMap<String, Vec<u8>>) -> (String, Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let (posted, received) = channel();
    let files = Arc::new(files);
    std::thread::spawn(move || {
        // Browsers open connections that they do not use yet, so each has a thread.
        for stream in listener.incoming().flatten() {
            let (files, posted) = (files.clone(), posted.clone());
            std::thread::spawn(move || answer(stream, &files, &posted));
        }
    });
    (address, received)
}

fn answer(mut stream: TcpStream, files: &HashMap<String, Vec<u8>>, posted: &Sender<Vec<u8>>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        (reader.read_until(b'\n', &mut head).ok()? > 0).then_some(())?;
    }
    let head = String::from_utf8(head).ok()?.to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let mut body = vec![0; length.map_or(0, |length| length.trim().parse().unwrap())];
    reader.read_exact(&mut body).ok()?;
    let path = head.split(' ').nth(1)?.to_owned();
    let (status, file) = match files.get(&path) {
        _ if head.starts_with("post ") => (posted.send(body).map(|()| "204 No Content").ok()?, &[][..]),
        Some(file) => ("200 OK", &file[..]),
        None => ("404 Not Found", &[][..]),
    };
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", file.len());
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(file)).ok()
}

/// How a browser is opened: at an address, with a folder for its profile.
type Opened = fn(&str, &Workshop) -> Browser;

/// The browsers that there are on every system.
const BROWSERS: [(&str, Opened); 2] = [("chromium", Browser::chromium), ("firefox", Browser::firefox)];

/// A browser without a window; it and all its processes end with this.
struct Browser(Child);

impl Browser {
    fn chromium(address: &str, profile: &Workshop) -> Self {
        let flags = "--headless --no-sandbox --disable-gpu --disable-quic --disable-dev-shm-usage --no-first-run \
             --disable-background-networking --disable-component-update --disable-sync \
             --autoplay-policy=no-user-gesture-required";
        let mut command = Command::new("chromium");
        command.args(flags.split_whitespace()).arg(format!("--user-data-dir={}", profile.path("chromium").display()));
        Browser::start(command.arg(address))
    }

    fn firefox(address: &str, profile: &Workshop) -> Self {
        let folder = profile.path("firefox");
        std::fs::create_dir_all(&folder).unwrap();
        let preferences = "user_pref('media.autoplay.default', 0);\nuser_pref('app.update.enabled', false);\n\
             user_pref('browser.aboutwelcome.enabled', false);\nuser_pref('browser.shell.checkDefaultBrowser', false);\n\
             user_pref('datareporting.policy.dataSubmissionEnabled', false);\n";
        std::fs::write(folder.join("user.js"), preferences).unwrap();
        let name = if exists(Path::new("/usr/bin/firefox-esr")) { "firefox-esr" } else { "firefox" };
        let mut command = Command::new(name);
        command.args(["--headless", "--no-remote", "--profile"]).arg(folder);
        // What it keeps of other runs lies in the home folder, whatever the profile.
        Browser::start(command.arg(address).env("HOME", profile.path("firefox")))
    }

    fn start(command: &mut Command) -> Self {
        let started = command.process_group(0).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let name = command.get_program().display();
        Browser(started.unwrap_or_else(|error| panic!("{name}: {error}; install it to run this test")))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let group = format!("kill -s KILL -- -{}", self.0.id());
        let _ = Command::new("sh").args(["-c", &group]).status();
        let _ = self.0.wait();
    }
}

/// What a browser says about videos, at these times.
fn seen_by(
    browser: impl FnOnce(&str, &Workshop) -> Browser,
    workshop: &Workshop,
    mut files: HashMap<String, Vec<u8>>,
    names: &[String],
    times: &[f64],
) -> Vec<Seen> {
    files.insert("/task".into(), json!({ "names": names, "times": times }).to_string().into());
    files.insert("/".into(), include_bytes!("browser.html").into());
    let (address, received) = serve(files);
    let browser = browser(&address, workshop);
    let answer = received.recv_timeout(TIME_LIMIT);
    drop(browser);
    let answer = answer.expect("the browser said nothing about the videos");
    serde_json::from_slice(&answer).unwrap_or_else(|_| panic!("the page failed: {}", String::from_utf8_lossy(&answer)))
}

/// Frame `index`: one colour left, another right.
fn halves(index: usize) -> [[u8; 4]; 2] {
    [PALETTE[index], PALETTE[index + 5]]
}

/// Frame `index` of a tape that gets brighter, shaded from left to right: frames that are stored out of order.
fn shaded(index: usize) -> Picture {
    Picture::draw(64, 48, |x, y| {
        let (light, shade) = (40 + index as u8 * 15, x as u8);
        [light + shade, light, 200 - shade - y as u8, 255]
    })
}

/// The colours in the middle of its halves.
fn shaded_halves(index: usize) -> [[u8; 4]; 2] {
    let picture = shaded(index);
    [16, 48].map(|x| picture.pixels[24 * 64 + x])
}

#[test]
fn browsers_play_and_seek_videos_with_and_without_sound() {
    const CLICK: f64 = 0.8;
    let pictures = (0..4).map(|index| Picture::draw(64, 48, |x, _| halves(index)[(x / 32) as usize]));
    let tape = TapeBuilder::of(pictures, 500.0);
    let workshop = Workshop::new();
    workshop.put("silent.zip", tape.zip());
    workshop.put("loud.zip", tape.sound(&Wav::clicks(48_000, 2.0, &[CLICK])).zip());
    workshop.put("smooth.zip", TapeBuilder::of((0..8).map(shaded), 250.0).zip());
    let mut files = HashMap::new();
    let mut expected = Vec::new();
    for (preset, scale) in [("standard", 4), ("swift", 2)] {
        let run = workshop.run(&format!("convert silent.zip loud.zip --preset {preset} --out-dir {preset}"));
        run.succeeds();
        for name in ["silent", "loud"] {
            let path = format!("{preset}/{name}.mp4");
            files.insert(format!("/{path}"), workshop.get(&path));
            expected.push((path.clone(), scale, (name == "loud").then_some(CLICK)));
        }
    }
    workshop.run("convert smooth.zip -o smooth.mp4").succeeds();
    assert!(Video::read(&workshop.path("smooth.mp4")).pictures.has_b_frames > 0);
    files.insert("/smooth.mp4".into(), workshop.get("smooth.mp4"));
    expected.push(("smooth.mp4".into(), 2, None));
    let frames = [0, 3, 1, 2];
    let names: Vec<_> = expected.iter().map(|(path, ..)| path.clone()).collect();
    // In the second quarter of a frame of half a second, and in the middle of one of a quarter.
    let times = frames.map(|frame| f64::from(frame) * 0.5 + 0.125);
    for (browser, open) in BROWSERS {
        let seen = seen_by(open, &workshop, files.clone(), &names, &times);
        assert_eq!(seen.len(), expected.len());
        for (seen, (path, scale, onset)) in seen.iter().zip(&expected) {
            let drawn = frames.iter().map(|&frame| match path.as_str() {
                "smooth.mp4" => shaded_halves(2 * frame as usize),
                _ => halves(frame as usize),
            });
            let begin = frames.map(|frame| f64::from(frame) * 0.5);
            shows(&format!("{path} in {browser}"), seen, *scale, &begin, &drawn.collect::<Vec<_>>());
            let near = match (seen.onset, onset) {
                (Some(heard), Some(played)) => (heard - played).abs() < 0.03,
                (heard, played) => heard.is_none() && played.is_none(),
            };
            assert!(near, "{path} in {browser}: heard at {:?}, played at {onset:?}", seen.onset);
        }
    }
}

/// Checks that a video of two seconds, enlarged by this factor, shows frames that start at these times, in these
/// colours. Firefox says of a frame that it was sought in when it was sought, not when it begins.
fn shows(what: &str, seen: &Seen, scale: u32, begin: &[f64], drawn: &[[[u8; 4]; 2]]) {
    assert_eq!((seen.width, seen.height), (64 * scale, 48 * scale), "{what}");
    assert!((seen.seconds - 2.0).abs() < 0.002, "{what} lasts {} s", seen.seconds);
    let late = if what.ends_with("firefox") { 0.125 } else { 0.0 };
    let near = seen.shown.iter().zip(begin).all(|(shown, begin)| (-0.001..late + 0.001).contains(&(shown - begin)));
    assert!(near, "{what} shows frames of {:?} s", seen.shown);
    for (colors, drawn) in seen.colors.iter().zip(drawn) {
        let samples = colors.as_flattened().iter().zip(drawn.as_flattened());
        let worst = samples.map(|(seen, drawn)| seen.abs_diff(*drawn)).max().unwrap();
        assert!(worst <= TOLERANCE, "{what}: {colors:?} for {drawn:?}, {worst} off");
    }
}

#[test]
fn chromium_and_firefox_show_the_colours_of_av1_vp9_and_lossless_h264() {
    let pictures = (0..4).map(|index| Picture::draw(64, 48, |x, _| halves(index)[(x / 32) as usize]));
    let workshop = Workshop::with(&TapeBuilder::of(pictures, 500.0));
    let lossless = ["h264", "av1", "vp9"].map(|codec| format!("[{codec}]\nbased-on = 'archive.{codec}'\n"));
    workshop.put("lossless.toml", lossless.concat());
    let (mut files, mut names) = (HashMap::new(), Vec::new());
    for preset in ["crisp", "h264", "av1", "vp9"] {
        let name = format!("{preset}.mp4");
        workshop.run(&format!("convert tape.zip -o {name} --preset {preset} --preset-file lossless.toml")).succeeds();
        files.insert(format!("/{name}"), workshop.get(&name));
        names.push(name);
    }
    // Back and forth, so that a frame is sought that no key frame comes right before.
    let frames = [0, 3, 1, 2];
    let times = frames.map(|frame| frame as f64 * 0.5 + 0.25);
    for (browser, open) in BROWSERS {
        let seen = seen_by(open, &workshop, files.clone(), &names, &times);
        for (seen, name) in seen.iter().zip(&names) {
            assert_eq!((seen.width, seen.height), (64, 48), "{name} in {browser}");
            assert!((seen.seconds - 2.0).abs() < 0.002, "{name} lasts {} s in {browser}", seen.seconds);
            let limit = if name == "crisp.mp4" { CRISP } else { 0 };
            for (frame, decoded) in frames.iter().zip(&seen.decoded) {
                let drawn = halves(*frame).map(opaque);
                let colors = decoded.colors();
                let samples = colors.as_flattened().iter().zip(drawn.as_flattened());
                let worst = samples.map(|(seen, drawn)| seen.abs_diff(*drawn)).max().unwrap();
                assert!(worst <= limit, "{name} in {browser}, frame {frame}: {decoded:?}, {worst} off");
            }
        }
        assert_eq!(seen.len(), names.len(), "{browser}");
    }
}
