//! What must not happen, whatever the other side looks like and whatever strangers write into it.

mod backups;
mod crowds;
mod empty_look;
mod memory;
mod origins;
mod patience;
mod unwritten;
mod words;
