//! What was wrong with what the server under test has sent of its own accord, and which case it is
//! charged to.

use std::collections::BTreeSet;

use bindproof::wire::{BindingId, PersonRef};

use crate::listen::Post;

/// What tells of which case a message is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// The binding that it is about.
    Binding(String),
    /// The person whom it names.
    Person(String),
    /// The key under which it comes.
    Key(String),
}

impl Mark {
    /// That of a binding.
    pub fn binding(binding: BindingId) -> Self {
        Self::Binding(binding.to_string())
    }

    /// That of a person.
    pub fn person(person: PersonRef) -> Self {
        Self::Person(person.as_str().to_owned())
    }

    /// Those of a message that may not be well formed.
    fn of(post: &Post) -> Vec<Self> {
        let body = post.loosely();
        let member = |path| body.pointer(path).and_then(|value| value.as_str()).map(str::to_owned);
        let binding = member("/message/binding").map(Self::Binding);
        let person = member("/message/person").map(Self::Person);
        let key = post.key.clone().map(Self::Key);
        [binding, person, key].into_iter().flatten().collect()
    }
}

/// The faults.
#[derive(Debug, Default)]
pub struct Faults {
    found: Vec<String>,
    /// Of what could not be read: it may come again, whatever case is played by then.
    blamed: BTreeSet<Mark>,
    excused: BTreeSet<Mark>,
}

impl Faults {
    /// Something is wrong with a message about this.
    pub fn found(&mut self, about: Option<&Mark>, faults: impl IntoIterator<Item = String>) {
        if about.is_none_or(|about| !self.excused.contains(about)) {
            self.found.extend(faults);
        }
    }

    /// A message cannot be believed or read.
    pub fn unread(&mut self, post: &Post, fault: String) {
        let marks = Mark::of(post);
        if marks.iter().any(|mark| self.excused.contains(mark)) {
            return;
        }
        // A person who is named wrongly may be the next case's.
        self.blamed.extend(marks.into_iter().filter(|mark| !matches!(mark, Mark::Person(_))));
        self.found.push(fault);
    }

    /// What was wrong since the last time that it was looked at.
    pub fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.found)
    }

    /// A case about these has failed: what was wrong with what arrived is no other case's, nor is
    /// what is still wrong with what arrives about them or comes again.
    pub fn excuse(&mut self, marks: impl IntoIterator<Item = Mark>) {
        self.found.clear();
        self.excused.append(&mut self.blamed);
        self.excused.extend(marks);
    }
}
