//! Archives spoiled on purpose: header fields overwritten behind the ZIP writer's back.

/// A field that an entry has in its local header and once more in the directory.
#[derive(Debug, Clone, Copy)]
pub enum Field {
    Flags,
    Method,
    Crc,
    Size,
}

impl Field {
    /// Where it lies in the local header (two bytes further on in the directory), and how long it is.
    fn place(self) -> (usize, usize) {
        match self {
            Field::Flags => (6, 2),
            Field::Method => (8, 2),
            Field::Crc => (14, 4),
            Field::Size => (22, 4),
        }
    }
}

/// A ZIP that can be changed in ways its format forbids.
#[derive(Debug, Clone)]
pub struct Spoiled(pub Vec<u8>);

impl Spoiled {
    /// Overwrites a field of an entry, in both places.
    pub fn set(mut self, name: &str, field: Field, value: u32) -> Self {
        let (local, central) = self.find(name);
        let (at, length) = field.place();
        for start in [local + at, central + at + 2] {
            self.0[start..start + length].copy_from_slice(&value.to_le_bytes()[..length]);
        }
        self
    }

    /// Gives an entry another name of the same length.
    pub fn rename(mut self, name: &str, to: &str) -> Self {
        assert_eq!(name.len(), to.len());
        let (local, central) = self.find(name);
        for start in [local + 30, central + 46] {
            self.0[start..start + to.len()].copy_from_slice(to.as_bytes());
        }
        self
    }

    /// Makes the directory say that an entry lies where another one does.
    pub fn overlap(mut self, name: &str, other: &str) -> Self {
        let (there, central) = (self.find(other).0, self.find(name).1);
        self.0[central + 42..central + 46].copy_from_slice(&(there as u32).to_le_bytes());
        self
    }

    /// Flips a bit in the middle of an entry's data.
    pub fn damage(mut self, name: &str) -> Self {
        let (local, central) = self.find(name);
        let data = local + 30 + name.len();
        let length = self.number(central + 20, 4);
        self.0[data + length / 2] ^= 0x10;
        self
    }

    /// Where the local header of an entry starts, and where its row in the directory does.
    fn find(&self, name: &str) -> (usize, usize) {
        let end = self.0.windows(4).rposition(|window| window == b"PK\x05\x06").unwrap();
        let mut central = self.number(end + 16, 4);
        while self.0[central..].starts_with(b"PK\x01\x02") {
            let lengths = [28, 30, 32].map(|at| self.number(central + at, 2));
            if &self.0[central + 46..central + 46 + lengths[0]] == name.as_bytes() {
                return (self.number(central + 42, 4), central);
            }
            central += 46 + lengths.iter().sum::<usize>();
        }
        panic!("no {name} in the archive");
    }

    fn number(&self, at: usize, length: usize) -> usize {
        self.0[at..at + length].iter().rev().fold(0, |number, &byte| number << 8 | usize::from(byte))
    }
}
