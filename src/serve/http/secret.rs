//! Compares secrets in constant time.

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Whether the given text is the secret. Always false if the secret is not set.
#[must_use]
pub fn knows(given: &str, secret: Option<&SecretString>) -> bool {
    let Some(secret) = secret else { return false };
    // Hashes have a fixed length, so the length of the secret does not leak either.
    let (given, secret) = (Sha256::digest(given), Sha256::digest(secret.expose_secret()));
    given.ct_eq(&secret).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_secret_opens_and_one_that_is_not_set_opens_nothing() {
        let secret = SecretString::from("correct horse");
        assert!(knows("correct horse", Some(&secret)));
        for wrong in ["", "correct", "correct horse ", "Correct horse"] {
            assert!(!knows(wrong, Some(&secret)), "{wrong:?}");
        }
        assert!(!knows("", None) && !knows("undefined", None));
    }
}
