//! Settings of an encoder that depend on the codec.

/// Settings of an encoder that depend on the codec.
pub struct Setup {
    /// Options that follow from the quality; the preset's options come after them.
    pub options: Vec<(&'static str, String)>,
}
