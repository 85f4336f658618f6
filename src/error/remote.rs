//! Errors of servers.

use super::{Cause, Disposition, Fault};

/// Why a file cannot be fetched from its address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressProblem {
    /// It is not a URL.
    #[error("is not a valid URL")]
    Malformed,
    /// It is outside the site's buckets.
    #[error("is outside the site's buckets")]
    Foreign,
    /// No file exists there.
    #[error("does not exist")]
    Absent,
    /// The server refuses the request for another reason.
    #[error("returned {status}")]
    Declined {
        /// The HTTP status and its meaning, or the server's name for the error.
        status: String,
    },
    /// It cannot be signed with our keys.
    #[error("cannot be signed")]
    Unsigned,
}

/// Errors of servers: MongoDB, Spaces, the PDS.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteError {
    /// An operation of `MongoDB` failed.
    #[error("mongodb failed to {doing}")]
    Database {
        /// The action that failed: `list the indexes`.
        doing: String,
        /// Whether a retry may succeed: a lost connection, an election.
        is_transient: bool,
        /// The driver's error.
        source: Cause,
    },
    /// A text does not have the syntax that the protocol requires.
    #[error("{kind} {text:?} is invalid")]
    Malformed {
        /// The kind of text: `handle`.
        kind: &'static str,
        /// The text.
        text: String,
    },
    /// A record cannot be encoded in a request.
    #[error("record cannot be sent")]
    Unsendable {
        /// Why.
        source: Cause,
    },
    /// A document is not a valid item.
    #[error("{item} {reason}")]
    UnusableItem {
        /// The requested item: `tape 9Yo`.
        item: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The owner of an item is not a user who can have an account.
    #[error("{owner} is not a user who can have an account")]
    NoMember {
        /// The owner as MongoDB has it.
        owner: String,
    },
    /// Another program gave the owner an account while this one was being created.
    #[error("{owner} was given another account meanwhile; the new account {did} was not saved")]
    OtherAccount {
        /// The owner.
        owner: String,
        /// The new account.
        did: String,
    },
    /// Access to a file in Spaces, or elsewhere on the web, is denied.
    #[error("{url} is not readable")]
    NotReadable {
        /// The file.
        url: String,
    },
    /// A file cannot be fetched from its address.
    #[error("{url} {problem}")]
    Address {
        /// The file.
        url: String,
        /// Why not.
        problem: AddressProblem,
    },
    /// A file has a content encoding that cannot be decoded.
    #[error("{url} has the content encoding {encoding}, which cannot be decoded")]
    Encoding {
        /// The file.
        url: String,
        /// The encoding.
        encoding: String,
        /// Why it cannot be decoded.
        source: Cause,
    },
    /// A file could not be downloaded; a retry may succeed.
    #[error("{url} could not be downloaded in {attempts} attempts")]
    Download {
        /// The file.
        url: String,
        /// The number of attempts.
        attempts: u32,
        /// The last error.
        source: Cause,
    },
    /// A file could not be uploaded; a retry may succeed.
    #[error("{url} could not be uploaded")]
    Upload {
        /// The destination.
        url: String,
        /// Spaces' error.
        source: Cause,
    },
    /// A server understood a request and refused it.
    #[error("{call} was refused with {status} {name}: {message}")]
    Refused {
        /// The method: `com.atproto.repo.applyWrites`.
        call: &'static str,
        /// The HTTP status.
        status: u16,
        /// The server's name for the error: `InvalidRequest`.
        name: String,
        /// The server's message.
        message: String,
    },
    /// The credentials of an account log in to another account.
    #[error("{account} logs in to {found} instead of {expected}")]
    Identity {
        /// The account's name.
        account: String,
        /// The account's repo.
        expected: String,
        /// The repo that the session may write to.
        found: String,
    },
    /// A request or a blob exceeds the server's limit.
    #[error("{call} sent {size} bytes; the server's limit is lower")]
    TooLarge {
        /// The method.
        call: &'static str,
        /// The length that was refused.
        size: u64,
    },
    /// The server has the repo, but it is not active: `deactivated on the PDS`.
    #[error("account is {status}")]
    Away {
        /// Its state.
        status: &'static str,
    },
    /// Another program has written to the repo or the record meanwhile: read it again.
    #[error("{call} found that the repo has changed")]
    InvalidSwap {
        /// The method.
        call: &'static str,
    },
    /// A server could not be reached, or could not respond; nothing has happened.
    #[error("{call} got no response in {attempts} attempts")]
    Unavailable {
        /// The method.
        call: &'static str,
        /// The number of attempts.
        attempts: u32,
        /// The last error.
        source: Cause,
    },
    /// The server limits its rate for longer than the patience allows; nothing has happened.
    #[error("{what} are limited until {}", until.strftime("%Y-%m-%d %H:%M UTC"))]
    Postponed {
        /// The limited resource, in a word: `logins`.
        what: &'static str,
        /// The end of the limit.
        until: jiff::Timestamp,
    },
    /// The server stored something other than what was sent.
    #[error("record was stored as {is}, but sent as {sent}")]
    Altered {
        /// The hash of the stored record according to the server, or `nothing`.
        is: String,
        /// The hash of the record that was sent.
        sent: String,
    },
    /// A write was sent and no response came back: it may or may not have happened. Read before writing again.
    #[error("{call} may or may not have happened")]
    Uncertain {
        /// The method.
        call: &'static str,
        /// What came instead of a response.
        source: Cause,
    },
    /// A server's response violates the protocol.
    #[error("{call} returned an invalid response")]
    Answer {
        /// The method.
        call: &'static str,
        /// What is wrong with it.
        source: Cause,
    },
}

impl RemoteError {
    /// Whose fault it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        use RemoteError::{
            Address, Away, Encoding, Identity, Malformed, NoMember, NotReadable, OtherAccount, TooLarge, Unsendable,
            UnusableItem,
        };
        match self {
            Malformed { .. } | UnusableItem { .. } | NoMember { .. } | Address { .. } | Encoding { .. } => Fault::Input,
            NotReadable { .. } | OtherAccount { .. } | Identity { .. } | Away { .. } => Fault::Operator,
            Unsendable { .. } | TooLarge { .. } => Fault::Ours,
            _ => Fault::Server,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn disposition(&self) -> Disposition {
        use RemoteError::{Answer, Database, Download, InvalidSwap, Postponed, Unavailable, Uncertain, Upload};
        match self {
            Uncertain { .. } => Disposition::LookFirst,
            Postponed { until, .. } => Disposition::Retry { after: Some(*until) },
            Database { is_transient: true, .. }
            | Download { .. }
            | Upload { .. }
            | Unavailable { .. }
            | InvalidSwap { .. }
            | Answer { .. } => Disposition::Retry { after: None },
            _ => Disposition::Drop,
        }
    }
}
