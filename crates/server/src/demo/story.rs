//! The story: what happens to one customer, from her first binding to the last end.

use std::time::Duration;

use bindproof::policy::Requirement;
use bindproof::refusal::Refusal;
use bindproof::wire::{
    AccountId, Action, Amount, BindingId, Challenge, ContactRef, EndReason, OperationOutcome,
    Proof, Settled, Standing,
};
use ed25519_dalek::SigningKey;

use super::{Cast, DemoError};
use crate::client::{BankClient, ClientError, Told, WalletClient};
use crate::development::SoftKey;

/// How often, and with which pause, is looked whether something has come about.
const LOOKS: u32 = 1_200;
const PAUSE: Duration = Duration::from_millis(50);

/// Who takes part, beside the servers.
struct Story<'a> {
    cast: &'a Cast,
    north: BankClient,
    south: BankClient,
    phone: WalletClient,
    key: SoftKey,
    contact: ContactRef,
}

type Step<T> = Result<T, DemoError>;

/// Tells it, a line a step.
pub(super) async fn tell(cast: &Cast, print: &mut impl FnMut(&str)) -> Result<(), DemoError> {
    let story = Story::begin(cast).await?;
    let (first, account) = story.first_binding(print).await?;
    story.first_payment(print, first, account).await?;
    let second = story.second_bank(print, account).await?;
    story.declined(print, account).await?;
    story.cancelled(print).await?;
    story.ends(print, first, second, account).await?;
    story.quiet(print).await
}

fn failed<T>(step: &'static str, result: Result<T, ClientError>) -> Step<T> {
    result.map_err(|error| DemoError::Client { step, error })
}

fn otherwise<T>(
    step: &'static str,
    expected: &'static str,
    found: impl std::fmt::Debug,
) -> Step<T> {
    Err(DemoError::Otherwise { step, expected, found: format!("{found:?}") })
}

impl<'a> Story<'a> {
    async fn begin(cast: &'a Cast) -> Step<Self> {
        let step = "the customer opens both banks' apps";
        let ada = "ada".parse().map_err(|_| ClientError::InVain("a name"));
        let ada = failed(step, ada)?;
        let world = &cast.world;
        let north = failed(step, BankClient::open(&cast.urls[0], ada, world.clone()).await)?;
        let south = failed(step, BankClient::open(&cast.urls[1], ada, world.clone()).await)?;
        let device = SigningKey::from_bytes(&world.bytes());
        let phone = WalletClient::new(&cast.urls[2], device, world.clone());
        let contact = "tel:+1-555-0100".parse().map_err(|_| ClientError::InVain("a contact"));
        let contact = failed(step, contact)?;
        let key = SoftKey::new(world.bytes());
        Ok(Self { cast, north, south, phone, key, contact })
    }

    /// A customer whom the wallet has never seen binds her card.
    async fn first_binding(&self, print: &mut impl FnMut(&str)) -> Step<(BindingId, AccountId)> {
        let step = "a new customer binds her card";
        print("Ada asks in north-bank's app to bind her card; the wallet does not know her.");
        let key = self.north.new_key();
        let instrument = instrument("north-bank-card");
        let asked = failed(step, self.north.bind(instrument, key).await)?;
        let standing = self.awaited(step, &self.north, asked.binding, is_active).await?;
        if !is_active(&standing) {
            return otherwise(step, "an active binding", standing);
        }
        print("north-bank had the wallet register an account, and the binding is active.");
        let account = failed(step, self.phone.account_of(asked.binding).await)?;
        Ok((asked.binding, account))
    }

    /// Her first payment is hers only once she has shown who she is.
    async fn first_payment(
        &self,
        print: &mut impl FnMut(&str),
        binding: BindingId,
        account: AccountId,
    ) -> Step<()> {
        let step = "the first authentication";
        let challenge = self.challenged(step, account, Action::SignIn).await?;
        print("She signs in to the wallet: binding code, one-time code and a new authenticator.");
        let standing = failed(step, self.north.query(binding).await)?.standing;
        let Standing::Active { code } = standing else {
            return otherwise(step, "an active binding", standing);
        };
        let ceremony = failed(step, self.phone.ceremony(&challenge).await)?;
        let proof = Proof {
            binding_code: code,
            one_time_code: Some(self.one_time_code(step).await?),
            authenticator: self.key.enrol(&ceremony).parse().ok(),
            ..Proof::default()
        };
        self.executed(step, &challenge, proof).await?;

        let step = "the first payment";
        let amount = amount(2_500);
        let payee = failed(step, "corner-shop".parse().map_err(unreadable))?;
        let pay = Action::Pay { binding, amount, payee };
        let challenge = self.challenged(step, account, pay).await?;
        if challenge.required != Requirement::TwoFactor {
            return otherwise(step, "two factors", challenge.required);
        }
        print(&format!("\"{}\" asks for two factors.", challenge.to_approve.as_str()));
        let proof = self.factors(step, &challenge).await?;
        let told = failed(step, self.phone.answer(&challenge, proof).await)?;
        let outcome = match told {
            Some(outcome) => outcome,
            None => failed(step, self.phone.outcome(challenge.operation, account, pay).await)?,
        };
        expect_executed(step, outcome)?;
        print("north-bank stands by the debit; the payment is executed.");
        Ok(())
    }

    /// A second bank's binding waits for the holder of the account.
    async fn second_bank(
        &self,
        print: &mut impl FnMut(&str),
        account: AccountId,
    ) -> Step<BindingId> {
        let step = "a second bank's binding is approved";
        print("Ada asks in south-bank's app to bind her card there.");
        let asked = self.south.bind(instrument("south-bank-card"), self.south.new_key()).await;
        let binding = failed(step, asked)?.binding;
        let challenge = self.approval(step, account, binding).await?;
        print("Her account was there before, so the binding waits for her approval.");
        let standing = failed(step, self.south.query(binding).await)?.standing;
        let Standing::Pending { code } = standing else {
            return otherwise(step, "a pending binding", standing);
        };
        let factors = self.factors(step, &challenge).await?;
        let one_time_code = Some(self.one_time_code(step).await?);
        let proof = Proof { binding_code: code, one_time_code, ..factors };
        self.executed(step, &challenge, proof).await?;
        let standing = self.awaited(step, &self.south, binding, is_active).await?;
        if !is_active(&standing) {
            return otherwise(step, "an active binding", standing);
        }
        print("She approves with that bank's code and contact and her own two factors: active.");
        Ok(binding)
    }

    /// The approval of a binding, once the link is there to be approved.
    async fn approval(
        &self,
        step: &'static str,
        account: AccountId,
        binding: BindingId,
    ) -> Step<Challenge> {
        for _ in 0..LOOKS {
            match self.phone.request(account, Action::ApproveBinding(binding)).await {
                Ok(Told::Challenge(challenge)) => return Ok(*challenge),
                Ok(Told::Outcome(outcome)) => return otherwise(step, "a challenge", outcome),
                Err(ClientError::Refused(Refusal::NotFound)) => {
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) => return Err(DemoError::Client { step, error }),
            }
        }
        failed(step, Err(ClientError::InVain("a link to approve")))
    }

    /// One that she does not want is kept out.
    async fn declined(&self, print: &mut impl FnMut(&str), account: AccountId) -> Step<()> {
        let step = "a binding is declined";
        let asked = self.south.bind(instrument("south-bank-account"), self.south.new_key()).await;
        let binding = failed(step, asked)?.binding;
        let mut executed = false;
        for _ in 0..LOOKS {
            match self.phone.request(account, Action::DeclineBinding(binding)).await {
                Ok(Told::Outcome(outcome)) => {
                    expect_executed(step, outcome)?;
                    executed = true;
                    break;
                }
                Ok(Told::Challenge(challenge)) => {
                    return otherwise(step, "no challenge", challenge);
                }
                Err(ClientError::Refused(Refusal::NotFound)) => tokio::time::sleep(PAUSE).await,
                Err(error) => return Err(DemoError::Client { step, error }),
            }
        }
        if !executed {
            return failed(step, Err(ClientError::InVain("a link to decline")));
        }
        let refused = |standing: &Standing| matches!(standing, Standing::Refused(_));
        let standing = self.awaited(step, &self.south, binding, refused).await?;
        if !refused(&standing) {
            return otherwise(step, "a refused binding", standing);
        }
        print("Another binding waits, and she declines it: south-bank hears that it is refused.");
        Ok(())
    }

    /// One is given up half way, before its answer is even there.
    async fn cancelled(&self, print: &mut impl FnMut(&str)) -> Step<()> {
        let step = "a binding is cancelled half way";
        let key = self.north.new_key();
        let asked = failed(step, self.north.bind(instrument("north-bank-account"), key).await)?;
        let cancelled = failed(step, self.north.cancel(key).await)?;
        let ended = |standing: &Standing| *standing == Standing::Ended(EndReason::Cancelled);
        if cancelled.binding != asked.binding || !ended(&cancelled.standing) {
            return otherwise(step, "the same binding, cancelled", cancelled);
        }
        print("She asks for one more and gives it up half way: cancelled, on both sides.");
        Ok(())
    }

    /// An end from each side.
    async fn ends(
        &self,
        print: &mut impl FnMut(&str),
        first: BindingId,
        second: BindingId,
        account: AccountId,
    ) -> Step<()> {
        let step = "an end from the wallet's side";
        let challenge = self.challenged(step, account, Action::EndLink(second)).await?;
        let proof = self.factors(step, &challenge).await?;
        self.executed(step, &challenge, proof).await?;
        let by_wallet = Standing::Ended(EndReason::EndedByWallet);
        let is_ended = |standing: &Standing| *standing == by_wallet;
        let standing = self.awaited(step, &self.south, second, is_ended).await?;
        if !is_ended(&standing) {
            return otherwise(step, "ended by the wallet", standing);
        }
        print("She ends south-bank's binding in the wallet, and south-bank hears of it.");

        let step = "an end from the bank's side";
        let ended = failed(step, self.north.unbind(first).await)?;
        if ended.standing != Standing::Ended(EndReason::EndedByHolder) {
            return otherwise(step, "ended by the holder", ended.standing);
        }
        print("She ends north-bank's binding in the bank's app, and the wallet hears of it.");
        Ok(())
    }

    /// Once everything has been heard, nothing is owed any more.
    async fn quiet(&self, print: &mut impl FnMut(&str)) -> Step<()> {
        for _ in 0..LOOKS {
            if self.cast.is_quiet().await? {
                print("Nothing is owed any more on any side.");
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        failed("nothing is owed", Err(ClientError::InVain("an empty outbox")))
    }

    async fn challenged(
        &self,
        step: &'static str,
        account: AccountId,
        action: Action,
    ) -> Step<Challenge> {
        match failed(step, self.phone.request(account, action).await)? {
            Told::Challenge(challenge) => Ok(*challenge),
            Told::Outcome(outcome) => otherwise(step, "a challenge", outcome),
        }
    }

    async fn factors(&self, step: &'static str, challenge: &Challenge) -> Step<Proof> {
        let ceremony = failed(step, self.phone.ceremony(challenge).await)?;
        let assertion = self.key.assert(&ceremony, true).parse().ok();
        Ok(Proof { assertion, ..Proof::default() })
    }

    async fn executed(&self, step: &'static str, challenge: &Challenge, proof: Proof) -> Step<()> {
        match failed(step, self.phone.answer(challenge, proof).await)? {
            Some(outcome) => expect_executed(step, outcome),
            None => otherwise(step, "an outcome", "in progress"),
        }
    }

    async fn one_time_code(&self, step: &'static str) -> Step<bindproof::wire::OneTimeCode> {
        for _ in 0..LOOKS {
            if let Some(code) = self.cast.inbox.take(self.contact) {
                return failed(step, code.parse().map_err(unreadable));
            }
            tokio::time::sleep(PAUSE).await;
        }
        failed(step, Err(ClientError::InVain("a one-time code")))
    }

    /// Where a binding stands once `there` is true of it, or after the last look.
    async fn awaited(
        &self,
        step: &'static str,
        bank: &BankClient,
        binding: BindingId,
        there: impl Fn(&Standing) -> bool,
    ) -> Step<Standing> {
        let mut standing = failed(step, bank.query(binding).await)?.standing;
        for _ in 0..LOOKS {
            if there(&standing) {
                break;
            }
            tokio::time::sleep(PAUSE).await;
            standing = failed(step, bank.query(binding).await)?.standing;
        }
        Ok(standing)
    }
}

fn expect_executed(step: &'static str, outcome: OperationOutcome) -> Step<()> {
    match outcome.settled {
        Settled::Executed => Ok(()),
        settled => otherwise(step, "executed", settled),
    }
}

const fn is_active(standing: &Standing) -> bool {
    matches!(standing, Standing::Active { .. })
}

fn unreadable(error: impl std::fmt::Display) -> ClientError {
    ClientError::Unreadable(error.to_string())
}

fn instrument(name: &str) -> bindproof::wire::InstrumentRef {
    name.parse().expect("a short plain name")
}

fn amount(minor: u64) -> Amount {
    let euro = "EUR".parse().expect("three letters");
    Amount::new(minor, euro).expect("a sum that can be paid")
}
