//! Pages that people read: every link leads somewhere, every page can be found, and the first one is short.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The longest that README.md may be: it can be read in one sitting.
const MOST_LINES: usize = 200;

/// Pages by their paths in the repository.
type Pages = BTreeMap<PathBuf, String>;

/// The paragraphs of a page, with all code left out.
fn prose(page: &str) -> Vec<String> {
    let mut is_code = false;
    let text = page.lines().filter(|line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_fence && !is_code
    });
    let text = text.collect::<Vec<_>>().join("\n");
    // Code within a paragraph may go on in the next line, and ends with the paragraph.
    text.split("\n\n").map(|paragraph| paragraph.split('`').step_by(2).collect()).collect()
}

/// Where the links and pictures of a page lead, as they are written.
fn links(page: &str) -> Vec<String> {
    let in_paragraph = |paragraph: &String| {
        let targets = paragraph.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
        targets.map(|(target, _)| target.to_owned()).collect::<Vec<_>>()
    };
    prose(page).iter().flat_map(in_paragraph).collect()
}

/// The names by which links lead to the headings of a page, as GitHub makes them.
fn anchors(page: &str) -> BTreeSet<String> {
    let mut is_code = false;
    let mut found = BTreeSet::new();
    for line in page.lines() {
        is_code ^= line.trim_start().starts_with("```");
        let text = line.trim_start_matches('#');
        if is_code || text.len() == line.len() || !text.starts_with(' ') {
            continue;
        }
        let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
        let name: String = text.trim().to_lowercase().chars().filter(kept).collect();
        let name = name.replace(' ', "-");
        let numbered = (1..).map(|number| format!("{name}-{number}"));
        let mut free = std::iter::once(name.clone()).chain(numbered).filter(|name| !found.contains(name));
        let anchor = free.next().expect("there is always another number");
        found.insert(anchor);
    }
    found
}

/// A link of a page as a path in the repository and the name of a heading; `None` for one that leads out of it.
fn target(from: &Path, link: &str) -> Option<(PathBuf, Option<String>)> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor.to_owned())));
    if path.is_empty() {
        return Some((from.to_owned(), anchor));
    }
    let mut target = PathBuf::new();
    for part in from.parent().unwrap_or(Path::new("")).join(path).components() {
        match part {
            Component::ParentDir => _ = target.pop(),
            part => target.push(part),
        }
    }
    Some((target, anchor))
}

/// The links that lead nowhere.
fn broken(pages: &Pages, exists: impl Fn(&Path) -> bool) -> Vec<String> {
    let mut broken = Vec::new();
    for (from, page) in pages {
        for link in links(page) {
            let Some((path, anchor)) = target(from, &link) else { continue };
            let has_heading = |anchor: &String| pages.get(&path).is_some_and(|page| anchors(page).contains(anchor));
            if !exists(&path) || !anchor.as_ref().is_none_or(has_heading) {
                broken.push(format!("{}: {link}", from.display()));
            }
        }
    }
    broken
}

/// The pages that no chain of links from `first` leads to.
fn unreachable(pages: &Pages, first: &Path) -> Vec<PathBuf> {
    let mut found = BTreeSet::from([first.to_owned()]);
    let mut open = vec![first.to_owned()];
    while let Some(from) = open.pop() {
        let targets = pages.get(&from).map(|page| links(page)).unwrap_or_default();
        let targets = targets.iter().filter_map(|link| target(&from, link));
        let new: Vec<_> = targets.map(|(path, _)| path).filter(|path| found.insert(path.clone())).collect();
        open.extend(new);
    }
    pages.keys().filter(|page| !found.contains(*page)).cloned().collect()
}

/// The pages of the repository: at its top, under `docs`, and beside scripts, fixtures and figures.
fn pages() -> Pages {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = Pages::new();
    for folder in ["", "docs", "scripts", "fixtures", "benches", "fuzz", "packaging"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "md") {
                pages.insert(path.strip_prefix(root).unwrap().to_owned(), fs::read_to_string(&path).unwrap());
            }
        }
    }
    pages
}

#[test]
fn every_link_of_a_page_leads_to_a_file_and_a_heading_that_exist() {
    let pages = pages();
    let all: usize = pages.values().map(|page| links(page).len()).sum();
    assert!(all > 20, "links are not seen");
    let broken = broken(&pages, |path| Path::new(env!("CARGO_MANIFEST_DIR")).join(path).exists());
    assert!(broken.is_empty(), "links that lead nowhere\n{}", broken.join("\n"));
}

#[test]
fn every_page_can_be_reached_from_the_readme() {
    let lost = unreachable(&pages(), Path::new("README.md"));
    assert!(lost.is_empty(), "no link leads to {lost:?}");
}

#[test]
fn the_readme_can_be_read_in_one_sitting() {
    let lines = pages()[Path::new("README.md")].lines().count();
    assert!(lines <= MOST_LINES, "README.md has {lines} lines; the limit is {MOST_LINES}");
}

#[test]
fn broken_links_and_lost_pages_are_found() {
    let page = |path: &str, text: &str| (PathBuf::from(path), text.to_owned());
    let site = Pages::from([
        page(
            "README.md",
            "# Top\n[a](docs/a.md) [b](docs/a.md#two-words) ![c](docs/gone.png) [d](#top) [e](#bottom)\n\
             `[f](gone.md)`\n```\n[g](gone.md)\n# Bottom\n```\n[h](https://example.org/gone) [i](docs/a.md#two-words-2)\n",
        ),
        page("docs/a.md", "## Two words!\n## Two `words`\n[j](../README.md) [k](b.md) [l](../src/lib.rs)\n"),
        page("docs/lost.md", "[m](a.md#two-words-1)\n"),
    ]);
    let exists = |path: &Path| site.contains_key(path) || path == Path::new("src/lib.rs");
    assert_eq!(
        broken(&site, exists),
        ["README.md: docs/gone.png", "README.md: #bottom", "README.md: docs/a.md#two-words-2", "docs/a.md: b.md"]
    );
    assert_eq!(unreachable(&site, Path::new("README.md")), [PathBuf::from("docs/lost.md")]);
}
