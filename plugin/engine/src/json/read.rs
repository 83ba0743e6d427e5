//! Facts and expectations from JSON.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};
use weighbridge_blob::words::Kind;

use super::tree::through_tree;
use super::{
    AuthorisationJson, Expect, FactsJson, IdentityJson, ItemJson, LiftedJson, Members, Named, OwnerJson, PartyJson, PlaceJson, PolicyJson,
    ScopedAuthorisation, Tree, Word, number, text,
};

impl<'de> Deserialize<'de> for FactsJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        through_tree(deserializer, Self::read)
    }
}

impl<'de> Deserialize<'de> for Expect {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        through_tree(deserializer, Self::read)
    }
}

fn word<T: FromStr<Err: fmt::Display>>(members: &mut Members, name: &str) -> Result<Option<Word<T>>, String> {
    Ok(members.word(name)?.map(Word))
}

fn required_word<T: FromStr<Err: fmt::Display>>(members: &mut Members, name: &str) -> Result<Word<T>, String> {
    members.required_text(name)?.parse().map(Word).map_err(|error: T::Err| error.to_string())
}

fn words<T: FromStr<Err: fmt::Display>>(texts: Vec<String>) -> Result<Vec<Word<T>>, String> {
    let mut out = Vec::with_capacity(texts.len());
    for text in texts {
        out.push(Word(text.parse().map_err(|error: T::Err| error.to_string())?));
    }
    Ok(out)
}

/// The object under a name, empty if it is not given.
fn object(members: &mut Members, name: &str) -> Result<Members, String> {
    Members::of(members.take(name).unwrap_or(Tree::Object(Vec::new()))).map_err(|error| [name, ": ", &error].concat())
}

impl FactsJson {
    /// Reads facts.
    ///
    /// # Errors
    /// The member that is missing, unknown, there twice or not understood.
    pub fn read(tree: Tree) -> Result<Self, String> {
        let mut m = Members::of(tree)?;
        let mut ages = Named::default();
        for (list, days) in object(&mut m, "list_age_days")?.rest() {
            ages.insert(
                Word(list.parse().map_err(|error: weighbridge_blob::words::UnknownWord| error.to_string())?),
                number(&list, &days)?,
            );
        }
        let facts = Self {
            action: required_word(&mut m, "action")?,
            item: m.take("item").map(ItemJson::read).transpose()?.unwrap_or_default(),
            place: PlaceJson::read(object(&mut m, "place")?)?,
            identity: m.optional("identity").map(IdentityJson::read).transpose()?,
            party: m.list("party")?.into_iter().map(PartyJson::read).collect::<Result<_, _>>()?,
            owners: m.list("owners")?.into_iter().map(OwnerJson::read).collect::<Result<_, _>>()?,
            authorisations: m.list("authorisations")?.into_iter().map(AuthorisationJson::read).collect::<Result<_, _>>()?,
            clearances: m.texts("clearances")?,
            network: words(m.texts("network")?)?,
            flags: words(m.texts("flags")?)?,
            list_age_days: ages,
            policy: PolicyJson::read(object(&mut m, "policy")?)?,
            provided: m.optional_texts("provided")?.map(words).transpose()?,
        };
        m.done()?;
        Ok(facts)
    }
}

impl ItemJson {
    fn read(tree: Tree) -> Result<Self, String> {
        let mut m = Members::of(tree)?;
        let item = Self { class: required_word(&mut m, "class")?, notice: m.flag_or_off("notice")? };
        m.done()?;
        Ok(item)
    }
}

impl PlaceJson {
    fn read(mut m: Members) -> Result<Self, String> {
        let places = Self {
            ip: word(&mut m, "ip")?,
            platform: word(&mut m, "platform")?,
            declared: word(&mut m, "declared")?,
            billing: word(&mut m, "billing")?,
            registered: word(&mut m, "registered")?,
            headquarters: word(&mut m, "headquarters")?,
            ultimate_parent: word(&mut m, "ultimate_parent")?,
        };
        m.done()?;
        Ok(places)
    }
}

impl IdentityJson {
    fn read(tree: Tree) -> Result<Self, String> {
        let mut m = Members::of(tree)?;
        let kind = m.take("kind").map(|kind| text("kind", kind)).transpose()?;
        let kind = kind.map(|kind| kind.parse().map_err(|error: weighbridge_blob::words::UnknownWord| error.to_string())).transpose()?;
        let foreign_person = m.flag("foreign_person")?;
        let mut more = Named::default();
        for (name, value) in m.rest() {
            // Two values for one claim: two readers could take two of them.
            if name == "kind" || name == "foreign_person" {
                return Err("`kind` or `foreign_person` is there twice".to_owned());
            }
            more.insert(name, value);
        }
        Ok(Self { kind: Word(kind.unwrap_or(Kind::Person)), foreign_person, more })
    }
}

impl PartyJson {
    fn read(tree: Tree) -> Result<Self, String> {
        let mut m = Members::of(tree)?;
        let party = Self {
            list: word(&mut m, "list")?,
            lists: words(m.texts("lists")?)?,
            band: required_word(&mut m, "band")?,
            entry: m.text("entry")?,
            score: m.number("score")?,
        };
        m.done()?;
        Ok(party)
    }
}

impl OwnerJson {
    fn read(tree: Tree) -> Result<Self, String> {
        let mut m = Members::of(tree)?;
        let owner =
            Self { list: word(&mut m, "list")?, lists: words(m.texts("lists")?)?, share: m.number("share")?, owner: m.text("owner")? };
        m.done()?;
        Ok(owner)
    }
}

impl AuthorisationJson {
    fn read(tree: Tree) -> Result<Self, String> {
        if let Tree::Text(kind) = tree {
            return Ok(Self::Kind(kind));
        }
        let fail = "an authorisation is a kind of authorisation, or an object with `kind`, `rules` and `id`";
        let mut m = Members::of(tree).map_err(|_| fail.to_owned())?;
        let scoped = ScopedAuthorisation { kind: m.required_text("kind")?, rules: m.optional_texts("rules")?, id: m.text("id")? };
        m.done()?;
        Ok(Self::Scoped(scoped))
    }
}

impl PolicyJson {
    fn read(mut m: Members) -> Result<Self, String> {
        let mut switch = Named::default();
        for (name, value) in object(&mut m, "switch")?.rest() {
            let value = text(&name, value)?;
            switch.insert(name, value);
        }
        let policy = Self { switch, bound_as: m.optional_texts("bound_as")?, regimes: m.optional_texts("regimes")? };
        m.done()?;
        Ok(policy)
    }
}

impl Expect {
    /// Reads what a case expects.
    ///
    /// # Errors
    /// The member that is missing, unknown, there twice or not understood.
    pub fn read(tree: Tree) -> Result<Self, String> {
        let mut m = Members::of(tree)?;
        let status = m.whole("status")?.ok_or("missing field `status`")?;
        let lifted = match m.optional("lifted") {
            None => None,
            Some(Tree::List(lifted)) => Some(lifted.into_iter().map(LiftedJson::read).collect::<Result<_, _>>()?),
            Some(_) => return Err("`lifted` is not an array".to_owned()),
        };
        let expect = Self {
            outcome: required_word(&mut m, "outcome")?,
            status: u16::try_from(status).map_err(|_| "`status` is not an HTTP status")?,
            rules: m.optional_texts("rules")?.ok_or("missing field `rules`")?,
            exceptions: m.optional_texts("exceptions")?,
            lifted,
            freshness: m.text("freshness")?,
            not_screened: m.optional_texts("not_screened")?.map(words).transpose()?,
            reason_code: m.text("reason_code")?,
        };
        m.done()?;
        Ok(expect)
    }
}

impl LiftedJson {
    fn read(tree: Tree) -> Result<Self, String> {
        let mut m = Members::of(tree)?;
        Ok(Self { rule: m.required_text("rule")?, authorisation: m.required_text("authorisation")? })
    }
}
