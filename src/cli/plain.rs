//! Makes untrusted text safe to print: a terminal shows it and does nothing else.
//!
//! Names in archives, slugs, codes and handles may contain anything. Characters that move the cursor, change colours,
//! start a line or change the direction of text are shown as escapes: `\u{1b}`.

use std::borrow::Cow;

/// Whether a character does more than appear: control characters, and Unicode's characters for direction, joining and
/// tags.
fn acts(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// A text on one line.
pub fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(acts) {
        return text.into();
    }
    let mut plain = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        // Joiners have no use outside of words, and can hide text.
        if acts(letter) { plain.extend(letter.escape_default()) } else { plain.push(letter) }
    }
    plain.into()
}

/// A text of several lines, with all but the first indented, so that none of them passes for a line of ours.
pub fn indented(text: &str) -> String {
    text.trim_end().split('\n').map(plain).collect::<Vec<_>>().join("\n    ")
}

/// Equivalent JSON without these characters, which occur only within its strings.
pub fn plain_json(json: &str) -> Cow<'_, str> {
    if !json.contains(acts) {
        return json.into();
    }
    let mut plain = String::with_capacity(json.len() + 16);
    for letter in json.chars() {
        if acts(letter) && letter != '\n' {
            let mut units = [0; 2];
            plain.extend(letter.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            plain.push(letter);
        }
    }
    plain.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_shown_and_everything_else_stays() {
        for (text, expected) in [
            ("quiet", "quiet"),
            ("čárka, 点, 🎞, e\u{301}", "čárka, 点, 🎞, e\u{301}"),
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("a\nerror: b\r\t", "a\\nerror: b\\r\\t"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("gpj\u{202e}.exe", "gpj\\u{202e}.exe"),
        ] {
            assert_eq!(plain(text), expected);
        }
        assert_eq!(indented("a\nerror: b\u{7}\n"), "a\n    error: b\\u{7}");
    }

    #[test]
    fn json_means_the_same() {
        let value = serde_json::json!({ "a\u{9b}": "\u{1b}\u{202e}\u{e0001}\n", "b": [1, "x"] });
        let json = serde_json::to_string(&value).unwrap();
        let plain = plain_json(&json);
        assert!(!plain.contains(acts));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&plain).unwrap(), value);
    }
}
