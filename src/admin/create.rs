//! Creates a member's account on the PDS. A crash at any point leaves an account whose password is known.
//!
//! ```text
//! plan ─▶ store the password ─▶ createAccount ─▶ save the account
//!           MongoDB, pending       PDS             MongoDB, for all
//! ```
//!
//! A login shows whether this run or an earlier one created the account.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::SecretString;

use crate::error::{Error, RemoteError, Result, SyncError};
use crate::remote::mongo::{Member, Mongo, Owner, Pending};
use crate::remote::pds::{Pds, Server};

/// Random bytes in a password: too many to guess, in 32 characters.
const PASSWORD_BYTES: usize = 24;

/// The name of the account for anonymous items.
const GUEST_NAME: &str = "art";

/// The owner of a new account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// The user with this handle on the site.
    Named(String),
    /// The guest account, for items made without an account.
    Guest,
}

/// A plan to create an account.
#[derive(Debug, Clone)]
pub struct CreationPlan {
    /// The owner of the account.
    pub member: Member,
    /// Handles for the account, the preferred one first.
    pub handles: Vec<Wish>,
}

/// A candidate for the handle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The handle.
    pub handle: String,
    /// Whether it is taken. Handles that the server reserves show only on creation.
    pub is_taken: bool,
}

/// An account that now exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedAccount {
    /// Its repo.
    pub did: String,
    /// Its handle.
    pub handle: String,
    /// Whether an earlier run created it.
    pub was_there: bool,
}

/// Looks up the member and checks handles.
///
/// # Errors
/// If no user has that handle, or a server does not respond.
pub async fn plan(mongo: &Mongo, pds: &Pds, server: &Server, who: &Who) -> Result<CreationPlan> {
    let (member, name) = match who {
        Who::Guest => (mongo.member(&Owner::Guest).await?, GUEST_NAME.to_owned()),
        Who::Named(handle) => {
            let bare = handle.strip_prefix('@').unwrap_or(handle);
            let nobody = || Error::Sync(SyncError::UnknownHandle { handle: bare.into() });
            (mongo.member_named(bare).await?.ok_or_else(nobody)?, bare.to_owned())
        }
    };
    let missing = || Error::Sync(SyncError::NoDomain);
    let domain = server.user_domains.first().ok_or_else(missing)?;
    let mut handles = Vec::new();
    for name in [Some(&name), member.code.as_ref()].into_iter().flatten() {
        let handle = format!("{}{domain}", name.to_lowercase().replace(['.', '_'], "-"));
        let is_taken = match pds.resolve_handle(&handle).await {
            Ok(did) => did.is_some(),
            // Not a valid handle, so not available either.
            Err(Error::Remote(RemoteError::Malformed { .. })) => continue,
            Err(error) => return Err(error),
        };
        handles.push(Wish { handle, is_taken });
    }
    Ok(CreationPlan { member, handles })
}

/// Creates the account, with an invite code if `admin_password` is given.
///
/// # Errors
/// If no handle is available, the server refuses the email address, or a server does not respond.
pub async fn create(
    mongo: &Mongo,
    pds: &Pds,
    plan: &CreationPlan,
    email: &str,
    admin_password: Option<&SecretString>,
) -> Result<CreatedAccount> {
    if let Some(pending) = &plan.member.pending
        && let Some(did) = try_login(pds, pending).await?
    {
        return finish(mongo, pds, plan, pending, did, true).await;
    }
    let fresh = password();
    // One is enough: an attempt whose handle is refused does not use it up.
    let invite_code = match admin_password {
        Some(password) => Some(pds.create_invite_code(password).await?),
        None => None,
    };
    for Wish { handle, .. } in &plan.handles {
        let member = mongo.keep_pending(&plan.member.owner, handle, &fresh).await?;
        let Some(pending) = member.pending else {
            return Err(SyncError::AlreadyMade { owner: plan.member.owner.to_string() }.into());
        };
        match pds.create_account(handle, email, &pending.password, invite_code.as_ref()).await {
            Ok(did) => return finish(mongo, pds, plan, &pending, did, false).await,
            Err(error) if is_about_handle(&error) || matches!(error, Error::Remote(RemoteError::Uncertain { .. })) => {
                // Taken, possibly by an earlier run.
                match try_login(pds, &pending).await? {
                    Some(did) => return finish(mongo, pds, plan, &pending, did, true).await,
                    None if matches!(error, Error::Remote(RemoteError::Uncertain { .. })) => return Err(error),
                    None => tracing::info!(handle, chain = ?error.chain(), "handle is not available"),
                }
            }
            Err(error) => return Err(error),
        }
    }
    let handles: Vec<_> = plan.handles.iter().map(|wish| wish.handle.as_str()).collect();
    let owner = plan.member.owner.to_string();
    Err(SyncError::NoHandle { owner, how: "refused", handles: handles.join(" and ") }.into())
}

async fn finish(
    mongo: &Mongo,
    pds: &Pds,
    plan: &CreationPlan,
    pending: &Pending,
    did: String,
    was_there: bool,
) -> Result<CreatedAccount> {
    mongo.save_account(&plan.member.owner, &did, pending, pds.url()).await?;
    Ok(CreatedAccount { did, handle: pending.handle.clone(), was_there })
}

/// The repo of an account, if it exists and this is its password.
async fn try_login(pds: &Pds, pending: &Pending) -> Result<Option<String>> {
    match pds.login(&pending.handle, &pending.password).await {
        Ok(session) => Ok(Some(session.did().to_owned())),
        Err(Error::Remote(RemoteError::Refused { status: 401, .. })) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether another handle may work: this one is taken, reserved or not acceptable to the server.
fn is_about_handle(error: &Error) -> bool {
    match error {
        Error::Remote(RemoteError::Refused { name, message, .. }) => {
            matches!(name.as_str(), "InvalidHandle" | "HandleNotAvailable") || message.contains("Handle already taken")
        }
        _ => false,
    }
}

fn password() -> SecretString {
    let mut bytes = [0; PASSWORD_BYTES];
    getrandom::fill(&mut bytes).expect("the system provides random numbers");
    BASE64_URL_SAFE_NO_PAD.encode(bytes).into()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn passwords_are_long_and_never_the_same() {
        let [one, other] = [password(), password()];
        assert_eq!(one.expose_secret().len(), 32);
        assert_ne!(one.expose_secret(), other.expose_secret());
    }
}
