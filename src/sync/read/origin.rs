//! Checks that the files of an item may be fetched from the locations in its document.

use crate::error::Error;
use crate::record::{Content, TapeForm};
use crate::remote::mongo::Owner;

use crate::sync::locations;
use crate::sync::plan::{Action, MediumPlan, Step};
use crate::sync::services::Services;

/// Blocks steps whose files may not be fetched, so that the plan shows it and nothing is requested.
pub fn block_strangers(services: &Services, owner: &Owner, plan: &mut MediumPlan) {
    for step in &mut plan.steps {
        if let Some(refusal) = refusal(services, owner, step) {
            step.action = Action::Block { reason: refusal.to_string() };
        }
    }
}

fn refusal(services: &Services, owner: &Owner, step: &Step) -> Option<Error> {
    let missing = step.missing_files();
    match &step.item.content {
        _ if !missing.thumbnail && !missing.video => None,
        Content::Tape { form: TapeForm::Mp4 { url: Some(url) }, .. } => services.spaces.own_address(url).err(),
        _ => locations::of(owner, &step.item, &services.buckets).err(),
    }
}
