//! Words: what the program prints and the source explains is plain English, and failures are named alike.

use super::{Source, sources};
use telecine::error::CODES;

/// Phrases that leave open who does something, or what it is; and what to write instead.
const VAGUE: [(&str, &str); 20] = [
    ("so many", "the number"),
    ("so much of", "the amount"),
    ("whoever", "the person or the part of the program"),
    ("somebody", "the person or the part of the program"),
    ("anybody", "the person or the part of the program"),
    ("everybody", "the persons or the parts of the program"),
    ("is none of", "\"is not one of\""),
    ("heard of", "\"reported\", \"received\""),
    ("looked at", "\"read\", \"checked\", \"compared\""),
    ("what becomes of", "the consequence"),
    ("of its own accord", "\"without a request\""),
    ("comes to nothing", "\"fails\", \"has no effect\""),
    ("thrown away", "\"deleted\", \"dropped\""),
    ("told apart", "\"distinguished\""),
    ("told of", "the message and its receiver"),
    ("are told", "the message and its receiver"),
    ("mended", "\"fixed\", \"repaired\""),
    ("put aside", "\"parked\", \"skipped\""),
    ("made anew", "\"created again\""),
    ("has begun", "\"has started\""),
];

/// A file in lower case, up to its unit tests, with the breaks of its lines and the marks of comments left out.
fn prose(source: &Source) -> String {
    let lines = source.text.lines().take_while(|line| *line != "#[cfg(test)]");
    let words = lines.flat_map(|line| line.trim_start().trim_start_matches(['/', '!']).split_whitespace());
    words.filter(|word| *word != "\\").collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Whether a text has a phrase as words of its own, and not as part of a name.
fn has(text: &str, phrase: &str) -> bool {
    let is_apart = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphanumeric() && letter != '_');
    text.match_indices(phrase).any(|(start, _)| {
        let (before, after) = (&text[..start], &text[start + phrase.len()..]);
        is_apart(before.chars().next_back()) && is_apart(after.chars().next())
    })
}

/// The texts of `#[error("…")]` in a file.
fn errors(source: &Source) -> Vec<&str> {
    let texts = source.text.split("#[error(").skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"'));
    texts.filter_map(|rest| rest.split('"').next()).collect()
}

/// Whether a text begins in lower case, or with a name, and has no full stop at its end.
fn is_plain(text: &str) -> bool {
    let names = ["MongoDB", "NATS", "ZIP"];
    let is_low = !text.starts_with(char::is_uppercase) || names.iter().any(|name| text.starts_with(name));
    is_low && !text.is_empty() && !text.ends_with('.')
}

#[test]
fn texts_and_comments_say_who_does_what() {
    let mut found = Vec::new();
    let all = ["src", "tests", "benches"].into_iter().flat_map(sources);
    for source in all.filter(|source| source.path != "tests/it/tidy/words.rs") {
        let prose = prose(&source);
        for (phrase, instead) in VAGUE.iter().filter(|(phrase, _)| has(&prose, phrase)) {
            found.push(format!("{}: \"{phrase}\"; write {instead}", source.path));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_phrase_is_found_across_lines_and_not_within_names() {
    let text = "/// As\n    /// so\n    /// many.\nfn so_many() {}\nlet x = \"to nobody \\\n    told of\";";
    let source = Source { path: "a.rs".into(), text: text.into() };
    assert_eq!(prose(&source), "as so many. fn so_many() {} let x = \"to nobody told of\";");
    assert!(has(&prose(&source), "so many") && has(&prose(&source), "told of"));
    assert!(!has("so_many told often", "so many") && !has("so_many told often", "told of"));
}

#[test]
fn errors_begin_in_lower_case_and_have_no_full_stop() {
    let sources = sources("src");
    let texts: Vec<_> = sources.iter().flat_map(errors).chain(CODES.iter().map(|(_, text)| *text)).collect();
    assert!(texts.len() > CODES.len() + 50, "{} texts", texts.len());
    let wrong: Vec<_> = texts.into_iter().filter(|text| !is_plain(text)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(!is_plain("Not found") && !is_plain("not found.") && is_plain("NATS could not {doing}"));
}
