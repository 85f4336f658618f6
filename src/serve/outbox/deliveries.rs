//! Webhooks that are being sent from this process, counted by endpoint: one that is slow, or does not respond at all, takes a
//! few slots and not all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How many webhooks an endpoint is sent at once.
const MOST: usize = 8;

/// What is being sent, by endpoint. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Deliveries {
    under_way: Arc<Mutex<HashMap<String, usize>>>,
}

/// Something that is being sent, until this is dropped.
#[derive(Debug)]
pub struct Delivery {
    deliveries: Deliveries,
    endpoint: String,
}

impl Deliveries {
    /// Something is being sent to that endpoint from now on.
    #[must_use]
    pub fn begin(&self, endpoint: &str) -> Delivery {
        self.change(|under_way| *under_way.entry(endpoint.to_owned()).or_default() += 1);
        Delivery { deliveries: self.clone(), endpoint: endpoint.into() }
    }

    /// The endpoints that are not to be sent more now.
    #[must_use]
    pub fn busy(&self) -> Vec<String> {
        self.change(|under_way| {
            under_way.iter().filter(|(_, count)| **count >= MOST).map(|(endpoint, _)| endpoint.clone()).collect()
        })
    }

    fn change<T>(&self, change: impl FnOnce(&mut HashMap<String, usize>) -> T) -> T {
        // Additions do not panic halfway.
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
