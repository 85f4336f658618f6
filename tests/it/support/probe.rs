//! MP4s as others read them: `ffprobe` and `ffmpeg`, which share nothing with the program's own reading.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use super::picture::Picture;

/// What ffprobe says about an MP4.
#[derive(Debug)]
pub struct Video {
    pub path: PathBuf,
    pub pictures: Stream,
    pub sound: Option<Stream>,
    /// When each frame is shown and for how long, in seconds.
    pub shown: Vec<(f64, f64)>,
    /// When each packet is to be decoded, in seconds, and how many bytes it has.
    pub packets: Vec<(f64, u64)>,
    /// Which frames a player can start at.
    pub keys: Vec<usize>,
    /// Length of the whole, in seconds.
    pub seconds: f64,
    pub tags: serde_json::Value,
}

/// What ffprobe says about a stream; numbers that it writes as texts are texts here too.
#[derive(Debug, Clone, Deserialize)]
pub struct Stream {
    index: usize,
    codec_type: String,
    pub codec_name: String,
    #[serde(default)]
    pub profile: String,
    #[serde(default)]
    pub width: u32,
    #[serde(default)]
    pub height: u32,
    /// By how many frames a decoder is ahead of what is shown.
    #[serde(default)]
    pub has_b_frames: u32,
    /// Ten times the level of H.264.
    #[serde(default)]
    pub level: i32,
    pub pix_fmt: Option<String>,
    pub color_range: Option<String>,
    pub color_space: Option<String>,
    pub color_primaries: Option<String>,
    pub color_transfer: Option<String>,
    pub sample_rate: Option<String>,
    #[serde(default)]
    pub channels: u16,
    duration: String,
    #[serde(default)]
    pub tags: serde_json::Value,
}

impl Stream {
    pub fn seconds(&self) -> f64 {
        self.duration.parse().unwrap()
    }
}

#[derive(Deserialize)]
struct Report {
    streams: Vec<Stream>,
    packets: Vec<Packet>,
    format: Format,
}

#[derive(Deserialize)]
struct Packet {
    stream_index: usize,
    pts_time: String,
    /// Missing where frames are reordered and nothing is made up.
    duration_time: Option<String>,
    dts_time: String,
    size: String,
    flags: String,
}

/// When each frame is shown and for how long, of packets in the order of decoding. ffprobe makes durations of reordered
/// packets up, so there a frame is shown until the next, and the last until the end.
fn shown(mut packets: Vec<(f64, f64)>, pictures: &Stream) -> Vec<(f64, f64)> {
    if pictures.has_b_frames > 0 {
        packets.sort_by(|one, other| one.0.total_cmp(&other.0));
        let ends: Vec<_> = packets.iter().skip(1).map(|packet| packet.0).chain([pictures.seconds()]).collect();
        packets.iter_mut().zip(ends).for_each(|(packet, end)| packet.1 = end - packet.0);
    }
    packets
}

#[derive(Deserialize)]
struct Format {
    duration: String,
    #[serde(default)]
    tags: serde_json::Value,
}

impl Video {
    pub fn read(path: &Path) -> Self {
        // Packets as they are stored: of VP9 it would say what it guesses.
        let arguments =
            ["-v", "error", "-fflags", "noparse", "-of", "json", "-show_streams", "-show_packets", "-show_format"];
        let json = output(Command::new("ffprobe").args(arguments).arg(path));
        let report: Report = serde_json::from_slice(&json).unwrap();
        let stream = |kind: &str| report.streams.iter().find(|stream| stream.codec_type == kind).cloned();
        let pictures = stream("video").unwrap();
        let packets: Vec<_> = report.packets.iter().filter(|packet| packet.stream_index == pictures.index).collect();
        let keys = packets.iter().enumerate().filter(|(_, packet)| packet.flags.starts_with('K'));
        let keys = keys.map(|(index, _)| index).collect();
        let sizes = packets.iter().map(|packet| (packet.dts_time.parse().unwrap(), packet.size.parse().unwrap()));
        let times = packets.iter().map(|packet| {
            (packet.pts_time.parse().unwrap(), packet.duration_time.as_ref().map_or(0.0, |time| time.parse().unwrap()))
        });
        Video {
            path: path.into(),
            shown: shown(times.collect(), &pictures),
            packets: sizes.collect(),
            keys,
            sound: stream("audio"),
            pictures,
            seconds: report.format.duration.parse().unwrap(),
            tags: report.format.tags,
        }
    }

    /// How long each frame is shown, in ms.
    pub fn durations(&self) -> Vec<f64> {
        self.shown.iter().map(|(_, duration)| duration * 1000.0).collect()
    }

    /// All frames as RGB, which is exact for RGB video only.
    pub fn decode(&self) -> Vec<Picture> {
        let (width, height) = (self.pictures.width, self.pictures.height);
        let frames = self.raw("rgb24");
        let frames = frames.chunks_exact(width as usize * height as usize * 3);
        let opaque = |rgb: &[u8]| [rgb[0], rgb[1], rgb[2], 255];
        frames.map(|frame| Picture { width, height, pixels: frame.chunks_exact(3).map(opaque).collect() }).collect()
    }

    /// All frames of a 4:2:0 video reduced to the size of the tape: each pixel is the mean of the samples that stand
    /// for it, converted as BT.709 says. Done here, as `ffmpeg` would blur the colours.
    pub fn decode_reduced(&self, scale: u32, tape_width: u32, tape_height: u32) -> Vec<Picture> {
        let (width, height) = (self.pictures.width as usize, self.pictures.height as usize);
        let frames = self.raw("yuv420p");
        let scale = scale as usize;
        let mean = |plane: &[u8], stride: usize, factor: usize, x: usize, y: usize| {
            let rows = (0..factor).flat_map(|row| &plane[(y * factor + row) * stride + x * factor..][..factor]);
            rows.map(|&sample| f64::from(sample)).sum::<f64>() / (factor * factor) as f64
        };
        let frames = frames.chunks_exact(width * height * 3 / 2).map(|frame| {
            let (luma, chroma) = frame.split_at(width * height);
            let (blue, red) = chroma.split_at(width * height / 4);
            Picture::draw(tape_width, tape_height, |x, y| {
                let (x, y) = (x as usize, y as usize);
                let chroma = |plane| match scale {
                    1 => mean(plane, width / 2, 1, x / 2, y / 2),
                    _ => mean(plane, width / 2, scale / 2, x, y),
                };
                from_bt709(mean(luma, width, scale, x, y), chroma(blue), chroma(red))
            })
        });
        frames.collect()
    }

    /// All frames of a 4:4:4 video of the tape's own size, converted as BT.709 says.
    pub fn decode_full(&self) -> Vec<Picture> {
        let (width, height) = (self.pictures.width, self.pictures.height);
        let pixels = width as usize * height as usize;
        let frames = self.raw("yuv444p");
        let frames = frames.chunks_exact(pixels * 3).map(|frame| {
            Picture::draw(width, height, |x, y| {
                let at = (y * width + x) as usize;
                from_bt709(frame[at].into(), frame[pixels + at].into(), frame[pixels * 2 + at].into())
            })
        });
        frames.collect()
    }

    /// All frames as RGB from a time on, in seconds, as a player shows them that has sought there.
    pub fn decode_from(&self, time: f64) -> Vec<Vec<u8>> {
        let frame = self.pictures.width as usize * self.pictures.height as usize * 3;
        let raw = self.raw_from(time, "rgb24");
        raw.chunks_exact(frame).map(<[u8]>::to_vec).collect()
    }

    fn raw(&self, format: &str) -> Vec<u8> {
        self.raw_from(0.0, format)
    }

    fn raw_from(&self, time: f64, format: &str) -> Vec<u8> {
        let mut command = Command::new("ffmpeg");
        command.args(["-v", "error", "-ss", &time.to_string(), "-i"]).arg(&self.path).args([
            "-map",
            "0:v",
            "-vsync",
            "passthrough",
        ]);
        output(command.args(["-f", "rawvideo", "-pix_fmt", format, "-"]))
    }

    /// The first channel of the sound as a player hears it: from the start of the edit list on.
    pub fn hear(&self) -> Vec<f32> {
        self.hear_channel(0)
    }

    /// The same of any channel.
    pub fn hear_channel(&self, channel: usize) -> Vec<f32> {
        let filter = format!("pan=mono|c0=c{channel}");
        let mut command = Command::new("ffmpeg");
        command.args(["-v", "error", "-i"]).arg(&self.path).args(["-map", "0:a", "-af", &filter]);
        let bytes = output(command.args(["-f", "f32le", "-"]));
        bytes.as_chunks().0.iter().map(|&sample| f32::from_le_bytes(sample)).collect()
    }
}

/// Limited range, the matrix of high definition.
pub fn from_bt709(luma: f64, blue: f64, red: f64) -> [u8; 4] {
    let (luma, blue, red) = ((luma - 16.0) / 219.0, (blue - 128.0) / 224.0, (red - 128.0) / 224.0);
    let rgb = [luma + 1.5748 * red, luma - 0.187_324 * blue - 0.468_124 * red, luma + 1.8556 * blue];
    let [red, green, blue] = rgb.map(|value| (value * 255.0).round().clamp(0.0, 255.0) as u8);
    [red, green, blue, 255]
}

fn output(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; install FFmpeg's tools"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}
