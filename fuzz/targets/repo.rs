//! A repo as a server sends it: CAR, commit, tree and records.
//!
//! The input is the blocks one after the other with `====` between them, the commit first. Hashes are put in here, as a
//! fuzzer does not guess them: where a block has 35 times `L` and a digit, the CID of that later block is meant.

#![no_main]

use libfuzzer_sys::fuzz_target;
use telecine::record::BlobRef;
use telecine::remote::pds::Snapshot;

const SEPARATOR: &[u8] = b"====";

/// As long as a CID.
const LINK: usize = 36;

fuzz_target!(|bytes: &[u8]| {
    let _ = Snapshot::of_car(bytes.to_vec().into());
    let _ = Snapshot::of_car(car(bytes).into());
});

fn car(bytes: &[u8]) -> Vec<u8> {
    let mut blocks = split(bytes);
    let mut cids: Vec<Vec<u8>> = vec![Vec::new(); blocks.len()];
    for index in (0..blocks.len()).rev() {
        link(&mut blocks[index], &cids);
        cids[index] = BlobRef::of(&blocks[index], "").cid.to_bytes();
    }
    let mut header = b"\xa2\x65roots\x81\xd8\x2a\x58\x25\x00".to_vec();
    header.extend(&cids[0]);
    header.extend(b"\x67version\x01");
    let mut car = Vec::new();
    section(&mut car, &[&header]);
    for (cid, block) in cids.iter().zip(&blocks) {
        section(&mut car, &[cid, block]);
    }
    car
}

fn split(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut parts = Vec::new();
    while let Some(at) = bytes.windows(SEPARATOR.len()).position(|window| window == SEPARATOR) {
        parts.push(bytes[..at].to_vec());
        bytes = &bytes[at + SEPARATOR.len()..];
    }
    parts.push(bytes.to_vec());
    parts
}

fn link(block: &mut [u8], cids: &[Vec<u8>]) {
    let mut at = 0;
    while at + LINK <= block.len() {
        let (marks, digit) = block[at..at + LINK].split_at(LINK - 1);
        let named = usize::from(digit[0].wrapping_sub(b'0'));
        match cids.get(named).filter(|cid| cid.len() == LINK && marks.iter().all(|&mark| mark == b'L')) {
            Some(cid) => {
                block[at..at + LINK].copy_from_slice(cid);
                at += LINK;
            }
            None => at += 1,
        }
    }
}

fn section(car: &mut Vec<u8>, parts: &[&[u8]]) {
    let mut length: usize = parts.iter().map(|part| part.len()).sum();
    while length >= 0x80 {
        car.push(length as u8 | 0x80);
        length >>= 7;
    }
    car.push(length as u8);
    parts.iter().for_each(|part| car.extend(*part));
}
