//! Carries out the plan of one account, and plans again where the repo turned out to be otherwise.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use cid::Cid;
use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;

use crate::error::{Error, Result};
use crate::record::{self, Files, Id, Medium};
use crate::remote::mongo::{Account, Owner};
use crate::remote::pds::Session;
use crate::video::Preset;

use super::account::{AccountPlan, read};
use super::batch::{Batch, Change, Size};
use super::files::{make, upload};
use super::plan::{Action, Step};
use super::remember::remember;
use super::report::{AccountReport, Parked};
use super::{Scope, Services, Watch, unless_stopped};

/// How often an account is planned again before it is left for another run. Each disturbance that another writer
/// causes costs one, and so does each halving of a batch that the PDS fails to carry out: 200 to 1 takes eight.
const ROUNDS: u32 = 16;

/// How often a single write may end with nobody knowing what became of it.
const ATTEMPTS: u32 = 3;

/// The longest pause before planning again.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// Why a plan was not carried out to its end.
enum Interruption {
    /// The repo is not as it was planned on, or nobody knows how it is.
    Disturbed,
    /// The account cannot be worked on.
    Failed(Error),
}

impl From<Error> for Interruption {
    fn from(error: Error) -> Self {
        match error {
            Error::InvalidSwap { .. } | Error::Uncertain { .. } => Interruption::Disturbed,
            error => Interruption::Failed(error),
        }
    }
}

/// What one account has come to so far. Outlives its plans.
struct Run<'a> {
    services: &'a Services,
    scope: &'a Scope,
    preset: &'a Preset,
    watch: &'a Arc<dyn Watch>,
    session: Arc<Session>,
    /// Blobs that the account's records refer to already; uploading them again would change nothing.
    listed: Arc<HashSet<Cid>>,
    account: &'a Account,
    report: AccountReport,
    /// Items that are given up; no plan holds them again.
    parked: HashSet<Id>,
    /// Files that are on the PDS already, so that planning again does not make them again.
    ready: HashMap<Id, Files>,
    /// Single writes of which nobody knows what became, counted.
    uncertain: HashMap<Id, u32>,
    size: Size,
}

/// Syncs one account.
pub async fn sync(
    services: &Services,
    scope: &Scope,
    preset: &Preset,
    account: &Account,
    watch: &Arc<dyn Watch>,
) -> AccountReport {
    let first = match unless_stopped(services, watch, read(services, scope, account, |_| true)).await {
        Ok(plan) => plan,
        Err(error) => return AccountReport::failed(account, &error),
    };
    watch.planned(&first);
    let report = AccountReport::planned(&first);
    // An account with nothing to do is not even logged in to.
    if !report.has_work() {
        return report;
    }
    let (session, listed) = match unless_stopped(services, watch, log_in(services, account, &first)).await {
        Ok(ready) => ready,
        Err(error) => return AccountReport { failed: Some(error.chain().join(": ")), ..report },
    };
    let mut run = Run {
        services,
        scope,
        preset,
        watch,
        session: session.into(),
        listed: listed.into(),
        account,
        report,
        parked: HashSet::new(),
        ready: HashMap::new(),
        uncertain: HashMap::new(),
        size: Size::default(),
    };
    if let Err(error) = unless_stopped(services, watch, Box::pin(run.settle(first))).await {
        run.report.failed = Some(error.chain().join(": "));
    }
    run.report
}

/// Logs in, and asks which blobs are there if any are going to be needed.
async fn log_in(services: &Services, account: &Account, plan: &AccountPlan) -> Result<(Session, HashSet<Cid>)> {
    let (Some(did), Some(password)) = (&account.did, &account.password) else {
        return Err(Error::Document { subject: account.name(), what: "has no password for the PDS".into() });
    };
    let session = services.pds.login(did, password).await?;
    let needs_blobs = plan.media.iter().flat_map(|(_, plan)| &plan.steps).any(|step| step.missing_files().any());
    let listed = if needs_blobs { services.pds.list_blobs(did).await? } else { HashSet::new() };
    Ok((session, listed))
}

impl Run<'_> {
    /// Carries plans out until nothing is left to do.
    async fn settle(&mut self, first: AccountPlan) -> Result<()> {
        let mut plan = first;
        for round in 0..ROUNDS {
            match self.apply(plan).await {
                Ok(()) => return Ok(()),
                Err(Interruption::Failed(error)) => return Err(error),
                Err(Interruption::Disturbed) => {
                    tracing::info!(account = %self.report.account, round, "planning again");
                    tokio::time::sleep(pause(round)).await;
                    plan = read(self.services, self.scope, self.account, |id| !self.parked.contains(&id)).await?;
                }
            }
        }
        Err(Error::Disturbed { rounds: ROUNDS })
    }

    async fn apply(&mut self, plan: AccountPlan) -> Result<(), Interruption> {
        let mut commit = plan.commit;
        for (medium, plan) in plan.media {
            let steps: Vec<_> = plan.steps.into_iter().filter(Step::has_work).collect();
            if !steps.is_empty() {
                self.apply_medium(medium, steps, &mut commit).await?;
            }
        }
        Ok(())
    }

    /// Files are made and uploaded a few items ahead, while batches are being written.
    async fn apply_medium(
        &mut self,
        medium: Medium,
        steps: Vec<Step>,
        commit: &mut Option<Cid>,
    ) -> Result<(), Interruption> {
        let (services, preset, watch) = (self.services, self.preset, self.watch);
        let (session, listed, owner) = (self.session.clone(), self.listed.clone(), &self.account.owner);
        // Enough to keep the encoders busy while others download and upload.
        let ahead = 2 * services.pool.current_num_threads() + 2;
        let ready = self.ready.clone();
        let preparing = stream::iter(steps).map(|step| {
            let (session, listed, ready) = (&session, &listed, &ready);
            async move {
                let files = match ready.get(&step.item.id) {
                    Some(files) => Ok((files.clone(), 0)),
                    None => prepare(services, preset, (session, listed), owner, &step, watch).await,
                };
                (step, files)
            }
        });
        let (sender, prepared) = mpsc::channel(1);
        let (written, to_remember) = mpsc::channel(1);
        let producing = async move {
            let mut preparing = std::pin::pin!(preparing.buffer_unordered(ahead));
            while let Some(prepared) = preparing.next().await {
                // Nobody takes it when the consumer has given up.
                if sender.send(prepared).await.is_err() {
                    break;
                }
            }
        };
        let consuming = async {
            let mut batch = Batch::default();
            // Moved in here, so that they are closed when this ends.
            let (mut prepared, written) = (prepared, written);
            while let Some((step, files)) = prepared.recv().await {
                if self.watch.is_cancelled() {
                    return Err(Interruption::Failed(Error::Interrupted));
                }
                let files = files.map(|(files, uploaded)| {
                    self.report.uploaded += uploaded;
                    files
                });
                let Some(change) = self.change(step, files) else { continue };
                if let Some(full) = batch.push(change, self.size) {
                    self.commit(full, commit, &written).await?;
                }
            }
            self.commit(batch.take(), commit, &written).await
        };
        let remembering = remember(services, session.did(), medium, to_remember, watch);
        let ((), consumed, (done, remembered)) = tokio::join!(producing, consuming, remembering);
        *self.report.done.entry(medium.plural()).or_default() += done;
        remembered?;
        consumed
    }

    /// A step with its record; or it is given up.
    fn change(&mut self, step: Step, files: Result<Files>) -> Option<Change> {
        let needs_record = matches!(step.action, Action::Create { .. } | Action::Update { .. });
        if !needs_record {
            return Some(Change { step, record: None });
        }
        let built = files.map_err(|error| Parked::after(&step.item, &error)).and_then(|files| {
            let wrong = |violations: record::Violations| Parked::new(&step.item, violations.to_string());
            let record = record::build(&step.item, &files).map_err(wrong)?;
            if step.missing_files().any() {
                self.ready.insert(step.item.id, files);
            }
            Ok(record)
        });
        match built {
            Ok(record) => Some(Change { step, record: Some(record) }),
            Err(parked) => {
                self.park(&step, parked);
                None
            }
        }
    }

    fn park(&mut self, step: &Step, parked: Parked) {
        self.parked.insert(step.item.id);
        self.report.parked.push(parked);
        self.watch.item();
    }

    /// Writes changes to the PDS, in pieces where it does not take them together, and hands them on to be remembered.
    async fn commit(
        &mut self,
        changes: Vec<Change>,
        commit: &mut Option<Cid>,
        written: &mpsc::Sender<Vec<Change>>,
    ) -> Result<(), Interruption> {
        let mut pieces = VecDeque::from([changes]);
        while let Some(mut changes) = pieces.pop_front() {
            if changes.is_empty() {
                continue;
            }
            let writes: Vec<_> = changes.iter().flat_map(Change::writes).collect();
            let result = if writes.is_empty() {
                Ok(None)
            } else {
                self.services.pds.apply_writes(&self.session, &writes, commit.as_ref()).await.map(Some)
            };
            match result {
                Ok(applied) => {
                    *commit = applied.map_or(*commit, |applied| Some(applied.commit));
                    // Nobody takes them when MongoDB has failed, which is what is reported then.
                    written.send(changes).await.map_err(|_| Error::Interrupted)?;
                }
                Err(Error::TooLarge { .. } | Error::Refused { status: 400, .. }) if changes.len() > 1 => {
                    // One of them may be to blame for all; halves find it.
                    let rest = changes.split_off(changes.len() / 2);
                    pieces.push_front(rest);
                    pieces.push_front(changes);
                }
                Err(error @ (Error::TooLarge { .. } | Error::Refused { status: 400, .. })) => {
                    self.ready.remove(&changes[0].step.item.id);
                    let step = &changes[0].step;
                    self.park(step, Parked::after(&step.item, &error));
                }
                Err(error @ Error::Uncertain { .. }) => {
                    self.size.writes = (self.size.writes / 2).min(changes.len().div_ceil(2)).max(1);
                    if let [change] = &changes[..] {
                        let attempts = self.uncertain.entry(change.step.item.id).or_default();
                        *attempts += 1;
                        if *attempts >= ATTEMPTS {
                            self.park(&change.step, Parked::after(&change.step.item, &error));
                        }
                    }
                    return Err(Interruption::Disturbed);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// Finds or makes what an item lacks and brings it to the PDS; answers all files of the item, and the bytes that were
/// uploaded.
async fn prepare(
    services: &Services,
    preset: &Preset,
    (session, listed): (&Session, &HashSet<Cid>),
    owner: &Owner,
    step: &Step,
    watch: &Arc<dyn Watch>,
) -> Result<(Files, u64)> {
    let nothing = Files::default();
    let before = match &step.action {
        Action::Update { files, .. } => files,
        _ => &nothing,
    };
    let missing = step.missing_files();
    if !missing.any() || watch.is_cancelled() {
        return Ok((before.clone(), 0));
    }
    let made = make(services, preset, owner, &step.item, missing, watch).await?;
    let (files, uploaded) = upload(services, session, listed, made, before).await?;
    watch.uploaded(uploaded);
    Ok((files, uploaded))
}

/// Longer with each round, and never the same for two processes that disturb each other.
fn pause(round: u32) -> Duration {
    let longest = Duration::from_millis(100).saturating_mul(1 << round.min(10)).min(LONGEST_PAUSE);
    longest.mul_f64(0.5 + 0.5 * fastrand::f64())
}
