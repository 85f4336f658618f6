//! Words of strangers, so that a terminal shows them and does nothing.
//!
//! Names in archives, slugs, codes and handles may hold anything. What moves a cursor, changes colours, begins a line or
//! turns the direction of writing is shown as an escape, `\u{1b}`.

use std::borrow::Cow;

/// Whether a character does something else than to be seen: controls, and what Unicode has for the direction of
/// writing, for joining and for tags.
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
        // What joins two letters does so between letters only; alone it hides.
        if acts(letter) { plain.extend(letter.escape_default()) } else { plain.push(letter) }
    }
    plain.into()
}

/// A text of several lines, of which the first begins a line of its own and the others are set in, so that none of them
/// looks like one of ours.
pub fn indented(text: &str) -> String {
    text.trim_end().split('\n').map(plain).collect::<Vec<_>>().join("\n    ")
}

/// JSON that says the same and has none of these characters. Outside of its texts there are none.
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
