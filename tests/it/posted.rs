//! Movies that people post: what the program makes of every kind, and that nothing in them can hurt it.

use std::fs;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use telecine::video::posted::{Accepted, accept};
use tempfile::TempDir;

use crate::support::picture::Picture;
use crate::support::tape::TapeBuilder;
use crate::support::wav::Wav;

/// Movies of every kind, made by a program that is not ours.
pub struct Movies(TempDir);

impl Movies {
    pub fn new() -> Self {
        let movies = Movies(tempfile::tempdir().unwrap());
        let pictures = (0..12).map(|frame| Picture::numbered(64, 48, frame));
        let tape = TapeBuilder::of(pictures, 50.0).sound(&Wav::tone(44_100, 0.6, 440.0));
        let workshop = crate::support::command::Workshop::with(&tape);
        workshop.convert("--preset swift");
        // Constant times, which every container has a form for.
        let file = movies.path("plain.mp4");
        ffmpeg(
            &workshop.path("tape.mp4"),
            &["-c:v", "libx264", "-pix_fmt", "yuv420p", "-r", "20", "-bf", "0", "-c:a", "aac"],
            &file,
        );
        movies
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The plain one in another form.
    fn made(&self, name: &str, arguments: &[&str]) -> Vec<u8> {
        let file = self.path(name);
        ffmpeg(&self.path("plain.mp4"), arguments, &file);
        fs::read(file).unwrap()
    }

    /// Those that hold H.264 and AAC.
    pub fn playable(&self) -> Vec<(&'static str, Vec<u8>)> {
        const FRAGMENTS: &str = "frag_keyframe+empty_moov+default_base_moof";
        let copy = |name, arguments: &[&str]| self.made(name, &[&["-c", "copy"], arguments].concat());
        let quicktime = copy("plain.mov", &["-f", "mov"]);
        let mut unbranded = quicktime.clone();
        unbranded[4..8].copy_from_slice(b"free");
        let mut open = copy("open.mov", &["-f", "mov", "-movflags", "faststart"]);
        // The last box may leave its length open.
        let media = open.windows(4).rposition(|name| name == b"mdat").unwrap();
        assert_eq!(open.len() - media + 4, u32::from_be_bytes(open[media - 4..media].try_into().unwrap()) as usize);
        open[media - 4..media].fill(0);
        vec![
            ("mp4", fs::read(self.path("plain.mp4")).unwrap()),
            ("fast", copy("fast.mp4", &["-movflags", "faststart"])),
            ("frag", copy("frag.mp4", &["-movflags", FRAGMENTS])),
            ("m4v", copy("plain.m4v", &["-f", "ipod"])),
            ("m4vfrag", copy("frag.m4v", &["-f", "ipod", "-movflags", FRAGMENTS])),
            ("3gp", copy("plain.3gp", &["-f", "3gp"])),
            ("3g2", copy("plain.3g2", &["-f", "3g2"])),
            ("mov", quicktime),
            ("movfast", copy("fast.mov", &["-f", "mov", "-movflags", "faststart"])),
            (
                "movcode",
                copy("code.mov", &["-f", "mov", "-timecode", "00:00:00:00", "-metadata", "location=+48.2+16.4/"]),
            ),
            ("movbare", unbranded),
            ("movopen", open),
        ]
    }

    /// Those that hold something else or not all, and why they are refused.
    pub fn unplayable(&self) -> Vec<(&'static str, Vec<u8>, String)> {
        let only = |codec: &str, what: &str| {
            format!("holds {what} in {codec}; only {} can be published", if what == "sound" { "AAC" } else { "H.264" })
        };
        let plain = fs::read(self.path("plain.mp4")).unwrap();
        let (whole, kept) = (plain.len(), plain.len() - 100);
        vec![
            ("mpeg4", self.made("mpeg4.mp4", &["-c:v", "mpeg4", "-c:a", "copy"]), only("mp4v", "pictures")),
            ("mjpeg", self.made("mjpeg.mov", &["-c:v", "mjpeg", "-c:a", "copy"]), only("jpeg", "pictures")),
            ("pcm", self.made("pcm.mov", &["-c:v", "copy", "-c:a", "pcm_s16le"]), only("sowt", "sound")),
            ("mp3", self.made("mp3.mp4", &["-c:v", "copy", "-c:a", "libmp3lame"]), only("mp4a.6b", "sound")),
            ("silent", self.made("sound.m4a", &["-vn", "-c:a", "copy", "-f", "ipod"]), "holds no pictures".into()),
            ("cut", plain[..kept].to_vec(), cut(&plain, kept, whole)),
            ("webm", self.made("x.mkv", &["-c", "copy"]), "is WebM or Matroska, not an MP4".into()),
        ]
    }
}

/// What is said of a file that ends too early.
fn cut(plain: &[u8], kept: usize, whole: usize) -> String {
    let mut start = 0;
    loop {
        let length = u32::from_be_bytes(plain[start..start + 4].try_into().unwrap()) as usize;
        if start + length > kept {
            let name = String::from_utf8_lossy(&plain[start + 4..start + 8]).into_owned();
            assert!(start + length <= whole);
            return format!("is truncated: its box {name} has {} of {length} bytes", kept - start);
        }
        start += length;
    }
}

fn ffmpeg(from: &Path, arguments: &[&str], to: &Path) {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-y", "-i"]).arg(from).args(arguments).arg(to);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The hashes of all packets of a movie with their times, as ffmpeg reads them.
pub fn frames(path: &Path) -> Vec<String> {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-i"]).arg(path).args(["-map", "0:v", "-map", "0:a", "-f", "framemd5", "-"]);
    let output = command.output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter(|line| !line.starts_with('#')).map(|line| line.replace(' ', "")).collect()
}

/// The result for a file, and the rewritten file.
fn accepted(bytes: &[u8]) -> telecine::Result<(Accepted, Vec<u8>)> {
    let [mut file, mut rewritten] = [(); 2].map(|()| tempfile::tempfile().unwrap());
    file.write_all(bytes).unwrap();
    let accepted = accept(&mut file, &mut rewritten)?;
    let mut bytes = Vec::new();
    rewritten.rewind().unwrap();
    rewritten.read_to_end(&mut bytes).unwrap();
    Ok((accepted, bytes))
}

#[test]
fn a_rewritten_movie_is_accepted_as_it_is_and_keeps_no_place_where_it_was_made() {
    let movies = Movies::new();
    for (name, bytes) in movies.playable() {
        let (first, rewritten) = accepted(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let is_plain = matches!(name, "mp4" | "fast" | "frag");
        assert_eq!(first == Accepted::AsItIs, is_plain, "{name}");
        if !is_plain {
            assert_eq!(&rewritten[4..12], b"ftypmp42", "{name}");
            assert_eq!(accepted(&rewritten).unwrap(), (Accepted::AsItIs, Vec::new()), "{name}");
            assert!(!rewritten.windows(7).any(|window| window == b"+48.2+1"), "{name}");
        }
    }
}

/// A box with that content.
fn boxed(name: &str, body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32 + 8).to_be_bytes()[..], name.as_bytes(), body].concat()
}

#[test]
fn crafted_movies_are_refused_at_once() {
    let brand = boxed("ftyp", b"isom\0\0\0\0isom");
    let nested =
        (0..100_000).fold(Vec::new(), |inner, _| if inner.len() > 400_000 { inner } else { boxed("trak", &inner) });
    let huge = [&1_u32.to_be_bytes()[..], b"mdat", &(1_u64 << 62).to_be_bytes()].concat();
    let wrapping = [&1_u32.to_be_bytes()[..], b"mdat", &u64::MAX.to_be_bytes()].concat();
    let index = [&(200_u32 << 20).to_be_bytes()[..], b"moov"].concat();
    for (what, bytes) in [
        ("many boxes", [brand.clone(), boxed("free", b"").repeat(200_000)].concat()),
        ("many tracks", [brand.clone(), boxed("moov", &boxed("trak", b"").repeat(100_000))].concat()),
        ("deep boxes", [brand.clone(), boxed("moov", &nested)].concat()),
        ("a huge box", [brand.clone(), huge].concat()),
        ("a box that wraps around", [brand.clone(), wrapping].concat()),
        ("an index that is not there", [brand.clone(), index].concat()),
        ("no index", brand.clone()),
        ("two indices", [brand.clone(), boxed("moov", b""), boxed("moov", b"")].concat()),
        ("half a header", [brand, b"\0\0\0\x10mo".to_vec()].concat()),
    ] {
        let started = Instant::now();
        let error = accepted(&bytes).unwrap_err();
        assert!(error.to_string().starts_with("posted video "), "{what}: {error}");
        assert!(started.elapsed() < Duration::from_secs(5), "{what}: {:?}", started.elapsed());
    }
}

#[test]
fn damage_anywhere_is_refused_or_harmless() {
    let movies = Movies::new();
    let playable = movies.playable();
    let heads: Vec<_> = playable.iter().map(|(_, bytes)| heads(bytes)).collect();
    let strategy = (
        0..playable.len(),
        prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        any::<prop::sample::Index>(),
        any::<bool>(),
    );
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    runner
        .run(&strategy, |(which, changes, length, is_cut)| {
            let mut bytes = playable[which].1.clone();
            let heads = &heads[which];
            for (at, byte) in changes {
                bytes[heads[at.index(heads.len())]] = byte;
            }
            if is_cut {
                bytes.truncate(length.index(bytes.len()));
            }
            if let Ok((Accepted::Rewritten, rewritten)) = accepted(&bytes) {
                // What was written once is never refused.
                prop_assert_eq!(accepted(&rewritten).map(|(accepted, _)| accepted).ok(), Some(Accepted::AsItIs));
            }
            Ok(())
        })
        .unwrap();
}

/// Where the bytes of a movie are that are not in its first box of media: most of it is, and it is not checked here.
fn heads(bytes: &[u8]) -> Vec<usize> {
    let start = bytes.windows(4).position(|name| name == b"mdat").unwrap();
    let length = u32::from_be_bytes(bytes[start - 4..start].try_into().unwrap()) as usize;
    let end = if length == 0 { bytes.len() } else { start - 4 + length };
    (0..start + 4).chain(end..bytes.len()).collect()
}
