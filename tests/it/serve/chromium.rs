//! Chromium, driven through its developer tools: it opens pages, runs expressions in them and draws them.
//!
//! Commands and answers are JSON that ends with a zero byte. Chromium takes commands from its descriptor 3 and answers at 4.
//! What is run in a page this way is not the page's, so that its policy against scripts stays as strict as it is.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};

use crate::support::command::Workshop;

/// How long Chromium may take for anything, on a slow and busy machine.
const TIME_LIMIT: Duration = Duration::from_mins(2);

/// Hands the pipes over where Chromium looks for them.
const SCRIPT: &str = "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null";

/// A browser without a window that shows one page. It ends with this.
pub struct Chromium {
    child: Child,
    commands: ChildStdin,
    answers: Receiver<Value>,
    /// What has happened in the page meanwhile.
    events: Vec<Value>,
    session: Option<String>,
    sent: u64,
    _profile: Workshop,
}

impl Chromium {
    pub fn new() -> Chromium {
        let profile = Workshop::new();
        let flags = "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --hide-scrollbars \
             --disable-background-networking --disable-component-update --disable-sync --remote-debugging-pipe";
        let mut command = Command::new("bash");
        command.args(["-c", SCRIPT, "bash", "chromium"]).args(flags.split_whitespace());
        command.arg(format!("--user-data-dir={}", profile.path("chromium").display())).arg("about:blank");
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let commands = child.stdin.take().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let (sender, answers) = channel();
        // Reads until Chromium has ended, or until the receiver is gone.
        std::thread::spawn(move || {
            let mut message = Vec::new();
            while output.read_until(0, &mut message).is_ok_and(|length| length > 0) {
                let answer = serde_json::from_slice(message.strip_suffix(&[0]).unwrap_or(&message)).unwrap();
                message.clear();
                if sender.send(answer).is_err() {
                    return;
                }
            }
        });
        let (events, session) = (Vec::new(), None);
        let mut chromium = Chromium { child, commands, answers, events, session, sent: 0, _profile: profile };
        let targets = chromium.call("Target.getTargets", &json!({}));
        let pages = targets["targetInfos"].as_array().unwrap();
        let page = pages.iter().find(|target| target["type"] == "page").unwrap()["targetId"].clone();
        let attached = chromium.call("Target.attachToTarget", &json!({ "targetId": page, "flatten": true }));
        chromium.session = Some(attached["sessionId"].as_str().unwrap().into());
        chromium.call("Page.enable", &json!({}));
        chromium
    }

    /// Opens an address and waits until it has loaded.
    pub fn open(&mut self, url: &str) {
        self.loads(|chromium| {
            let opened = chromium.call("Page.navigate", &json!({ "url": url }));
            assert!(opened["errorText"].is_null(), "{url}: {opened}");
        });
    }

    /// Does what makes the page load another, and waits until that has loaded.
    pub fn loads(&mut self, act: impl FnOnce(&mut Chromium)) {
        self.events.clear();
        act(self);
        while !self.events.iter().any(|event| event["method"] == "Page.loadEventFired") {
            let event = self.hear();
            self.events.push(event);
        }
    }

    /// Shows pages in `dark` or `light`, in a window of that size, and nothing moves.
    pub fn show_in(&mut self, scheme: &str, (width, height): (u32, u32)) {
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.call("Emulation.setEmulatedMedia", &json!({ "features": features }));
        let window = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", &window);
    }

    /// Runs an expression in the page, and returns what it comes to in the end.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let parameters = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let answer = self.call("Runtime.evaluate", &parameters);
        assert!(answer["exceptionDetails"].is_null(), "{}", answer["exceptionDetails"]);
        answer["result"]["value"].clone()
    }

    /// Draws what the window shows, as PNG.
    pub fn draw(&mut self) -> Vec<u8> {
        let drawn = self.call("Page.captureScreenshot", &json!({ "format": "png" }));
        BASE64_STANDARD.decode(drawn["data"].as_str().unwrap()).unwrap()
    }

    fn call(&mut self, method: &str, parameters: &Value) -> Value {
        self.sent += 1;
        let mut command = json!({ "id": self.sent, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            command["sessionId"] = session.as_str().into();
        }
        let mut message = command.to_string().into_bytes();
        message.push(0);
        self.commands.write_all(&message).unwrap();
        loop {
            let mut answer = self.hear();
            if answer["id"] == self.sent {
                assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
                return answer["result"].take();
            }
            self.events.push(answer);
        }
    }

    fn hear(&mut self) -> Value {
        self.answers.recv_timeout(TIME_LIMIT).expect("Chromium says nothing any more")
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let group = format!("kill -s KILL -- -{}", self.child.id());
        let _ = Command::new("sh").args(["-c", &group]).status();
        let _ = self.child.wait();
    }
}
