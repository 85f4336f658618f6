//! The plan for one account.

use std::collections::BTreeMap;

use crate::record::Medium;
use crate::remote::mongo::Account;
use crate::remote::pds::Head;
use crate::sync::parked::{Parked, Refused};

use super::counts::Counts;
use super::medium::MediumPlan;

/// The plan for one account.
pub struct AccountPlan {
    /// The account.
    pub account: Account,
    /// The plan for each medium.
    pub media: Vec<(Medium, MediumPlan)>,
    /// The head of the repo that this was planned on.
    pub head: Option<Head>,
    /// Items in MongoDB without a step, because no record can be made for them: they are invalid, or have no owner.
    pub unusable: Vec<Parked>,
    /// Warnings about items with a step.
    pub doubts: Vec<Parked>,
    /// Records whose deletion was refused.
    pub refused: Vec<Refused>,
    /// Why the whole account is blocked.
    pub blocked: Option<&'static str>,
    /// Whether some items have no owner, which must be fixed in MongoDB.
    pub has_ownerless: bool,
}

impl AccountPlan {
    /// An empty plan.
    #[must_use]
    pub fn of(account: &Account, blocked: Option<&'static str>) -> Self {
        AccountPlan {
            account: account.clone(),
            media: Vec::new(),
            head: None,
            unusable: Vec::new(),
            doubts: Vec::new(),
            refused: Vec::new(),
            blocked,
            has_ownerless: false,
        }
    }

    /// The number of steps of each kind, by medium. Every item in scope is in one of the counts.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&'static str, Counts> {
        let counts = |medium: Medium, plan: &MediumPlan| {
            let mut counts = match self.blocked {
                Some(_) => Counts { blocked: plan.steps.len(), ..Counts::default() },
                None => plan.counts(),
            };
            counts.blocked += self.unusable.iter().filter(|parked| parked.medium == medium).count();
            counts
        };
        self.media.iter().map(|(medium, plan)| (medium.plural(), counts(*medium, plan))).collect()
    }

    /// Items for which no record can be made, with reasons.
    #[must_use]
    pub fn blocked_items(&self) -> Vec<Parked> {
        let blocked = self.media.iter().flat_map(|(_, plan)| plan.blocked());
        self.unusable.iter().cloned().chain(blocked.map(|(item, reason)| Parked::new(item, reason))).collect()
    }

    /// Clears the reason for owners without any items.
    pub fn forgive_idle(&mut self) {
        if self.unusable.is_empty() && self.media.iter().all(|(_, steps)| steps.steps.is_empty()) {
            self.blocked = None;
        }
    }
}
