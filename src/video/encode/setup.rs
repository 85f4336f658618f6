//! What an encoder is told that is not the same for all codecs.

/// What libav is told about an encoder that is not the same for all.
pub struct Setup {
    /// Options that follow from the quality, after which come those of the preset.
    pub options: Vec<(&'static str, String)>,
}
