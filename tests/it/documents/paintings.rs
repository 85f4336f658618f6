//! Paintings, and their files in all the places where files of paintings lie.

use serde_json::{Value, json};

use super::objects::{Frames, Recipe, Style};
use super::people::{BASH, GHOST, GONE, IDA, JEFFREY, NAMELESS};
use super::{AUTUMN, Documents, with};

const MINUTE: i64 = 60_000;

/// The sizes that screens have, in pixels as large as the site draws them; some are larger than a thumbnail.
const SIZES: [(u32, u32); 8] = [(64, 64), (128, 96), (160, 90), (337, 160), (256, 256), (96, 170), (640, 480), (1, 1)];

/// A recording of how it was painted; nothing unpacks it.
const RECORDING: Frames = Frames { width: 16, height: 16, count: 4, sound: false, start: 0 };

/// What to say of one painting.
struct Painting<'text> {
    user: Option<&'text str>,
    slug: &'text str,
    more: Value,
    /// Where its picture lies, if anywhere.
    key: Option<String>,
    /// Where its recording lies, if anywhere.
    recording: Option<String>,
    picture: Recipe,
}

impl<'text> Painting<'text> {
    fn plain(user: Option<&'text str>, slug: &'text str, number: usize) -> Self {
        let (width, height) = SIZES[number % SIZES.len()];
        let style = if number % 5 == 4 { Style::Clear } else { Style::Plain };
        let key = match user {
            Some(sub) => format!("{sub}/painting/{slug}.png"),
            None => format!("{slug}.png"),
        };
        let picture = Recipe::Painting { width, height, style };
        Painting { user, slug, more: Value::Null, key: Some(key), recording: None, picture }
    }

    fn add(self, documents: &mut Documents) {
        let number = documents.file("paintings").len() as i64;
        let bucket = if self.user.is_some() { "user" } else { "art" };
        let fields =
            json!({ "code": documents.code(), "slug": self.slug, "bucket": format!("{bucket}-aesthetic-computer") });
        documents.item("paintings", self.user, AUTUMN - MINUTE * (9000 - number * 100), with(fields, self.more));
        if let Some(key) = self.key {
            documents.object(bucket, &key, &self.picture);
        }
        if let Some(key) = self.recording {
            documents.object(bucket, &key, &Recipe::Tape(RECORDING));
        }
    }
}

/// Adds all of them.
pub fn add(documents: &mut Documents) {
    // As the site names them: the local time, its parts not padded.
    for number in 0..54 {
        let slug = format!("2023.{}.{}.{}.{}.9.{:03}", 1 + number % 12, 1 + number % 28, number % 24, number, number);
        Painting::plain(Some(JEFFREY), &slug, number).add(documents);
    }
    odd(documents);
    for (number, user) in [IDA, IDA, BASH, NAMELESS, GHOST, GONE].into_iter().enumerate() {
        Painting::plain(Some(user), &format!("2024.2.{}.9.41.7.050", 3 + number), number).add(documents);
    }
    anonymous(documents);
}

fn odd(documents: &mut Documents) {
    let jeffrey = |slug| Painting::plain(Some(JEFFREY), slug, 1);
    let nuked = json!({ "nuked": true });
    Painting { more: nuked, ..jeffrey("2023.8.24.16.21.9.123") }.add(documents);
    // A recording beside the picture, and one in the folder above.
    let recording = Some(format!("{JEFFREY}/painting/2023.8.24.16.22.9.124.zip"));
    Painting { recording, ..jeffrey("2023.8.24.16.22.9.124") }.add(documents);
    let recording = Some(format!("{JEFFREY}/2023.8.24.16.23.9.125.zip"));
    Painting { recording, ..jeffrey("2023.8.24.16.23.9.125") }.add(documents);
    // A thumbnail of which is hard to get below 100 KB.
    let noise = Recipe::Painting { width: 1024, height: 768, style: Style::Noise };
    Painting { picture: noise, ..jeffrey("2023.8.24.16.24.9.126") }.add(documents);
    Painting { key: None, ..jeffrey("2023.8.24.16.25.9.127") }.add(documents);
    Painting { picture: Recipe::Text("not a picture".into()), ..jeffrey("2023.8.24.16.26.9.128") }.add(documents);

    // A slug that already holds the folder, one whose file is in the folder above, one without a bucket.
    let slug = format!("{IDA}/painting/2023.9.1.10.0.0.001");
    Painting { key: Some(format!("{slug}.png")), ..Painting::plain(Some(IDA), &slug, 2) }.add(documents);
    let slug = "2023.9.1.10.1.0.002";
    Painting { key: Some(format!("{IDA}/{slug}.png")), ..Painting::plain(Some(IDA), slug, 3) }.add(documents);
    let without = json!({ "bucket": null });
    Painting { more: without, ..Painting::plain(Some(IDA), "2023.9.1.10.2.0.003", 4) }.add(documents);
}

fn anonymous(documents: &mut Documents) {
    for number in 0..6 {
        let slug = documents.random.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 8);
        Painting::plain(None, &slug, number).add(documents);
    }
    // The picture's name first, then the recording's.
    for number in 0..3 {
        let image = documents.random.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 8);
        let recording = documents.random.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 8);
        let slug = format!("{image}:{recording}");
        // Of the last, the recording has gone.
        let recording = (number < 2).then(|| format!("{recording}.zip"));
        let key = Some(format!("{image}.png"));
        let matched = json!({ "_recordingMatchType": "timestamp", "_recordingTimeDiff": 0 });
        Painting { key, recording, more: matched, ..Painting::plain(None, &slug, number) }.add(documents);
    }
    let slug = documents.random.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 8);
    Painting { more: json!({ "nuked": true }), ..Painting::plain(None, &slug, 0) }.add(documents);
}
