//! An S3 server in this process: objects are files, reading is public, and writing needs the key, as in Spaces.

use std::path::Path;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s::{S3Result, s3_error};
use s3s_fs::FileSystem;
use tokio::net::TcpListener;

/// Allows reading without the key, and everything else only with it.
struct PublicRead;

#[async_trait::async_trait]
impl S3Access for PublicRead {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let reads = matches!(context.s3_op().name(), "GetObject" | "HeadObject");
        if reads || context.credentials().is_some() {
            return Ok(());
        }
        Err(s3_error!(AccessDenied, "signature is required"))
    }
}

/// Serves the objects in that folder, a folder in it for each bucket, for ever.
pub async fn serve(listener: TcpListener, folder: &Path, key: &str, secret: &str) {
    let mut builder = S3ServiceBuilder::new(FileSystem::new(folder).expect("the folder is there"));
    builder.set_auth(SimpleAuth::from_single(key, secret));
    builder.set_access(PublicRead);
    let service = builder.build();
    loop {
        let Ok((connection, _)) = listener.accept().await else { continue };
        // Else a small object takes 40 ms: one side waits for more to send, the other to acknowledge.
        connection.set_nodelay(true).expect("a connection that was just accepted has options");
        let service = service.clone();
        tokio::spawn(async move {
            // An error here is a client that went away.
            let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(connection), service).await;
        });
    }
}
