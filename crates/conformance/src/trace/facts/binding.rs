//! The facts of a bank's bindings and debits.

use bindproof::bank::binding::{Asked, Input, State};
use bindproof::bank::debit;
use bindproof::bank::facts::{Bound, is_as_before, is_instrument_free};
use bindproof::message::Message;

use super::{Look, same};
use crate::key::Key;
use crate::trace::finding::{Fault, Wrong};
use crate::trace::line::Received;
use crate::trace::records::Kind;

impl Look<'_> {
    pub(super) fn binding(&self, id: Key, input: &Input) -> Result<u64, Wrong> {
        let refs = self.records.bindings.get(&id).copied().unwrap_or_default();
        let mut unlooked = 0;
        if !matches!(input, Input::Expired(_)) {
            self.not_overdue(refs.due_ms)?;
        }
        match input {
            Input::Asked(asked) => match self.received(&[Message::BindRequest])? {
                Some(received) => unlooked += self.asked(id, *asked, received)?,
                None => unlooked += 5,
            },
            Input::LeaveAsked { own } => {
                let leaves = [Message::BindCancel, Message::UnbindRequest];
                let received = self.received(&leaves)?;
                let unbinds = received.is_some_and(|r| r.message == Message::UnbindRequest);
                // A cancel may name the key of a request that has not come yet.
                if self.records.has(Kind::Binding, id) || !own || unbinds {
                    same("own", 18, self.is_here(id), *own, &mut unlooked)?;
                }
            }
            Input::StatusAsked { own } => {
                self.received(&[Message::BindingQuery])?;
                same("own", 18, self.is_here(id), *own, &mut unlooked)?;
            }
            Input::AccountFound | Input::AccountMissing => {
                let received = self.received(&[Message::AccountAnswer])?;
                let named = received.map(|received| received.account.is_some());
                let found = matches!(input, Input::AccountFound);
                same("account", 2, named, found, &mut unlooked)?;
            }
            Input::AccountRegistered | Input::RegistrationRefused(_) => {
                let received = self.received(&[Message::RegistrationAnswer])?;
                let named = received.map(|received| received.account.is_some());
                let registered = matches!(input, Input::AccountRegistered);
                same("account", 5, named, registered, &mut unlooked)?;
            }
            Input::LinkHeard(_) => {
                self.received(&[Message::LinkAnswer, Message::LinkNotice])?;
            }
            Input::LinkNotFound => {
                self.received(&[Message::LinkAnswer])?;
            }
            Input::InstrumentBlocked | Input::InstrumentUnblocked => {
                self.nothing_received()?;
                let blocked = refs.instrument.map(|i| self.records.blocked.contains(&i));
                let said = matches!(input, Input::InstrumentBlocked);
                same("blocked", 24, blocked, said, &mut unlooked)?;
            }
            Input::Expired(state) => {
                self.nothing_received()?;
                let armed = self.records.binding(id).state == *state;
                self.has_passed(refs.due_ms.filter(|_| armed))?;
            }
        }
        Ok(unlooked)
    }

    /// Whether this binding is this person's, if that is known.
    fn is_here(&self, id: Key) -> Option<bool> {
        let here = self.records.has(Kind::Binding, id);
        (here || self.records.whole).then_some(here)
    }

    fn asked(&self, id: Key, asked: Asked, received: &Received<Key>) -> Result<u64, Wrong> {
        let mut unlooked = 0;
        let refs = self.records.bindings.get(&id).copied().unwrap_or_default();
        same("fresh", 10, self.is_fresh(received), asked.fresh, &mut unlooked)?;
        // Before the request its cancel may have come, or nothing at all.
        let certain = match refs.content {
            Some(_) => received.content.is_some(),
            None => self.records.whole,
        };
        let same_body = certain.then(|| is_as_before(refs.content.map(Some), received.content));
        same("same_body", 23, same_body, asked.same_body, &mut unlooked)?;
        let known = refs.instrument.zip(received.instrument).filter(|_| same_body == Some(true));
        if let Some((first, now)) = known.filter(|(first, now)| first != now) {
            let (expected, found) = (first.to_string(), now.to_string());
            return Err(Wrong::new(Fault::OtherFact, 23, "instrument", expected, found));
        }
        same("consent", 10, received.consent, asked.consent, &mut unlooked)?;
        let free = received.instrument.map(|instrument| {
            let holders = self.records.holders(instrument).map(|binding| Bound {
                binding,
                instrument: Some(instrument),
                state: self.records.binding(binding).state,
            });
            is_instrument_free(instrument, Some(id), holders)
        });
        let free = free.filter(|free| !free || self.records.whole);
        same("instrument_free", 11, free, asked.instrument_free, &mut unlooked)?;
        let blocked = received.instrument.map(|i| self.records.blocked.contains(&i));
        let usable =
            blocked.filter(|blocked| *blocked || self.records.whole).map(|blocked| !blocked);
        same("instrument_usable", 10, usable, asked.instrument_usable, &mut unlooked)?;
        Ok(unlooked)
    }

    pub(super) fn debit(&self, operation: Key, input: &debit::Input) -> Result<u64, Wrong> {
        let mut unlooked = 0;
        let Some(received) = self.received(&[Message::DebitRequest])? else { return Ok(3) };
        let here = received.binding.and_then(|id| self.is_here(id));
        same("own", 94, here, input.own, &mut unlooked)?;
        let first = self.records.debits.get(&operation);
        let certain = first.is_some() || self.records.whole;
        let first = first.map(|refs| (refs.binding, refs.amount_minor));
        let now = (received.binding, received.amount_minor);
        let same_content = certain.then(|| is_as_before(first, now));
        same("same_content", 98, same_content, input.same_content, &mut unlooked)?;
        let known = received.binding.filter(|id| self.records.knows(Kind::Binding, *id));
        let state = known.map(|id| self.records.binding(id).state);
        same("binding", 34, state, input.binding, &mut unlooked)?;
        if input.covered && input.binding == State::Absent {
            let what = "covered, of a binding that is not there";
            return Err(Wrong::new(Fault::OtherFact, 34, what, "false", "true"));
        }
        Ok(unlooked)
    }
}
