//! Colors of the pictures that commands draw. The ground is dark so that the tapes' own colors stand out.

use crate::draw::Color;

/// The background.
pub const GROUND: Color = [22, 20, 30];
/// The background of panels.
pub const PANEL: Color = [33, 30, 45];
/// Grid lines.
pub const GRID: Color = [56, 52, 74];
/// Names and numbers.
pub const TEXT: Color = [226, 221, 235];
/// Captions.
pub const FAINT: Color = [146, 139, 168];
/// Quality.
pub const QUALITY: Color = [125, 222, 176];
/// Bytes.
pub const BYTES: Color = [246, 152, 92];
/// The worst frame.
pub const WORST: Color = [255, 92, 122];
