//! A generated site: accounts, and items that are spread over them as unevenly as people are.

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};
use mongodb::IndexModel;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};
use telecine::record::Medium;

use crate::stack::site::{Account, Site};
use crate::support::picture::Picture;
use crate::support::tape::TapeBuilder;

/// The share of all items that guests made: of 100,000, as many as an account may write in two hours.
const GUESTS: f64 = 0.03;

/// The PDS allows an address 1,000 uploads a day: 815 paintings and 68 tapes among 97,000 items of users need 951.
const PAINTINGS: f64 = 0.0084;
const TAPES: f64 = 0.0007;

/// Of the others; the rest are pieces.
const MOODS: f64 = 0.6;
const KIDLISP: f64 = 0.25;

/// Accounts that are created, filled and checked at once.
const AT_ONCE: usize = 8;

/// An account and its items.
pub struct Owner {
    pub account: Account,
    pub items: Vec<(Medium, ObjectId)>,
}

/// Creates accounts with items; the first is the guest's. An account takes the PDS a quarter of a second.
pub async fn populate(site: &Site, accounts: usize, items: usize) -> Vec<Owner> {
    for medium in Medium::ALL {
        let index = IndexModel::builder().keys(doc! { "user": 1 }).build();
        site.database().collection::<Document>(medium.plural()).create_index(index).await.unwrap();
    }
    let guests = (items as f64 * GUESTS) as usize;
    let shares = shares(accounts - 1, items - guests);
    let user = async |(number, share): (usize, std::ops::Range<usize>)| {
        let account = site.account(&format!("user{number}")).await;
        let items = fill(site, &account, share.map(|item| (item, medium(item)))).await;
        Owner { account, items }
    };
    let guest = site.guest().await;
    let of_guests = fill(site, &guest, (items - guests..items).map(|item| (item, Medium::Kidlisp))).await;
    let users: Vec<_> =
        stream::iter(shares.into_iter().enumerate()).map(user).buffer_unordered(AT_ONCE).collect().await;
    [Owner { account: guest, items: of_guests }].into_iter().chain(users).collect()
}

/// Divides items among accounts: the nth has a share of 1 / (n + 9), and each has one at least.
fn shares(accounts: usize, items: usize) -> Vec<std::ops::Range<usize>> {
    let weight = |number: usize| 1.0 / (number as f64 + 10.0);
    let sum: f64 = (0..accounts).map(weight).sum();
    let mut shares = Vec::new();
    let (mut start, mut weights) = (0, 0.0);
    for number in 0..accounts {
        weights += weight(number);
        let left = accounts - number - 1;
        let end = (weights / sum * items as f64).round() as usize;
        let end = if left == 0 { items } else { end.clamp(start + 1, items - left) };
        shares.push(start..end);
        start = end;
    }
    shares
}

/// The medium of an item, spread evenly over their numbers.
fn medium(item: usize) -> Medium {
    // By the golden ratio, so that neighbours differ and every range has its part of each.
    let place = (item as f64 * 0.618_033_988_749_895).fract();
    let texts = place / (1.0 - PAINTINGS - TAPES);
    match () {
        () if place >= 1.0 - TAPES => Medium::Tape,
        () if place >= 1.0 - TAPES - PAINTINGS => Medium::Painting,
        () if texts < MOODS => Medium::Mood,
        () if texts < MOODS + KIDLISP => Medium::Kidlisp,
        () => Medium::Piece,
    }
}

/// Adds these items, numbered over the whole site.
async fn fill(site: &Site, owner: &Account, items: impl Iterator<Item = (usize, Medium)>) -> Vec<(Medium, ObjectId)> {
    let mut added = Vec::new();
    for (number, medium) in items {
        let code = format!("c{number}");
        let id = match medium {
            Medium::Painting => site.add_painting(owner, &code, &Picture::numbered(64, 64, number % 1_000)).await,
            Medium::Tape => site.add_tape(owner, &code, &TapeBuilder::numbered(64, 64, 30)).await,
            Medium::Mood => site.add_mood(owner, &format!("mood number {number}")).await,
            Medium::Kidlisp => site.add_kidlisp(owner, &code, &format!("(wipe blue) (ink lime) (line {number})")).await,
            Medium::Piece => site.add_piece(owner, &format!("piece-{number}")).await,
        };
        added.push((medium, id));
    }
    added
}

/// Asserts that each item has one record, and that there are no others.
pub async fn check(site: &Site, owners: &[Owner]) {
    let of_owner = async |owner: &Owner| {
        for medium in Medium::ALL {
            let wanted = owner.items.iter().filter(|(of, _)| *of == medium).map(|(_, id)| id.to_hex());
            let wanted: BTreeSet<_> = wanted.collect();
            let records = site.records(&owner.account, medium).await;
            let found: BTreeSet<_> =
                records.iter().map(|record| record.value["ref"].as_str().unwrap().to_owned()).collect();
            assert_eq!(records.len(), found.len(), "{} has second records of {medium:?}", owner.account.handle);
            let (missing, strange) = (wanted.difference(&found).count(), found.difference(&wanted).count());
            assert_eq!((missing, strange), (0, 0), "{medium:?} of {}", owner.account.handle);
        }
    };
    stream::iter(owners).for_each_concurrent(AT_ONCE, of_owner).await;
}
