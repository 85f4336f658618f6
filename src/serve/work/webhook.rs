//! Sends an event to an endpoint.

use jiff::Timestamp;

use crate::error::{Error, Result, ServeError};
use crate::serve::jobs::{End, Failure, Outcome, Patience, Webhook};
use crate::serve::service::Service;

/// Sends the event, unless the endpoint no longer exists.
///
/// # Errors
/// If the database cannot be read or written.
pub async fn webhook(service: &Service, work: &Webhook) -> Result<End> {
    let store = &service.store;
    let Some(endpoint) = store.endpoint(&work.endpoint).await? else {
        return Ok(End::Done(Outcome::Noted("the endpoint was removed".into())));
    };
    if endpoint.disabled.is_some() {
        let text = format!("endpoint {} is disabled", endpoint.id);
        return Ok(End::Hopeless(Failure { code: "webhook.disabled".into(), text }));
    }
    let sent = async {
        let receiver = service.receivers.accept_endpoint(&endpoint.url)?;
        let secrets = endpoint.secrets(Timestamp::now());
        service.receivers.post(&receiver, &work.event, work.body.clone(), &secrets).await
    };
    let Err(error) = sent.await else {
        store.note_taken(&endpoint).await?;
        return Ok(End::Done(Outcome::Noted(format!("endpoint {} accepted it", endpoint.id))));
    };
    let text = format!("endpoint {}: {}", endpoint.id, error.chain().join(": "));
    let failure = Failure { code: error.code().into(), text };
    if is_gone(&error) {
        store.note_gone(&endpoint).await?;
        return Ok(End::Hopeless(failure));
    }
    store.note_not_taken(&endpoint).await?;
    let after = match error {
        Error::Serve(ServeError::Declined { after, .. }) => after,
        _ => None,
    };
    Ok(End::Failed { failure, after, patience: Patience::Endpoint })
}

fn is_gone(error: &Error) -> bool {
    matches!(error, Error::Serve(ServeError::Declined { status: 410, .. }))
}
