//! The kit as the wallet: what it says to the bank of its own accord.

use bindproof::bank::binding::Input;
use bindproof::message::LinkStatus;
use bindproof::wire::{
    self, Amount, BindingId, DebitAnswer, DebitRequest, IdempotencyKey, LinkNotice, LinkReport,
    OperationId, PersonRef,
};
use bindproof_http::signature::Signer;

use super::{BankPlay, Client};
use crate::call::{By, Reply, Stamp, problem, read, receipt, shown};
use crate::oracle::Told;
use crate::oracle::bank::Sent;
use crate::play::LOOK;
use crate::trouble::{Tried, Trouble};
use crate::wallet_desk::Arrival;

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
        let (request, body) = line.envelope(key, 0, message)?;
        let path = format!("/v1/{}", M::NAME);
        let field = key.as_ref().map(IdempotencyKey::as_str);
        let sent = line.prepare(&By::Server(signer), &Stamp::default(), &path, field, body)?;
        Ok((request, line.deliver(sent).await?))
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

    /// The bank says that this is so; the steps have said the same already.
    pub fn want(&self, step: &str, told: Told, wanted: Told) -> Tried {
        if told == wanted { Ok(()) } else { Err(Trouble::wrong(step, wanted, told)) }
    }
}

/// An answer to a server is signed.
fn signed(step: &str, reply: &Reply) -> Tried {
    let wrong = |error| Trouble::wrong(step, "an answer that is signed for this request", error);
    reply.signature.clone().map_err(wrong)
}

fn refused(step: &str, reply: &Reply) -> Tried<Told> {
    signed(step, reply)?;
    let wrong = |error| Trouble::wrong(step, "a problem as it is specified", error);
    problem(reply).map(Told::Problem).map_err(wrong)
}
