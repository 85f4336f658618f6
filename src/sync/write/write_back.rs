//! Writes the keys of records to MongoDB, while the next records are sent to the PDS.

use tokio::sync::mpsc::Receiver;

use crate::error::Result;
use crate::record::{BlobRef, Files, Medium, StoredVideo};
use crate::remote::mongo::Published;

use crate::sync::events::Control;
use crate::sync::make::{Encoded, Replacement, Video, Warned};
use crate::sync::plan::{Action, Counts};
use crate::sync::services::Services;

use super::prepare::Prepared;

/// The work done on both sides.
#[derive(Debug, Default)]
pub struct WrittenBack {
    /// The counts.
    pub done: Counts,
    /// Tapes whose video was replaced by re-encoding.
    pub replaced: Vec<Replacement>,
    /// Tapes with warnings.
    pub warned: Vec<Warned>,
}

/// Receives changes that the PDS has carried out until there are no more, or MongoDB fails. Returns the work done on
/// both sides in any case.
pub async fn write_back(
    services: &Services,
    did: &str,
    medium: Medium,
    mut written: Receiver<Vec<Prepared>>,
    control: &Control,
) -> (WrittenBack, Result<()>) {
    let mut written_back = WrittenBack::default();
    while let Some(changes) = written.recv().await {
        if let Err(error) = save(services, did, medium, &changes).await {
            return (written_back, Err(error));
        }
        for change in &changes {
            written_back.done += counts(change);
            written_back.replaced.extend(replacement(change));
            written_back.warned.extend(warned(change));
        }
        control.events.done(changes.len());
    }
    (written_back, Ok(()))
}

async fn save(services: &Services, did: &str, medium: Medium, changes: &[Prepared]) -> Result<()> {
    let mut published = Vec::new();
    let mut withdrawn = Vec::new();
    for change in changes {
        let step = &change.step;
        let (rkey, cid) = match (&step.action, &change.record) {
            (Action::Create { rkey } | Action::Update { rkey, .. }, Some(record)) => (rkey, record.cid()),
            (Action::Adopt { rkey, cid, .. }, _) => (rkey, *cid),
            (Action::Withdraw { .. }, _) => {
                withdrawn.push(step.item.id);
                continue;
            }
            _ => continue,
        };
        let uri = format!("at://{did}/{}/{rkey}", medium.collection());
        published.push(Published { id: step.item.id, rkey: rkey.clone(), uri, cid, video: stored(change) });
    }
    services.mongo.save_keys(medium, &published).await?;
    services.mongo.clear_keys(medium, &withdrawn).await?;
    Ok(())
}

/// The record's video, if it was just made, and how it was made.
fn video_of(Prepared { record, encoded, .. }: &Prepared) -> Option<(BlobRef, &Encoded)> {
    let files = Files::of_record(record.as_ref()?.value());
    files.video.zip(encoded.as_ref())
}

fn stored(change: &Prepared) -> Option<StoredVideo> {
    let (video, encoded) = video_of(change)?;
    let warnings = encoded.warnings.iter().map(ToString::to_string).collect();
    Some(StoredVideo { preset: encoded.preset.clone(), cid: video.cid, warnings })
}

fn warned(change: &Prepared) -> Option<Warned> {
    let stored = stored(change).filter(|stored| !stored.warnings.is_empty())?;
    Some(Warned { code: change.step.item.label(), warnings: stored.warnings })
}

fn replacement(change: &Prepared) -> Option<Replacement> {
    let (video, encoded) = video_of(change)?;
    let (Action::Update { rkey, .. } | Action::Adopt { rkey, .. }) = &change.step.action else { return None };
    let measured = encoded.measured.as_ref()?;
    Some(Replacement {
        code: change.step.item.label(),
        rkey: rkey.clone(),
        before: measured.before.clone(),
        after: Video::new(&video, Some(encoded.preset.clone()), measured.psnr),
    })
}

fn counts(Prepared { step, .. }: &Prepared) -> Counts {
    let mut counts = Counts { duplicate: step.duplicates.len(), ..Counts::default() };
    match step.action {
        Action::Create { .. } => counts.create = 1,
        Action::Update { .. } => counts.update = 1,
        Action::Adopt { .. } => counts.adopt = 1,
        Action::Withdraw { .. } => counts.withdraw = 1,
        Action::Keep { .. } | Action::Withhold | Action::Block { .. } => {}
    }
    counts
}
