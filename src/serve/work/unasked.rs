//! Tapes that nobody has posted to be baked: the site could not, or its post was lost.

use crate::config::ServiceConfig;
use crate::record::{Content, Item, TapeForm};
use crate::serve::jobs::{Bake, Work, is_code};

/// The bake of a recording, wherever its ZIP lies, if its code can name its files; the site is told of its end at its usual
/// address.
pub fn unasked_bake(config: &ServiceConfig, item: &Item) -> Option<Work> {
    let Content::Tape { slug, code, form: TapeForm::Zip, .. } = &item.content else { return None };
    if !is_code(code) {
        return None;
    }
    Some(Work::Bake(Bake {
        code: code.clone(),
        slug: slug.clone(),
        mongo_id: item.id.to_string(),
        zip_url: None,
        callback_url: config.callback_url.to_string(),
    }))
}
