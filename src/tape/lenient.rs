//! Repairs JSON that editors, scripts and full disks have damaged.

use std::borrow::Cow;

/// Text as UTF-8 without a byte order mark and without trailing NULs, which a preallocated file has.
pub fn plain(bytes: &[u8]) -> Cow<'_, [u8]> {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = bytes.as_chunks::<2>().0.iter().map(|&pair| unit(pair));
        char::decode_utf16(units).map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)).collect::<String>()
    };
    let text: Cow<[u8]> = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => rest.into(),
        [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes).into_bytes().into(),
        [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes).into_bytes().into(),
        // Without a mark: JSON starts with an ASCII character, and one of its two bytes is 0.
        [1..=127, 0, 1..=127, 0, ..] => wide(bytes, u16::from_le_bytes).into_bytes().into(),
        [0, 1..=127, 0, 1..=127, ..] => wide(bytes, u16::from_be_bytes).into_bytes().into(),
        bytes => bytes.into(),
    };
    let end = text.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    match text {
        Cow::Borrowed(text) => text[..end].into(),
        Cow::Owned(mut text) => {
            text.truncate(end);
            text.into()
        }
    }
}

/// JSON without invalid parts that some writers leave: commas before a closing bracket; `NaN` and `Infinity`, where
/// JavaScript writes `null`. `None` if there are none.
pub fn repaired(json: &[u8]) -> Option<Vec<u8>> {
    const WORDS: [&[u8]; 3] = [b"-Infinity", b"Infinity", b"NaN"];
    let mut out = Vec::with_capacity(json.len());
    let (mut rest, mut in_string) = (json, false);
    // The position of the last comma in `out`, if only space has followed.
    let mut comma = None;
    while let Some(&byte) = rest.first() {
        let word = WORDS.iter().find(|word| !in_string && rest.starts_with(word));
        let (text, taken) = match word {
            Some(word) => (&b"null"[..], word.len()),
            None if in_string && byte == b'\\' => (&rest[..rest.len().min(2)], 2),
            None => (&rest[..1], 1),
        };
        match byte {
            b',' if !in_string && !matches!(last_of(&out), None | Some(b'[' | b'{' | b',')) => comma = Some(out.len()),
            b']' | b'}' if !in_string => {
                if let Some(comma) = comma.take() {
                    out.remove(comma);
                }
            }
            byte if byte.is_ascii_whitespace() => {}
            _ => comma = None,
        }
        in_string ^= byte == b'"';
        out.extend_from_slice(text);
        rest = rest.get(taken..).unwrap_or_default();
    }
    // Writers that append a row and a comma each time leave one at the end.
    if let Some(comma) = comma {
        out.truncate(comma);
    }
    (out != json).then_some(out)
}

/// The last byte that is not a space.
fn last_of(out: &[u8]) -> Option<u8> {
    out.iter().rev().find(|byte| !byte.is_ascii_whitespace()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_wide_characters_and_nulls_make_no_difference() {
        let text = r#"[{"filename": "ünï"}]"#;
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let narrow = text.as_bytes();
        for form in [
            narrow.to_vec(),
            [b"\xEF\xBB\xBF", narrow].concat(),
            [narrow, &[0; 99]].concat(),
            little.clone(),
            big.clone(),
            [&b"\xFF\xFE"[..], &little].concat(),
            [&b"\xFE\xFF"[..], &big, &[0, 0]].concat(),
        ] {
            assert_eq!(plain(&form), narrow, "{form:?}");
        }
        assert_eq!(plain(b""), &b""[..]);
        assert_eq!(plain(b"\0\0\0"), &b""[..]);
        assert_eq!(plain(b"\xFF\xFE[\0\x01"), &b"["[..]);
    }

    #[test]
    fn commas_too_many_and_numbers_that_are_none_are_mended_outside_of_texts() {
        let mended = |json: &str| repaired(json.as_bytes()).map(|json| String::from_utf8(json).unwrap());
        for (json, expected) in [
            ("[1,]", "[1]"),
            ("[1 , \n]", "[1  \n]"),
            (r#"[{"a": 1,},]"#, r#"[{"a": 1}]"#),
            ("[1],", "[1]"),
            (r#"[NaN, "NaN,]", -Infinity,]"#, r#"[null, "NaN,]", null]"#),
            (r#"["\",]",]"#, r#"["\",]"]"#),
        ] {
            assert_eq!(mended(json).as_deref(), Some(expected), "{json}");
        }
        for json in ["[]", "[,]", "[,", "[1,,2]", r#"[",]"]"#, "", "]", ","] {
            assert_eq!(mended(json), None, "{json}");
        }
    }
}
