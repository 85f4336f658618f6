//! The cost of many watchers: memory without any and with the most that are allowed, all of them idle.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::program::Serving;
use crate::resident::resident;
use crate::stack::Stack;
use crate::stack::site::Site;

/// As many as may.
const WATCHERS: usize = 10_000;

pub async fn measure(stack: &Stack) {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let raised = rustix::process::Rlimit { current: limit.maximum, ..limit };
    rustix::process::setrlimit(rustix::process::Resource::Nofile, raised).unwrap();
    let site = Site::on(stack).await;
    let serving = Serving::start(&site, &[]);
    let memory = || resident(serving.process()).unwrap() as f64 / f64::from(1 << 20);
    let alone = memory();
    let mut watchers = Vec::new();
    for _ in 0..WATCHERS {
        let mut watcher = TcpStream::connect(serving.address.strip_prefix("http://").unwrap()).await.unwrap();
        watcher.write_all(b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        watchers.push(watcher);
    }
    for watcher in &mut watchers {
        let length = watcher.read(&mut [0; 512]).await.unwrap();
        assert!(length > 0, "a watcher was sent away");
    }
    println!("{WATCHERS} watchers: {:.0} MiB, {alone:.0} MiB without", memory());
}
