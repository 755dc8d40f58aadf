//! What one customer does, again and again: she binds, approves, pays and ends, and goes on however
//! often a server is gone.

use std::time::Duration;

use bindproof::refusal::Refusal;
use bindproof::wire::{
    AccountId, Action, Amount, BindingCode, BindingId, Challenge, IdempotencyKey, InstrumentRef,
    OneTimeCode, OperationOutcome, Proof, Settled, Standing,
};
use bindproof_server::client::{BankClient, ClientError, Told, WalletClient};
use bindproof_server::clock::World;
use bindproof_server::development::SoftKey;
use ed25519_dalek::SigningKey;

use crate::acknowledged::Bound;
use crate::load::Load;
use crate::site::Customer;

/// The pause between two looks at something that has not come about yet.
const PAUSE: Duration = Duration::from_millis(15);
/// How often is looked, or tried, before it counts as something that does not come about.
const LOOKS: u32 = 4_000;

/// Why a customer gives up. Each is a finding: the servers owe her an answer.
#[derive(Debug)]
pub struct Stuck(pub String);

type Step<T> = Result<T, Stuck>;

/// One customer with her two apps.
pub struct Story<'a> {
    load: &'a Load,
    number: usize,
    customer: Customer,
    bank: BankClient,
    wallet: WalletClient,
    key: SoftKey,
}

/// What was tried in one operation.
struct Attempt {
    action: Action,
    /// The binding whose codes it takes.
    of: BindingId,
    /// The one-time codes that had come before it began: those of other operations.
    before: Vec<String>,
    /// How many of those that came later were tried.
    tried: usize,
    /// The binding code that was presented last. It is spent, right or wrong.
    presented: Option<BindingCode>,
}

impl<'a> Story<'a> {
    pub async fn begin(load: &'a Load, number: usize) -> Step<Self> {
        let (world, customer) = (World::system(), Customer::of(number));
        let device = SigningKey::from_bytes(&world.bytes());
        let wallet = WalletClient::new(&load.wallet_url, device, world.clone());
        let key = SoftKey::new(world.bytes());
        let bank = session(load, customer).await?;
        Ok(Self { load, number, customer, bank, wallet, key })
    }

    /// She comes to both for the first time: her card is bound, her account is registered, and she
    /// makes it hers and pays.
    pub async fn first(&self) -> Step<AccountId> {
        let binding = self.bind(self.customer.cards[0]).await?;
        self.awaited(binding, |standing| matches!(standing, Standing::Active { .. })).await?;
        let account = self.account_of(binding).await?;
        self.operate(account, Action::SignIn, binding).await?;
        self.pay(account, binding).await?;
        Ok(account)
    }

    /// Her other card is bound, approved, paid with and ended: by the wallet or by the bank.
    pub async fn round(&mut self, account: AccountId, by_wallet: bool) -> Step<()> {
        // A session of the bank's app does not outlast a story.
        self.bank = session(self.load, self.customer).await?;
        let binding = self.bind(self.customer.cards[1]).await?;
        self.operate(account, Action::ApproveBinding(binding), binding).await?;
        self.awaited(binding, |standing| matches!(standing, Standing::Active { .. })).await?;
        self.pay(account, binding).await?;
        match by_wallet {
            true => self.operate(account, Action::EndLink(binding), binding).await?,
            false => self.unbind(binding).await?,
        }
        self.awaited(binding, |standing| matches!(standing, Standing::Ended(_))).await?;
        self.load.rounds();
        Ok(())
    }

    async fn pay(&self, account: AccountId, binding: BindingId) -> Step<()> {
        let amount = Amount::new(100, "EUR".parse().unwrap()).unwrap();
        let payee = "corner-shop".parse().unwrap();
        self.operate(account, Action::Pay { binding, amount, payee }, binding).await
    }

    /// Binds an instrument. A request that was not heard is repeated as it is.
    async fn bind(&self, instrument: InstrumentRef) -> Step<BindingId> {
        let key = self.bank.new_key();
        let request = self.prepared(instrument).await?;
        for _ in 0..LOOKS {
            self.load.said.keys.lock().unwrap().insert(key);
            match self.asked(|| self.bank.ask(key, request)).await {
                Ok(outcome) => {
                    let (customer, standing) = (self.number, outcome.standing);
                    let bound = Bound { customer, key, request, standing };
                    self.load.said.bound(outcome.binding, bound);
                    return Ok(outcome.binding);
                }
                // The wallet has not heard yet that the binding before is over.
                Err(ClientError::Refused(Refusal::AlreadyBound)) => {
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) => self.passing("bind", error).await?,
            }
        }
        Err(Stuck(format!("{instrument:?} is never bound")))
    }

    /// What is answered; an impatient customer asks twice at once, and takes the better answer.
    async fn asked<T, F>(&self, ask: impl Fn() -> F) -> Result<T, ClientError>
    where
        F: Future<Output = Result<T, ClientError>>,
    {
        if !self.load.impatient {
            return ask().await;
        }
        match tokio::join!(ask(), ask()) {
            (Ok(told), _) | (Err(_), Ok(told)) => Ok(told),
            (Err(error), Err(_)) => Err(error),
        }
    }

    async fn prepared(&self, instrument: InstrumentRef) -> Step<bindproof::wire::BindRequest> {
        for _ in 0..LOOKS {
            match self.bank.prepare(instrument).await {
                Ok(request) => return Ok(request),
                Err(error) => self.passing("prepare", error).await?,
            }
        }
        Err(Stuck("never authenticated".to_owned()))
    }

    async fn unbind(&self, binding: BindingId) -> Step<()> {
        for _ in 0..LOOKS {
            match self.asked(|| self.bank.unbind(binding)).await {
                Ok(outcome) => {
                    self.load.said.stands(binding, outcome.standing);
                    return Ok(());
                }
                Err(error) => self.passing("unbind", error).await?,
            }
        }
        Err(Stuck(format!("{binding} is never ended")))
    }

    async fn account_of(&self, binding: BindingId) -> Step<AccountId> {
        for _ in 0..LOOKS {
            match self.wallet.account_of(binding).await {
                Ok(account) => return Ok(account),
                Err(error) => self.passing("account_of", error).await?,
            }
        }
        Err(Stuck(format!("{binding} has no account")))
    }

    /// Waits until a binding stands where it is to come to.
    async fn awaited(&self, binding: BindingId, there: impl Fn(&Standing) -> bool) -> Step<()> {
        for _ in 0..LOOKS {
            if there(&self.standing(binding).await?) {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        let standing = self.standing(binding).await?;
        Err(Stuck(format!("{binding} stays {standing:?}")))
    }

    async fn standing(&self, binding: BindingId) -> Step<Standing> {
        for _ in 0..LOOKS {
            match self.asked(|| self.bank.query(binding)).await {
                Ok(outcome) => {
                    self.load.said.stands(binding, outcome.standing);
                    return Ok(outcome.standing);
                }
                Err(error) => self.passing("query", error).await?,
            }
        }
        Err(Stuck(format!("nothing is said of {binding}")))
    }

    /// Does something in the wallet's app until it has come out, which has to be well.
    async fn operate(&self, account: AccountId, action: Action, of: BindingId) -> Step<()> {
        let before = self.load.codes_of(self.customer.contact);
        let mut attempt = Attempt { action, of, before, tried: 0, presented: None };
        let mut operation = self.wallet.new_operation();
        self.load.said.sent(operation, self.number, action);
        for _ in 0..LOOKS {
            let told = match self.asked(|| self.wallet.ask(operation, account, action)).await {
                Ok(told) => told,
                // The link that is to be approved is not there yet, and nothing of it is kept.
                Err(ClientError::Refused(Refusal::NotFound)) => {
                    operation = self.wallet.new_operation();
                    self.load.said.sent(operation, self.number, action);
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
                Err(error) => {
                    self.passing("operation", error).await?;
                    continue;
                }
            };
            let outcome = match told {
                Told::Outcome(outcome) => Some(outcome),
                Told::Challenge(challenge) => self.answer(&challenge, &mut attempt).await?,
            };
            if let Some(outcome) = outcome {
                return self.came_out(action, outcome);
            }
        }
        Err(Stuck(format!("{action:?} never comes out")))
    }

    fn came_out(&self, action: Action, outcome: OperationOutcome) -> Step<()> {
        self.load.said.settled(outcome.operation, outcome.settled);
        match outcome.settled {
            Settled::Executed => Ok(()),
            settled => Err(Stuck(format!("{action:?} came out {settled:?}"))),
        }
    }

    async fn answer(
        &self,
        challenge: &Challenge,
        attempt: &mut Attempt,
    ) -> Step<Option<OperationOutcome>> {
        let ceremony = match self.wallet.ceremony(challenge).await {
            Ok(ceremony) => ceremony,
            // It has come out meanwhile.
            Err(ClientError::Refused(Refusal::NotFound)) => return Ok(None),
            Err(error) => {
                self.passing("ceremony", error).await?;
                return Ok(None);
            }
        };
        let proof = match attempt.action {
            Action::SignIn => Proof {
                authenticator: self.key.enrol(&ceremony).parse().ok(),
                ..self.codes(attempt).await?
            },
            _ => {
                let codes = match attempt.action {
                    Action::ApproveBinding(_) => self.codes(attempt).await?,
                    _ => Proof::default(),
                };
                Proof { assertion: self.key.assert(&ceremony, true).parse().ok(), ..codes }
            }
        };
        self.answered(challenge, proof, attempt.tried > 0).await
    }

    /// Answers a challenge. An answer that was not heard is repeated as it is: its codes are spent
    /// once it has come.
    async fn answered(
        &self,
        challenge: &Challenge,
        proof: Proof,
        with_codes: bool,
    ) -> Step<Option<OperationOutcome>> {
        let key = self.wallet.new_key();
        for _ in 0..LOOKS {
            match self.wallet.answer_under(key, challenge, proof).await {
                Ok(outcome) => return Ok(outcome),
                // A code of another operation had come late.
                Err(ClientError::Refused(Refusal::ChallengeInvalid)) if with_codes => {
                    return Ok(None);
                }
                Err(error) => self.passing("answer", error).await?,
            }
        }
        Err(Stuck(format!("an answer to {challenge:?} is never heard")))
    }

    /// The binding code and the one-time code that a challenge asks for.
    async fn codes(&self, attempt: &mut Attempt) -> Step<Proof> {
        for _ in 0..LOOKS {
            let binding_code = match self.standing(attempt.of).await? {
                Standing::Pending { code } | Standing::Active { code } => code,
                Standing::Refused(_) | Standing::Ended(_) => None,
            };
            let mut codes = self.load.codes_of(self.customer.contact);
            codes.retain(|code| !attempt.before.contains(code));
            if !codes.is_empty() && binding_code != attempt.presented {
                let code = &codes[attempt.tried.min(codes.len() - 1)];
                let one_time_code: Option<OneTimeCode> = code.parse().ok();
                attempt.tried += 1;
                attempt.presented = binding_code;
                return Ok(Proof { binding_code, one_time_code, ..Proof::default() });
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(Stuck(format!("no code comes for {:?}", attempt.action)))
    }

    /// Goes on after what may happen while a server is gone; anything else is a finding.
    async fn passing(&self, doing: &str, error: ClientError) -> Step<()> {
        match error {
            ClientError::Call(_) | ClientError::Refused(Refusal::IdempotencyInProgress) => {
                self.load.repeated();
                tokio::time::sleep(PAUSE).await;
                Ok(())
            }
            error => Err(Stuck(format!("{doing} of {}: {error}", self.number))),
        }
    }

    /// Asks once more for everything that was ever said to her.
    pub async fn once_more(load: &'a Load, key: IdempotencyKey, bound: Bound) -> Step<()> {
        let bank = session(load, Customer::of(bound.customer)).await?;
        match bank.ask(key, bound.request).await {
            Ok(outcome) => {
                load.said.bound(outcome.binding, Bound { standing: outcome.standing, ..bound });
                Ok(())
            }
            Err(error) => Err(Stuck(format!("{key:?} asked again: {error}"))),
        }
    }
}

async fn session(load: &Load, customer: Customer) -> Step<BankClient> {
    for _ in 0..LOOKS {
        match BankClient::open(&load.bank_url, customer.person, World::system()).await {
            Ok(bank) => return Ok(bank),
            Err(ClientError::Call(_)) => tokio::time::sleep(PAUSE).await,
            Err(error) => return Err(Stuck(format!("no session: {error}"))),
        }
    }
    Err(Stuck("no session".to_owned()))
}
