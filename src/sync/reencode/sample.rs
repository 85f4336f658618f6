//! Estimates the result of re-encoding from a few tapes that are actually encoded.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::record::{Id, Item};
use crate::remote::mongo::Owner;
use crate::video::Preset;

use crate::sync::events::Control;
use crate::sync::make::tape;
use crate::sync::parked::Parked;
use crate::sync::plan::AccountPlan;
use crate::sync::services::Services;

use super::steps;

/// The number of tapes to encode: a small, a medium and a large one.
const TAPES: usize = 3;

/// The number of tapes they are chosen from: those whose ids have the lowest hashes, which are of all ages and the same
/// in every run; more would not vary more in size.
const CANDIDATES: usize = 60;

/// Sizes of videos before and after.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// The number of encoded tapes.
    pub tapes: usize,
    /// Bytes of their current videos.
    pub before: u64,
    /// Bytes of their new videos.
    pub after: u64,
    /// Bytes of all videos that will be replaced.
    pub all_before: u64,
    /// Tapes that could not be encoded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<Parked>,
}

impl Sample {
    /// The size of new videos relative to the current ones.
    #[must_use]
    pub fn ratio(&self) -> Option<f64> {
        (self.before > 0).then(|| self.after as f64 / self.before as f64)
    }

    /// The estimated bytes of all new videos.
    #[must_use]
    pub fn all_after(&self) -> Option<u64> {
        self.ratio().map(|ratio| (self.all_before as f64 * ratio) as u64)
    }
}

/// A tape that has a video.
#[derive(Debug, Clone)]
struct Candidate {
    owner: Owner,
    item: Item,
    bytes: u64,
}

/// Tapes to choose from, in bounded memory.
#[derive(Debug, Clone, Default)]
pub struct Candidates {
    bytes: u64,
    kept: BTreeMap<[u8; 32], Candidate>,
}

impl Candidates {
    /// Collects the tapes in a plan.
    pub fn note(&mut self, plan: &AccountPlan) {
        for step in plan.media.iter().flat_map(|(_, plan)| &plan.steps) {
            if let Some(video) = steps::old_video(step) {
                self.add(&plan.account.owner, &step.item, video.size);
            }
        }
    }

    fn add(&mut self, owner: &Owner, item: &Item, bytes: u64) {
        self.bytes += bytes;
        self.kept.insert(hash(item.id), Candidate { owner: owner.clone(), item: item.clone(), bytes });
        if self.kept.len() > CANDIDATES {
            self.kept.pop_last();
        }
    }

    /// A few tapes of all sizes.
    fn chosen(&self) -> Vec<&Candidate> {
        let mut candidates: Vec<_> = self.kept.values().collect();
        candidates.sort_by_key(|candidate| (candidate.bytes, candidate.item.id));
        let count = candidates.len().min(TAPES);
        // The middle of each part of equal length.
        (0..count).map(|part| candidates[(2 * part + 1) * candidates.len() / (2 * count)]).collect()
    }
}

fn hash(id: Id) -> [u8; 32] {
    Sha256::digest(id.0).into()
}

/// Encodes a few of the candidates.
pub async fn take(services: &Services, candidates: &Candidates, preset: &Preset, control: &Control) -> Sample {
    let mut sample = Sample { all_before: candidates.bytes, ..Sample::default() };
    let chosen = stream::iter(candidates.chosen());
    let encoded = chosen.map(async |candidate| (candidate, encoded_size(services, candidate, preset, control).await));
    let mut encoded = std::pin::pin!(encoded.buffered(TAPES));
    while let Some((candidate, size)) = encoded.next().await {
        match size {
            Ok(size) => {
                sample.tapes += 1;
                sample.before += candidate.bytes;
                sample.after += size;
            }
            Err(Error::Interrupted) => {}
            Err(error) => sample.failed.push(Parked::after(&candidate.item, &error)),
        }
    }
    sample
}

async fn encoded_size(services: &Services, candidate: &Candidate, preset: &Preset, control: &Control) -> Result<u64> {
    let encoder = services.videos(preset, control);
    let work = tape::with(services, &candidate.owner, &candidate.item, move |tape| encoder.video(tape));
    let ((video, _), _) = work.await?;
    Ok(video.reference.size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Content, StoredKeys};

    fn chosen(numbers: impl Iterator<Item = u16>) -> Vec<u64> {
        let mut candidates = Candidates::default();
        for number in numbers {
            let mut id = Id([0; 12]);
            id.0[..2].copy_from_slice(&number.to_be_bytes());
            let content = Content::Mood { text: String::new() };
            let item = Item { id, when: 0, keys: StoredKeys::default(), nuked: false, content };
            candidates.add(&Owner::Guest, &item, u64::from(number));
        }
        assert!(candidates.kept.len() <= CANDIDATES);
        candidates.chosen().into_iter().map(|candidate| candidate.bytes).collect()
    }

    #[test]
    fn a_small_a_middling_and_a_large_one_are_chosen_in_whatever_order_they_come() {
        assert_eq!(chosen(0..0), [0; 0]);
        assert_eq!(chosen(5..6), [5]);
        assert_eq!(chosen(5..7), [5, 6]);
        assert_eq!(chosen(0..30), [5, 15, 25]);
        assert_eq!(chosen((0..30).rev()), [5, 15, 25]);
        let of_many = chosen(0..6_000);
        assert_eq!(chosen((0..6_000).rev()), of_many);
        let parts: Vec<_> = of_many.iter().map(|size| size / 2_000).collect();
        assert_eq!(parts, [0, 1, 2], "{of_many:?}");
    }

    #[test]
    fn what_is_true_of_the_sample_is_expected_of_all() {
        let sample = Sample { tapes: 2, before: 400, after: 300, all_before: 1_000, failed: Vec::new() };
        assert_eq!((sample.ratio(), sample.all_after()), (Some(0.75), Some(750)));
        assert_eq!(Sample::default().ratio(), None);
    }
}
