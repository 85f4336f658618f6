//! Tells MongoDB where the records of items are, while the next ones are on their way to the PDS.

use std::sync::Arc;

use tokio::sync::mpsc::Receiver;

use crate::error::Result;
use crate::record::Medium;
use crate::remote::mongo::Published;

use super::apply::Prepared;
use super::plan::{Action, Counts};
use super::{Services, Watch};

/// Takes changes that the PDS has carried out until there are no more, or MongoDB fails. Answers what is done on both
/// sides in any case.
pub async fn remember(
    services: &Services,
    did: &str,
    medium: Medium,
    mut written: Receiver<Vec<Prepared>>,
    watch: &Arc<dyn Watch>,
) -> (Counts, Result<()>) {
    let mut done = Counts::default();
    while let Some(changes) = written.recv().await {
        if let Err(error) = save(services, did, medium, &changes).await {
            return (done, Err(error));
        }
        for change in &changes {
            done += counts(change);
        }
        watch.items(changes.len());
    }
    (done, Ok(()))
}

async fn save(services: &Services, did: &str, medium: Medium, changes: &[Prepared]) -> Result<()> {
    let mut published = Vec::new();
    let mut withdrawn = Vec::new();
    for Prepared { step, record } in changes {
        let (rkey, cid) = match (&step.action, record) {
            (Action::Create { rkey } | Action::Update { rkey, .. }, Some(record)) => (rkey, record.cid()),
            (Action::Adopt { rkey, cid, .. }, _) => (rkey, *cid),
            (Action::Withdraw { .. }, _) => {
                withdrawn.push(step.item.id);
                continue;
            }
            _ => continue,
        };
        let uri = format!("at://{did}/{}/{rkey}", medium.collection());
        published.push(Published { id: step.item.id, rkey: rkey.clone(), uri, cid });
    }
    services.mongo.save_keys(medium, &published).await?;
    services.mongo.clear_keys(medium, &withdrawn).await?;
    Ok(())
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
