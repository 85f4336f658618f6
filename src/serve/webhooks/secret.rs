//! Secrets that an endpoint and the service share, and their signatures, according to Standard Webhooks 1.0.0:
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// The prefix of these secrets.
const PREFIX: &str = "whsec_";

/// Bytes of a secret; the specification requires 24 to 64.
const BYTES: usize = 32;

/// The label that derives the key for callbacks, so that it has no other use.
const CALLBACKS: &[u8] = b"telecine callback";

/// A shared secret: `whsec_` and base64. Prints as `***`.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// A new random secret.
    ///
    /// # Panics
    /// If the system has no random numbers.
    #[must_use]
    pub fn generate() -> Secret {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes).expect("the system provides random numbers");
        Secret::of(&bytes)
    }

    /// The secret that signs callbacks. It verifies our callbacks, but does not allow requests to bake.
    ///
    /// # Panics
    /// Never: keys of any length are accepted.
    #[must_use]
    pub fn of_callbacks(secret: &SecretString) -> Secret {
        Secret::of(&authenticate(secret.expose_secret().as_bytes(), &[CALLBACKS]))
    }

    /// Parses a stored secret; `None` if it is invalid.
    #[must_use]
    pub fn parse(text: &str) -> Option<Secret> {
        let encoded = text.strip_prefix(PREFIX)?;
        STANDARD.decode(encoded).is_ok().then(|| Secret(text.into()))
    }

    /// The full secret, for its owner.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    fn of(bytes: &[u8]) -> Secret {
        Secret(format!("{PREFIX}{}", STANDARD.encode(bytes)).into())
    }

    fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let key = STANDARD.decode(&self.expose()[PREFIX.len()..]).expect("checked where it was made");
        let head = format!("{id}.{timestamp}.");
        format!("v1,{}", STANDARD.encode(authenticate(&key, &[head.as_bytes(), body])))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// The value of `webhook-signature`: a signature with each secret. A receiver accepts any that it can verify.
#[must_use]
pub fn signature(secrets: &[&Secret], id: &str, timestamp: i64, body: &[u8]) -> String {
    let signatures: Vec<_> = secrets.iter().map(|secret| secret.sign(id, timestamp, body)).collect();
    signatures.join(" ")
}

fn authenticate(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("keys of any length are accepted");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's own libraries.
    const ID: &str = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";
    const TIMESTAMP: i64 = 1_649_367_553;
    const BODY: &[u8] = br#"{"email":"test@example.com","username":"test_user"}"#;

    #[test]
    fn the_specifications_example_has_its_signature() {
        let secret = Secret::parse("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").unwrap();
        let expected = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";
        assert_eq!(signature(&[&secret], ID, TIMESTAMP, BODY), expected);
        let both = signature(&[&Secret::generate(), &secret], ID, TIMESTAMP, BODY);
        assert_eq!(both.split(' ').nth(1), Some(expected));
    }

    #[test]
    fn every_secret_is_another_of_the_length_that_is_asked_for_and_none_is_printed() {
        let (one, other) = (Secret::generate(), Secret::generate());
        assert_ne!(one.expose(), other.expose());
        let bytes = STANDARD.decode(&one.expose()[PREFIX.len()..]).unwrap();
        assert!((24..=64).contains(&bytes.len()));
        assert_eq!(format!("{one:?} {:?}", Some(&other)), "*** Some(***)");
        assert_eq!(Secret::parse(one.expose()).unwrap().expose(), one.expose());
        for wrong in ["", "whsec_", "whsec_not base64", "whpk_AAAA"].into_iter().skip(2).chain(["secret"]) {
            assert!(Secret::parse(wrong).is_none(), "{wrong:?}");
        }
    }

    #[test]
    fn the_key_of_callbacks_follows_from_the_secret_and_does_not_tell_it() {
        let secret = SecretString::from("the oven's secret");
        let key = Secret::of_callbacks(&secret);
        assert_eq!(key.expose(), Secret::of_callbacks(&secret).expose());
        assert_ne!(key.expose(), Secret::of_callbacks(&"another".into()).expose());
        assert!(!key.expose().contains(&STANDARD.encode("the oven's secret")));
    }
}
