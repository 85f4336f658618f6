//! Pages as Chromium draws them: dark and light, on a desk and in a hand, full and empty. The pictures are kept beside
//! what the tests were built into, in `tmp/looks`, for review.

use std::path::{Path, PathBuf};

use super::Serving;
use super::chromium::Chromium;
use super::watch::Scene;
use crate::stack::site::Site;

/// Widths and heights, and what has such a window.
const WINDOWS: [(&str, (u32, u32)); 2] = [("desk", (1280, 1400)), ("phone", (412, 1400))];

/// What CSS calls the schemes, and the ground that each page has in them.
pub const SCHEMES: [(&str, [u8; 3]); 2] = [("dark", [0x16, 0x13, 0x1F]), ("light", [0xF7, 0xF4, 0xEE])];

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("looks");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Draws a page in all ways, and makes sure that each has its own ground.
fn draw(chromium: &mut Chromium, name: &str, url: &str) {
    for (window, size) in WINDOWS {
        for (scheme, ground) in SCHEMES {
            chromium.show_in(scheme, size);
            chromium.open(url);
            let file = folder().join(format!("{name}-{window}-{scheme}.png"));
            std::fs::write(&file, chromium.draw()).unwrap();
            let picture = image::open(&file).unwrap().to_rgb8();
            assert_eq!(picture.dimensions(), size);
            assert_eq!(picture.get_pixel(2, size.1 - 2).0, ground, "{}", file.display());
            let others = picture.pixels().filter(|pixel| pixel.0 != ground).count();
            assert!(others > 2_000, "{} is empty", file.display());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_drawn_dark_and_light_on_a_desk_and_in_a_hand() {
    let scene = Scene::new().await;
    let mut chromium = Chromium::new();
    for (name, path) in scene.pages().await {
        draw(&mut chromium, name, &scene.oven.url(&path));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_has_done_nothing_yet_is_drawn_as_well() {
    let site = Site::new().await;
    let oven = Serving::start(&site, &[]);
    let mut chromium = Chromium::new();
    draw(&mut chromium, "overview-empty", &oven.url("/"));
    draw(&mut chromium, "jobs-empty", &oven.url("/jobs?q=never"));
}
