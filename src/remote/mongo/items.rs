//! The items of owners.

use std::collections::{BTreeMap, HashMap};

use futures_util::TryStreamExt;
use mongodb::bson::{doc, oid::ObjectId};

use crate::error::{RemoteError, Result};
use crate::record::{Id, Item, Medium};

use super::accounts::Owner;
use super::client::{Mongo, repeat};
use super::document::{self, Doubt, Unusable};
use super::unnamed::Unnamed;

/// The items of one medium that an owner has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory {
    /// The items, oldest first.
    pub items: Vec<Item>,
    /// Items for which no record can be made.
    pub unusable: Vec<Unusable>,
    /// Warnings about items.
    pub doubts: Vec<Doubt>,
}

/// An item and its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The owner.
    pub owner: Owner,
    /// The item.
    pub item: Item,
    /// The warning about it, if any.
    pub doubt: Option<Doubt>,
}

impl Mongo {
    /// All items of one medium that an owner has.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub async fn items(&self, owner: &Owner, medium: Medium) -> Result<Inventory> {
        let doing = format!("read the {} of {owner}", medium.plural());
        let read = || async {
            let found = self.items_of(medium).find(owner.filter()).projection(document::projection(medium)).await?;
            found.map_ok(|document| document::item(medium, &document)).try_collect::<Vec<_>>().await
        };
        let mut inventory = Inventory::default();
        for read in repeat(&doing, read).await? {
            match read {
                Ok((item, doubt)) => {
                    inventory.items.push(item);
                    inventory.doubts.extend(doubt);
                }
                Err(unusable) => inventory.unusable.push(unusable),
            }
        }
        // Not sorted by the server: `when` is a date in one document and a string in another.
        inventory.items.sort_by_key(|item| (item.when, item.id));
        Ok(inventory)
    }

    /// The number of items of one medium that an owner has, valid or not.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub async fn count(&self, owner: &Owner, medium: Medium) -> Result<u64> {
        let doing = format!("count the {} of {owner}", medium.plural());
        repeat(&doing, || async { self.items_of(medium).count_documents(owner.filter()).await }).await
    }

    /// The item with that code or id; for a piece, the slug is the code.
    ///
    /// # Errors
    ///
    /// If the database cannot be read, or the document is not a valid item.
    pub async fn find(&self, medium: Medium, code_or_id: &str) -> Result<Option<Found>> {
        let filter = match code_or_id.parse::<Id>() {
            Ok(id) => doc! { "_id": ObjectId::from_bytes(id.0) },
            Err(_) if medium == Medium::Piece => doc! { "slug": code_or_id },
            Err(_) => doc! { "code": code_or_id },
        };
        let doing = format!("look for {medium} {code_or_id}");
        let read = || async {
            let projection = document::projection(medium);
            self.items_of(medium).find_one(filter.clone()).projection(projection).await
        };
        let Some(document) = repeat(&doing, read).await? else { return Ok(None) };
        let unusable =
            |Unusable { reason, .. }| RemoteError::UnusableItem { item: format!("{medium} {code_or_id}"), reason };
        let (item, doubt) = document::item(medium, &document).map_err(unusable)?;
        Ok(Some(Found { owner: Owner::of(document.get("user")), item, doubt }))
    }

    /// All owners of items in these media, with the number of items of each.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub async fn owners_with_items(&self, media: &[Medium]) -> Result<HashMap<Owner, BTreeMap<Medium, u64>>> {
        let mut owners = HashMap::<Owner, BTreeMap<Medium, u64>>::new();
        for &medium in media {
            let doing = format!("count the {}", medium.plural());
            // Only the type distinguishes a missing field from null, and only strings name users.
            let name = doc! { "$cond": [{ "$eq": [{ "$type": "$user" }, "string"] }, "$user", null] };
            let pipeline = [doc! { "$group": {
                "_id": { "type": { "$type": "$user" }, "user": name },
                "count": { "$sum": 1 },
            } }];
            let read = || async {
                let counted = self.items_of(medium).aggregate(pipeline.clone()).await?;
                counted.try_collect::<Vec<_>>().await
            };
            for group in repeat(&doing, read).await? {
                let id = group.get_document("_id").cloned().unwrap_or_default();
                let owner = match id.get_str("type").unwrap_or_default() {
                    "missing" => Owner::Guest,
                    "string" => Owner::of(id.get("user")),
                    other => Owner::Nobody(Unnamed::of_type(other)),
                };
                let count = group.get("count").and_then(document::number).unwrap_or_default();
                // Number types count as one form.
                *owners.entry(owner).or_default().entry(medium).or_default() += count as u64;
            }
        }
        Ok(owners)
    }
}
