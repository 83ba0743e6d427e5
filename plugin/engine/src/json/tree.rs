//! JSON as it was written, before anybody says what it should be.
//!
//! All that a gate reads from JSON goes through this one type. Derived readers would each bring a copy of the parser into the
//! module that ships; they were a sixth of it. Names that stand twice are kept, so that whoever takes an object apart refuses it.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::Writer;

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    /// `null`.
    Null,
    /// `true` or `false`.
    Flag(bool),
    /// A whole number of 64 bits.
    Whole(i64),
    /// Any other number.
    Number(f64),
    /// A text.
    Text(String),
    /// An array.
    List(Vec<Tree>),
    /// The members of an object as they came.
    Object(Vec<(String, Tree)>),
}

impl Tree {
    /// Reads exactly one value.
    ///
    /// # Errors
    /// What is wrong, with line and column.
    pub fn parse(json: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(json).map_err(|error| error.to_string())
    }

    /// The member of an object, or `None`.
    pub fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// Writes it as it was read.
    pub fn write(&self, out: &mut Writer) {
        match self {
            Self::Null => out.null(),
            Self::Flag(flag) => out.flag(*flag),
            Self::Whole(number) => out.whole(*number),
            Self::Number(number) => out.float(*number),
            Self::Text(text) => out.text(text),
            Self::List(values) => {
                out.list();
                values.iter().for_each(|value| value.write(out));
                out.end_list();
            }
            Self::Object(members) => {
                out.object();
                for (name, value) in members {
                    out.key(name);
                    value.write(out);
                }
                out.end_object();
            }
        }
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_none<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Tree, E> {
        Ok(Tree::Flag(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Tree, E> {
        Ok(Tree::Whole(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Tree, E> {
        Ok(i64::try_from(number).map_or(Tree::Number(number as f64), Tree::Whole))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Tree, E> {
        Ok(Tree::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Tree, E> {
        Ok(Tree::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Tree, E> {
        Ok(Tree::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Tree, A::Error> {
        let mut out = Vec::new();
        while let Some(value) = values.next_element()? {
            out.push(value);
        }
        Ok(Tree::List(out))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Tree, A::Error> {
        let mut out = Vec::new();
        while let Some(name) = members.next_key()? {
            out.push((name, members.next_value()?));
        }
        Ok(Tree::Object(out))
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Whole(number) => serializer.serialize_i64(*number),
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(values) => serializer.collect_seq(values),
            Self::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}

/// Reads a tree, then what it means: for types whose form is written by hand.
///
/// # Errors
/// What `read` says.
pub(super) fn through_tree<'de, T, D: Deserializer<'de>>(deserializer: D, read: fn(Tree) -> Result<T, String>) -> Result<T, D::Error> {
    read(Tree::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// The members of an object, taken out one by one. Whatever is left at the end is unknown, or there twice.
#[derive(Debug)]
pub struct Members(Vec<(String, Tree)>);

impl Members {
    /// Those of an object.
    ///
    /// # Errors
    /// If it is none.
    pub fn of(tree: Tree) -> Result<Self, String> {
        match tree {
            Tree::Object(members) => Ok(Self(members)),
            _ => Err("an object is expected".to_owned()),
        }
    }

    /// Takes a member out; `null` is a value.
    pub fn take(&mut self, name: &str) -> Option<Tree> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.remove(at).1)
    }

    /// Takes a member out; `null` is as good as nothing.
    pub fn optional(&mut self, name: &str) -> Option<Tree> {
        self.take(name).filter(|value| *value != Tree::Null)
    }

    /// Takes out a member that must be there.
    ///
    /// # Errors
    /// If it is not.
    pub fn required(&mut self, name: &str) -> Result<Tree, String> {
        self.take(name).ok_or_else(|| ["missing field `", name, "`"].concat())
    }

    /// A text, if given.
    ///
    /// # Errors
    /// If it is something else.
    pub fn text(&mut self, name: &str) -> Result<Option<String>, String> {
        self.optional(name).map(|value| text(name, value)).transpose()
    }

    /// A text, empty if not given.
    ///
    /// # Errors
    /// If it is something else, or `null`.
    pub fn text_or_empty(&mut self, name: &str) -> Result<String, String> {
        self.take(name).map_or_else(|| Ok(String::new()), |value| text(name, value))
    }

    /// A text that must be given.
    ///
    /// # Errors
    /// If it is not there, or something else.
    pub fn required_text(&mut self, name: &str) -> Result<String, String> {
        text(name, self.required(name)?)
    }

    /// `true` or `false`, if given.
    ///
    /// # Errors
    /// If it is something else.
    pub fn flag(&mut self, name: &str) -> Result<Option<bool>, String> {
        match self.optional(name) {
            None => Ok(None),
            Some(Tree::Flag(flag)) => Ok(Some(flag)),
            Some(_) => Err(wrong(name, "true or false")),
        }
    }

    /// A flag that is off where it is not given.
    ///
    /// # Errors
    /// If it is something else, or `null`.
    pub fn flag_or_off(&mut self, name: &str) -> Result<bool, String> {
        match self.take(name) {
            None => Ok(false),
            Some(Tree::Flag(flag)) => Ok(flag),
            Some(_) => Err(wrong(name, "true or false")),
        }
    }

    /// A number, if given.
    ///
    /// # Errors
    /// If it is something else.
    pub fn number(&mut self, name: &str) -> Result<Option<f64>, String> {
        self.optional(name).map(|value| number(name, &value)).transpose()
    }

    /// A whole number, if given.
    ///
    /// # Errors
    /// If it is something else.
    pub fn whole(&mut self, name: &str) -> Result<Option<i64>, String> {
        match self.optional(name) {
            None => Ok(None),
            Some(Tree::Whole(number)) => Ok(Some(number)),
            Some(_) => Err(wrong(name, "a whole number")),
        }
    }

    /// The values of an array, none if it is not given.
    ///
    /// # Errors
    /// If it is something else, or `null`.
    pub fn list(&mut self, name: &str) -> Result<Vec<Tree>, String> {
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Tree::List(values)) => Ok(values),
            Some(_) => Err(wrong(name, "an array")),
        }
    }

    /// An array of texts, none if it is not given.
    ///
    /// # Errors
    /// If it is something else, or `null`.
    pub fn texts(&mut self, name: &str) -> Result<Vec<String>, String> {
        self.list(name)?.into_iter().map(|value| text(name, value)).collect()
    }

    /// An array of texts, if given.
    ///
    /// # Errors
    /// If it is something else.
    pub fn optional_texts(&mut self, name: &str) -> Result<Option<Vec<String>>, String> {
        match self.optional(name) {
            None => Ok(None),
            Some(Tree::List(values)) => values.into_iter().map(|value| text(name, value)).collect::<Result<_, _>>().map(Some),
            Some(_) => Err(wrong(name, "an array")),
        }
    }

    /// A word of a vocabulary, if given.
    ///
    /// # Errors
    /// If it is something else, or not in the vocabulary.
    pub fn word<T: FromStr<Err: fmt::Display>>(&mut self, name: &str) -> Result<Option<T>, String> {
        self.text(name)?.map(|text| text.parse().map_err(|error: T::Err| error.to_string())).transpose()
    }

    /// What is left over.
    pub fn rest(self) -> Vec<(String, Tree)> {
        self.0
    }

    /// Whether all of it was taken.
    ///
    /// # Errors
    /// What was not.
    pub fn done(self) -> Result<(), String> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => Err(["unknown field `", name, "`, or one that is there twice"].concat()),
        }
    }
}

fn wrong(name: &str, expected: &str) -> String {
    ["`", name, "` is not ", expected].concat()
}

/// The text that a value is. `name` is for the error.
///
/// # Errors
/// If it is none.
pub fn text(name: &str, value: Tree) -> Result<String, String> {
    if let Tree::Text(text) = value { Ok(text) } else { Err(wrong(name, "a text")) }
}

/// The number that a value is. `name` is for the error.
///
/// # Errors
/// If it is none.
pub fn number(name: &str, value: &Tree) -> Result<f64, String> {
    match value {
        Tree::Whole(number) => Ok(*number as f64),
        Tree::Number(number) => Ok(*number),
        _ => Err(wrong(name, "a number")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_as_it_was_read() {
        let json = r#"{"b":[1,-2,3.5,1e-9,true,null,"\u00e9\u0001\"\\"],"a":{},"b":[[],{}]}"#;
        let tree = Tree::parse(json.as_bytes()).unwrap();
        let mut out = Writer::default();
        tree.write(&mut out);
        assert_eq!(out.finish(), "{\"b\":[1,-2,3.5,1e-9,true,null,\"é\\u0001\\\"\\\\\"],\"a\":{},\"b\":[[],{}]}");
        assert_eq!(serde_json::to_string(&tree).unwrap(), "{\"b\":[1,-2,3.5,1e-9,true,null,\"é\\u0001\\\"\\\\\"],\"a\":{},\"b\":[[],{}]}");
        for bad in ["", "{", "[1]]", "{\"a\":1,}", "nul", "1e999"] {
            assert!(Tree::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_that_is_there_twice_is_left_over() {
        let mut members = Members::of(Tree::parse(br#"{"a":"1","b":null,"a":"2"}"#).unwrap()).unwrap();
        assert_eq!((members.text("a"), members.text("b"), members.text("c")), (Ok(Some("1".to_owned())), Ok(None), Ok(None)));
        assert_eq!(members.done(), Err("unknown field `a`, or one that is there twice".to_owned()));
        assert!(Members::of(Tree::Null).is_err());
    }
}
