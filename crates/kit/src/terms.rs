//! What a bank says of a binding to the wallet, compared with what it was asked and has said.

use std::collections::BTreeMap;

use bindproof::wire::{
    AccountRegistration, BindingId, Consent, ContactRef, InstrumentRef, LinkRequest, PersonRef,
    Secret,
};

use crate::config::Customer;

/// What a bank has said of a binding.
#[derive(Clone, Copy, Debug)]
struct Said {
    person: PersonRef,
    contact: ContactRef,
    secret: Secret,
    instrument: Option<InstrumentRef>,
}

/// What is known of a bank's customers, and what the bank has said of their bindings.
#[derive(Debug, Default)]
pub struct Terms {
    customers: BTreeMap<PersonRef, Customer>,
    said: BTreeMap<BindingId, Said>,
}

impl Terms {
    /// From now on the bank may speak of this customer.
    pub fn meet(&mut self, customer: Customer) {
        self.customers.insert(customer.person, customer);
    }

    /// Whose a binding is, as the bank said first.
    pub fn person(&self, binding: BindingId) -> Option<PersonRef> {
        self.said.get(&binding).map(|said| said.person)
    }

    /// The bindings of these persons, as far as the bank has spoken of them.
    pub fn bindings(&self, persons: &[PersonRef]) -> impl Iterator<Item = BindingId> {
        let hers = self.said.iter().filter(|(_, said)| persons.contains(&said.person));
        hers.map(|(binding, _)| *binding)
    }

    /// What the codes of a binding are derived from, as the bank said first.
    pub fn secret(&self, binding: BindingId) -> Option<Secret> {
        self.said.get(&binding).map(|said| said.secret)
    }

    /// The bank asks whether this person has an account; what is wrong with that.
    pub fn query(&self, person: PersonRef) -> Option<String> {
        let stranger = !self.customers.contains_key(&person);
        stranger.then(|| format!("it names {}, who has asked for nothing", person.as_str()))
    }

    /// The bank asks for a registration; what is wrong with what it says.
    pub fn registration(&mut self, said: &AccountRegistration) -> Option<String> {
        let now = Said {
            person: said.person,
            contact: said.contact,
            secret: said.secret,
            instrument: None,
        };
        let Consent { bind, register } = said.consent;
        self.compare(said.binding, now).or_else(|| {
            let otherwise = !bind || !register;
            otherwise.then(|| format!("consent: it says bind {bind}, register {register}"))
        })
    }

    /// The bank asks for the link; what is wrong with what it says.
    pub fn link(&mut self, said: &LinkRequest) -> Option<String> {
        let instrument = Some(said.instrument);
        let (person, contact, secret) = (said.person, said.contact, said.secret);
        self.compare(said.binding, Said { person, contact, secret, instrument })
    }

    fn compare(&mut self, binding: BindingId, now: Said) -> Option<String> {
        let before = self.said.entry(binding).or_insert(now);
        if before.person != now.person {
            let (one, other) = (before.person.as_str(), now.person.as_str());
            return Some(format!("it is about {other}, and was about {one} before"));
        }
        if before.secret != now.secret {
            return Some("the secret of the codes is another than before".to_owned());
        }
        if let Some(instrument) = now.instrument
            && *before.instrument.get_or_insert(instrument) != instrument
        {
            return Some("the instrument is another than before".to_owned());
        }
        self.known(now)
    }

    /// The contact and the instrument are this person's.
    fn known(&self, now: Said) -> Option<String> {
        let Some(customer) = self.customers.get(&now.person) else {
            return self.query(now.person);
        };
        let name = now.person.as_str();
        if customer.contact != now.contact {
            let (own, found) = (customer.contact.as_str(), now.contact.as_str());
            return Some(format!("the verified contact of {name} is {own}, and it says {found}"));
        }
        let holds = now.instrument.is_none_or(|said| customer.instrument.contains(&said));
        let found = now.instrument.map(|found| found.as_str().to_owned()).unwrap_or_default();
        (!holds).then(|| format!("{name} holds no {found}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customer() -> Customer {
        Customer {
            person: "ada".parse().expect("a reference"),
            contact: "tel:1".parse().expect("a reference"),
            instrument: vec!["card-a".parse().expect("a reference")],
            covers_minor: 1,
        }
    }

    fn registration() -> AccountRegistration {
        AccountRegistration {
            binding: BindingId::from_bytes([1; 16]),
            person: customer().person,
            registration: "sealed".parse().expect("a text"),
            contact: customer().contact,
            secret: Secret::from_bytes([1; 32]),
            consent: Consent { bind: true, register: true },
        }
    }

    fn link() -> LinkRequest {
        LinkRequest {
            binding: registration().binding,
            account: bindproof::wire::AccountId::from_bytes([2; 16]),
            instrument: customer().instrument[0],
            person: registration().person,
            contact: registration().contact,
            secret: registration().secret,
        }
    }

    fn terms() -> Terms {
        let mut terms = Terms::default();
        terms.meet(customer());
        assert_eq!(terms.registration(&registration()), None);
        terms
    }

    #[test]
    fn what_is_so_may_be_said_as_often_as_one_likes() {
        let mut terms = terms();
        assert_eq!(terms.query(customer().person), None);
        for _ in 0..2 {
            assert_eq!(terms.registration(&registration()), None);
            assert_eq!(terms.link(&link()), None);
        }
        assert_eq!(terms.person(link().binding), Some(customer().person));
        assert_eq!(terms.secret(link().binding), Some(link().secret));
    }

    #[test]
    fn whatever_is_not_so_is_found() {
        let other = |text: &str| text.parse().expect("a reference");
        let registered = |said| terms().registration(&said).unwrap_or_default();
        let linked = |said| terms().link(&said).unwrap_or_default();
        let secret = Secret::from_bytes([2; 32]);
        let consent = Consent { bind: true, register: false };
        for (found, why) in [
            (registered(AccountRegistration { consent, ..registration() }), "register false"),
            (registered(AccountRegistration { secret, ..registration() }), "secret"),
            (linked(LinkRequest { secret, ..link() }), "secret"),
            (linked(LinkRequest { person: other("eve"), ..link() }), "about eve"),
            (linked(LinkRequest { contact: "tel:2".parse().expect("one"), ..link() }), "tel:2"),
            (linked(LinkRequest { instrument: "x".parse().expect("one"), ..link() }), "no x"),
        ] {
            assert!(found.contains(why), "{why}: {found:?}");
        }
        let stranger = terms().query(other("eve")).unwrap_or_default();
        assert!(stranger.contains("eve, who has asked for nothing"), "{stranger}");
    }
}
