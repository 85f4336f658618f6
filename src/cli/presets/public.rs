//! The preset for videos that everybody is to see.

use super::super::outcome::usage_error;
use super::super::report::say;
use super::choice::{PresetFile, STANDARD};
use crate::video::{Player, Preset};

impl PresetFile {
    /// The preset for videos that records point to, and so for everybody: `named`, or the standard one. One that Safari
    /// does not play must be named; then that is only said. Ends the process with a usage error if there is none.
    pub fn public(&self, named: Option<&str>) -> Preset {
        let preset = self.preset(named.unwrap_or(STANDARD));
        if !preset.plays_in(Player::Safari) {
            let players: Vec<_> = preset.plays_in.iter().map(|player| player.name()).collect();
            let what = format!("preset {} does not play in Safari, only in {}", preset.name, players.join(" and "));
            if named.is_none() {
                usage_error(format!("{what}; name it with --preset if records may have such videos"));
            }
            say(format!("warning: {what}; on iPhones and most Macs, tapes will show nothing"));
        }
        preset
    }
}
