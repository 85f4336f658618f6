//! Advice to the operator about a failure, by its code.

/// The advice for a code, in one or two sentences.
#[must_use]
pub fn advice(code: &str) -> &'static str {
    match code {
        "worker.died" => {
            "The service ended three times while it worked on this. Keep the ZIP and report it; retry after an update."
        }
        "job.too-slow" => {
            "The work exceeds its time limit. Retry when the machine is idle; report it if that fails, too."
        }
        "telecine.fault" => {
            "This is a fault in Telecine. Keep the ZIP, report it with this text, and retry after an update."
        }
        "telecine.stopped" => "The service stopped. Retry.",
        "operator.parked" => "An operator parked this job. Retry when it may continue.",
        "item.unknown" | "mongodb.unusable-item" | "record.invalid" => {
            "The document in MongoDB gives no valid record. Correct the document; the service then notices the change."
        }
        "mongodb.missing" | "mongodb.no-member" | "mongodb.unknown-handle" => {
            "The document or its owner is not in MongoDB. Nothing needs to be done if it was deleted on purpose."
        }
        "fetch.missing" | "fetch.absent" => {
            "The file is not in Spaces. Upload it to one of the places in the text, then retry."
        }
        "fetch.not-readable" | "fetch.declined" | "fetch.unsigned" => {
            "The service may not read the file in Spaces. Check the keys and the file's permissions, then retry."
        }
        "fetch.refused-address" | "fetch.refused-bucket" | "fetch.refused-key" | "fetch.malformed-address" => {
            "The document or request names a place outside the site's buckets. Correct it, then ask for the bake again."
        }
        "pds.locked-account"
        | "pds.no-repo"
        | "pds.account-inactive"
        | "pds.other-account"
        | "mongodb.other-account" => {
            "The service cannot write to the account. Run telecine accounts check, correct what it finds, then retry."
        }
        "pds.throttled" | "fetch.throttled" => "Nothing. The job is tried again when the server allows it.",
        "receiver.declined" => {
            "The receiver refuses what it is sent. Of a callback, compare CALLBACK_SECRET on both sides if the status is \
             401, then retry."
        }
        "receiver.refused-address" => {
            "Nothing may be sent to this address. Of a callback, add its host to TELECINE_CALLBACK_HOSTS if it should be, \
             then retry."
        }
        "webhook.disabled" => {
            "The endpoint is disabled. Run telecine webhooks enable when its owner has fixed it, then retry."
        }
        "receiver.no-response" => "The receiver cannot be reached. Retry when it is back.",
        "serve.cannot-listen"
        | "config.file"
        | "config.https"
        | "config.setting"
        | "config.unset"
        | "video.no-encoder" => {
            "The service is not configured correctly. Run telecine serve --check, correct what it finds, then retry."
        }
        _ => by_part(code.split('.').next().unwrap_or_default()),
    }
}

fn by_part(part: &str) -> &'static str {
    match part {
        "tape" | "input" => {
            "The recording cannot be used as it is, and a retry changes nothing. Replace the ZIP in Spaces, then retry."
        }
        "video" => "The video could not be made. Keep the ZIP, report it with this text, and retry after an update.",
        "disk" => "The service cannot write its files. Make room in its temporary folder, then retry.",
        "mongodb" => "MongoDB did not respond or refused. Retry when it works again.",
        "queue" => "NATS did not respond or refused. Workers poll the database meanwhile. Repair NATS.",
        "fetch" => "Spaces did not respond or refused. Retry when it works again.",
        "pds" => "The PDS did not respond or refused. Retry when it works again.",
        "webhook" => "The subscriber did not respond or refused. Retry when it works again.",
        "backup" => "Restore the backup from another copy, then retry.",
        _ => "Read the service's log, then retry.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::CODES;

    #[test]
    fn there_is_advice_for_every_code() {
        let otherwise = advice("never.heard");
        for (code, _) in CODES {
            assert_ne!(advice(code), otherwise, "{code}");
        }
        assert!(advice("tape.damaged").contains("Replace the ZIP"));
    }
}
