//! temporary
use super::Outcome;
/// Measure
#[derive(Debug, clap::Args)]
pub struct Arguments {}
pub fn run(_: &Arguments) -> Outcome {
    Outcome::Done
}
