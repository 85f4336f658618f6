//! A site of a test's own, as aesthetic.computer is one: a database, buckets, and people with accounts.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use mongodb::Database;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{DateTime, Document, doc};
use telecine::record::Medium;

use super::objects::Objects;
use super::pds::{Pds, Record, Session};
use super::{Environment, Stack, stack};
use crate::support::picture::Picture;
use crate::support::tape::{EPOCH, TapeBuilder};

/// The `_id` of the user to whom belongs what was made without an account.
pub const GUEST: &str = "art-guest";

/// The setting that exempts from the PDS's rate limits.
pub const BYPASS_KEY: &str = "PDS_RATE_LIMIT_BYPASS_KEY";

/// The password of all users.
pub const PASSWORD: &str = "correct horse battery staple";

/// A database, buckets and a PDS that no other test uses.
#[derive(Debug)]
pub struct Site {
    environment: Environment,
    /// Ends every handle, as the PDS may have other sites' people too.
    suffix: String,
    database: Database,
    objects: Objects,
    pds: Pds,
    /// How many items there are.
    items: AtomicU32,
}

/// A user with an account.
#[derive(Debug, Clone)]
pub struct Account {
    /// The `_id` in `users`.
    pub sub: String,
    pub handle: String,
    pub session: Session,
}

impl Account {
    pub fn did(&self) -> &str {
        &self.session.did
    }

    pub fn is_guest(&self) -> bool {
        self.sub == GUEST
    }
}

impl Site {
    /// A new site on the servers that all tests share.
    pub async fn new() -> Self {
        Site::on(stack()).await
    }

    /// A new site on these servers.
    pub async fn on(stack: &Stack) -> Self {
        static SITES: AtomicU64 = AtomicU64::new(1);
        let number = SITES.fetch_add(1, Ordering::Relaxed);
        let mut environment = stack.environment().clone();
        environment.insert("MONGODB_NAME".into(), format!("site-{number}"));
        for variable in ["ART_SPACES_BUCKET", "USER_SPACES_BUCKET", "AT_BLOBS_SPACES_BUCKET"] {
            environment.entry(variable.into()).and_modify(|bucket| *bucket = format!("{bucket}-{number}"));
        }
        Site::of(environment, &format!("-{number}")).await
    }

    /// A new site on these servers, whose files lie behind a proxy.
    #[cfg(feature = "service")]
    pub async fn behind(stack: &Stack, proxy: &super::proxy::Proxy) -> Self {
        let mut site = Site::on(stack).await;
        site.environment.insert("ART_SPACES_ENDPOINT".into(), proxy.url().into());
        site
    }

    /// The site that this environment describes. With `PDS_RATE_LIMIT_BYPASS_KEY`, the PDS does not count what the site
    /// does itself.
    pub async fn of(environment: Environment, suffix: &str) -> Self {
        let client = mongodb::Client::with_uri_str(&environment["MONGODB_CONNECTION_STRING"]).await.unwrap();
        let site = Site {
            database: client.database(&environment["MONGODB_NAME"]),
            objects: Objects::new(&environment),
            pds: Pds::new(&environment["PDS_URL"], environment.get(BYPASS_KEY).map(String::as_str)),
            suffix: suffix.into(),
            items: AtomicU32::new(0),
            environment,
        };
        for bucket in ["art", "user", "at-blobs"].map(|kind| site.bucket_of(kind)) {
            site.objects.make_bucket(bucket).await;
        }
        site
    }

    /// What a program is told about this site.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    pub fn database(&self) -> &Database {
        &self.database
    }

    pub fn pds(&self) -> &Pds {
        &self.pds
    }

    /// The bucket of what was made without an account.
    pub fn art_bucket(&self) -> &str {
        self.bucket_of("art")
    }

    /// The bucket of what was made with one.
    pub fn user_bucket(&self) -> &str {
        self.bucket_of("user")
    }

    /// The bucket for `art`, `user` or `at-blobs`.
    pub fn bucket_of(&self, kind: &str) -> &str {
        match kind {
            "art" => &self.environment["ART_SPACES_BUCKET"],
            "user" => &self.environment["USER_SPACES_BUCKET"],
            _ => &self.environment["AT_BLOBS_SPACES_BUCKET"],
        }
    }

    /// The handle on the PDS of the user with this name on the site.
    pub fn handle(&self, name: &str) -> String {
        format!("{name}{}.test", self.suffix)
    }

    /// Creates an account for a user, on the site and on the PDS.
    pub async fn account(&self, name: &str) -> Account {
        let account = self.join(&format!("auth0|{name}"), name, PASSWORD).await;
        let known = doc! { "_id": &account.sub, "handle": name };
        self.database.collection::<Document>("@handles").insert_one(known).await.unwrap();
        account
    }

    /// Creates the account of what was made without one.
    pub async fn guest(&self) -> Account {
        self.join(GUEST, "art", PASSWORD).await
    }

    /// Makes an account deactivated, as its owner can.
    pub async fn deactivate(&self, account: &Account) {
        self.pds.post(&account.session, "com.atproto.server.deactivateAccount", &serde_json::json!({})).await;
    }

    /// Takes an account down, as the operator can.
    pub async fn take_down(&self, account: &Account) {
        let subject = serde_json::json!({ "$type": "com.atproto.admin.defs#repoRef", "did": account.did() });
        let body = serde_json::json!({ "subject": subject, "takedown": { "applied": true } });
        let password = &self.environment["PDS_ADMIN_PASSWORD"];
        self.pds.administer(password, "com.atproto.admin.updateSubjectStatus", &body).await;
    }

    /// Creates an account on the PDS for a user, or logs in to it, and stores how to log in.
    pub async fn join(&self, sub: &str, name: &str, password: &str) -> Account {
        let handle = self.handle(name);
        let session = self.pds.account(&handle, password).await;
        let login = doc! { "did": &session.did, "handle": &handle, "password": password };
        self.database
            .collection::<Document>("users")
            .update_one(doc! { "_id": sub }, doc! { "$set": { "atproto": login } })
            .upsert(true)
            .await
            .unwrap();
        Account { sub: sub.into(), handle, session }
    }

    /// Adds an item. These fields come over those that all items have: `_id`, `when` (a second after the item before),
    /// and `user` unless it is the guest's.
    pub async fn add(&self, owner: &Account, medium: Medium, fields: Document) -> ObjectId {
        let number = self.items.fetch_add(1, Ordering::Relaxed);
        let when = DateTime::from_millis(EPOCH as i64 + i64::from(number) * 1000);
        let mut item = doc! { "_id": ObjectId::new(), "when": when };
        if !owner.is_guest() {
            item.insert("user", &owner.sub);
        }
        item.extend(fields);
        let id = item.get_object_id("_id").unwrap();
        self.database.collection::<Document>(medium.plural()).insert_one(item).await.unwrap();
        id
    }

    pub async fn add_mood(&self, owner: &Account, text: &str) -> ObjectId {
        self.add(owner, Medium::Mood, doc! { "mood": text }).await
    }

    pub async fn add_piece(&self, owner: &Account, slug: &str) -> ObjectId {
        self.add(owner, Medium::Piece, doc! { "slug": slug, "bucket": self.bucket(owner) }).await
    }

    pub async fn add_kidlisp(&self, owner: &Account, code: &str, source: &str) -> ObjectId {
        self.add(owner, Medium::Kidlisp, doc! { "code": code, "source": source, "hits": 1 }).await
    }

    /// Adds a painting and puts its file where the site would.
    pub async fn add_painting(&self, owner: &Account, code: &str, picture: &Picture) -> ObjectId {
        let slug = format!("painting-{code}");
        let key = if owner.is_guest() { format!("{slug}.png") } else { format!("{}/painting/{slug}.png", owner.sub) };
        self.put(self.bucket(owner), &key, picture.png()).await;
        self.add(owner, Medium::Painting, doc! { "code": code, "slug": slug, "bucket": self.bucket(owner) }).await
    }

    /// Adds a tape and puts its ZIP where the site would.
    pub async fn add_tape(&self, owner: &Account, code: &str, tape: &TapeBuilder) -> ObjectId {
        let slug = format!("tape-{code}");
        let key = if owner.is_guest() { format!("{slug}.zip") } else { format!("{}/{slug}.zip", owner.sub) };
        self.put(self.bucket(owner), &key, tape.zip()).await;
        let fields = doc! {
            "code": code, "slug": slug, "bucket": self.bucket(owner),
            "nuked": false, "kind": "zip", "mp4Status": "pending",
        };
        self.add(owner, Medium::Tape, fields).await
    }

    /// Puts an object into a bucket.
    pub async fn put(&self, bucket: &str, key: &str, bytes: impl Into<Vec<u8>>) {
        self.put_as(bucket, key, "application/octet-stream", bytes).await;
    }

    /// Puts an object of that type into a bucket.
    pub async fn put_as(&self, bucket: &str, key: &str, content_type: &str, bytes: impl Into<Vec<u8>>) {
        self.objects.put(bucket, key, content_type, bytes.into()).await;
    }

    /// Puts an object into a bucket that is stored with that content encoding.
    pub async fn put_encoded(&self, bucket: &str, key: &str, encoding: &str, bytes: impl Into<Vec<u8>>) {
        self.objects.put_encoded(bucket, key, encoding, bytes.into()).await;
    }

    /// Whether there is such an object.
    pub async fn has(&self, bucket: &str, key: &str) -> bool {
        self.objects.has(bucket, key).await
    }

    /// The item as it is in the database now.
    pub async fn item(&self, medium: Medium, id: ObjectId) -> Document {
        let items = self.database.collection::<Document>(medium.plural());
        items.find_one(doc! { "_id": id }).await.unwrap().expect("items are never deleted")
    }

    /// A user's records of a medium, in the order of their keys.
    pub async fn records(&self, owner: &Account, medium: Medium) -> Vec<Record> {
        self.pds.records(owner.did(), medium.collection()).await
    }

    fn bucket(&self, owner: &Account) -> &str {
        if owner.is_guest() { self.art_bucket() } else { self.user_bucket() }
    }
}
