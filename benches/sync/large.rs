//! What our process takes of memory at most, where everything is as large as it may be.

use mongodb::bson::doc;
use serde_json::json;
use telecine::record::Medium;

use super::program::{Cost, run, telecine};
use super::stack::Stack;
use super::stack::site::Site;
use super::support::largest::largest;
use super::support::tape::TapeBuilder;

/// Paintings, and accounts that they are spread over.
const PAINTINGS: usize = 60;
const PAINTERS: usize = 10;

/// Videos, and bytes of each; lexicons allow 52 MB, and the PDS of the stack 50.
const VIDEOS: usize = 40;
const VIDEO: u32 = 45_000_000;

/// Syncs the largest paintings of both depths, ten accounts at once.
pub async fn paintings(stack: &Stack) {
    for bits in [16, 8] {
        let site = Site::on(stack).await;
        let png = largest(bits);
        let mut owners = Vec::new();
        for number in 0..PAINTERS {
            owners.push(site.account(&format!("painter{number}")).await);
        }
        for number in 0..PAINTINGS {
            let owner = &owners[number % PAINTERS];
            let slug = format!("p{number}");
            site.put(site.user_bucket(), &format!("{}/{slug}.png", owner.sub), png.clone()).await;
            site.add(owner, Medium::Painting, doc! { "code": &slug, "slug": &slug }).await;
        }
        let folder = tempfile::tempdir().unwrap();
        let cost = telecine(&site, folder.path(), "sync --live --users-at-once 10");
        print(&format!("sync of {PAINTINGS} paintings of 4096² × {bits} bits in {PAINTERS} accounts"), &cost);
    }
}

/// Compares large videos, all bytes of them.
pub async fn downloads(stack: &Stack) {
    let site = Site::on(stack).await;
    let (pds, owner) = (site.pds(), site.account("maker").await);
    for number in 0..VIDEOS {
        let bytes: Vec<u8> = (0..VIDEO).map(|byte| (byte / 7) as u8 ^ number as u8).collect();
        let video = pds.upload_blob(&owner.session, "video/mp4", bytes).await;
        let id = site.add_tape(&owner, &format!("t{number}"), &TapeBuilder::numbered(16, 16, 2)).await;
        let collection = Medium::Tape.collection();
        let value = json!({
            "$type": collection, "slug": format!("tape-t{number}"), "code": format!("t{number}"), "video": video,
            "acUrl": format!("https://aesthetic.computer/!t{number}"), "zipUrl": "https://x.example/", "ref": id.to_hex(),
            "when": "2023-11-14T22:13:20.000Z",
        });
        let rkey = format!("3laaaaaaaaa{}{}", digit(number / 8), digit(number % 8));
        pds.put_record(&owner.session, collection, &rkey, &value).await;
    }
    let folder = tempfile::tempdir().unwrap();
    // It ends with 1, since these tapes have no thumbnails.
    let cost = run(&site, folder.path(), "compare --download --all", &[0, 1]);
    print(&format!("compare --download --all of {VIDEOS} videos of {} MB", VIDEO / 1_000_000), &cost);
}

fn print(what: &str, cost: &Cost) {
    let (peak, wall, cpu) = (cost.peak / 1_000_000, cost.wall.as_secs_f64(), cost.cpu.as_secs_f64());
    println!("{what}: {peak} MB at most, {wall:.1} s, {cpu:.1} s of our CPU");
}

/// One of the digits of keys.
fn digit(number: usize) -> char {
    char::from(b'a' + number as u8)
}
