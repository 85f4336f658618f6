//! Mirroring with the ledger: items that lost their owner stay without a record, and the ledger stores the places of
//! records.

use futures_util::future::BoxFuture;

use super::digest::digest;
use crate::error::Result;
use crate::remote::mongo::{Account, Owner};
use crate::serve::store::{Place, Store};
use crate::sync::{AccountPlan, Action, Control, LocalFiles, Mirroring, Services, Step, Strategy};
use crate::video::Preset;

/// The site may leave items of a deleted account without an owner.
const DISOWNED: &str = "its owner deleted the account";

/// The strategy of the service's plans.
pub struct Nightly {
    mirroring: Mirroring,
    store: Store,
}

impl Nightly {
    /// Encodes tapes with the preset, and maintains the ledger of the store.
    pub fn new(preset: &Preset, store: &Store) -> Nightly {
        Nightly { mirroring: Mirroring(preset.clone()), store: store.clone() }
    }

    /// Blocks items that lost their owner and would become a guest's.
    async fn block_disowned(&self, did: &str, plan: &mut AccountPlan) -> Result<()> {
        let is_new = |step: &Step| matches!(step.action, Action::Create { .. });
        let new: Vec<_> =
            steps(plan).filter(|step| is_new(step)).map(|step| (step.item.medium(), step.item.id)).collect();
        let elsewhere = self.store.placed_elsewhere(did, &new).await?;
        for step in plan.media.iter_mut().flat_map(|(_, plan)| &mut plan.steps) {
            if is_new(step) && elsewhere.contains(&step.item.id) {
                step.action = Action::Block { reason: DISOWNED.into() };
            }
        }
        Ok(())
    }
}

fn steps(plan: &AccountPlan) -> impl Iterator<Item = &Step> {
    plan.media.iter().flat_map(|(_, plan)| &plan.steps)
}

impl Strategy for Nightly {
    fn adjust<'a>(&'a self, plan: &'a mut AccountPlan) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let Some(did) = plan.account.did.clone().filter(|_| plan.blocked.is_none()) else { return Ok(()) };
            if plan.account.owner == Owner::Guest {
                self.block_disowned(&did, plan).await?;
            }
            // A future record is stored too, so that it is found if the item is deleted first.
            let place = |step: &Step| {
                let rkey = step.action.rkey()?.to_owned();
                let is_right = matches!(step.action, Action::Keep { .. } | Action::Adopt { .. });
                let digest = is_right.then(|| digest(&plan.account.owner, &step.item));
                Some((step.item.medium(), step.item.id, Place { did: did.clone(), rkey, digest }))
            };
            let places: Vec<_> = steps(plan).filter_map(place).collect();
            self.store.note_places(&places).await
        })
    }

    fn make<'a>(
        &'a self,
        services: &'a Services,
        account: &'a Account,
        step: &'a Step,
        control: &'a Control,
    ) -> BoxFuture<'a, Result<LocalFiles>> {
        self.mirroring.make(services, account, step, control)
    }
}
