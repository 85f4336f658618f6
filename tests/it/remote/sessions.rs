//! What a process shares about its accounts and its server: one login for each, and what the server says now.

use std::time::Duration;

use secrecy::SecretString;
use telecine::error::{Error, RemoteError};
use telecine::remote::Pds;
use telecine::remote::pds::{Description, Sessions};

use super::is_send;
use crate::stack::proxy::{Answer, Fault, Proxy};
use crate::stack::site::{PASSWORD, Site};

#[tokio::test]
async fn an_account_is_logged_in_to_once_by_all_who_ask_and_again_only_with_another_password() {
    let site = Site::new().await;
    let (owner, other) = (site.account("jeffrey").await, site.account("ida").await);
    let proxy = Proxy::of(&site.environment()["PDS_URL"]);
    let pds = Pds::new(&proxy.url().parse().unwrap(), None).unwrap();
    let sessions = Sessions::new(&pds);
    let password = SecretString::from(PASSWORD);
    // The first login fails; who waited for it tries for themselves.
    proxy.once("createSession", Fault::Answer(Answer::xrpc(400, "InvalidRequest", "not now")));
    let (one, two, three) = tokio::join!(
        is_send(sessions.session(owner.did(), &password)),
        sessions.session(owner.did(), &password),
        sessions.session(owner.did(), &password)
    );
    assert!(matches!(one, Err(Error::Remote(RemoteError::Refused { status: 400, .. }))), "{one:?}");
    assert!(std::sync::Arc::ptr_eq(&two.unwrap(), &three.unwrap()));
    assert_eq!(proxy.count("createSession"), 2);

    sessions.session(other.did(), &password).await.unwrap();
    sessions.session(owner.did(), &password).await.unwrap();
    assert_eq!(proxy.count("createSession"), 3);

    let wrong = sessions.session(owner.did(), &SecretString::from("hunter2")).await;
    assert!(matches!(wrong, Err(Error::Remote(RemoteError::Refused { status: 401, .. }))), "{wrong:?}");
    sessions.session(owner.did(), &password).await.unwrap();
    assert_eq!(proxy.count("createSession"), 4);
}

#[tokio::test]
async fn what_a_server_allows_is_asked_again_after_an_hour_and_kept_while_it_does_not_answer() {
    let site = Site::new().await;
    let proxy = Proxy::of(&site.environment()["PDS_URL"]);
    let pds = Pds::new(&proxy.url().parse().unwrap(), None).unwrap();
    let description = Description::new(&pds).await.unwrap();
    let first = description.current();
    description.refresh().await;
    assert_eq!((proxy.count("describeServer"), &description.current()), (1, &first));

    let body = serde_json::json!({
        "did": first.did, "availableUserDomains": [".test"], "inviteCodeRequired": false, "blobUploadLimit": 1234,
    });
    let headers = vec![("content-type", "application/json".to_owned())];
    proxy.once("describeServer", Fault::Answer(Answer { status: 200, headers, body: body.to_string() }));
    an_hour_passes().await;
    is_send(description.refresh()).await;
    assert_eq!(description.current().blob_upload_limit, Some(1234));

    proxy.once("describeServer", Fault::Answer(Answer::xrpc(400, "InvalidRequest", "not now")));
    an_hour_passes().await;
    description.refresh().await;
    description.refresh().await;
    assert_eq!((proxy.count("describeServer"), description.current().blob_upload_limit), (3, Some(1234)));
}

async fn an_hour_passes() {
    tokio::time::pause();
    tokio::time::advance(Duration::from_hours(1)).await;
    tokio::time::resume();
}
