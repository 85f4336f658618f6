//! Fills a site with the documents, leaving alone what is there.

use std::collections::BTreeMap;
use std::fs;

use futures_util::stream::{self, StreamExt};
use mongodb::bson::{Document, doc};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::objects::Recipe;
use super::path;
use crate::stack::site::{Account, Site};

/// How many objects are made and put at once.
const AT_ONCE: usize = 4;

/// MongoDB's code for a document whose id is there.
const DUPLICATE_KEY: i32 = 11_000;

#[derive(Debug, Deserialize)]
struct Object {
    bucket: String,
    key: String,
    recipe: Recipe,
}

#[derive(Debug, Deserialize)]
struct Record {
    user: String,
    collection: String,
    rkey: String,
    value: Value,
}

/// Fills the site; the accounts by the `_id` of their users. What is there already is left as it is, so that filling a
/// site again does not undo what has been done to it since.
pub async fn load(site: &Site) -> BTreeMap<String, Account> {
    let accounts = accounts(site).await;
    for name in ["users", "@handles", "moods", "pieces", "kidlisp", "paintings", "tapes"] {
        insert(site, name).await;
    }
    for account in accounts.values() {
        records(site, account).await;
    }
    let objects: Vec<Object> = read("objects");
    stream::iter(objects).for_each_concurrent(AT_ONCE, |object| put(site, object)).await;
    accounts
}

fn read<T: DeserializeOwned>(name: &str) -> Vec<T> {
    let text = fs::read_to_string(path(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

async fn accounts(site: &Site) -> BTreeMap<String, Account> {
    let mut accounts = BTreeMap::new();
    for user in read::<Document>("users") {
        let Ok(login) = user.get_document("atproto") else { continue };
        // Who has an identity here lost it on the PDS.
        if !login.contains_key("did") {
            let (sub, name) = (user.get_str("_id").unwrap(), login.get_str("handle").unwrap());
            let name = name.trim_end_matches(".test");
            let account = site.join(sub, name, login.get_str("password").unwrap()).await;
            accounts.insert(sub.to_owned(), account);
        }
    }
    accounts
}

async fn insert(site: &Site, name: &str) {
    let mut documents: Vec<Document> = read(name);
    for document in &mut documents {
        relocate(site, document);
    }
    let collection = site.database().collection::<Document>(name);
    if name == "users" {
        // Those with accounts are there, but with no more than that.
        for mut user in documents {
            let id = user.remove("_id").unwrap();
            if user.get_document("atproto").is_ok_and(|login| !login.contains_key("did")) {
                user.remove("atproto");
            }
            collection.update_one(doc! { "_id": id }, doc! { "$set": user }).upsert(true).await.unwrap();
        }
        return;
    }
    let Err(error) = collection.insert_many(documents).ordered(false).await else { return };
    let mongodb::error::ErrorKind::InsertMany(failed) = error.kind.as_ref() else { panic!("{name}: {error}") };
    let failures = failed.write_errors.iter().flatten();
    for failure in failures {
        assert_eq!(failure.code, DUPLICATE_KEY, "{name}: {}", failure.message);
    }
}

/// Makes a document that names the site's servers name this site's.
fn relocate(site: &Site, document: &mut Document) {
    for kind in ["art", "user"] {
        if document.get_str("bucket").is_ok_and(|bucket| bucket == format!("{kind}-aesthetic-computer")) {
            document.insert("bucket", site.bucket_of(kind));
        }
    }
    if let Ok(url) = document.get_str("mp4Url") {
        let host = "https://at-blobs-aesthetic-computer.sfo3.digitaloceanspaces.com";
        let here = format!("{}/{}", site.environment()["ART_SPACES_ENDPOINT"], site.bucket_of("at-blobs"));
        let url = url.replace(host, &here);
        document.insert("mp4Url", url);
    }
}

/// Writes the records of an account unless its repo has some: then they were written before, and may have been
/// corrected.
async fn records(site: &Site, account: &Account) {
    let mut records: Vec<Record> = read("records");
    records.retain(|record| record.user == account.sub);
    let mut collections: Vec<_> = records.iter().map(|record| record.collection.as_str()).collect();
    collections.dedup();
    for collection in &collections {
        if !site.pds().records(account.did(), collection).await.is_empty() {
            return;
        }
    }
    for record in &records {
        site.pds().put_record(&account.session, &record.collection, &record.rkey, &record.value).await;
    }
}

async fn put(site: &Site, object: Object) {
    let bucket = site.bucket_of(&object.bucket);
    if site.has(bucket, &object.key).await {
        return;
    }
    let content_type = object.recipe.content_type();
    let bytes = tokio::task::spawn_blocking(move || object.recipe.make()).await.unwrap();
    site.put_as(bucket, &object.key, content_type, bytes).await;
}
