//! Anonymous tapes: fetched, encoded and uploaded, beside making the same MP4s and thumbnails from files.

use std::fs;

use telecine::record::Medium;

use crate::median;
use crate::program::telecine;
use crate::stack::Stack;
use crate::stack::site::Site;
use crate::support::picture::Picture;
use crate::support::tape::TapeBuilder;

/// As many as there are on the site.
const COUNT: usize = 32;

/// Takes turns, each time with an account that has no records yet.
pub async fn compare(stack: &Stack, rounds: usize) {
    let tapes: Vec<_> = (0..COUNT).map(tape).collect();
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<_> = (0..COUNT).map(|number| format!("{number:02}.zip")).collect();
    for (tape, name) in tapes.iter().zip(&names) {
        fs::write(folder.path().join(name), tape.zip()).unwrap();
    }
    let (mut alone, mut whole, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let site = Site::on(stack).await;
        let guest = site.guest().await;
        for (number, tape) in tapes.iter().enumerate() {
            site.add_tape(&guest, &format!("t{number}"), tape).await;
        }
        let run = |arguments: &str| tokio::task::block_in_place(|| telecine(&site, folder.path(), arguments));
        let encoding = run(&format!("convert --force --out-dir videos {}", names.join(" ")));
        let syncing = run("sync --live --anonymous --tapes-only");
        assert_eq!(site.records(&guest, Medium::Tape).await.len(), COUNT);
        let (encoding_wall, syncing_wall) = (encoding.wall.as_secs_f64(), syncing.wall.as_secs_f64());
        println!(
            "  convert {encoding_wall:.2} s ({:.2} s of CPU); sync --live {syncing_wall:.2} s ({:.2} s of CPU, {:.2} s of the \
             servers', {:.0} MB at most): ratio {:.3}",
            encoding.cpu.as_secs_f64(),
            syncing.cpu.as_secs_f64(),
            syncing.servers.as_secs_f64(),
            syncing.peak as f64 / 1e6,
            syncing_wall / encoding_wall
        );
        alone.push(encoding_wall);
        whole.push(syncing_wall);
        ratios.push(syncing_wall / encoding_wall);
    }
    println!(
        "{COUNT} tapes: telecine convert {:.2} s; telecine sync --live {:.2} s; ratio {:.3}",
        median(alone),
        median(whole),
        median(ratios)
    );
}

/// A tape of 5 to 10 seconds at 60 frames in each, 128 to 320 pixels wide.
fn tape(number: usize) -> TapeBuilder {
    let frames = 300 + 300 * number / (COUNT - 1);
    let width = 128 + 64 * (number as u32 % 4);
    TapeBuilder::of((0..frames).map(|index| Picture::numbered(width, width * 3 / 4, index + number)), 1000.0 / 60.0)
}
