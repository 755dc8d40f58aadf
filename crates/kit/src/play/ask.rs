//! What the kit's banks say to the wallet.

use bindproof::message::Message;
use bindproof::wire::{
    self, AccountAnswer, AccountId, AccountQuery, Found, IdempotencyKey, LinkAnswer, OperationId,
    PersonRef, Registered, RegistrationAnswer, RequestId,
};

use super::Play;
use crate::call::{By, Reply, Stamp, problem, read, shown};
use crate::oracle::Told;
use crate::oracle::wallet::Arrived;
use crate::oracle::wallet::{FromBank, Wallet};
use crate::target::signed;
use crate::trouble::{Tried, Trouble};

/// How a bank says something.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// Which of the kit's banks.
    pub bank: usize,
    /// Under which key; a new one if none is given.
    pub key: Option<IdempotencyKey>,
    /// It was issued so many milliseconds ago.
    pub ago_ms: i64,
}

impl How {
    /// As it should be: fresh, under a new key.
    pub const fn of(bank: usize) -> Self {
        Self { bank, key: None, ago_ms: 0 }
    }

    /// Under this key.
    #[must_use]
    pub const fn under(self, key: IdempotencyKey) -> Self {
        Self { key: Some(key), ..self }
    }

    /// Issued longer ago than any new request may be.
    #[must_use]
    pub fn stale(self, play: &Play<'_>) -> Self {
        let window_ms = i64::try_from(play.kit.rules.timing.freshness_ms).unwrap_or(i64::MAX / 4);
        Self { ago_ms: window_ms + 60_000, ..self }
    }
}

/// A message in its form, ready to be sent.
struct Formed {
    message: Message,
    request: RequestId,
    key: Option<IdempotencyKey>,
    /// What it says, without what is of this sending only.
    said: String,
}

impl Play<'_> {
    /// A bank says something, and the wallet answers what the steps have it answer.
    ///
    /// # Errors
    /// If it does not.
    pub async fn say(&mut self, how: &How, said: FromBank) -> Tried<Told> {
        let (formed, reply) = self.put(how, &said).await?;
        self.heard(how, &said, &formed, &reply)
    }

    /// Two things are said at once, and the wallet answers what the steps have it answer in the one
    /// order or in the other.
    ///
    /// # Errors
    /// If it does not.
    pub async fn say_at_once(&mut self, said: [(How, FromBank); 2]) -> Tried<[Told; 2]> {
        let [(how, one), (other_how, other)] = &said;
        let (put, other_put) = tokio::join!(self.put(how, one), self.put(other_how, other));
        let ((formed, reply), (other_formed, other_reply)) = (put?, other_put?);
        let (formed, replies) = ([formed, other_formed], [reply, other_reply]);
        let before = (self.worlds.clone(), self.log.clone(), self.keys.clone());
        let mut tried = self.heard_in([0, 1], &said, &formed, &replies);
        if tried.is_err() {
            (self.worlds, self.log, self.keys) = before;
            tried = self.heard_in([1, 0], &said, &formed, &replies);
        }
        tried
    }

    fn heard_in(
        &mut self,
        order: [usize; 2],
        said: &[(How, FromBank); 2],
        formed: &[Formed; 2],
        replies: &[Reply; 2],
    ) -> Tried<[Told; 2]> {
        let mut told = [Told::Receipt; 2];
        for at in order {
            let (how, said) = &said[at];
            told[at] = self.heard(how, said, &formed[at], &replies[at])?;
        }
        Ok(told)
    }

    /// Takes what was answered to something that a bank said.
    fn heard(&mut self, how: &How, said: &FromBank, formed: &Formed, reply: &Reply) -> Tried<Told> {
        let step = self.step_of(how, formed);
        let told = self.told(&step, formed, reply)?;
        let bank = self.kit.banks[how.bank].name;
        if let Some(before) = self.conflicts(bank.as_str(), formed) {
            return self.compared(step, reply, told, |_| before);
        }
        let named = match told {
            Told::Created(account) => account,
            _ => AccountId::from_bytes([0; 16]),
        };
        let arrived = Arrived { bank, fresh: how.ago_ms == 0, at: reply.at, named };
        let told = self.compared(step, reply, told, |wallet| wallet.hear(arrived, said))?;
        self.remember(bank.as_str(), formed, told);
        Ok(told)
    }

    /// A bank asks whether a person has an account, and is told the one that this operation made:
    /// its id is known from now on.
    ///
    /// # Errors
    /// If the wallet answers anything that the steps do not, or that she has none.
    pub async fn account_made(
        &mut self,
        bank: usize,
        person: PersonRef,
        made_by: OperationId,
    ) -> Tried<AccountId> {
        let (how, said) = (How::of(bank), FromBank::Account(AccountQuery { person }));
        let (formed, reply) = self.put(&how, &said).await?;
        let step = self.step_of(&how, &formed);
        if let Told::Account(Some(account)) = self.told(&step, &formed, &reply)? {
            self.worlds.note(|wallet| wallet.name_account(made_by, account));
        }
        match self.heard(&how, &said, &formed, &reply)? {
            Told::Account(Some(account)) => Ok(account),
            told => Err(Trouble::wrong(step, "an account", told)),
        }
    }

    /// Compares what was told with what the worlds tell, and writes it down.
    pub(super) fn compared(
        &mut self,
        step: String,
        reply: &Reply,
        told: Told,
        mut tell: impl FnMut(&mut Wallet) -> Told,
    ) -> Tried<Told> {
        self.compared_any(step, reply, told, |mut wallet| {
            let told = tell(&mut wallet);
            vec![(wallet, told)]
        })
    }

    /// The same where a world may tell one of several things.
    pub(super) fn compared_any(
        &mut self,
        step: String,
        reply: &Reply,
        told: Told,
        tell: impl FnMut(Wallet) -> Vec<(Wallet, Told)>,
    ) -> Tried<Told> {
        self.log.push(format!("{step} -> {told}"));
        match self.worlds.hear_any(reply.at, told, tell) {
            Ok(()) => Ok(told),
            Err(expected) => {
                let words: Vec<String> = expected.iter().map(ToString::to_string).collect();
                Err(Trouble::wrong(step, words.join(", or "), told))
            }
        }
    }

    /// The same key with another body: what has to be answered.
    fn conflicts(&self, caller: &str, formed: &Formed) -> Option<Told> {
        let scope = format!("{caller} {}", formed.message);
        let (before, _) = self.keys.get(&(scope, formed.key?))?;
        let conflict = bindproof::refusal::Refusal::IdempotencyConflict;
        (*before != formed.said).then_some(Told::Problem(conflict))
    }

    fn remember(&mut self, caller: &str, formed: &Formed, told: Told) {
        if let (Some(key), false) = (formed.key, matches!(told, Told::Problem(_))) {
            let scope = format!("{caller} {}", formed.message);
            self.keys.insert((scope, key), (formed.said.clone(), told));
        }
    }

    fn step_of(&self, how: &How, formed: &Formed) -> String {
        let bank = self.kit.banks[how.bank].name;
        let age = if how.ago_ms == 0 { "" } else { ", issued too long ago" };
        format!("{} says {}{age}", bank.as_str(), formed.message)
    }

    /// A bank says something, until the wallet has decided it.
    async fn put(&self, how: &How, said: &FromBank) -> Tried<(Formed, Reply)> {
        let line = &self.kit.line;
        let how = How { key: Some(how.key.unwrap_or_else(|| line.key())), ..*how };
        let by = By::Server(&self.kit.banks[how.bank].signer);
        line.until_decided(|| {
            let (formed, body) = self.form(&how, said)?;
            let path = format!("/v1/{}", formed.message);
            let key = formed.key.as_ref().map(IdempotencyKey::as_str);
            let request = line.prepare(&by, &Stamp::default(), &path, key, body)?;
            Ok((formed, request))
        })
        .await
    }

    fn form(&self, how: &How, said: &FromBank) -> Tried<(Formed, Vec<u8>)> {
        match *said {
            FromBank::Account(said) => self.formed(how, said),
            FromBank::Register(said) => self.formed(how, said),
            FromBank::Link(said) => self.formed(how, said),
            FromBank::Suspend(said) => self.formed(how, said),
            FromBank::Resume(said) => self.formed(how, said),
            FromBank::End(said) => self.formed(how, said),
            FromBank::Status(said) => self.formed(how, said),
        }
    }

    fn formed<M: wire::Request>(&self, how: &How, message: M) -> Tried<(Formed, Vec<u8>)> {
        let key = how.key.filter(|_| M::ASKS_EFFECT);
        let (request, body) = self.kit.line.envelope(key, how.ago_ms, message)?;
        let said = serde_json::to_string(&message).unwrap_or_default();
        Ok((Formed { message: M::NAME, request, key, said }, body))
    }

    fn told(&self, step: &str, formed: &Formed, reply: &Reply) -> Tried<Told> {
        signed(step, reply)?;
        if reply.status != 200 {
            let refusal = problem(reply);
            let wrong = |error| Trouble::wrong(step, "a problem as it is specified", error);
            return refusal.map(Told::Problem).map_err(wrong);
        }
        let (request, issuer) = (formed.request, self.kit.line.name);
        let told = match formed.message {
            Message::AccountQuery => {
                read::<AccountAnswer>(reply, request, issuer).map(|answer| match answer.found {
                    Found::Registered(account) => Told::Account(Some(account)),
                    Found::Unregistered => Told::Account(None),
                })
            }
            Message::AccountRegistration => read::<RegistrationAnswer>(reply, request, issuer)
                .and_then(|answer| {
                    named(formed, answer.binding)?;
                    Ok(match answer.registered {
                        Registered::Created(account) => Told::Created(account),
                        Registered::Existing(account) => Told::Existing(account),
                        Registered::Refused(reason) => Told::NotRegistered(reason),
                    })
                }),
            _ => read::<LinkAnswer>(reply, request, issuer).and_then(|LinkAnswer(report)| {
                named(formed, report.binding)?;
                Ok(Told::Link(report.status))
            }),
        };
        told.map_err(|error| {
            Trouble::wrong(step, "an answer", format!("{error}: {}", shown(reply)))
        })
    }
}

/// The answer is about the binding that was asked about.
fn named(formed: &Formed, binding: bindproof::wire::BindingId) -> Result<(), String> {
    match formed.said.contains(&binding.to_string()) {
        true => Ok(()),
        false => Err(format!("it is about another binding, {binding}")),
    }
}
