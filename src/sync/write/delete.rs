//! Deletes records.

use crate::record::{Medium, Record};
use crate::remote::pds::Write;

use crate::sync::events::Control;

use super::batch::{Batch, Change};
use super::retry::Interruption;
use super::writer::{Outcome, Writer};

/// A record to delete.
pub struct Deletion {
    medium: Medium,
    rkey: String,
}

impl Change for Deletion {
    fn writes(&self) -> Vec<Write> {
        vec![Write::Delete { medium: self.medium, rkey: self.rkey.clone() }]
    }

    fn count_writes(&self) -> usize {
        1
    }

    fn record(&self) -> Option<&Record> {
        None
    }
}

/// Deletes records of one medium, and reports the number after each batch.
pub async fn delete(
    writer: &mut Writer<'_>,
    medium: Medium,
    rkeys: Vec<String>,
    control: &Control,
    mut deleted: impl FnMut(usize),
) -> Result<(), Interruption> {
    let mut batch = Batch::default();
    for rkey in rkeys {
        if let Some(full) = batch.push(Deletion { medium, rkey }, writer.size) {
            write(writer, full, control, &mut deleted).await?;
        }
    }
    write(writer, batch.take(), control, &mut deleted).await
}

async fn write(
    writer: &mut Writer<'_>,
    mut deletions: Vec<Deletion>,
    control: &Control,
    deleted: &mut impl FnMut(usize),
) -> Result<(), Interruption> {
    while !deletions.is_empty() {
        control.check()?;
        match writer.write(&mut deletions).await {
            Outcome::Written { as_sent, otherwise } => deleted(as_sent.len() + otherwise.len()),
            Outcome::Refused(_, error) | Outcome::Stopped(_, error) => return Err(error.into()),
        }
    }
    Ok(())
}
