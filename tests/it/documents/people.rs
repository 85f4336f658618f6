//! People: those with an account on the PDS, those without, and one whose account is gone.

use serde_json::json;

use super::{AUTUMN, Documents, date};

/// The password of every account.
pub const PASSWORD: &str = "correct horse battery staple";

/// Has made hundreds of things.
pub const JEFFREY: &str = "auth0|63effeeb2a7d55f8098d62f9";
/// Has made a few, among them what is stored in odd places.
pub const IDA: &str = "auth0|6512a0c3e1f0b2d4a6c8e0f1";
/// Has a dot in the handle, and nothing odd.
pub const BASH: &str = "google-oauth2|104857600000000000001";
/// Has an account but no handle on the site; the PDS knows the code.
pub const NAMELESS: &str = "auth0|65a0b1c2d3e4f5a6b7c8d9e0";
/// Has a handle but no account.
pub const GHOST: &str = "auth0|64c3f1a2b3c4d5e6f7a8b9c0";
/// Has an account that the PDS has forgotten.
pub const GONE: &str = "auth0|6400aabbccddeeff00112233";
/// Is nowhere but in the `user` of some items.
pub const MISSING: &str = "auth0|000000000000000000000000";
/// To whom belongs what was made without an account.
pub const GUEST: &str = "art-guest";

/// Adds all of them.
pub fn add(documents: &mut Documents) {
    let accounts = [
        (GUEST, "acGUEST", Some("art"), None),
        (JEFFREY, "ac23jeffr", Some("jeffrey"), Some("jeffrey")),
        (IDA, "ac23idaxx", Some("ida"), Some("ida")),
        (BASH, "ac24bashb", Some("bash-bits"), Some("bash.bits")),
        (NAMELESS, "ac24xzqkw", Some("ac24xzqkw"), None),
        (GHOST, "ac23ghost", None, Some("ghost")),
        (GONE, "ac23gonex", None, Some("gone")),
    ];
    for (index, (sub, code, account, handle)) in accounts.into_iter().enumerate() {
        let mut user = json!({ "_id": sub, "code": code, "when": date(AUTUMN - 86_400_000 * (400 - index as i64)) });
        if let Some(name) = account {
            // Its `did` is known when the account is made.
            user["atproto"] = json!({ "handle": format!("{name}.test"), "password": PASSWORD });
        }
        if sub == GONE {
            let did = "did:plc:gonegonegonegonegonegone";
            user["atproto"] = json!({ "did": did, "handle": "gone.test", "password": PASSWORD });
        }
        documents.file("users").push(user);
        if let Some(handle) = handle {
            documents.file("@handles").push(json!({ "_id": sub, "handle": handle }));
        }
    }
}
