//! What the wallet says to the kit's banks of its own accord.

use bindproof::message::LinkStatus;
use bindproof::wallet::operation::Operation;
use bindproof::wire::{DebitRequest, LinkNotice, OperationId};

use super::{Binding, LOOK, Play};
use crate::oracle::link_words;
use crate::oracle::wallet::Wallet;
use crate::trouble::{Tried, Trouble};

impl Play<'_> {
    /// Waits until a time that began at `since_ms` has only so much to go.
    pub async fn wait_until_before(&mut self, what: &str, since_ms: i64, ms: u64, to_go_ms: u64) {
        self.log.push(format!("(waits until {what} has {to_go_ms} ms to go)"));
        self.kit.line.waits_until_before(since_ms, ms, to_go_ms).await;
    }

    /// Waits for so long, and the server's slack.
    pub async fn wait(&mut self, what: &str, ms: u64) {
        self.log.push(format!("(waits until {what} has passed)"));
        tokio::time::sleep(std::time::Duration::from_millis(ms + 2_000)).await;
    }

    /// The wallet notifies the bank that a link stands here, and is receipted.
    ///
    /// # Errors
    /// If it does not in time.
    pub async fn notice(&mut self, binding: &Binding, wanted: LinkStatus) -> Tried {
        let step = format!("the wallet owes {} a notice", self.bank_name(binding));
        let since_ms = self.kit.line.world.now_ms();
        loop {
            let found = self.notices(binding)?;
            if found.contains(&wanted) {
                self.log.push(format!("{step} -> {}", link_words(wanted)));
                return Ok(());
            }
            if self.kit.line.is_late(since_ms) {
                let found: Vec<String> = found.into_iter().map(link_words).collect();
                let found = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
                return Err(Trouble::wrong(step, link_words(wanted), found));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// What the wallet has sent about these bindings has been answered, and nothing more comes.
    ///
    /// # Errors
    /// If something does.
    pub async fn sends_no_more(&mut self, bindings: &[&Binding]) -> Tried {
        let timing = self.kit.rules.timing;
        self.log.push("(waits whether what was answered is sent again)".to_owned());
        self.kit.line.lets_settle(&timing).await;
        let about = |of: &Binding| self.kit.banks[of.bank].listener.desk.about(of.id);
        let before: Vec<usize> = bindings.iter().map(|of| about(of).len()).collect();
        self.kit.line.stays_quiet(&timing).await;
        for (of, before) in bindings.iter().zip(before) {
            if let Some(post) = about(of).get(before) {
                let step = "what the wallet sends when it has been answered";
                let found = format!("{} once more", post.path);
                return Err(Trouble::wrong(step, "nothing about this binding", found));
            }
        }
        Ok(())
    }

    /// How often the wallet has sent this notice.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn times_noticed(&self, binding: &Binding, status: LinkStatus) -> Tried<usize> {
        Ok(self.notices(binding)?.into_iter().filter(|found| *found == status).count())
    }

    fn bank_name(&self, binding: &Binding) -> &str {
        self.kit.banks[binding.bank].name.as_str()
    }

    fn notices(&self, binding: &Binding) -> Tried<Vec<LinkStatus>> {
        let desk = &self.kit.banks[binding.bank].listener.desk;
        let mut found = Vec::new();
        for post in desk.about(binding.id) {
            if post.path == "/v1/link_notice" {
                let notice = post.message::<LinkNotice>();
                let step = "a notice of the wallet";
                let notice = notice.map_err(|error| Trouble::wrong(step, "a notice", error))?;
                found.push(notice.message.0.status);
            }
        }
        Ok(found)
    }

    /// The wallet asks the bank for the debit of an operation, and gets the bank's decision.
    ///
    /// # Errors
    /// If it does not in time, or asks for something else.
    pub async fn debit(&mut self, binding: &Binding, operation: OperationId) -> Tried {
        let step = format!("the wallet asks {} for the debit", self.bank_name(binding));
        self.may_be_owed(&step, operation)?;
        let (mut since_ms, mut before) = (self.kit.line.world.now_ms(), 0);
        loop {
            let asked = self.debits(binding)?.into_iter().filter(|d| d.operation == operation);
            let asked: Vec<DebitRequest> = asked.collect();
            if asked.len() > before {
                (since_ms, before) = (self.kit.line.world.now_ms(), asked.len());
            }
            if let Some(found) = asked.first() {
                self.is_the_debit(&step, found)?;
            }
            let desk = &self.kit.banks[binding.bank].listener.desk;
            if let Some(accepted) = desk.debit(operation) {
                self.log.push(format!("{step} -> {}", if accepted { "yes" } else { "no" }));
                self.hears_of_debit(operation);
                return Ok(());
            }
            if self.kit.line.is_late(since_ms) {
                return Err(Trouble::wrong(step, "a debit request", "none"));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// What the kit's banks have decided on the debit of an operation the wallet may have heard.
    pub(super) fn hears_of_debit(&mut self, operation: OperationId) {
        let decided = |bank: &super::BankPeer| bank.listener.desk.debit(operation);
        let Some(accepted) = self.kit.banks.iter().find_map(decided) else { return };
        self.worlds.note(|wallet| {
            if let Some(record) = wallet.operations.get_mut(&operation) {
                record.debit = Some(accepted);
            }
        });
    }

    /// The wallet asks the bank for the debit of an operation, whatever it is answered.
    ///
    /// # Errors
    /// If it does not in time, or asks for something else.
    pub async fn debit_asked(&mut self, binding: &Binding, operation: OperationId) -> Tried {
        let step = format!("the wallet asks {} for the debit", self.bank_name(binding));
        self.may_be_owed(&step, operation)?;
        let since_ms = self.kit.line.world.now_ms();
        loop {
            let asked = self.debits(binding)?.into_iter().find(|d| d.operation == operation);
            if let Some(found) = asked {
                self.log.push(step.clone());
                return self.is_the_debit(&step, &found);
            }
            if self.kit.line.is_late(since_ms) {
                return Err(Trouble::wrong(step, "a debit request", "none"));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The steps have the wallet ask for the debit of an operation, or may.
    fn may_be_owed(&self, step: &str, operation: OperationId) -> Tried {
        let sent = |wallet: &Wallet| {
            matches!(wallet.operation(operation), Operation::Debiting | Operation::Executed)
        };
        match self.worlds.may(self.now(), sent) {
            true => Ok(()),
            false => Err(self.unfit(step, "a debit request", self.worlds.one().tell(operation))),
        }
    }

    /// A debit request is one of a payment that is being sent for debit in some world.
    fn is_the_debit(&mut self, step: &str, found: &DebitRequest) -> Tried {
        let now = self.now();
        let fits = |wallet: &Wallet| {
            wallet.operations.get(&found.operation).is_some_and(|record| {
                use bindproof::wire::Action;
                let same = matches!(record.request.action, Action::Pay { binding, amount, .. }
                    if binding == found.binding && amount == found.amount);
                let sent = matches!(record.state, Operation::Debiting | Operation::Executed);
                same && (sent || record.debit.is_some())
            })
        };
        if self.worlds.may(now, fits) {
            self.worlds.know(now, fits);
            return Ok(());
        }
        let expected = "no debit request, or one of the payment as it was asked for";
        Err(Trouble::wrong(step, expected, format!("{found:?}")))
    }

    /// The debit requests about a binding.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn debits(&self, binding: &Binding) -> Tried<Vec<DebitRequest>> {
        let desk = &self.kit.banks[binding.bank].listener.desk;
        let mut found = Vec::new();
        for post in desk.about(binding.id) {
            if post.path == "/v1/debit_request" {
                let debit = post.message::<DebitRequest>();
                let step = "a debit request of the wallet";
                found.push(debit.map_err(|e| Trouble::wrong(step, "a debit request", e))?.message);
            }
        }
        Ok(found)
    }

    /// The case has failed: what is wrong with what arrives about its bindings is no other's.
    pub fn excuse(&self) {
        for bank in &self.kit.banks {
            bank.listener.desk.excuse(self.bindings.iter().map(|(_, binding)| *binding));
        }
    }

    /// At the end of a case: nothing has arrived at the banks that the wallet does not owe them,
    /// and everything that has is signed, well formed and sent again as it has to be.
    ///
    /// # Errors
    /// If something has.
    pub fn finish(&mut self) -> Tried {
        for bank in &self.kit.banks {
            if let Some(fault) = bank.listener.desk.faults().first() {
                let step = format!("what the wallet sends {}", bank.name.as_str());
                return Err(Trouble::wrong(step, "signed and well-formed messages", fault));
            }
        }
        self.nothing_for_another()?;
        let now = self.now();
        for (bank, id) in self.bindings.clone() {
            let desk = &self.kit.banks[bank].listener.desk;
            for post in desk.about(id) {
                let step =
                    format!("{} arrives at {}", post.path, self.kit.banks[bank].name.as_str());
                if let Err(error) = &post.signature {
                    return Err(Trouble::wrong(step, "a signature that holds", error));
                }
                if let Ok(notice) = post.message::<LinkNotice>() {
                    let owed = (id, notice.message.0.status);
                    if !self.worlds.may(now, |wallet| wallet.notices.contains(&owed)) {
                        let found = link_words(owed.1);
                        return Err(Trouble::wrong(step, "no such notice", found));
                    }
                }
                if let Ok(debit) = post.message::<DebitRequest>() {
                    self.is_the_debit(&step, &debit.message)?;
                }
            }
        }
        Ok(())
    }

    /// What is about one bank's binding has arrived at no other.
    fn nothing_for_another(&self) -> Tried {
        for (bank, id) in &self.bindings {
            for (place, other) in self.kit.banks.iter().enumerate() {
                if let (true, Some(post)) = (place != *bank, other.listener.desk.about(*id).first())
                {
                    let whose = self.kit.banks[*bank].name.as_str();
                    let step = format!("{} arrives at {}", post.path, other.name.as_str());
                    let expected = format!("nothing about a binding of {whose}");
                    return Err(Trouble::wrong(
                        step,
                        expected,
                        String::from_utf8_lossy(&post.body),
                    ));
                }
            }
        }
        Ok(())
    }
}
