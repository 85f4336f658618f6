//! Pages as Chromium draws them: dark and light, on a desk and in a hand, full and empty. The pictures are kept beside what
//! the tests were built into, in `tmp/looks`, to be looked at.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Serving;
use super::watch::Scene;
use crate::stack::site::Site;
use crate::support::command::Workshop;

/// Widths and heights, and what has such a window.
const WINDOWS: [(&str, u32, u32); 2] = [("desk", 1280, 1400), ("phone", 412, 1400)];

/// What Chromium calls the schemes, and the ground that each page has in them.
const SCHEMES: [(&str, u8, [u8; 3]); 2] = [("dark", 0, [0x16, 0x13, 0x1F]), ("light", 1, [0xF7, 0xF4, 0xEE])];

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("looks");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Draws a page in all ways, and makes sure that each has its own ground.
async fn draw(name: &str, url: String) {
    for (window, width, height) in WINDOWS {
        for (scheme, number, ground) in SCHEMES {
            let file = folder().join(format!("{name}-{window}-{scheme}.png"));
            let profile = Workshop::new();
            let mut command = Command::new("chromium");
            command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]);
            command.args(["--hide-scrollbars", &format!("--window-size={width},{height}")]);
            command.arg(format!("--user-data-dir={}", profile.path("chromium").display()));
            command.arg(format!("--blink-settings=preferredColorScheme={number}"));
            command.arg(format!("--screenshot={}", file.display())).arg(&url);
            let drawn = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
            assert!(drawn.status.success(), "{}", String::from_utf8_lossy(&drawn.stderr));
            let picture = image::open(&file).unwrap().to_rgb8();
            assert_eq!(picture.dimensions(), (width, height));
            assert_eq!(picture.get_pixel(2, height - 2).0, ground, "{}", file.display());
            let others = picture.pixels().filter(|pixel| pixel.0 != ground).count();
            assert!(others > 2_000, "{} is empty", file.display());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_drawn_dark_and_light_on_a_desk_and_in_a_hand() {
    let scene = Scene::new().await;
    let id = scene.id("good").await;
    for (name, path) in [
        ("overview", "/".to_owned()),
        ("jobs", "/jobs".into()),
        ("failures", "/jobs?state=parked".into()),
        ("tape", format!("/jobs/{id}")),
        ("failure", format!("/jobs/{}", scene.id("bad").await)),
        ("login", "/login".into()),
    ] {
        draw(name, scene.oven.url(&path)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_has_done_nothing_yet_is_drawn_as_well() {
    let site = Site::new().await;
    let oven = Serving::start(&site, &[]);
    draw("overview-empty", oven.url("/")).await;
    draw("jobs-empty", oven.url("/jobs?q=never")).await;
}
