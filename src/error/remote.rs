//! What goes wrong with servers.

use super::{Cause, Disposition, Fault};

/// Why a file cannot be taken from where it is said to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressProblem {
    /// Nobody could make anything of it.
    #[error("is not an address")]
    Malformed,
    /// It leads elsewhere than to the site's buckets.
    #[error("is none of the site's; nothing is fetched from there")]
    Foreign,
    /// No file is there.
    #[error("is not there")]
    Absent,
    /// The server declines it for another reason.
    #[error("answered with {status}")]
    Declined {
        /// The HTTP status and what it means, or the name that the server has for it.
        status: String,
    },
    /// Our keys make no signature for it.
    #[error("cannot be signed for")]
    Unsigned,
}

/// What goes wrong with servers: MongoDB, Spaces, the PDS.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteError {
    /// `MongoDB` failed to do its part.
    #[error("mongodb failed to {doing}")]
    Database {
        /// The action that failed: `list the indexes`.
        doing: String,
        /// Whether it may succeed later: a lost connection, an election.
        is_transient: bool,
        /// What it said.
        source: Cause,
    },
    /// A text is not of the form that the protocol has for it.
    #[error("{kind} {text:?} is none that the protocol allows")]
    Malformed {
        /// What it should be: `handle`.
        kind: &'static str,
        /// The text.
        text: String,
    },
    /// A record cannot be put into a request.
    #[error("record cannot be sent")]
    Unsendable {
        /// Why.
        source: Cause,
    },
    /// A document cannot be made an item of.
    #[error("{item} {reason}")]
    UnusableItem {
        /// What was asked for: `tape 9Yo`.
        item: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The owner of items is nobody who could have an account.
    #[error("{owner} is nobody who could have an account")]
    NoMember {
        /// The owner as MongoDB has it.
        owner: String,
    },
    /// Somebody else gave the owner an account while this one was being made.
    #[error("{owner} was given another account meanwhile, so that the new one, {did}, was not saved")]
    OtherAccount {
        /// Whose account.
        owner: String,
        /// The new account.
        did: String,
    },
    /// A file in Spaces, or elsewhere on the web, is not for us.
    #[error("{url} is not readable")]
    NotReadable {
        /// The file.
        url: String,
    },
    /// A file cannot be taken from where it is said to be.
    #[error("{url} {problem}")]
    Address {
        /// The file.
        url: String,
        /// Why not.
        problem: AddressProblem,
    },
    /// A file is stored in a form that only those who know the encoding can read.
    #[error("{url} has the content encoding {encoding}, which cannot be undone")]
    Encoding {
        /// The file.
        url: String,
        /// The encoding.
        encoding: String,
        /// Why it cannot.
        source: Cause,
    },
    /// A file could not be fetched, though it may be later.
    #[error("{url} could not be downloaded in {attempts} attempts")]
    Download {
        /// The file.
        url: String,
        /// How often that was tried.
        attempts: u32,
        /// What went wrong last.
        source: Cause,
    },
    /// A file could not be stored, though it may be later.
    #[error("{url} could not be uploaded")]
    Upload {
        /// Where it was to be.
        url: String,
        /// What Spaces said.
        source: Cause,
    },
    /// A server understood a request and declined it.
    #[error("{call} was refused with {status} {name}: {message}")]
    Refused {
        /// The method: `com.atproto.repo.applyWrites`.
        call: &'static str,
        /// The HTTP status.
        status: u16,
        /// The name the server has for this error: `InvalidRequest`.
        name: String,
        /// What it said.
        message: String,
    },
    /// The server takes an account's name and password for another's.
    #[error("{account} logs in to {found} instead of {expected}")]
    Identity {
        /// What the account is called.
        account: String,
        /// Its repo.
        expected: String,
        /// The repo that its session may write to.
        found: String,
    },
    /// A request, or a blob, is longer than the server takes.
    #[error("{call} sent {size} bytes; the server takes only fewer")]
    TooLarge {
        /// The method.
        call: &'static str,
        /// The length that was refused.
        size: u64,
    },
    /// The server has the repo and holds it back: `deactivated on the PDS`.
    #[error("account is {status}")]
    Away {
        /// How it is.
        status: &'static str,
    },
    /// Somebody else has written to the repo, or the record, meanwhile: read it again.
    #[error("{call} found that the repo has changed meanwhile")]
    InvalidSwap {
        /// The method.
        call: &'static str,
    },
    /// A server could not be asked, or could not answer; nothing has happened.
    #[error("{call} got no answer in {attempts} attempts")]
    Unavailable {
        /// The method.
        call: &'static str,
        /// How often it was tried.
        attempts: u32,
        /// What went wrong last.
        source: Cause,
    },
    /// The server limits its rate for longer than anybody has patience for; nothing has happened.
    #[error("{what} are limited until {}", until.strftime("%Y-%m-%d %H:%M UTC"))]
    Postponed {
        /// What is limited, in a word: `logins`.
        what: &'static str,
        /// Until when.
        until: jiff::Timestamp,
    },
    /// The server has stored something else than was sent.
    #[error("record was stored as {is}, not as {sent} that was sent")]
    Altered {
        /// The hash of what it says that it has stored, or `nothing`.
        is: String,
        /// The hash of what was sent.
        sent: String,
    },
    /// A write went out and no answer came back: it may have happened or not. Read before writing again.
    #[error("{call} may have happened or not")]
    Uncertain {
        /// The method.
        call: &'static str,
        /// What came instead of an answer.
        source: Cause,
    },
    /// A server's answer is not what the protocol says.
    #[error("{call} answered what cannot be understood")]
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
