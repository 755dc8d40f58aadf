//! What is written down of a type: a JSON Schema, found out by trying what its reader takes.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::terms;
use super::tree::{Case, Names, Node, Tree};

/// Numbers at which readers may change their minds.
const BORDERS: [i64; 11] = [i64::MIN, -1, 0, 1, 2, 3, 4, 200, 255, LARGEST, i64::MAX];
/// The largest number that every JSON reader has exactly.
const LARGEST: i64 = (1 << 53) - 1;

/// A type's form, and a value of it.
pub(super) struct Form {
    /// The schema.
    pub schema: Value,
    /// A value that the type's reader takes.
    pub sample: Value,
}

impl Form {
    /// The form of a type; `given` are members whose form was found out before, with the schema
    /// that stands in their place and a value of theirs.
    ///
    /// # Panics
    /// If nothing is found that its reader takes, which a test finds.
    pub fn of<T: DeserializeOwned>(given: &[(&'static str, Value, Value)]) -> Self {
        let values: Vec<_> = given.iter().map(|(name, _, v)| (*name, v.clone())).collect();
        let tree = Tree::of::<T>(&values);
        let tree = taken::<T>(&tree).unwrap_or_else(|| {
            panic!("nothing is found that {} takes", std::any::type_name::<T>())
        });
        let schema = Forms::<T> { tree: &tree, given, of: std::marker::PhantomData }.schema(0);
        Self { schema, sample: tree.value(0) }
    }
}

/// The first tree that is taken, of all members and words of the whole that can be tried.
fn taken<T: DeserializeOwned>(tree: &Tree) -> Option<Tree> {
    if tree.is_taken::<T>() {
        return Some(tree.clone());
    }
    let Node::Object(members, all) = tree.node(0) else { return None };
    words_of(tree, members).into_iter().find_map(|worded| {
        let mut fewer = (0..=*all).rev();
        fewer.find_map(|there| with(&worded, 0, there).into_iter().find(Tree::is_taken::<T>))
    })
}

/// Every choice of words among the members.
fn words_of(tree: &Tree, members: &[(&'static str, usize)]) -> Vec<Tree> {
    let mut trees = vec![tree.clone()];
    for (_, at) in members {
        if let Node::Words(words, _) = tree.node(*at) {
            let choose = |tree: &Tree| -> Vec<Tree> {
                (0..words.len()).map(|word| tree.put(*at, Node::Words(words, word))).collect()
            };
            trees = trees.iter().flat_map(choose).collect();
        }
    }
    trees
}

/// The tree with these members of the object at `at`, for every choice of its small numbers.
fn with(tree: &Tree, at: usize, there: u32) -> Vec<Tree> {
    let Node::Object(members, _) = tree.node(at) else { return Vec::new() };
    let mut trees = vec![tree.put(at, Node::Object(members.clone(), there))];
    for (place, (_, member)) in members.iter().enumerate() {
        if let Node::Number("u8", _) = tree.node(*member)
            && there & (1 << place) != 0
        {
            let small = BORDERS.iter().filter(|number| (0..=255).contains(*number));
            let small: Vec<i64> = small.copied().collect();
            let choose = |tree: &Tree| -> Vec<Tree> {
                small.iter().map(|number| tree.put(*member, Node::Number("u8", *number))).collect()
            };
            trees = trees.iter().flat_map(choose).collect();
        }
    }
    trees
}

/// What makes a schema of a tree that its reader takes.
struct Forms<'a, T> {
    tree: &'a Tree,
    given: &'a [(&'static str, Value, Value)],
    of: std::marker::PhantomData<T>,
}

/// Which members can be there together.
type Sets = BTreeSet<u32>;

impl<T: DeserializeOwned> Forms<'_, T> {
    /// The same on another tree.
    const fn on<'b>(&'b self, tree: &'b Tree) -> Forms<'b, T> {
        Forms { tree, given: self.given, of: std::marker::PhantomData }
    }

    fn schema(&self, at: usize) -> Value {
        match self.tree.node(at) {
            Node::Unasked | Node::Anything => json!({}),
            Node::Text(label) => terms::reference(label),
            Node::Number(kind, _) => self.number(at, kind),
            Node::Truth => json!({ "type": "boolean" }),
            Node::Words(words, _) => {
                let taken = (0..words.len())
                    .filter(|word| self.tree.put(at, Node::Words(words, *word)).is_taken::<T>());
                one_of_words(taken.map(|word| words[word]).collect())
            }
            Node::Given(_) => json!({}),
            Node::List(item) => json!({ "type": "array", "items": self.schema(*item) }),
            Node::Cases(names, cases, _) => self.cases(at, names, cases),
            Node::Object(members, _) => self.object(at, members),
        }
    }

    /// The whole range of numbers that are taken; that of the type where the others decide.
    fn number(&self, at: usize, kind: &'static str) -> Value {
        let taken = |number: &i64| self.tree.put(at, Node::Number(kind, *number)).is_taken::<T>();
        let taken: Vec<i64> = BORDERS.into_iter().filter(taken).collect();
        let (least, most) = match (kind, &taken[..]) {
            (_, [least, .., most]) => (*least, *most),
            ("u8", _) => (0, 255),
            _ => (i64::MIN, i64::MAX),
        };
        let mut schema = json!({ "type": "integer" });
        if least > i64::MIN {
            schema["minimum"] = least.into();
        }
        if most < i64::MAX {
            schema["maximum"] = most.into();
        }
        schema
    }

    fn cases(&self, at: usize, names: Names, cases: &[Case]) -> Value {
        let named = || names.iter().zip(cases);
        let words = named().filter(|(_, case)| !matches!(case, Case::With(_)));
        let words: Vec<&'static str> = words.map(|(name, _)| *name).collect();
        let mut forms: Vec<Value> = Vec::new();
        if !words.is_empty() {
            forms.push(one_of_words(words));
        }
        for (place, (name, case)) in named().enumerate() {
            if let Case::With(inner) = case {
                let tree = self.tree.put(at, Node::Cases(names, cases.to_vec(), place));
                let inner = BTreeMap::from([(*name, self.on(&tree).schema(*inner))]);
                forms.push(object(&inner, &[*name].into(), None));
            }
        }
        if forms.len() == 1 { forms.remove(0) } else { json!({ "oneOf": forms }) }
    }

    fn object(&self, at: usize, members: &[(&'static str, usize)]) -> Value {
        let forms: BTreeMap<&'static str, Value> =
            members.iter().map(|member| (member.0, self.member(at, members, *member))).collect();
        let whole = sets::<T>(self.tree, at);
        let Some((name, each)) = self.deciding(at, members, &whole) else {
            return one_of(alternatives(members, &forms, &whole));
        };
        let mut groups: Vec<(Vec<&'static str>, Sets)> = Vec::new();
        for (word, sets) in each {
            match groups.iter_mut().find(|(_, known)| *known == sets) {
                Some((words, _)) => words.push(word),
                None => groups.push((vec![word], sets)),
            }
        }
        let groups = groups.into_iter().flat_map(|(words, sets)| {
            let mut forms = forms.clone();
            forms.insert(name, one_of_words(words));
            alternatives(members, &forms, &sets)
        });
        one_of(groups.collect())
    }

    /// The form of one member, on a tree in which it is there.
    fn member(
        &self,
        at: usize,
        members: &[(&'static str, usize)],
        (name, member): (&'static str, usize),
    ) -> Value {
        if matches!(self.tree.node(member), Node::Given(_)) {
            let given = self.given.iter().find(|(given, _, _)| *given == name);
            return given.map_or_else(|| json!({}), |(_, form, _)| form.clone());
        }
        let place = members.iter().position(|(known, _)| *known == name).unwrap_or_default();
        let there = |set: &u32| set & (1 << place) != 0;
        let taken = words_of(self.tree, members).into_iter().find_map(|worded| {
            let sets = sets::<T>(&worded, at);
            let set = sets.into_iter().find(there)?;
            with(&worded, at, set).into_iter().find(Tree::is_taken::<T>)
        });
        taken.map_or_else(|| json!(false), |tree| self.on(&tree).schema(member))
    }

    /// The word that decides which others can be there, if there is one, and which for each.
    fn deciding(
        &self,
        at: usize,
        members: &[(&'static str, usize)],
        whole: &Sets,
    ) -> Option<(&'static str, Vec<(&'static str, Sets)>)> {
        members.iter().find_map(|(name, member)| {
            let Node::Words(words, _) = self.tree.node(*member) else { return None };
            let each = words.iter().enumerate().map(|(place, word)| {
                (*word, sets::<T>(&self.tree.put(*member, Node::Words(words, place)), at))
            });
            let each: Vec<_> = each.filter(|(_, sets)| !sets.is_empty()).collect();
            each.iter().any(|(_, sets)| sets != whole).then_some((*name, each))
        })
    }
}

/// Which members of the object at `at` can be there together.
fn sets<T: DeserializeOwned>(tree: &Tree, at: usize) -> Sets {
    let Node::Object(members, _) = tree.node(at) else { return Sets::new() };
    let is_taken = |there: &u32| with(tree, at, *there).iter().any(Tree::is_taken::<T>);
    (0..1u32 << members.len()).filter(is_taken).collect()
}

fn one_of_words(words: Vec<&'static str>) -> Value {
    match &words[..] {
        [word] => json!({ "type": "string", "const": word }),
        _ => json!({ "type": "string", "enum": words }),
    }
}

fn one_of(mut forms: Vec<Value>) -> Value {
    if forms.len() == 1 { forms.remove(0) } else { json!({ "oneOf": forms }) }
}

/// The members that a bit set names.
fn named(members: &[(&'static str, usize)], set: u32) -> BTreeSet<&'static str> {
    let there = members.iter().enumerate().filter(|(place, _)| set & (1 << place) != 0);
    there.map(|(_, (name, _))| *name).collect()
}

/// The objects that have one of these sets of members: one, if the sets are all those between the
/// least and the largest, or all of them but the least; otherwise one for each set.
fn alternatives(
    members: &[(&'static str, usize)],
    forms: &BTreeMap<&'static str, Value>,
    sets: &Sets,
) -> Vec<Value> {
    let least = sets.iter().fold(u32::MAX, |least, set| least & set);
    let most = sets.iter().fold(0, |most, set| most | set);
    let between = |set: &u32| set & least == least && set | most == most;
    let all: Sets = (0..=most).filter(between).collect();
    let narrowed = |set: u32| -> BTreeMap<&'static str, Value> {
        let named = named(members, set);
        forms.iter().filter(|(n, _)| named.contains(*n)).map(|(n, f)| (*n, f.clone())).collect()
    };
    let needed = named(members, least);
    if *sets == all {
        return vec![object(&narrowed(most), &needed, None)];
    }
    if all.iter().filter(|set| **set != least).eq(sets) {
        return vec![object(&narrowed(most), &needed, Some(needed.len() + 1))];
    }
    sets.iter().map(|set| object(&narrowed(*set), &named(members, *set), None)).collect()
}

/// An object with these members and no other ones.
fn object(
    members: &BTreeMap<&'static str, Value>,
    needed: &BTreeSet<&'static str>,
    least: Option<usize>,
) -> Value {
    let mut schema = json!({
        "type": "object", "properties": members, "additionalProperties": false,
    });
    if !needed.is_empty() {
        schema["required"] = json!(needed);
    }
    if let Some(least) = least {
        schema["minProperties"] = least.into();
    }
    schema
}
