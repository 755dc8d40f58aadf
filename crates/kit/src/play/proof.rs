//! What the kit's wallet clients give as proof.

use bindproof::wallet::operation::Operation;
use bindproof::wire::{BindingCode, Challenge, ChallengeId, ContactRef, OneTimeCode, Proof};
use serde_json::{Value, json};

use super::{Binding, LOOK, Person, Phone, Play};
use crate::call::By;
use crate::oracle::wallet::{Asserted, Offer, Wallet};
use crate::trouble::{Tried, Trouble};

/// How long a code may take that need not come.
const SENDING: std::time::Duration = std::time::Duration::from_millis(500);

/// Which binding code is presented.
#[derive(Clone, Copy, Debug)]
pub enum Code<'a> {
    /// None.
    None,
    /// The current one of this binding.
    Of(&'a Binding),
    /// The one before, which is still good if none was presented since.
    Before(&'a Binding),
    /// This one, whatever it is worth: nothing.
    Wrong(BindingCode),
}

/// Which one-time code is given.
#[derive(Clone, Debug)]
pub enum Contact {
    /// None.
    None,
    /// The one that was sent to this contact with the challenge.
    Sent(ContactRef),
    /// The one that was sent to this contact, if one was: for what is no challenge with a code.
    IfSent(ContactRef),
    /// This one, which was read before: it was sent with the challenge.
    Read(OneTimeCode),
    /// This one, which was sent with another challenge.
    Other(OneTimeCode),
    /// Another one.
    Wrong,
}

/// What is given as proof.
#[derive(Clone)]
pub struct Given<'a> {
    /// The binding code.
    pub code: Code<'a>,
    /// The one-time code.
    pub contact: Contact,
    /// The authenticator asserts the person, known to it or not.
    pub asserts: Option<bool>,
    /// Whose authenticator asserts it, if not that of the device that answers.
    pub by: Option<&'a Phone>,
    /// The authenticator is enrolled.
    pub enrols: bool,
    /// Whose identity is proved.
    pub identity: Option<Person>,
    /// What is asserted or enrolled is made for this challenge, not for the one that is answered.
    pub made_for: Option<ChallengeId>,
}

impl Given<'_> {
    /// Nothing.
    pub const NOTHING: Self = Self {
        code: Code::None,
        contact: Contact::None,
        asserts: None,
        by: None,
        enrols: false,
        identity: None,
        made_for: None,
    };
    /// The account's own two factors.
    pub const TWO: Self = Self { asserts: Some(true), ..Self::NOTHING };
}

impl<'a> Given<'a> {
    /// A first authentication as it should be.
    pub const fn first(binding: &'a Binding) -> Self {
        let (code, contact) = (Code::Of(binding), Contact::Sent(binding.contact));
        Self { code, contact, enrols: true, ..Given::NOTHING }
    }

    /// An approval as it should be.
    pub const fn approval(binding: &'a Binding) -> Self {
        let (code, contact) = (Code::Of(binding), Contact::Sent(binding.contact));
        Self { code, contact, ..Given::TWO }
    }
}

impl Play<'_> {
    /// What is given, in its form, and what the kit knows it to be.
    ///
    /// # Errors
    /// If the wallet does not say what is needed for it.
    pub async fn proof(
        &mut self,
        phone: &Phone,
        challenge: &Challenge,
        given: &Given<'_>,
    ) -> Tried<(Proof, Offer)> {
        let (mut proof, mut offer) = (Proof::default(), OFFERS_NOTHING);
        match &given.contact {
            Contact::None => {}
            Contact::Sent(contact) => {
                proof.one_time_code = Some(self.one_time_code(*contact).await?);
                offer.contact = true;
            }
            Contact::IfSent(contact) => {
                tokio::time::sleep(SENDING).await;
                if let Some(code) = self.code_sent(*contact).await? {
                    proof.one_time_code = Some(code);
                    offer.contact = true;
                }
            }
            Contact::Read(code) => {
                proof.one_time_code = Some(*code);
                offer.contact = true;
            }
            Contact::Other(code) => proof.one_time_code = Some(*code),
            Contact::Wrong => proof.one_time_code = "00000000".parse().ok(),
        }
        if given.asserts.is_some() || given.enrols {
            let of = given.made_for.unwrap_or(challenge.challenge);
            let ceremony = self.ceremony(phone, of).await?;
            let fits = of == challenge.challenge;
            if let Some(verified) = given.asserts {
                let by = &given.by.unwrap_or(phone).authenticator;
                proof.assertion = by.assert(&ceremony, verified).parse().ok();
                let by = by.public();
                offer.asserted = Some(Asserted { by, fits, verified });
            }
            if given.enrols {
                proof.authenticator = phone.authenticator.enrol(&ceremony).parse().ok();
                offer.enrolment = fits.then(|| phone.authenticator.public());
            }
        }
        if let Some(person) = given.identity {
            let said = json!({ "person": person.person });
            let line = &self.kit.line;
            let vouched = line.own(&By::Nobody, "/development/identity", &said).await?;
            proof.identity = text(&vouched, "evidence")?.parse().ok();
            offer.identity = Some(person.person);
        }
        // The code comes last: it is good for a while only.
        match given.code {
            Code::None => {}
            Code::Of(binding) => {
                proof.binding_code = Some(self.code_of_period(binding, 0).await);
                offer.code_of = Some(binding.id);
            }
            Code::Before(binding) => {
                proof.binding_code = Some(self.code_of_period(binding, 1).await);
                offer.code_of = Some(binding.id);
            }
            Code::Wrong(code) => proof.binding_code = Some(code),
        }
        Ok((proof, offer))
    }

    async fn ceremony(&self, phone: &Phone, challenge: ChallengeId) -> Tried<String> {
        let said = json!({ "challenge": challenge, "device": phone.device });
        let by = By::Device(&phone.signer);
        let invited = self.kit.line.own(&by, "/v1/invitation", &said).await;
        text(&invited.map_err(|trouble| self.uninvited(challenge, trouble))?, "ceremony")
    }

    /// There is no invitation for a challenge: if its time may have passed, as the steps have it,
    /// none is to be given, and nothing is known.
    fn uninvited(&self, challenge: ChallengeId, trouble: Trouble) -> Trouble {
        let has_expired = |wallet: &Wallet| {
            let mut asked = wallet.operations.values().filter(|of| of.challenge == Some(challenge));
            asked.any(|of| of.state == Operation::Expired)
        };
        match &trouble {
            Trouble::Wrong { step, found, .. }
                if found.starts_with("status 404") && self.worlds.may(self.now(), has_expired) =>
            {
                let challenge_ms = self.kit.rules.timing.challenge_ms;
                let why = format!("challenge_ms is {challenge_ms}, and has passed");
                Trouble::Undecided(format!("{why}: {step}"))
            }
            _ => trouble,
        }
    }

    /// The one-time code that was sent to a contact since the last one was read.
    ///
    /// # Errors
    /// If none comes in time.
    pub async fn one_time_code(&mut self, contact: ContactRef) -> Tried<OneTimeCode> {
        let since_ms = self.kit.line.world.now_ms();
        loop {
            if let Some(code) = self.code_sent(contact).await? {
                return Ok(code);
            }
            if self.kit.line.is_late(since_ms) {
                return Err(Trouble::wrong("a one-time code is sent", "a code", "none"));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The one-time code that was sent to a contact since the last one was read, if there is one.
    async fn code_sent(&mut self, contact: ContactRef) -> Tried<Option<OneTimeCode>> {
        let seen = self.codes_seen.get(&contact).copied().unwrap_or_default();
        let inbox = self.kit.line.get("/development/inbox").await?;
        let messages = inbox.body.get("messages").and_then(Value::as_array);
        let number_of = |message: &Value| message.get("number").and_then(Value::as_u64);
        let found = messages.into_iter().flatten().find(|message| {
            let to = message.get("contact").and_then(Value::as_str);
            to == Some(contact.as_str()) && number_of(message).is_some_and(|number| number > seen)
        });
        let Some(found) = found else { return Ok(None) };
        self.codes_seen.insert(contact, number_of(found).unwrap_or_default());
        let code = text(found, "code")?.parse();
        code.map(Some).map_err(|error| Trouble::wrong("a one-time code", "a code", error))
    }

    /// The one-time codes to this contact are read anew: the last one is still good for a challenge
    /// that is open.
    pub fn forget_codes(&mut self, contact: &Contact) {
        if let Contact::Sent(contact) = contact {
            self.codes_seen.remove(contact);
        }
    }
}

/// What an answer by its own device to the open challenge offers at least.
pub(super) const OFFERS_NOTHING: Offer = Offer {
    from_its_device: true,
    this_challenge: true,
    code_of: None,
    contact: false,
    asserted: None,
    enrolment: None,
    identity: None,
};

/// A member of a body that is no message of the protocol.
pub(super) fn text(value: &Value, member: &str) -> Tried<String> {
    let found = value.get(member).and_then(Value::as_str);
    let missing = || Trouble::wrong("the test interface", format!("a member {member}"), value);
    found.map(str::to_owned).ok_or_else(missing)
}
