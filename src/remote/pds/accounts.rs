//! Accounts on the server: their state, and creating new ones.

use atrium_api::com::atproto::identity::resolve_handle;
use atrium_api::com::atproto::server::{create_account, create_invite_code};
use atrium_api::com::atproto::sync::get_repo_status;
use secrecy::{ExposeSecret, SecretString};

use super::client::Pds;
use super::exchange::Call;
use super::syntax::parse;
use crate::error::{Error, RemoteError, Result};

/// The state of a repo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RepoStatus {
    /// It can be read and written.
    Active,
    /// It cannot: `deactivated`, `takendown`, `throttled`, or without a reason from the server.
    Inactive(Option<String>),
    /// The server has no repo for that DID.
    Missing,
}

impl Pds {
    /// The state of a repo according to this server, which may also be a relay.
    ///
    /// # Errors
    /// If it does not respond.
    pub async fn repo_status(&self, did: &str) -> Result<RepoStatus> {
        let parameters = get_repo_status::ParametersData { did: parse(did, "did")? };
        let call = Call::read(get_repo_status::NSID);
        let output: get_repo_status::OutputData = match self.query(call, Some(parameters)).await {
            Err(Error::Remote(RemoteError::Refused { name, .. })) if name == "RepoNotFound" => {
                return Ok(RepoStatus::Missing);
            }
            output => output?,
        };
        Ok(if output.active { RepoStatus::Active } else { RepoStatus::Inactive(output.status) })
    }

    /// The DID of a handle, if it has one.
    ///
    /// # Errors
    /// If the server does not respond, or the text is not a valid handle.
    pub async fn resolve_handle(&self, handle: &str) -> Result<Option<String>> {
        let parameters = resolve_handle::ParametersData { handle: parse(handle, "handle")? };
        let call = Call::read(resolve_handle::NSID);
        match self.query::<_, resolve_handle::OutputData>(call, Some(parameters)).await {
            Ok(output) => Ok(Some(output.did.to_string())),
            Err(Error::Remote(RemoteError::Refused { status: 400, .. })) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Creates an invite code for one account.
    ///
    /// # Errors
    /// If the operator's password is wrong, or the server does not respond.
    pub async fn create_invite_code(&self, admin_password: &SecretString) -> Result<SecretString> {
        let input = create_invite_code::InputData { for_account: None, use_count: 1 };
        let call = Call::administer(create_invite_code::NSID, admin_password);
        let output: create_invite_code::OutputData = self.procedure(call, None, &input).await?;
        Ok(output.code.into())
    }

    /// Creates an account; returns its DID.
    ///
    /// # Errors
    /// If the server refuses, usually for the handle or the email address; [`RemoteError::Uncertain`] if the account
    /// may or may not exist, which a login tells.
    pub async fn create_account(
        &self,
        handle: &str,
        email: &str,
        password: &SecretString,
        invite_code: Option<&SecretString>,
    ) -> Result<String> {
        let input = create_account::InputData {
            did: None,
            email: Some(email.into()),
            handle: parse(handle, "handle")?,
            invite_code: invite_code.map(|code| code.expose_secret().into()),
            password: Some(password.expose_secret().into()),
            plc_op: None,
            recovery_key: None,
            verification_code: None,
            verification_phone: None,
        };
        let output: create_account::OutputData = self.procedure(Call::join(create_account::NSID), None, &input).await?;
        Ok(output.did.to_string())
    }
}
