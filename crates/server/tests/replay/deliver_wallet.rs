//! Brings an input of the model to the wallet.

use std::sync::Arc;

use bindproof::policy::Environment;
use bindproof::wallet::kind::Kind;
use bindproof::wallet::operation::Operation;
use bindproof::wallet::proof::Demand;
use bindproof::wire::{
    AccountAnswer, AccountId, AccountQuery, AccountRegistration, Action, BindingCode, Challenge,
    ChallengeAnswer, LinkAnswer, LinkEnd, LinkQuery, LinkRequest, OperationOutcome,
    OperationRequest, Proof, RegistrationAnswer,
};
use bindproof_kit::call::By;
use bindproof_models::action::Answer;
use bindproof_models::network::{ToBank, ToWallet};
use bindproof_server::codes;
use bindproof_server::drive::bank::Heard;
use bindproof_server::key::{Key, Person};
use bindproof_server::record::{Accounts, Kept, Operations, RecordKind};
use bindproof_server::store::{Postponed, Slot, Store};
use bindproof_server::wallet::Wallet;

use crate::deliver::{answered, let_pass, of_account, settled};
use crate::expected::Told;
use crate::line::Wire;
use crate::names::{self, CONSENT, Names, authenticator, contact, device, device_key};
use crate::seen::{Seen, shard, takes_code};
use crate::servers::{BANK, signer};
use crate::view::{MOST, Model, ToTheWallet};

/// Somebody else's device.
const ELSEWHERE: usize = MOST;
/// A one-time code that is none.
const WRONG_CODE: &str = "00000000";

/// A wallet, and how it is spoken to.
pub struct WalletSide {
    /// The wallet.
    pub wallet: Arc<Wallet>,
    /// How it is spoken to.
    pub wire: Wire,
}

fn read<T>(result: Result<T, impl std::fmt::Display>) -> Seen<T> {
    result.map_err(|error| error.to_string())
}

impl WalletSide {
    fn store(&self) -> &dyn Store {
        &*self.wallet.node.store
    }

    /// Brings an input of this scope; what is told.
    pub async fn deliver(&self, model: &Model, names: &Names, input: ToTheWallet) -> Seen<Told> {
        match input {
            ToTheWallet::Message { message, account } => {
                self.message(names, message, account).await
            }
            ToTheWallet::ApprovalDeadline => {
                self.pass(names, (RecordKind::Link, names.binding.into())).await
            }
            ToTheWallet::OperationDeadline(o) => {
                let id = names.operations[usize::from(o)];
                self.pass(names, (RecordKind::Operation, id.into())).await
            }
            ToTheWallet::Request(o) => self.request(model, names, o).await,
            ToTheWallet::Answer { operation, answer, asked } => {
                self.answer(model, names, operation, answer, asked).await
            }
            ToTheWallet::Execute(o) => self.answer(model, names, o, Answer::Best, true).await,
            ToTheWallet::Receipt => self.receipt(names).await,
        }
    }

    /// A message of the bank.
    async fn message(&self, names: &Names, message: ToWallet, account: u8) -> Seen<Told> {
        let by = By::Server(signer(BANK));
        let (binding, person) = (names.binding, names.person);
        let key = Some(self.wire.key());
        let (contact, secret) = (contact(person), names.secret);
        let link = |answer: LinkAnswer| {
            let about = answer.0.binding == binding;
            let told = Told::Bank(ToBank::Link(answer.0.status));
            if about { Ok(told) } else { Err("an answer about another binding".to_owned()) }
        };
        let told = match message {
            ToWallet::AccountQuery => {
                let answer = self.wire.ask(&by, None, AccountQuery { person }).await?;
                answer.map(|answer: AccountAnswer| of_account(names, answer))
            }
            ToWallet::AccountRegistration => {
                let registration = names::registration();
                let consent = CONSENT;
                let said =
                    AccountRegistration { binding, person, registration, contact, secret, consent };
                let answer = self.wire.ask(&by, key, said).await?;
                // An account that has just been made has no number yet.
                let mut names = names.clone();
                self.number(&mut names).await?;
                answer.map(|answer: RegistrationAnswer| {
                    answered(&names, Heard::Registered(answer.registered)).map(Told::Bank)
                })
            }
            ToWallet::LinkRequest => {
                let account = names.accounts.get(usize::from(account)).copied();
                let account =
                    account.ok_or("a link is asked for on an account that is not there")?;
                let instrument = names::instrument(person);
                let said = LinkRequest { binding, account, instrument, person, contact, secret };
                self.wire.ask(&by, key, said).await?.map(link)
            }
            ToWallet::LinkEnd => self.wire.ask(&by, key, LinkEnd { binding }).await?.map(link),
            ToWallet::LinkQuery => self.wire.ask(&by, None, LinkQuery { binding }).await?.map(link),
            ToWallet::Decision(_) => return Err("nothing is suspended in these scopes".to_owned()),
        };
        told.unwrap_or_else(|refusal| Ok(Told::Problem(refusal)))
    }

    /// Numbers the person's accounts that have none.
    async fn number(&self, names: &mut Names) -> Seen<()> {
        let shard = shard(self.store(), names, &Person::known(names.person)).await?;
        for (key, _) in read(shard.each::<Accounts>())? {
            let account = AccountId::from(key);
            if names.account(account).is_none() {
                names.accounts.push(account);
            }
        }
        Ok(())
    }

    /// A deadline passes, wherever it is armed.
    async fn pass(&self, names: &Names, of: (RecordKind, Key)) -> Seen<Told> {
        let person = match self.operation_at(names, of.1).await? {
            Some((person, _)) => person,
            None => Person::known(names.person),
        };
        let_pass(self.store(), &person, of, self.wire.now_ms()).await?;
        read(self.wallet.overdue(&person).await)?;
        Ok(Told::Nothing)
    }

    /// The operation with this key, and in whose shard it is.
    async fn operation_at(
        &self,
        names: &Names,
        key: Key,
    ) -> Seen<Option<(Person, Kept<Operations>)>> {
        if !names.operations.iter().any(|id| Key::from(*id) == key) {
            return Ok(None);
        }
        for person in names.shards() {
            let shard = shard(self.store(), names, &person).await?;
            if let Some(kept) = read(shard.find::<Operations>(key))? {
                return Ok(Some((person, kept)));
            }
        }
        Ok(None)
    }

    /// What the wallet's client asks for: the same again if it has been asked for before.
    async fn request(&self, model: &Model, names: &Names, o: u8) -> Seen<Told> {
        let id = names.operations[usize::from(o)];
        let scope = &model.scope.operation[usize::from(o)];
        let known = self.operation_at(names, id.into()).await?;
        let request = match known {
            Some((_, kept)) => kept.refs.request,
            None => OperationRequest {
                operation: id,
                account: Some(self.account(names).await?),
                device: device_key(usize::from(scope.device)),
                environment: Environment::Normal,
                action: match scope.kind {
                    Kind::SignIn => Action::SignIn,
                    Kind::ApproveBinding => Action::ApproveBinding(names.binding),
                    Kind::DeclineBinding => Action::DeclineBinding(names.binding),
                    other => return Err(format!("{other} is in none of these scopes")),
                },
            },
        };
        let by = By::Device(device(usize::from(scope.device)));
        let key = Some(self.wire.key());
        let answer = self.wire.ask_either::<_, Challenge, OperationOutcome>(&by, key, request);
        match answer.await? {
            Err(refusal) => Ok(Told::Problem(refusal)),
            Ok((Some(challenge), None)) if challenge.operation == id => {
                Ok(Told::Challenge(challenge.required))
            }
            Ok((None, Some(outcome))) if outcome.operation == id => {
                Ok(Told::Outcome(settled(outcome.settled)))
            }
            Ok(other) => Err(format!("an answer of another operation: {other:?}")),
        }
    }

    /// Whatever account is the person's; one that is not there, if none is.
    async fn account(&self, names: &Names) -> Seen<AccountId> {
        let shard = shard(self.store(), names, &Person::known(names.person)).await?;
        let accounts = read(shard.each::<Accounts>())?;
        let hers = accounts.into_iter().find(|(_, kept)| kept.state.is_verified());
        Ok(hers.map_or(names.nowhere, |(key, _)| key.into()))
    }

    /// An answer to the challenge of an operation.
    async fn answer(
        &self,
        model: &Model,
        names: &Names,
        o: u8,
        answer: Answer,
        asked: bool,
    ) -> Seen<Told> {
        let id = names.operations[usize::from(o)];
        let kept = self.operation_at(names, id.into()).await?.map(|(_, kept)| kept);
        let kept = kept.ok_or("nobody has asked for this operation")?;
        let challenge = kept.refs.challenge.ok_or("nobody was challenged")?;
        let number = match answer {
            Answer::FromElsewhere => ELSEWHERE,
            _ => usize::from(model.scope.operation[usize::from(o)].device),
        };
        let proof = self.proof(names, &kept, answer, asked).await?;
        let said = ChallengeAnswer { challenge, device: device_key(number), proof };
        let key = Some(self.wire.key());
        match self.wire.ask(&By::Device(device(number)), key, said).await? {
            Err(refusal) => Ok(Told::Problem(refusal)),
            Ok(OperationOutcome { operation, settled: how }) if operation == id => {
                Ok(Told::Outcome(settled(how)))
            }
            Ok(other) => Err(format!("an answer of another operation: {other:?}")),
        }
    }

    /// What is proved: the mirror of the model's `models/src/drive/proofs.rs`.
    async fn proof(
        &self,
        names: &Names,
        kept: &Kept<Operations>,
        answer: Answer,
        asked: bool,
    ) -> Seen<Proof> {
        let demand = match kept.state {
            Operation::Challenged { demand, .. } => demand,
            _ => Demand::Decoy,
        };
        let ceremony = kept.refs.ceremony.as_deref().unwrap_or_default();
        let authenticator = authenticator();
        let enrols = demand == Demand::CodeAndContact;
        let enrolment = enrols.then(|| authenticator.enrol(ceremony).parse().unwrap());
        let wrong = Some(WRONG_CODE.parse().unwrap());
        let nothing = Proof { one_time_code: wrong, authenticator: enrolment, ..Proof::default() };
        Ok(match answer {
            Answer::Wrong | Answer::FromElsewhere => nothing,
            Answer::CodeInVain => {
                let open = matches!(kept.state, Operation::Challenged { .. });
                let demanded = open && asked && self.is_about(names, kept).await?;
                let binding_code = demanded.then(|| self.binding_code(names));
                Proof { binding_code, ..nothing }
            }
            Answer::Best => {
                let challenge = kept.refs.challenge.ok_or("nobody was challenged")?;
                let to = contact(names.person);
                let code = codes::one_time_code(&self.wallet.code_key, challenge, to.as_str());
                let takes = takes_code(demand);
                Proof {
                    assertion: Some(authenticator.assert(ceremony, true).parse().unwrap()),
                    one_time_code: takes.then(|| code.parse().unwrap()),
                    binding_code: (takes && asked).then(|| self.binding_code(names)),
                    authenticator: enrolment,
                    identity: None,
                }
            }
            Answer::ProofOfAnother => return Err("nobody reuses proofs in these scopes".to_owned()),
        })
    }

    /// Whether the challenge of an operation is about the code of this binding.
    async fn is_about(&self, names: &Names, kept: &Kept<Operations>) -> Seen<bool> {
        if kept.refs.request.action == Action::ApproveBinding(names.binding) {
            return Ok(true);
        }
        let Some(account) = kept.refs.account else { return Ok(false) };
        let shard = shard(self.store(), names, &Person::known(names.person)).await?;
        let account = read(shard.find::<Accounts>(account.into()))?;
        Ok(account.is_some_and(|kept| kept.refs.created_for == Some(names.binding)))
    }

    /// The code that the bank's client shows now, spent or not.
    fn binding_code(&self, names: &Names) -> BindingCode {
        let period = codes::period(self.wire.now_ms());
        codes::binding_code(&names.secret, names.binding, period)
    }

    /// The bank's receipt of the notice that is owed, as the outbox takes it.
    async fn receipt(&self, names: &Names) -> Seen<Told> {
        for person in names.shards() {
            for owed in read(self.store().letters(&person).await)? {
                if owed.slot == Slot::Notice {
                    let letter = Postponed {
                        person: person.clone(),
                        slot: owed.slot,
                        key: owed.key,
                        idempotency_key: owed.idempotency_key,
                        next_ms: 0,
                        dead: false,
                    };
                    read(self.store().delivered(letter).await)?;
                    return Ok(Told::Nothing);
                }
            }
        }
        Err("no notice is owed".to_owned())
    }
}
