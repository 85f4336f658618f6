//! What is to be done for one account.

use std::collections::BTreeMap;

use crate::record::Medium;
use crate::remote::mongo::Account;
use crate::remote::pds::Head;
use crate::sync::parked::{Parked, Refused};

use super::counts::Counts;
use super::medium::MediumPlan;

/// What is to be done for one account.
pub struct AccountPlan {
    /// The account.
    pub account: Account,
    /// What is to be done for each medium.
    pub media: Vec<(Medium, MediumPlan)>,
    /// Where the repo was that this was planned on.
    pub head: Option<Head>,
    /// Items in MongoDB that have no step, for no record can be made of them: they cannot be read, or are nobody's.
    pub unusable: Vec<Parked>,
    /// What is odd about items that have one.
    pub doubts: Vec<Parked>,
    /// Records that were to go and stay.
    pub refused: Vec<Refused>,
    /// Why nothing can be done at all.
    pub blocked: Option<&'static str>,
    /// Whether some items are nobody's, which only who looks after MongoDB can mend.
    pub has_ownerless: bool,
}

impl AccountPlan {
    /// A plan with nothing in it yet.
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

    /// How many steps there are of each kind, by medium. Every item in scope is in one of the counts.
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

    /// Items that no record can be made of, and why.
    #[must_use]
    pub fn blocked_items(&self) -> Vec<Parked> {
        let blocked = self.media.iter().flat_map(|(_, plan)| plan.blocked());
        self.unusable.iter().cloned().chain(blocked.map(|(item, reason)| Parked::new(item, reason))).collect()
    }

    /// Owners who never made anything are no trouble to anybody.
    pub fn forgive_idle(&mut self) {
        if self.unusable.is_empty() && self.media.iter().all(|(_, steps)| steps.steps.is_empty()) {
            self.blocked = None;
        }
    }
}
