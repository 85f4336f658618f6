//! Pages are accessible: axe, run in Chromium, finds nothing against WCAG 2.2 A and AA or its own good practices.

use std::path::Path;

use serde::Deserialize;

use super::Serving;
use super::chromium::Chromium;
use super::looks::SCHEMES;
use super::watch::{Scene, TOKEN};
use crate::stack::site::Site;

/// A desk's window, and that of a phone, in which things are nearest to each other.
const WINDOWS: [(u32, u32); 2] = [(1280, 900), (360, 800)];

/// All rules of these kinds, and of those that are off by default the one of WCAG 2.2 AA: the size of what is touched.
/// What axe cannot judge counts as found, but for captions: the sound of a stranger's tape has no transcript.
const RUN: &str = "axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    rules: { 'target-size': { enabled: true } },
}).then(({ violations, incomplete, passes }) => ({
    found: [...violations, ...incomplete.filter(({ id }) => id !== 'video-caption')].flatMap(({ id, help, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${help}\n    ${html}\n    ${failureSummary}`)),
    passed: passes.map(({ id }) => id),
}))";

/// What axe says of a page.
#[derive(Debug, Deserialize)]
struct Said {
    /// What is wrong, and what axe cannot judge.
    found: Vec<String>,
    /// The rules that the page keeps to.
    passed: Vec<String>,
}

/// axe, as `scripts/stack` has installed it.
fn axe() -> String {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let file = target.join("stack/axe/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn judge(chromium: &mut Chromium, axe: &str) -> Said {
    chromium.evaluate(axe);
    serde_json::from_value(chromium.evaluate(RUN)).unwrap()
}

/// Judges a page in both schemes and windows, and adds what is found.
fn look(chromium: &mut Chromium, axe: &str, url: &str, found: &mut Vec<String>) {
    for window in WINDOWS {
        for (scheme, _) in SCHEMES {
            chromium.show_in(scheme, window);
            chromium.open(url);
            let said = judge(chromium, axe);
            for rule in ["color-contrast", "target-size", "landmark-one-main"] {
                assert!(said.passed.iter().any(|passed| passed == rule) || !said.found.is_empty(), "{url}: {rule}");
            }
            found.extend(said.found.into_iter().map(|text| format!("{url}, {scheme}, {} wide\n  {text}", window.0)));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_kept_from_any_page() {
    let (scene, mut chromium) = (Scene::new().await, Chromium::new());
    let (axe, mut found) = (axe(), Vec::new());
    let pages = scene.pages().await;
    for (_, path) in &pages {
        look(&mut chromium, &axe, &scene.oven.url(path), &mut found);
    }
    // Who is logged in has buttons besides.
    chromium.open(&scene.oven.url("/login"));
    let form =
        format!("document.querySelector('#token').value = {TOKEN:?}; document.querySelector('main form').submit()");
    chromium.loads(|chromium| drop(chromium.evaluate(&form)));
    assert_eq!(chromium.evaluate("document.querySelector('button.plain').textContent"), "Log out");
    for (_, path) in &pages {
        look(&mut chromium, &axe, &scene.oven.url(path), &mut found);
    }
    let site = Site::new().await;
    let idle = Serving::start(&site, &[]);
    for path in ["/", "/jobs?q=never"] {
        look(&mut chromium, &axe, &idle.url(path), &mut found);
    }
    assert!(found.is_empty(), "{} violations\n{}", found.len(), found.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_keeps_somebody_out_is_found() {
    let site = Site::new().await;
    let (oven, mut chromium) = (Serving::start(&site, &[]), Chromium::new());
    let axe = axe();
    for (breaking, rule) in [
        ("document.documentElement.removeAttribute('lang')", "html-has-lang"),
        ("document.querySelector('h1').style.color = '#aaa'", "color-contrast"),
        ("document.querySelector('label').remove()", "label"),
        ("document.querySelector('main').append(document.createElement('img'))", "image-alt"),
        ("document.querySelector('nav').style.cssText = 'gap: 0; font-size: 6px; line-height: 6px'", "target-size"),
    ] {
        chromium.show_in("light", WINDOWS[0]);
        chromium.open(&oven.url("/"));
        chromium.evaluate(breaking);
        let found = judge(&mut chromium, &axe).found;
        assert!(found.iter().any(|text| text.starts_with(&format!("{rule}: "))), "{rule}: {found:?}");
    }
}
