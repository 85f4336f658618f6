//! Colors of the pictures that commands draw: night, so that those of tapes shine.

use crate::draw::Color;

/// Behind everything.
pub const GROUND: Color = [22, 20, 30];
/// Behind what is shown.
pub const PANEL: Color = [33, 30, 45];
/// Lines that help to read.
pub const GRID: Color = [56, 52, 74];
/// Names and numbers.
pub const TEXT: Color = [226, 221, 235];
/// What explains them.
pub const FAINT: Color = [146, 139, 168];
/// Quality.
pub const QUALITY: Color = [125, 222, 176];
/// Bytes.
pub const BYTES: Color = [246, 152, 92];
/// What is worst.
pub const WORST: Color = [255, 92, 122];
