//! Serialises numbers with three decimals, without the extra digits of binary fractions.

use serde::Serializer;

/// A number, for `serialize_with`.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
pub fn one<S: Serializer>(number: &f32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((f64::from(*number) * 1000.0).round() / 1000.0)
}

/// The same for an optional number.
#[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
pub fn optional<S: Serializer>(number: &Option<f32>, serializer: S) -> Result<S::Ok, S::Error> {
    match number {
        Some(number) => one(number, serializer),
        None => serializer.serialize_none(),
    }
}
