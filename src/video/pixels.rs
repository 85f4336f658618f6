//! Locates and interprets the colours of a decoded frame.

use ffmpeg_next as ffmpeg;

use ffmpeg::{color, format, frame};

use super::reduce::{Coding, Component, Matrix, Swing};

/// Flags of formats whose samples are not plain numbers of one byte, or of two little-endian bytes.
const ODD_FORMATS: u64 = (ffmpeg::ffi::AV_PIX_FMT_FLAG_PAL
    | ffmpeg::ffi::AV_PIX_FMT_FLAG_BITSTREAM
    | ffmpeg::ffi::AV_PIX_FMT_FLAG_BE
    | ffmpeg::ffi::AV_PIX_FMT_FLAG_FLOAT
    | ffmpeg::ffi::AV_PIX_FMT_FLAG_HWACCEL) as u64;

/// The tagged range, if any.
pub fn swing(range: color::Range) -> Option<Swing> {
    match range {
        color::Range::JPEG => Some(Swing::Full),
        color::Range::MPEG => Some(Swing::Limited),
        color::Range::Unspecified => None,
    }
}

/// The meaning of a frame's samples; `None` for unsupported colours.
pub fn coding(frame: &frame::Video, is_rgb: bool) -> Option<Coding> {
    use color::Space;
    let matrix = match frame.color_space() {
        _ if is_rgb => return Some(Coding::Rgb),
        Space::BT709 => Matrix::Bt709,
        Space::Unspecified | Space::FCC | Space::BT470BG | Space::SMPTE170M => Matrix::Bt601,
        _ => return None,
    };
    Some(Coding::Yuv(matrix, frame_swing(frame)))
}

fn frame_swing(frame: &frame::Video) -> Swing {
    use format::Pixel::{YUVJ411P, YUVJ420P, YUVJ422P, YUVJ440P, YUVJ444P};
    let is_full = matches!(frame.format(), YUVJ411P | YUVJ420P | YUVJ422P | YUVJ440P | YUVJ444P);
    swing(frame.color_range()).unwrap_or(if is_full { Swing::Full } else { Swing::Limited })
}

/// The places of a frame's three colour components, and whether they are red, green and blue. `None` unless they are
/// plain numbers. libav describes all its formats, so none is named here.
pub fn components(frame: &frame::Video) -> Option<([Component<'_>; 3], bool)> {
    // SAFETY: descriptors are constants of libav.
    let description = unsafe { &*frame.format().descriptor()?.as_ptr() };
    let components = description.comp.first_chunk::<3>()?;
    let plain = components.iter().all(|component| (8..=16).contains(&component.depth));
    if description.nb_components < 3 || !plain || description.flags & ODD_FORMATS != 0 {
        return None;
    }
    let is_rgb = description.flags & ffmpeg::ffi::AV_PIX_FMT_FLAG_RGB as u64 != 0;
    let chroma = if is_rgb { (0, 0) } else { (description.log2_chroma_w, description.log2_chroma_h) };
    let component = |index: usize| {
        let (component, halved) = (components[index], if index == 0 { (0, 0) } else { chroma });
        let (plane, first) = (component.plane as usize, component.offset as usize);
        let data = frame.data(plane).get(first..).unwrap_or_default();
        let (depth, shift) = (component.depth as u32, component.shift as u32);
        Component { data, stride: frame.stride(plane), step: component.step as usize, halved, depth, shift }
    };
    Some(([component(0), component(1), component(2)], is_rgb))
}
