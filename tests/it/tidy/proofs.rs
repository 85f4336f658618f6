//! Tests that pages name as proof of what they say: `tests/it/x.rs::name`.

use std::fs;
use std::path::Path;

/// What pages name as proof: files with functions in them.
fn proofs(text: &str) -> Vec<(String, &str)> {
    let is_part = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '/' | '.' | ':');
    let words = text.split(|letter| !is_part(letter));
    words.filter_map(|word| word.split_once(".rs::")).map(|(file, name)| (format!("{file}.rs"), name)).collect()
}

/// Whether a file has a test of that name.
fn has_test(source: &str, name: &str) -> bool {
    let lines: Vec<_> = source.lines().map(str::trim_start).collect();
    let is_it = |line: &str| {
        line.trim_start_matches("async ")
            .strip_prefix("fn ")
            .is_some_and(|rest| rest.strip_prefix(name).is_some_and(|rest| rest.starts_with('(')))
    };
    lines.windows(2).any(|pair| is_it(pair[1]) && (pair[0] == "#[test]" || pair[0].starts_with("#[tokio::test")))
}

/// Rows of tables with a column of tests that name none.
fn unproven(page: &str) -> Vec<&str> {
    let mut wants_proof = false;
    let mut found = Vec::new();
    for line in page.lines() {
        if !line.starts_with('|') {
            wants_proof = false;
        } else if line.ends_with("| test |") {
            wants_proof = true;
        } else if wants_proof && !line.starts_with("| ---") && proofs(line).is_empty() {
            found.push(line);
        }
    }
    found
}

fn security() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/security.md")).unwrap()
}

#[test]
fn every_test_that_the_page_of_security_names_exists() {
    let page = security();
    let proofs = proofs(&page);
    assert!(proofs.len() > 50, "proofs are not seen");
    let exists = |(file, name): &(String, &str)| {
        let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap_or_default();
        has_test(&source, name)
    };
    let missing: Vec<_> = proofs.iter().filter(|proof| !exists(proof)).collect();
    assert!(missing.is_empty(), "there are no such tests: {missing:#?}");
}

#[test]
fn every_attack_on_the_page_of_security_has_a_test() {
    let page = security();
    let unproven = unproven(&page);
    assert!(unproven.is_empty(), "attacks without a test\n{}", unproven.join("\n"));
}

#[test]
fn proofs_that_are_missing_are_found() {
    let source =
        "#[test]\nfn one() {}\n\n    #[tokio::test(flavor = \"multi_thread\")]\n    async fn two() {}\nfn three() {}\n";
    for (name, expected) in [("one", true), ("two", true), ("three", false), ("on", false), ("tw", false)] {
        assert_eq!(has_test(source, name), expected, "{name}");
    }
    let page =
        "| attack | test |\n| --- | --- |\n| a | `tests/it/a.rs::one`, `src/b.rs::two` |\n| b | none |\n\n| c | d |\n";
    assert_eq!(proofs(page), [("tests/it/a.rs".into(), "one"), ("src/b.rs".into(), "two")]);
    assert_eq!(unproven(page), ["| b | none |"]);
}
