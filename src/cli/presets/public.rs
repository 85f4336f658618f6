//! The preset for published videos.

use super::super::outcome::usage_error;
use super::super::report::say;
use super::choice::{PresetFile, STANDARD};
use crate::video::{Player, Preset};

impl PresetFile {
    /// The preset for videos that records refer to: `named`, or the standard preset. A preset that Safari cannot play
    /// must be named explicitly, and then gives a warning. Ends the process with a usage error if there is no such
    /// preset.
    pub fn public(&self, named: Option<&str>) -> Preset {
        let preset = self.preset(named.unwrap_or(STANDARD));
        if !preset.plays_in(Player::Safari) {
            let players: Vec<_> = preset.plays_in.iter().map(|player| player.name()).collect();
            let what = format!("preset {} does not play in Safari, only in {}", preset.name, players.join(" and "));
            if named.is_none() {
                usage_error(format!("{what}; to publish such videos, name it with --preset"));
            }
            say(format!("warning: {what}; tapes will not play on iPhones and most Macs"));
        }
        preset
    }
}
