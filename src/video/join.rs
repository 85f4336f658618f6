//! Encodes chunks on all cores and joins them to one MP4.
//!
//! They are submitted to the pool in order, a few more than it has threads, and muxed in order as they finish: only
//! these few are in memory, however long the tape is.

use std::collections::VecDeque;
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};

use rayon::ThreadPool;

use crate::error::{Error, Result, TapeError, VideoError};
use crate::tape::Shown;

use super::audio::{self, Sound};
use super::encode::{Chunk, Part, Plan, extradata};
use super::monitor::Monitor;
use super::mux::Muxer;
use super::paint::Painter;

/// Cuts frames into parts of nearly equal length, none longer than `longest` and none of a single frame. If there are
/// several, their number is even, so that two or four cores finish at the same time.
pub fn parts(frames: &[Shown], longest: usize) -> impl Iterator<Item = Part<'_>> {
    let count = match frames.len().div_ceil(longest) {
        0 | 1 => 1,
        several => several.next_multiple_of(2),
    };
    let cut = move |index: usize| index * frames.len() / count;
    (0..count).map(move |index| Part {
        frames: &frames[cut(index)..cut(index + 1)],
        is_first: index == 0,
        is_last: index + 1 == count,
    })
}

/// The contents of the file.
pub struct Muxed {
    /// Its length.
    pub bytes: u64,
    /// The results of the chunks.
    pub reached: Reached,
}

/// The results of a video's chunks.
#[derive(Default)]
pub struct Reached {
    /// The finest and the coarsest quantiser, if one was chosen per chunk.
    pub quantisers: Option<(u8, u8)>,
    /// The worst PSNR of the frames that were decoded again, in decibels.
    pub worst_psnr: Option<f32>,
}

impl Reached {
    fn add(&mut self, quantiser: Option<u8>, worst_psnr: Option<f32>) {
        let (finest, coarsest) = self.quantisers.unzip();
        self.quantisers = finest.into_iter().chain(quantiser).min().zip(coarsest.into_iter().chain(quantiser).max());
        self.worst_psnr = self.worst_psnr.into_iter().chain(worst_psnr).reduce(f32::min);
    }
}

/// Encodes everything and writes it to `file`, with the sound until `end`.
///
/// # Errors
/// Errors of the tape; [`VideoError::Libav`]; [`VideoError::Verify`] for chunks that cannot be joined;
/// [`crate::error::FileError::Output`]; [`Error::Interrupted`].
pub fn encode_and_mux(
    plan: &Plan<'_>,
    frames: &[Shown],
    end: i64,
    pool: &ThreadPool,
    monitor: &Monitor,
    file: &mut File,
) -> Result<Muxed> {
    let stopped = Arc::new(AtomicBool::new(false));
    // Also stops if the video has failed.
    let monitor = &monitor.or(stopped.clone());
    pool.in_place_scope_fifo(|scope| {
        // However this closure ends, running chunks must stop.
        let _stop = StopOnDrop(stopped);
        let (sound_done, sound) = sync_channel(1);
        let soundtrack = plan.tape.soundtrack();
        if let Some(soundtrack) = soundtrack {
            let kbps = plan.audio_kbps;
            scope.spawn_fifo(move |_| {
                let _ = sound_done.send(audio::encode(plan.tape, soundtrack, kbps, end, monitor));
            });
        }
        let mut parts = parts(frames, plan.encoding.chunk_frames);
        let mut ahead = VecDeque::new();
        let (mut muxer, mut headers, mut reached) = (None, Vec::new(), Reached::default());
        loop {
            while ahead.len() <= pool.current_num_threads() {
                let Some(part) = parts.next() else { break };
                let (done, chunk) = sync_channel(1);
                scope.spawn_fifo(move |_| {
                    // The receiver is gone if an earlier chunk has failed.
                    let _ = done.send(plan.encode(part, &mut Painter::new(plan), monitor));
                });
                ahead.push_back(chunk);
            }
            let Some(chunk) = ahead.pop_front() else { break };
            let Chunk { packets, parameters, delay, quantiser, worst_psnr } = result_of(&chunk)?;
            reached.add(quantiser, worst_psnr);
            let muxer = if let Some(muxer) = &mut muxer {
                if extradata(&parameters) != headers {
                    return Err(Error::Video(VideoError::Verify {
                        what: "has chunks that do not share their headers".into(),
                    }));
                }
                muxer
            } else {
                headers = extradata(&parameters).to_vec();
                let sound: Option<Sound> = soundtrack.map(|_| result_of(&sound)).transpose()?;
                muxer.insert(Muxer::create(parameters, frames, delay, sound)?)
            };
            packets.into_iter().try_for_each(|packet| muxer.write(packet))?;
        }
        Ok(Muxed { bytes: muxer.ok_or(Error::Tape(TapeError::NoFrames))?.finish(file)?, reached })
    })
}

/// The result of a job in the pool. A job that panicked has sent nothing, and its panic is about to be passed on.
fn result_of<T>(job: &Receiver<Result<T>>) -> Result<T> {
    job.recv().unwrap_or(Err(Error::Interrupted))
}

struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_nearly_equal_and_never_a_single_frame() {
        let frames: Vec<_> = (0..1000).map(|frame| Shown { frame, start: frame as i64, duration: 1 }).collect();
        for (count, longest) in [(1, 75), (5, 4), (9, 4), (76, 75), (600, 75), (601, 75), (1000, 7)] {
            let lengths: Vec<_> = parts(&frames[..count], longest).map(|part| part.frames.len()).collect();
            assert_eq!(lengths.iter().sum::<usize>(), count);
            assert!(lengths.iter().max().unwrap() - lengths.iter().min().unwrap() <= 1, "{lengths:?}");
            assert!(lengths.iter().all(|&length| length <= longest && (length > 1 || count == 1)), "{lengths:?}");
        }
    }
}
