//! The kit as a bank's clients.

use bindproof::refusal::Refusal;
use bindproof::wire::{
    self, BindCancel, BindOutcome, BindRequest, BindingId, BindingQuery, Consent, IdempotencyKey,
    InstrumentRef, Opaque, Standing, UnbindRequest,
};
use serde_json::json;

use super::{BankPlay, Client, Outcome};
use crate::call::{By, Reply, Stamp, problem, read, shown};
use crate::oracle::Told;
use crate::oracle::bank::{Arrived, Bank, Wish};
use crate::play::LOOK;
use crate::trouble::{Tried, Trouble};

/// What one of two requests under one key is told while the other is being worked on.
const IN_PROGRESS: Told = Told::Problem(Refusal::IdempotencyInProgress);

/// What a client says: under which key, issued how many milliseconds ago, and the message.
type Said<M> = (Option<IdempotencyKey>, i64, M);

/// A message as it was sent.
struct Formed {
    /// The step that it is.
    step: String,
    /// The id of the request.
    request: wire::RequestId,
}

/// A request to bind.
#[derive(Clone, Copy, Debug)]
pub struct Asking {
    /// Under which key.
    pub key: IdempotencyKey,
    /// What it says.
    pub request: BindRequest,
    /// The holder authenticated for this binding, just now.
    pub authenticated: bool,
    /// She who asks is the holder.
    pub holder: bool,
    /// It was issued so many milliseconds ago.
    pub ago_ms: i64,
}

impl Asking {
    /// What it says, and how.
    fn said(&self) -> Said<BindRequest> {
        (Some(self.key), self.ago_ms, self.request)
    }

    /// What the bank has to find out about it.
    fn wish(&self) -> Wish {
        let consent = self.request.consent;
        Wish {
            key: self.key,
            body: serde_json::to_string(&self.request).unwrap_or_default(),
            instrument: self.request.instrument,
            fresh: self.ago_ms == 0,
            authenticated: self.authenticated,
            holder_matches: self.holder,
            consent: consent.is_given(),
        }
    }
}

impl BankPlay<'_> {
    /// A fresh authentication of a client for binding an instrument.
    ///
    /// # Errors
    /// If the bank gives none.
    pub async fn authentication(
        &self,
        client: &Client,
        instrument: InstrumentRef,
    ) -> Tried<Opaque> {
        let (by, said) = (By::Session(&client.token), json!({ "instrument": instrument }));
        let made = self.kit.line.own(&by, "/development/authentication", &said).await?;
        let text = made.get("authentication").and_then(serde_json::Value::as_str);
        let text = text.and_then(|text| text.parse().ok());
        text.ok_or_else(|| Trouble::wrong("an authentication", "one", &made))
    }

    /// A request to bind one of the client's instruments, as it should be.
    ///
    /// # Errors
    /// If the bank gives no authentication for it.
    pub async fn asking(&self, client: &Client, place: usize) -> Tried<Asking> {
        let instrument = client.instruments.get(place).copied();
        let Some(instrument) = instrument else {
            return Err(Trouble::Skipped("the customer holds too few instruments".to_owned()));
        };
        let authentication = self.authentication(client, instrument).await?;
        let consent = Consent { bind: true, register: true };
        let request = BindRequest { instrument, consent, authentication };
        let key = self.kit.line.key();
        Ok(Asking { key, request, authenticated: true, holder: true, ago_ms: 0 })
    }

    /// A client asks to bind; where it stands, or why not.
    ///
    /// # Errors
    /// If the bank answers anything that the steps do not.
    pub async fn ask(
        &mut self,
        client: &Client,
        asking: &Asking,
    ) -> Tried<(Told, Option<Outcome>)> {
        let wish = asking.wish();
        self.say(client, asking.said(), |bank, arrived| bank.ask(arrived, &wish)).await
    }

    /// A client asks twice at once, and the bank answers what the steps have it answer in the one
    /// order or in the other. One of two requests under one key may be told that the other is being
    /// worked on.
    ///
    /// # Errors
    /// If the bank answers anything else.
    pub async fn ask_at_once(
        &mut self,
        client: &Client,
        asked: [&Asking; 2],
    ) -> Tried<[(Told, Option<Outcome>); 2]> {
        let [one, other] = asked;
        self.unnamed.clear();
        let (put, other_put) =
            tokio::join!(self.put(client, one.said()), self.put(client, other.said()));
        let ((formed, reply), (other_formed, other_reply)) = (put?, other_put?);
        let (formed, replies) = ([formed, other_formed], [reply, other_reply]);
        let told = [self.told(&formed[0], &replies[0])?, self.told(&formed[1], &replies[1])?];
        if let ([(_, Some(first)), (_, Some(second))], true) = (&told, one.key == other.key)
            && first.binding != second.binding
        {
            return Err(Trouble::wrong("one request twice at once", "one binding", "two"));
        }
        self.sync_early()?;
        let waits = told.map(|(told, _)| told == IN_PROGRESS && one.key == other.key);
        let before =
            (self.worlds.clone(), self.log.clone(), self.seen.clone(), self.unnamed.clone());
        let mut tried = Ok(());
        for order in [[0, 1], [1, 0]] {
            (self.worlds, self.log, self.seen, self.unnamed) = before.clone();
            tried = order.into_iter().filter(|at| !waits[*at] || waits == [true; 2]).try_for_each(
                |at| {
                    let wish = asked[at].wish();
                    let tell = |bank: &mut Bank, arrived| bank.ask(arrived, &wish);
                    self.heard(client, &formed[at], &replies[at], told[at], tell)?;
                    self.sync_early()
                },
            );
            if tried.is_ok() {
                break;
            }
        }
        tried?;
        self.sync()?;
        Ok(told)
    }

    /// A client asks to bind what may be bound; the binding.
    ///
    /// # Errors
    /// If nothing begins.
    pub async fn begin(&mut self, client: &Client, place: usize) -> Tried<(BindingId, Asking)> {
        let asking = self.asking(client, place).await?;
        let (told, outcome) = self.ask(client, &asking).await?;
        let step = "a request to bind";
        let outcome = outcome.ok_or_else(|| Trouble::wrong(step, "a binding", told))?;
        Ok((outcome.binding, asking))
    }

    /// A client asks where a binding stands.
    ///
    /// # Errors
    /// If the bank answers anything that the steps do not.
    pub async fn query(
        &mut self,
        client: &Client,
        binding: BindingId,
    ) -> Tried<(Told, Option<Outcome>)> {
        let said = (None, 0, BindingQuery { binding });
        self.say(client, said, |bank, arrived| bank.status(arrived, binding)).await
    }

    /// A client ends a binding.
    ///
    /// # Errors
    /// If the bank answers anything that the steps do not.
    pub async fn unbind(&mut self, client: &Client, binding: BindingId) -> Tried<Told> {
        let said = (Some(self.kit.line.key()), 0, UnbindRequest { binding });
        Ok(self.say(client, said, |bank, arrived| bank.leave(arrived, binding)).await?.0)
    }

    /// A client gives up what the request under this key began, or would begin.
    ///
    /// # Errors
    /// If the bank answers anything that the steps do not.
    pub async fn cancel(
        &mut self,
        client: &Client,
        request: IdempotencyKey,
    ) -> Tried<(Told, Option<Outcome>)> {
        let said = (Some(self.kit.line.key()), 0, BindCancel::Request(request));
        self.say(client, said, |bank, arrived| bank.cancel(arrived, request)).await
    }

    /// A client gives up this binding.
    ///
    /// # Errors
    /// If the bank answers anything that the steps do not.
    pub async fn cancel_binding(&mut self, client: &Client, binding: BindingId) -> Tried<Told> {
        let said = (Some(self.kit.line.key()), 0, BindCancel::Binding(binding));
        Ok(self.say(client, said, |bank, arrived| bank.leave(arrived, binding)).await?.0)
    }

    /// The client's instrument is blocked, or no longer.
    ///
    /// # Errors
    /// If the bank does not do it.
    pub async fn block(
        &mut self,
        client: &Client,
        instrument: InstrumentRef,
        blocked: bool,
    ) -> Tried {
        let (by, line) = (By::Session(&client.token), &self.kit.line);
        let said = json!({ "instrument": instrument, "blocked": blocked });
        let from_ms = line.world.now_ms();
        line.own(&by, "/development/block", &said).await?;
        let at = crate::oracle::Within { from_ms, to_ms: line.world.now_ms() };
        self.log.push(format!("the instrument is blocked: {blocked}"));
        self.sync_early()?;
        // What was on its way may have been heard before or after.
        let mut before = self.worlds.at(at);
        for bank in &mut before {
            bank.block(at, instrument, blocked);
        }
        self.worlds.become_one_of(before);
        self.sync()
    }

    /// Asks until a binding stands so.
    ///
    /// # Errors
    /// If it does not in time.
    pub async fn until(
        &mut self,
        client: &Client,
        binding: BindingId,
        wanted: Standing,
    ) -> Tried<Option<Outcome>> {
        let since_ms = self.kit.line.world.now_ms();
        loop {
            let (told, outcome) = self.query(client, binding).await?;
            if told == Told::Standing(wanted) {
                return Ok(outcome);
            }
            if self.kit.line.is_late(since_ms) {
                let step = "where the binding comes to stand";
                return Err(Trouble::wrong(step, Told::Standing(wanted), told));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// A client says something, and the bank answers what the steps have it answer.
    async fn say<M: wire::Request>(
        &mut self,
        client: &Client,
        said: Said<M>,
        tell: impl Fn(&mut Bank, Arrived) -> Told,
    ) -> Tried<(Told, Option<Outcome>)> {
        self.unnamed.clear();
        let (formed, reply) = self.put(client, said).await?;
        let told = self.told(&formed, &reply)?;
        self.sync_early()?;
        self.heard(client, &formed, &reply, told, tell)?;
        self.sync()?;
        Ok(told)
    }

    /// A client says something, until the bank has decided it.
    async fn put<M: wire::Request>(
        &self,
        client: &Client,
        (key, ago_ms, message): Said<M>,
    ) -> Tried<(Formed, Reply)> {
        let line = &self.kit.line;
        let (path, by) = (format!("/v1/{}", M::NAME), By::Session(&client.token));
        let field = key.as_ref().map(IdempotencyKey::as_str);
        line.until_decided(|| {
            let (request, body) = line.envelope(key, ago_ms, message)?;
            let sent = line.prepare(&by, &Stamp::default(), &path, field, body)?;
            Ok((Formed { step: format!("a client says {}", M::NAME), request }, sent))
        })
        .await
    }

    /// Takes what was answered into the worlds.
    fn heard(
        &mut self,
        client: &Client,
        formed: &Formed,
        reply: &Reply,
        (told, outcome): (Told, Option<Outcome>),
        tell: impl Fn(&mut Bank, Arrived) -> Told,
    ) -> Tried {
        let named = outcome.map_or(BindingId::from_bytes([0; 16]), |outcome| outcome.binding);
        let arrived = Arrived { person: client.person, at: reply.at, named };
        if reply.again {
            self.may_be_decided(reply, |bank| tell(bank, arrived))?;
        }
        let step = formed.step.clone();
        self.compared(step, reply, told, |bank| tell(bank, arrived))?;
        self.was_asked_about();
        Ok(())
    }

    /// The bank may have decided before what is told now, and have gone on since then.
    fn may_be_decided(&mut self, reply: &Reply, tell: impl Fn(&mut Bank) -> Told) -> Tried {
        let mut worlds = self.worlds.at(reply.at);
        let mut decided = worlds.clone();
        for bank in &mut decided {
            tell(bank);
        }
        worlds.append(&mut decided);
        self.worlds.become_one_of(worlds);
        self.was_asked_about();
        self.sync_early()
    }

    /// Compares what was told with what the worlds tell, and writes it down.
    pub(super) fn compared(
        &mut self,
        step: String,
        reply: &Reply,
        told: Told,
        tell: impl FnMut(&mut Bank) -> Told,
    ) -> Tried<Told> {
        let line = format!("{step} -> {told}");
        if self.log.last() != Some(&line) {
            self.log.push(line);
        }
        match self.worlds.hear(reply.at, told, tell) {
            Ok(()) => Ok(told),
            Err(expected) => {
                let words: Vec<String> = expected.iter().map(ToString::to_string).collect();
                let mut found = told.to_string();
                if told == Told::Problem(Refusal::AlreadyBound) {
                    found += "; if a run before this one has bound it, start with a new store";
                }
                Err(Trouble::wrong(step, words.join(", or "), found))
            }
        }
    }

    fn told(&self, formed: &Formed, reply: &Reply) -> Tried<(Told, Option<Outcome>)> {
        let step = formed.step.as_str();
        if reply.status != 200 {
            let refusal = problem(reply);
            let wrong = |error| Trouble::wrong(step, "a problem as it is specified", error);
            return Ok((Told::Problem(refusal.map_err(wrong)?), None));
        }
        let outcome = read::<BindOutcome>(reply, formed.request, self.kit.line.name);
        let wrong = |error| Trouble::wrong(step, "an answer", format!("{error}: {}", shown(reply)));
        let outcome = outcome.map_err(wrong)?;
        let (standing, code) = match outcome.standing {
            Standing::Pending { code } => (Standing::Pending { code: None }, code),
            Standing::Active { code } => (Standing::Active { code: None }, code),
            standing => (standing, None),
        };
        let outcome = Outcome { binding: outcome.binding, code };
        Ok((Told::Standing(standing), Some(outcome)))
    }
}
