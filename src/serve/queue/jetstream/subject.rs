//! Pure: how a message names its job. A job and the time at which it is due make one subject. So the stream never has
//! the same news twice, and news of one time never blocks news of another.

use jiff::Timestamp;

use crate::serve::jobs::{Due, Kind};

/// Stands for the recipe of work that needs none.
const ANY: &str = "any";

/// The prefix of all names of a service: those of its stream and subjects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    prefix: String,
}

impl Names {
    /// Names for the service with that database: several may share a NATS server.
    #[must_use]
    pub fn of(database: &str) -> Names {
        Names { prefix: token(database) }
    }

    /// The stream's name.
    #[must_use]
    pub fn stream(&self) -> String {
        format!("telecine-{}", self.prefix)
    }

    /// The subjects of all messages of the stream.
    #[must_use]
    pub fn all(&self) -> String {
        format!("telecine.{}.>", self.prefix)
    }

    /// The subjects of the jobs of a kind for workers with a recipe. No subject goes to two consumers.
    #[must_use]
    pub fn taken_by(&self, kind: Kind, recipe: &str) -> String {
        format!("telecine.{}.{}.{}.>", self.prefix, kind.name(), lane(kind, Some(recipe)))
    }

    /// The subjects of all jobs for workers with a recipe.
    #[must_use]
    pub fn of_recipe(&self, recipe: &str) -> String {
        format!("telecine.{}.*.{}.>", self.prefix, token(recipe))
    }

    /// The subject of a job that is due at a time.
    #[must_use]
    pub fn subject(&self, due: &Due) -> String {
        let Due { id, kind, recipe, at } = due;
        let lane = lane(*kind, recipe.as_deref());
        format!("telecine.{}.{}.{lane}.{id}.{}", self.prefix, kind.name(), at.as_millisecond())
    }
}

/// The name of the consumer from which workers with a recipe take jobs of a kind.
#[must_use]
pub fn consumer(kind: Kind, recipe: &str) -> String {
    format!("{}-{}", kind.name(), lane(kind, Some(recipe)))
}

/// The job that a subject names, and when it was due.
#[must_use]
pub fn read(subject: &str) -> Option<(&str, Timestamp)> {
    let mut parts = subject.rsplit('.');
    let due = parts.next()?.parse().ok()?;
    let id = parts.next().filter(|id| !id.is_empty())?;
    Some((id, Timestamp::from_millisecond(due).ok()?))
}

/// Which workers a job of a kind is for.
fn lane(kind: Kind, recipe: Option<&str>) -> String {
    recipe.filter(|_| kind.encodes()).map_or_else(|| ANY.to_owned(), token)
}

/// A text as a part of a subject or name.
fn token(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '@' | '+');
    text.chars().map(|c| if is_plain(c) { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_read_back_as_it_was_written() {
        let names = Names::of("site.one*");
        let at = Timestamp::from_millisecond(1_764_000_000_123).unwrap();
        let recipe = "standard@3+0a1b";
        for (kind, named, expected) in [
            (Kind::Bake, Some(recipe), "telecine.site_one_.bake.standard@3+0a1b.56b4.1764000000123"),
            (Kind::Callback, Some(recipe), "telecine.site_one_.callback.any.56b4.1764000000123"),
            (Kind::Mirror, None, "telecine.site_one_.mirror.any.56b4.1764000000123"),
        ] {
            let due = Due { id: "56b4".into(), kind, recipe: named.map(str::to_owned), at };
            let subject = names.subject(&due);
            assert_eq!(subject, expected);
            assert_eq!(read(&subject), Some(("56b4", at)));
            let taken = names.taken_by(kind, recipe);
            let is_taken = subject.starts_with(taken.strip_suffix('>').unwrap());
            assert_eq!(is_taken, named.is_some(), "{taken}");
        }
        for other in ["", "telecine", "telecine.a.bake.any.id.tomorrow", "telecine.a.bake.any..5"] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
