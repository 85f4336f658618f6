//! A member's account on the PDS, made so that a crash anywhere leaves one that can be got into.
//!
//! ```text
//! plan ─▶ keep the password ─▶ createAccount ─▶ save the account
//!           MongoDB, pending       PDS             MongoDB, for all
//! ```
//!
//! When it is not known whether an account has been made, by this run or one before, logging in to it tells.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::SecretString;

use crate::error::{Error, RemoteError, Result, SyncError};
use crate::remote::mongo::{Member, Mongo, Owner, Pending};
use crate::remote::pds::{Pds, Server};

/// Random bytes in a password: as many as no one ever tries, in 32 characters.
const PASSWORD_BYTES: usize = 24;

/// What the account for anonymous items is called.
const GUEST_NAME: &str = "art";

/// For whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// Whoever has this handle on the site.
    Named(String),
    /// Those who made something without an account.
    Guest,
}

/// What is to be done.
#[derive(Debug, Clone)]
pub struct CreationPlan {
    /// For whom.
    pub member: Member,
    /// Handles for the account, the one that is wanted most first.
    pub handles: Vec<Wish>,
}

/// A handle that an account may get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The handle.
    pub handle: String,
    /// Whether somebody has it. What the server keeps back for itself shows only when it is asked for.
    pub is_taken: bool,
}

/// An account that is there now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedAccount {
    /// Its repo.
    pub did: String,
    /// Its handle.
    pub handle: String,
    /// Whether a run before this one has made it.
    pub was_there: bool,
}

/// Looks for the member and for handles.
///
/// # Errors
/// When nobody has that handle, or a server does not answer.
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
            // It is none that could be asked for; nor could it be had.
            Err(Error::Remote(RemoteError::Malformed { .. })) => continue,
            Err(error) => return Err(error),
        };
        handles.push(Wish { handle, is_taken });
    }
    Ok(CreationPlan { member, handles })
}

/// Makes the account, with an invite code if `admin_password` is given.
///
/// # Errors
/// When no handle can be had, the server declines the address, or a server does not answer.
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
    // One is enough: those whose handle is refused do not use it up.
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
                // Taken, maybe by ourselves.
                match try_login(pds, &pending).await? {
                    Some(did) => return finish(mongo, pds, plan, &pending, did, true).await,
                    None if matches!(error, Error::Remote(RemoteError::Uncertain { .. })) => return Err(error),
                    None => tracing::info!(handle, chain = ?error.chain(), "handle cannot be had"),
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

/// The repo of an account, if it is there and this is its password.
async fn try_login(pds: &Pds, pending: &Pending) -> Result<Option<String>> {
    match pds.login(&pending.handle, &pending.password).await {
        Ok(session) => Ok(Some(session.did().to_owned())),
        Err(Error::Remote(RemoteError::Refused { status: 401, .. })) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether another handle may do: this one is taken, kept back, or of a form that the server does not want.
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
    getrandom::fill(&mut bytes).expect("the system has random numbers, or nothing on it is safe");
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
