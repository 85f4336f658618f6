//! Determines the role of an entry by its name, and the frame that a name refers to.
//!
//! Archivers prepend `./` or `/`, tools change case, padding and extension, and names in `timing.json` may include a
//! folder. This module normalises all of that, for the archive and for `timing.json` alike: the numbers in its name
//! identify a frame.

/// The identity of a frame: its number; or for a frame named after the time, the parts of the date, which sort in
/// order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameNumber(Vec<u64>);

impl FrameNumber {
    /// The frame of this number.
    pub fn of(number: u64) -> Self {
        FrameNumber(vec![number])
    }

    /// The number, unless it is a date.
    pub fn single(&self) -> Option<u64> {
        match self.0[..] {
            [number] => Some(number),
            _ => None,
        }
    }
}

/// The role of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// A picture.
    Frame(FrameNumber),
    /// `timing.json`
    Timing,
    /// `soundtrack.wav`
    Soundtrack,
    /// Not read.
    Other,
}

/// The role of an entry of this name. Only entries at the top of the archive have one.
pub fn role(name: &str) -> Role {
    let name = at_top(name).to_ascii_lowercase();
    match name.as_str() {
        "timing.json" => Role::Timing,
        "soundtrack.wav" => Role::Soundtrack,
        name if has_picture_extension(name) => number(name).map_or(Role::Other, Role::Frame),
        _ => Role::Other,
    }
}

/// The frame that a row of `timing.json` refers to by this file name, with any folder and extension.
pub fn frame_named(name: &str) -> Option<FrameNumber> {
    number(&name.rsplit(['/', '\\']).next()?.trim().to_ascii_lowercase())
}

/// A name without a prefix that means "here" or "from the top".
fn at_top(mut name: &str) -> &str {
    while let Some(rest) = ["./", ".\\", "/", "\\"].iter().find_map(|prefix| name.strip_prefix(prefix)) {
        name = rest;
    }
    name
}

fn has_picture_extension(name: &str) -> bool {
    [".png", ".webp"].iter().any(|extension| name.ends_with(extension))
}

/// The numbers in a frame's name, in lower case: `frame-00007.png`, `frame_2025.10.17.9.5.3.012.png`. The last part is
/// the extension if it is not a number.
fn number(name: &str) -> Option<FrameNumber> {
    let rest = name.strip_prefix("frame-").or_else(|| name.strip_prefix("frame_"))?;
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let numbers = match rest.rsplit_once('.') {
        Some((numbers, extension)) if !is_number(extension) => numbers,
        _ => rest,
    };
    let numbers = numbers.split('.').map(|part| is_number(part).then(|| part.parse().ok()).flatten());
    numbers.collect::<Option<_>>().map(FrameNumber)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(number: u64) -> Role {
        Role::Frame(FrameNumber::of(number))
    }

    #[test]
    fn prefix_case_padding_and_extension_make_no_difference() {
        for name in ["frame-00007.png", "./frame-7.png", "/FRAME_0007.PNG", ".//./frame-007.webp", ".\\Frame-07.WebP"] {
            assert_eq!(role(name), frame(7), "{name}");
        }
        assert_eq!([role("./TIMING.json"), role("/Soundtrack.WAV")], [Role::Timing, Role::Soundtrack]);
        let date = FrameNumber(vec![2025, 1, 2, 3, 4, 5, 678]);
        assert_eq!(role("frame_2025.1.2.3.4.5.678.png"), Role::Frame(date.clone()));
        assert_eq!(frame_named("frames/Frame_2025.01.02.3.4.5.678"), Some(date));
        for name in ["frames/frame-00007.png", "C:\\tape\\frame-7.jpg", "./frame-7", " frame-7.png "] {
            assert_eq!(frame_named(name), Some(FrameNumber::of(7)), "{name}");
        }
    }

    #[test]
    fn only_the_names_recorders_write_mean_anything() {
        for name in [
            "../frame-0.png",
            "a/frame-0.png",
            "..\\frame-0.png",
            "C:\\frame-0.png",
            "frame-.png",
            "frame-x.png",
            "frame-+1.png",
            "frame-1.gif",
            "frame-1",
            "frame-99999999999999999999.png",
            "1.png",
            "a/timing.json",
            "../soundtrack.wav",
            "soundtrack.mp3",
        ] {
            assert_eq!(role(name), Role::Other, "{name}");
        }
    }

    #[test]
    fn numbers_sort_as_numbers_and_dates_part_by_part() {
        let number = |name| frame_named(name).unwrap();
        assert!(number("frame-9.png") < number("frame-10.png"));
        assert!(number("frame_2025.10.17.9.5.9.999.png") < number("frame_2025.10.17.9.5.10.001.png"));
    }
}
