//! Secrets are compared in a time that does not depend on them.

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Whether somebody knows a secret. Nobody knows one that is not set.
#[must_use]
pub fn knows(given: &str, secret: Option<&SecretString>) -> bool {
    let Some(secret) = secret else { return false };
    // Hashes are of one length: that of the secret does not show either.
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
