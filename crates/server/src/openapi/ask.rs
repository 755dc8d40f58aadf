//! Asks a type for its form: a deserializer that knows nothing at first, and learns from what the
//! type's own reader asks for and refuses. So what is written down of a message is what is read.

use std::cell::RefCell;
use std::fmt;

use serde::Deserializer;
use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::terms;
use super::tree::{Case, Fault, Names, Node, Tree};

/// What a visitor says that it expects.
struct Expected<'a, V>(&'a V);

impl<'de, V: Visitor<'de>> fmt::Display for Expected<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }
}

/// The deserializer of one node.
#[derive(Clone, Copy)]
pub(super) struct Ask<'t> {
    tree: &'t RefCell<Tree>,
    at: usize,
}

impl<'t> Ask<'t> {
    /// The deserializer of the whole.
    pub const fn whole(tree: &'t RefCell<Tree>) -> Self {
        Self { tree, at: 0 }
    }
}

impl Ask<'_> {
    fn node(self) -> Node {
        self.tree.borrow().nodes[self.at].clone()
    }

    /// Notes what is known from now on.
    fn learned<T>(self, node: Node) -> Result<T, Fault> {
        self.tree.borrow_mut().nodes[self.at] = node;
        Err(Fault::Learned)
    }

    fn other<T>(self, asked: &str) -> Result<T, Fault> {
        Err(Fault::No(format!("{asked} where there is {:?}", self.node())))
    }

    fn number<'de, V: Visitor<'de>>(
        self,
        kind: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self.node() {
            Node::Unasked => self.learned(Node::Number(kind, 1)),
            Node::Number(_, number) => match u64::try_from(number) {
                Ok(number) => visitor.visit_u64(number),
                Err(_) => visitor.visit_i64(number),
            },
            _ => self.other(kind),
        }
    }

    fn text<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let label = Expected(&visitor).to_string();
        match self.node() {
            // A reader of words names them all when it is given one that it does not know.
            Node::Unasked if label == "a word" => match visitor.visit_str("?") {
                Err(Fault::Knows(words)) => self.learned(Node::Words(words, 0)),
                Err(fault) => Err(fault),
                Ok(_) => self.other("a word that may be anything"),
            },
            Node::Unasked => self.learned(Node::Text(label)),
            Node::Text(label) => visitor.visit_str(terms::sample(&label)),
            Node::Words(words, tried) => visitor.visit_str(words[tried]),
            _ => self.other("a text"),
        }
    }

    fn object<'de, V: Visitor<'de>>(
        self,
        names: Option<Names>,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let given = |error: serde_json::Error| Fault::No(error.to_string());
        match self.node() {
            Node::Unasked => {
                // A reader of objects names its members when it is given one that it does not know.
                let names = match names {
                    Some(names) => names,
                    None => match visitor.visit_map(Stranger) {
                        Err(Fault::Knows(names)) => names,
                        Err(fault) => return Err(fault),
                        Ok(_) => return self.other("an object that may be anything"),
                    },
                };
                let node = self.tree.borrow_mut().object(names);
                self.learned(node)
            }
            Node::Object(members, there) => {
                visitor.visit_map(Members { ask: self, members, there, next: 0 })
            }
            Node::Given(value) => value.deserialize_map(visitor).map_err(given),
            _ => self.other("an object"),
        }
    }
}

/// An object with one member that nobody knows.
struct Stranger;

impl<'de> MapAccess<'de> for Stranger {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        let name: StrDeserializer<'_, Fault> = "?".into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, _: V) -> Result<V::Value, Fault> {
        Err(Fault::No("a member of any name".to_owned()))
    }
}

/// The members of an object that are there.
struct Members<'t> {
    ask: Ask<'t>,
    members: Vec<(&'static str, usize)>,
    there: u32,
    next: usize,
}

impl<'de> MapAccess<'de> for Members<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        while self.next < self.members.len() && self.there & (1 << self.next) == 0 {
            self.next += 1;
        }
        let Some((name, _)) = self.members.get(self.next) else { return Ok(None) };
        let name: StrDeserializer<'_, Fault> = name.into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let at = self.members[self.next].1;
        self.next += 1;
        seed.deserialize(Ask { at, ..self.ask })
    }
}

/// A list of one.
struct One<'t>(Option<Ask<'t>>);

impl<'de> SeqAccess<'de> for One<'_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fault> {
        self.0.take().map(|item| seed.deserialize(item)).transpose()
    }
}

/// One case, by its name.
struct Named<'t> {
    ask: Ask<'t>,
    name: &'static str,
    case: Case,
    tried: usize,
}

impl Named<'_> {
    fn learned<T>(&self, case: Case) -> Result<T, Fault> {
        let mut tree = self.ask.tree.borrow_mut();
        if let Node::Cases(_, cases, _) = &mut tree.nodes[self.ask.at] {
            cases[self.tried] = case;
        }
        Err(Fault::Learned)
    }

    fn inner<T>(&self, node: impl FnOnce(&mut Tree) -> Node) -> Result<T, Fault> {
        let inner = {
            let mut tree = self.ask.tree.borrow_mut();
            let inner = tree.add();
            let node = node(&mut tree);
            tree.nodes[inner] = node;
            inner
        };
        self.learned(Case::With(inner))
    }
}

impl<'de> EnumAccess<'de> for Named<'_> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Fault> {
        let name: StrDeserializer<'_, Fault> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Named<'_> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        if self.case == Case::Unasked { self.learned(Case::Word) } else { Ok(()) }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        match self.case {
            Case::With(at) => seed.deserialize(Ask { at, ..self.ask }),
            _ => self.inner(|_| Node::Unasked),
        }
    }

    fn struct_variant<V: Visitor<'de>>(self, names: Names, visitor: V) -> Result<V::Value, Fault> {
        match self.case {
            Case::With(at) => Ask { at, ..self.ask }.object(Some(names), visitor),
            _ => self.inner(|tree| tree.object(names)),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Fault> {
        self.ask.other("a case of several values")
    }
}

macro_rules! numbers {
    ($($method:ident $kind:literal)+) => { $(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            self.number($kind, visitor)
        }
    )+ };
}

impl<'de> Deserializer<'de> for Ask<'_> {
    type Error = Fault;

    numbers! {
        deserialize_u8 "u8" deserialize_u16 "u16" deserialize_u32 "u32" deserialize_u64 "u64"
        deserialize_i8 "i8" deserialize_i16 "i16" deserialize_i32 "i32" deserialize_i64 "i64"
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.text(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.text(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.object(None, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: Names,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.object(Some(names), visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.node() {
            Node::Unasked => self.learned(Node::Truth),
            Node::Truth => visitor.visit_bool(true),
            _ => self.other("true or false"),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.node() {
            Node::Unasked => {
                let item = self.tree.borrow_mut().add();
                self.learned(Node::List(item))
            }
            Node::List(at) => visitor.visit_seq(One(Some(Ask { at, ..self }))),
            _ => self.other("a list"),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: Names,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self.node() {
            Node::Unasked => self.learned(Node::Cases(names, vec![Case::Unasked; names.len()], 0)),
            Node::Cases(names, cases, tried) => {
                let (name, case) = (names[tried], cases[tried]);
                visitor.visit_enum(Named { ask: self, name, case, tried })
            }
            _ => self.other("a case"),
        }
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.node() {
            Node::Unasked => self.learned(Node::Anything),
            Node::Anything => visitor.visit_unit(),
            _ => self.other("anything"),
        }
    }

    serde::forward_to_deserialize_any! {
        f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}
