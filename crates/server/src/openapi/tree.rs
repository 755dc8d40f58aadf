//! What is known of a type: a tree that grows as the type's reader is asked.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeOwned, Error};
use serde_json::{Value, json};

use super::ask::Ask;
use super::terms;

/// A list of names that a reader knows.
pub(super) type Names = &'static [&'static str];

/// What is known of a value.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// Nothing yet.
    Unasked,
    /// A text, and what its reader calls it.
    Text(String),
    /// A number, its type, and the one that is tried.
    Number(&'static str, i64),
    /// True or false.
    Truth,
    /// Anything.
    Anything,
    /// One of these words, and which of them is tried.
    Words(Names, usize),
    /// An object: its members, and which of them are there.
    Object(Vec<(&'static str, usize)>, u32),
    /// A list of such values.
    List(usize),
    /// A word, or an object with one of these names and what belongs to it; and which is tried.
    Cases(Names, Vec<Case>, usize),
    /// A value that was found out before.
    Given(Value),
}

/// What belongs to a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    /// It has not been tried.
    Unasked,
    /// Nothing: the name is a word.
    Word,
    /// A value.
    With(usize),
}

/// What is known of a type, node by node; the first one is the whole.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
}

/// Why a reader did not take what it was given.
#[derive(Debug)]
pub(super) enum Fault {
    /// Something was learned: it is asked again.
    Learned,
    /// It knows these names only.
    Knows(Names),
    /// It is not taken.
    No(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Learned => f.write_str("something was learned"),
            Self::Knows(names) => write!(f, "it knows {}", names.join(", ")),
            Self::No(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Fault {}

impl Error for Fault {
    fn custom<T: fmt::Display>(why: T) -> Self {
        Self::No(why.to_string())
    }

    fn unknown_variant(_: &str, names: Names) -> Self {
        Self::Knows(names)
    }

    fn unknown_field(_: &str, names: Names) -> Self {
        Self::Knows(names)
    }
}

impl Tree {
    /// What a type is made of; `given` are members whose form was found out before.
    ///
    /// # Panics
    /// If the type asks for something that this does not know, which a test finds.
    pub fn of<T: DeserializeOwned>(given: &[(&'static str, Value)]) -> Self {
        const ROUNDS: u32 = 10_000;
        let mut tree = Self { nodes: vec![Node::Unasked] };
        for _ in 0..ROUNDS {
            match tree.asked::<T>() {
                (learned, Err(Fault::Learned)) => tree = learned.with(given),
                (learned, Ok(())) => match learned.untried() {
                    Some(next) => tree = next,
                    None => return learned.settled(),
                },
                (learned, Err(_)) => match learned.another_word() {
                    Some(next) => tree = next,
                    // All members at once are too many, or do not fit each other: that is for
                    // whoever tries fewer.
                    None => return learned.settled(),
                },
            }
        }
        panic!("{} is not understood after {ROUNDS} rounds", std::any::type_name::<T>());
    }

    /// What the reader learns this tree from, and whether it takes it.
    fn asked<T: DeserializeOwned>(&self) -> (Self, Result<(), Fault>) {
        let tree = RefCell::new(self.clone());
        let read = T::deserialize(Ask::whole(&tree)).map(|_| ());
        (tree.into_inner(), read)
    }

    /// Whether the reader takes what is tried now.
    pub fn is_taken<T: DeserializeOwned>(&self) -> bool {
        self.asked::<T>().1.is_ok()
    }

    /// Members of the whole that are given.
    fn with(mut self, given: &[(&'static str, Value)]) -> Self {
        let Node::Object(members, _) = &self.nodes[0] else { return self };
        for (name, at) in members.clone() {
            if let Some((_, value)) = given.iter().find(|(given, _)| *given == name) {
                self.nodes[at] = Node::Given(value.clone());
            }
        }
        self
    }

    /// The tree with a case that has not been tried; the last one, which lies the deepest.
    fn untried(&self) -> Option<Self> {
        let mut next = self.clone();
        let untried = next.nodes.iter_mut().rev().find_map(|node| match node {
            Node::Cases(_, cases, tried) => {
                let place = cases.iter().position(|case| *case == Case::Unasked)?;
                *tried = place;
                Some(())
            }
            _ => None,
        });
        untried.map(|()| next)
    }

    /// The tree with another word tried, if the one that is tried keeps its reader from going on.
    fn another_word(&self) -> Option<Self> {
        if !self.nodes.iter().any(|node| matches!(node, Node::Unasked)) {
            return None;
        }
        let mut next = self.clone();
        let another = next.nodes.iter_mut().rev().find_map(|node| match node {
            Node::Words(words, tried) if *tried + 1 < words.len() => {
                *tried += 1;
                Some(())
            }
            _ => None,
        });
        another.map(|()| next)
    }

    /// The tree with the first of all cases tried.
    fn settled(mut self) -> Self {
        for node in &mut self.nodes {
            if let Node::Cases(_, _, tried) = node {
                *tried = 0;
            }
        }
        self
    }

    /// A node.
    pub fn node(&self, at: usize) -> &Node {
        &self.nodes[at]
    }

    /// The tree with another node in a place.
    pub fn put(&self, at: usize, node: Node) -> Self {
        let mut other = self.clone();
        other.nodes[at] = node;
        other
    }

    /// The value that is tried now.
    pub fn value(&self, at: usize) -> Value {
        match &self.nodes[at] {
            Node::Unasked | Node::Anything => json!({}),
            Node::Text(label) => terms::sample(label).into(),
            Node::Number(_, number) => (*number).into(),
            Node::Truth => true.into(),
            Node::Words(words, tried) => words[*tried].into(),
            Node::Given(value) => value.clone(),
            Node::List(item) => json!([self.value(*item)]),
            Node::Cases(names, cases, tried) => match cases[*tried] {
                Case::With(inner) => json!({ names[*tried]: self.value(inner) }),
                Case::Unasked | Case::Word => names[*tried].into(),
            },
            Node::Object(members, there) => {
                let members = members.iter().enumerate();
                let there = members.filter(|(place, _)| there & (1 << place) != 0);
                Value::Object(
                    there.map(|(_, (name, at))| ((*name).to_owned(), self.value(*at))).collect(),
                )
            }
        }
    }

    /// A node of which nothing is known.
    pub(super) fn add(&mut self) -> usize {
        self.nodes.push(Node::Unasked);
        self.nodes.len() - 1
    }

    /// An object of these members, all of which are there.
    pub(super) fn object(&mut self, names: Names) -> Node {
        let members: Vec<_> = names.iter().map(|name| (*name, self.add())).collect();
        let all = members.iter().enumerate().fold(0, |all, (place, _)| all | 1 << place);
        Node::Object(members, all)
    }
}
