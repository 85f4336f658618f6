//! Bakes of tapes without a request from the site, which may have failed or been lost.

use crate::config::ServiceConfig;
use crate::record::{Content, Item, TapeForm};
use crate::serve::jobs::{Bake, Work, is_code};

/// The bake of a recording, with its ZIP at any possible location, if its code is a valid file name; the callback goes
/// to the site's usual address.
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
