//! The kit as the wallet: what it says to the bank of its own accord.

use std::collections::BTreeMap;

use bindproof::bank::binding::{Input, State};
use bindproof::message::LinkStatus;
use bindproof::wire::{
    self, Amount, BindingId, DebitAnswer, DebitRequest, EndReason, IdempotencyKey, LinkNotice,
    LinkReport, OperationId, PersonRef, Standing,
};
use bindproof_http::signature::Signer;

use super::{BankPlay, Client};
use crate::call::{By, Reply, Stamp, problem, read, receipt, shown};
use crate::oracle::Told;
use crate::oracle::bank::Sent;
use crate::play::LOOK;
use crate::target::signed;
use crate::trouble::{Tried, Trouble};
use crate::wallet_desk::Arrival;

/// The step at which a server that has been answered says nothing more.
const NO_MORE: &str = "what the bank sends when it has been answered";

impl BankPlay<'_> {
    /// Waits until the bank has sent something like this about a person.
    ///
    /// # Errors
    /// If it does not in time.
    pub async fn sent(
        &mut self,
        person: PersonRef,
        what: &str,
        is_it: impl Fn(Sent) -> bool,
    ) -> Tried {
        self.sent_times(person, what, 1, is_it).await
    }

    /// The same, so many times.
    ///
    /// # Errors
    /// If it does not in time.
    pub async fn sent_times(
        &mut self,
        person: PersonRef,
        what: &str,
        times: usize,
        is_it: impl Fn(Sent) -> bool,
    ) -> Tried {
        self.arrived(person, what, times, |arrival| is_it(arrival.sent)).await
    }

    /// Waits until the bank has sent something like this about one binding of a client who has
    /// several.
    ///
    /// # Errors
    /// If it does not in time.
    pub async fn sent_about(
        &mut self,
        client: &Client,
        binding: BindingId,
        what: &str,
        is_it: impl Fn(Sent) -> bool,
    ) -> Tried {
        let about = |arrival: &Arrival| arrival.binding == Some(binding) && is_it(arrival.sent);
        self.arrived(client.person, what, 1, about).await
    }

    /// Each of them has to come within the kit's patience.
    async fn arrived(
        &mut self,
        person: PersonRef,
        what: &str,
        times: usize,
        is_it: impl Fn(&Arrival) -> bool,
    ) -> Tried {
        if times > 1 {
            self.kit.line.leans_on_repetition(&self.kit.rules.timing)?;
        }
        let (mut since_ms, mut before) = (self.kit.line.world.now_ms(), 0);
        loop {
            self.sync()?;
            let arrivals = self.kit.listener.desk.arrivals(person);
            let found = arrivals.iter().filter(|arrival| is_it(arrival)).count();
            if found >= times {
                return Ok(());
            }
            if found > before {
                (since_ms, before) = (self.kit.line.world.now_ms(), found);
            }
            if self.kit.line.is_late(since_ms) {
                let step = format!("the bank sends {what}");
                return Err(Trouble::wrong(step, format!("{times} times"), found));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// How often the bank has sent something like this.
    pub fn times_sent(&self, person: PersonRef, is_it: impl Fn(Sent) -> bool) -> usize {
        let arrivals = self.kit.listener.desk.arrivals(person);
        arrivals.iter().filter(|arrival| is_it(arrival.sent)).count()
    }

    /// The wallet notifies the bank of where a link stands.
    ///
    /// # Errors
    /// If the bank answers anything that the steps do not.
    pub async fn notify(&mut self, binding: BindingId, status: LinkStatus) -> Tried<Told> {
        let signer = self.kit.signer.clone();
        self.notify_by(&signer, binding, status).await
    }

    async fn notify_by(
        &mut self,
        signer: &Signer,
        binding: BindingId,
        status: LinkStatus,
    ) -> Tried<Told> {
        let notice = LinkNotice(LinkReport { binding, status });
        let (_, reply) = self.post(signer, Some(self.kit.line.key()), notice).await?;
        let step = format!("the wallet notifies: {}", crate::oracle::link_words(status));
        let told = match reply.status {
            200 => {
                signed(&step, &reply)?;
                let otherwise = |error| Trouble::wrong(&*step, "a receipt", error);
                receipt(&reply).map(|()| Told::Receipt).map_err(otherwise)?
            }
            _ => refused(&step, &reply)?,
        };
        self.sync_early()?;
        let heard = (Input::LinkHeard(status), None);
        self.compared(step, &reply, told, |bank| bank.hear(reply.at, binding, heard))
    }

    /// The wallet asks for a debit.
    ///
    /// # Errors
    /// If the bank answers anything that the steps do not.
    pub async fn debit(
        &mut self,
        binding: BindingId,
        operation: OperationId,
        minor: u64,
        covered: bool,
    ) -> Tried<Told> {
        let euro = "EUR".parse().expect("three letters");
        let amount = Amount::new(minor, euro).expect("a sum that can be paid");
        let asked = DebitRequest { binding, operation, amount };
        let signer = self.kit.signer.clone();
        let (request, reply) = self.post(&signer, Some(self.kit.line.key()), asked).await?;
        let step = format!("the wallet asks for a debit of {minor}");
        let told = match reply.status {
            200 => {
                signed(&step, &reply)?;
                let answer = read::<DebitAnswer>(&reply, request, self.kit.line.name);
                let answer = answer.map_err(|error| {
                    Trouble::wrong(&*step, "an answer", format!("{error}: {}", shown(&reply)))
                })?;
                if answer.operation != operation {
                    let found = answer.operation;
                    return Err(Trouble::wrong(&*step, "an answer about the operation", found));
                }
                Told::Debit(answer.debit)
            }
            _ => refused(&step, &reply)?,
        };
        self.sync_early()?;
        self.compared(step, &reply, told, |bank| bank.debit(asked, covered))
    }

    /// Posts a message as a server.
    pub(crate) async fn post<M: wire::Request>(
        &self,
        signer: &Signer,
        key: Option<IdempotencyKey>,
        message: M,
    ) -> Tried<(wire::RequestId, Reply)> {
        let line = &self.kit.line;
        let (path, by) = (format!("/v1/{}", M::NAME), By::Server(signer));
        let field = key.as_ref().map(IdempotencyKey::as_str);
        line.until_decided(|| {
            let (request, body) = line.envelope(key, 0, message)?;
            Ok((request, line.prepare(&by, &Stamp::default(), &path, field, body)?))
        })
        .await
    }

    /// Sends a request as it is; it has to be refused with this, exactly.
    ///
    /// # Errors
    /// If it is not.
    pub async fn refused(
        &mut self,
        step: &str,
        request: hyper::Request<http_body_util::Full<hyper::body::Bytes>>,
        wanted: bindproof::refusal::Refusal,
    ) -> Tried {
        self.kit.line.refuses(&mut self.log, step, request, wanted).await
    }

    /// The bank says that this is so; the steps have said the same already. What has expired before
    /// its turn came tells nothing.
    pub fn want(&self, step: &str, told: Told, wanted: Told) -> Tried {
        let timing = &self.kit.rules.timing;
        match told {
            _ if told == wanted => Ok(()),
            Told::Standing(Standing::Ended(EndReason::Expired)) => {
                let (setup_ms, approval_ms) = (timing.setup_ms, timing.approval_bank_ms);
                let times = format!("setup_ms is {setup_ms} and approval_bank_ms {approval_ms}");
                let why = format!("{times}, and one has passed: {step}, {wanted}");
                Err(Trouble::Undecided(why))
            }
            _ => Err(Trouble::wrong(step, wanted, told)),
        }
    }

    /// The bank has a binding in this state: what it does tells.
    pub fn knows(&mut self, binding: BindingId, state: State) {
        let now = self.now();
        self.worlds.know(now, |bank| {
            bank.bindings.get(&binding).is_some_and(|record| record.state.state == state)
        });
    }

    /// Waits until a time that began at `since_ms` has only so much to go.
    pub async fn wait_until_before(&mut self, what: &str, since_ms: i64, ms: u64, to_go_ms: u64) {
        self.log.push(format!("(waits until {what} has {to_go_ms} ms to go)"));
        self.kit.line.waits_until_before(since_ms, ms, to_go_ms).await;
    }

    /// What these persons' bank has sent of late has been answered, and none of it comes again.
    ///
    /// # Errors
    /// If some does.
    pub async fn sends_no_more(&mut self, persons: &[PersonRef]) -> Tried {
        let timing = self.kit.rules.timing;
        self.log.push("(waits whether what was answered is sent again)".to_owned());
        self.kit.line.lets_settle(&timing).await;
        let before = self.counted(persons);
        self.kit.line.stays_quiet(&timing).await;
        self.sync()?;
        let after = self.counted(persons);
        match before.iter().find(|(which, times)| after.get(which) != Some(times)) {
            None => Ok(()),
            Some(((_, _, sent), times)) => {
                let expected = format!("{sent:?} no more than {times} times");
                Err(Trouble::wrong(NO_MORE, expected, format!("{sent:?} once more")))
            }
        }
    }

    /// How often each message has arrived about these persons.
    fn counted(
        &self,
        persons: &[PersonRef],
    ) -> BTreeMap<(PersonRef, Option<BindingId>, Sent), usize> {
        let mut counted = BTreeMap::new();
        for person in persons {
            for Arrival { binding, sent, .. } in self.kit.listener.desk.arrivals(*person) {
                *counted.entry((*person, binding, sent)).or_default() += 1;
            }
        }
        counted
    }
}

fn refused(step: &str, reply: &Reply) -> Tried<Told> {
    signed(step, reply)?;
    let wrong = |error| Trouble::wrong(step, "a problem as it is specified", error);
    problem(reply).map(Told::Problem).map_err(wrong)
}
