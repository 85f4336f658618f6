//! Counts webhooks in flight from this process by endpoint, so that a slow or unresponsive endpoint takes only a few
//! slots.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The most webhooks in flight per endpoint.
const MOST: usize = 8;

/// Webhooks in flight by endpoint, shared by clones.
#[derive(Debug, Clone, Default)]
pub struct Deliveries {
    under_way: Arc<Mutex<HashMap<String, usize>>>,
}

/// A webhook in flight, until this is dropped.
#[derive(Debug)]
pub struct Delivery {
    deliveries: Deliveries,
    endpoint: String,
}

impl Deliveries {
    /// Counts a webhook to this endpoint.
    #[must_use]
    pub fn begin(&self, endpoint: &str) -> Delivery {
        self.change(|under_way| *under_way.entry(endpoint.to_owned()).or_default() += 1);
        Delivery { deliveries: self.clone(), endpoint: endpoint.into() }
    }

    /// The endpoints that have reached the limit.
    #[must_use]
    pub fn busy(&self) -> Vec<String> {
        self.change(|under_way| {
            under_way.iter().filter(|(_, count)| **count >= MOST).map(|(endpoint, _)| endpoint.clone()).collect()
        })
    }

    fn change<T>(&self, change: impl FnOnce(&mut HashMap<String, usize>) -> T) -> T {
        // Additions do not panic, so the counts are consistent even if the lock is poisoned.
        change(&mut self.under_way.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        self.deliveries.change(|under_way| {
            if let Some(count) = under_way.get_mut(&self.endpoint) {
                *count -= 1;
                if *count == 0 {
                    under_way.remove(&self.endpoint);
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_busy_while_it_is_sent_as_much_as_one_may_be() {
        let deliveries = Deliveries::default();
        let other = deliveries.begin("ep_2");
        let mut begun: Vec<_> = (1..MOST).map(|_| deliveries.begin("ep_1")).collect();
        assert!(deliveries.busy().is_empty());
        begun.push(deliveries.begin("ep_1"));
        assert_eq!(deliveries.busy(), ["ep_1"]);
        begun.pop();
        assert!(deliveries.busy().is_empty());
        drop((begun, other));
        assert!(deliveries.under_way.lock().unwrap().is_empty());
    }
}
