//! Arbitrary inputs for a wallet.

use bindproof::policy::Environment;
use bindproof::wallet::operation::Operation;
use bindproof::wire::{
    AccountId, AccountQuery, AccountRegistration, Action, Amount, BindingId, ChallengeAnswer,
    Consent, IdempotencyKey, LinkEnd, LinkQuery, LinkRequest, LinkResume, LinkSuspend, OperationId,
    OperationRequest, PersonRef, Proof, Secret,
};
use bindproof_kit::call::By;
use bindproof_server::codes;
use bindproof_server::drive::Step;
use bindproof_server::key::{Key, Person};
use bindproof_server::record::{Accounts, Kept, Operations, RecordKind, answer_place};
use bindproof_server::store::Shard;

use crate::differential::{Alike, Crowd, one_of, percent};
use crate::differential_bank::idempotency_key;
use crate::names::{authenticator, contact, device, device_key, instrument, registration};
use crate::rig::Server;
use crate::seen::Seen;
use crate::servers::{BANK, SOUTH, signer};

/// Two persons whom two banks bind, and what they and the banks say.
pub struct Holders {
    episode: u64,
    said: u64,
    persons: [PersonRef; 2],
    bindings: [BindingId; 3],
    operations: Vec<OperationId>,
    nowhere: AccountId,
    accounts: Vec<AccountId>,
    known: Vec<(Person, OperationId, Kept<Operations>)>,
    answers: Vec<(RecordKind, Key)>,
}

/// How many operations the same persons have.
const OPERATIONS: u64 = 12;

impl Crowd for Holders {
    fn new(episode: u64) -> Self {
        let id = |label: &str, number: u64| {
            Key::derived(label, &[&episode.to_be_bytes(), &number.to_be_bytes()])
        };
        let person = |name: &str| format!("{name}-{episode}").parse().unwrap();
        Self {
            episode,
            said: 0,
            persons: [person("ada"), person("ben")],
            bindings: [0, 1, 2].map(|n| id("binding", n).into()),
            operations: (0..OPERATIONS).map(|n| id("operation", n).into()).collect(),
            nowhere: id("nowhere", 0).into(),
            accounts: vec![id("nowhere", 0).into()],
            known: Vec::new(),
            answers: Vec::new(),
        }
    }

    async fn input(&mut self, alike: &mut Alike) -> Seen<()> {
        let operations = self.operations.iter().map(|id| (RecordKind::Operation, Key::from(*id)));
        alike.names = operations.chain(self.answers.iter().copied()).collect();
        match alike.random.below(20) {
            0..7 => self.bank_says(alike).await?,
            7..11 => self.requests(alike).await?,
            11..17 => self.answers(alike).await?,
            17 => self.is_debited(alike).await?,
            18 => alike.letters().await?,
            _ => alike.pass().await?,
        }
        self.look(alike).await
    }
}

impl Holders {
    /// A key that is new, or one that was there before.
    fn key(&mut self, alike: &mut Alike) -> IdempotencyKey {
        self.said += u64::from(percent(&mut alike.random, 90));
        idempotency_key("said", self.episode, self.said)
    }

    /// Which accounts and operations there are now.
    async fn look(&mut self, alike: &Alike) -> Seen<()> {
        self.known.clear();
        self.accounts.truncate(1);
        let mut shards: Vec<Person> = self.persons.map(Person::known).into();
        shards.push(Person::of_account(self.nowhere));
        shards.extend(self.operations.iter().map(|id| Person::of_operation(*id)));
        for person in shards {
            let loaded = alike.rigs[0].store().load(&person, &alike.names).await;
            let loaded = loaded.map_err(|error| error.to_string())?;
            let shard = Shard::new(loaded, &alike.names, alike.now_ms);
            let failed = |error: bindproof_server::store::StoreError| error.to_string();
            let accounts = shard.each::<Accounts>().map_err(failed)?;
            self.accounts.extend(accounts.into_iter().map(|(key, _)| AccountId::from(key)));
            for (key, kept) in shard.each::<Operations>().map_err(failed)? {
                self.known.push((person.clone(), key.into(), kept));
            }
        }
        Ok(())
    }

    fn secret(binding: BindingId) -> Secret {
        let mut secret = [0; 32];
        secret[..16].copy_from_slice(binding.as_bytes());
        Secret::from_bytes(secret)
    }

    async fn bank_says(&mut self, alike: &mut Alike) -> Seen<()> {
        let key = Some(self.key(alike));
        let random = &mut alike.random;
        let by = By::Server(signer(if percent(random, 80) { BANK } else { SOUTH }));
        let person = one_of(random, &self.persons);
        let binding = one_of(random, &self.bindings);
        let account = one_of(random, &self.accounts);
        let ago_ms = if percent(random, 95) { 0 } else { 86_400_000 };
        let bank_revision = 1 + random.below(3) as u8;
        let (contact, secret) = (contact(person), Self::secret(binding));
        match random.below(12) {
            0 => alike.post(&by, None, ago_ms, AccountQuery { person }).await,
            1..4 => {
                let registration = registration();
                let consent = Consent { bind: true, register: percent(random, 95) };
                let said =
                    AccountRegistration { binding, person, registration, contact, secret, consent };
                alike.post(&by, key, ago_ms, said).await
            }
            4..8 => {
                let instrument = instrument(person);
                let said = LinkRequest { binding, account, instrument, person, contact, secret };
                alike.post(&by, key, ago_ms, said).await
            }
            8 => alike.post(&by, key, ago_ms, LinkSuspend { binding, bank_revision }).await,
            9 => alike.post(&by, key, ago_ms, LinkResume { binding, bank_revision }).await,
            10 => alike.post(&by, None, ago_ms, LinkQuery { binding }).await,
            _ => alike.post(&by, key, ago_ms, LinkEnd { binding }).await,
        }
    }

    fn action(&self, alike: &mut Alike) -> Action {
        let random = &mut alike.random;
        let binding = one_of(random, &self.bindings);
        let minor = one_of(random, &[500, 3_000, 20_000, 100_000]);
        let amount = Amount::new(minor, "EUR".parse().unwrap()).unwrap();
        let payee = "shop".parse().unwrap();
        let revoked = device_key(random.below(3) as usize);
        one_of(
            random,
            &[
                Action::SignIn,
                Action::SignIn,
                Action::SignIn,
                Action::ApproveBinding(binding),
                Action::ApproveBinding(binding),
                Action::DeclineBinding(binding),
                Action::Pay { binding, amount, payee },
                Action::Pay { binding, amount, payee },
                Action::EndLink(binding),
                Action::AddAuthenticator,
                Action::RevokeDevice(revoked),
                Action::VerifyIdentity,
                Action::Recover,
                Action::CloseAccount,
            ],
        )
    }

    async fn requests(&mut self, alike: &mut Alike) -> Seen<()> {
        let key = Some(self.key(alike));
        let action = self.action(alike);
        let random = &mut alike.random;
        let number = random.below(3) as usize;
        let nobody = action == Action::Recover && percent(random, 50);
        let account = (!nobody).then(|| one_of(random, &self.accounts));
        let operation = one_of(random, &self.operations);
        let new = OperationRequest {
            operation,
            account,
            device: device_key(number),
            environment: Environment::Normal,
            action,
        };
        let before = self.known.iter().find(|(_, id, _)| *id == operation);
        let before = before.map(|(_, _, kept)| kept.refs.request);
        let request = before.filter(|_| percent(random, 90)).unwrap_or(new);
        let number = (0..3).find(|d| device_key(*d) == request.device).unwrap_or(number);
        let signed = By::Device(device(number));
        let by = if percent(random, 90) { signed } else { By::Nobody };
        let ago_ms = if percent(random, 95) { 0 } else { 86_400_000 };
        alike.post(&by, key, ago_ms, request).await
    }

    /// What proves this operation; of each part sometimes nothing, or something wrong.
    fn proof(&self, alike: &mut Alike, kept: &Kept<Operations>) -> Proof {
        let Server::Wallet(wallet) = &alike.rigs[0].server else { panic!("a wallet") };
        let random = &mut alike.random;
        let person = one_of(random, &self.persons);
        let named = match kept.refs.request.action {
            Action::ApproveBinding(binding) => binding,
            _ => one_of(random, &self.bindings),
        };
        let ceremony = kept.refs.ceremony.as_deref().unwrap_or_default();
        let ceremony = if percent(random, 95) { ceremony } else { "another" };
        let verified = percent(random, 90);
        let assertion = authenticator().assert(ceremony, verified).parse().unwrap();
        let enrolment = authenticator().enrol(ceremony).parse().unwrap();
        let period = codes::period(alike.now_ms);
        let binding_code = codes::binding_code(&Self::secret(named), named, period);
        let stand_ins = wallet.development.as_ref().unwrap();
        let identity = stand_ins.identity.vouch(person).parse().unwrap();
        let code = kept.refs.challenge.map(|challenge| {
            codes::one_time_code(&wallet.code_key, challenge, contact(person).as_str())
        });
        let often = |random: &mut crate::random::Random| percent(random, 85);
        Proof {
            assertion: Some(assertion),
            one_time_code: code.filter(|_| often(random)).map(|code| code.parse().unwrap()),
            binding_code: often(random).then_some(binding_code),
            identity: percent(random, 40).then_some(identity),
            authenticator: often(random).then_some(enrolment),
        }
    }

    async fn answers(&mut self, alike: &mut Alike) -> Seen<()> {
        let open = |kept: &Kept<Operations>| matches!(kept.state, Operation::Challenged { .. });
        let lately = percent(&mut alike.random, 90);
        let known = self.known.iter().filter(|(_, _, kept)| open(kept) || !lately);
        let known: Vec<_> = known.cloned().collect();
        if known.is_empty() {
            return self.requests(alike).await;
        }
        let place = alike.random.below(known.len() as u64) as usize;
        let (_, _, kept) = &known[place];
        let Some(challenge) = kept.refs.challenge else { return Ok(()) };
        let proof = self.proof(alike, kept);
        let number = (0..3).find(|d| device_key(*d) == kept.refs.request.device).unwrap_or(0);
        let number = if percent(&mut alike.random, 95) { number } else { (number + 1) % 3 };
        let key = self.key(alike);
        let said = ChallengeAnswer { challenge, device: device_key(number), proof };
        let place = answer_place(&said.device.to_string(), key);
        let name = (RecordKind::Answer, place);
        if !self.answers.contains(&name) {
            self.answers.push(name);
            alike.names.push(name);
        }
        alike.post(&By::Device(device(number)), Some(key), 0, said).await
    }

    /// The bank's answer to a debit reaches the step, as the outbox brings it there.
    async fn is_debited(&self, alike: &mut Alike) -> Seen<()> {
        let own = percent(&mut alike.random, 90);
        let accepted = percent(&mut alike.random, 60);
        let sent = self.known.iter().filter(|(_, _, kept)| kept.state == Operation::Debiting);
        for (person, id, _) in sent {
            let key = Key::from(*id);
            let names = [(RecordKind::Operation, key)];
            let mut first = None;
            for rig in &alike.rigs {
                let Server::Wallet(wallet) = &rig.server else { panic!("a wallet") };
                let decide = wallet
                    .transact(person, &names, |drive| drive.debit_decided(key, own, accepted));
                let Step::Done(said) = decide.await.map_err(|error| error.to_string())? else {
                    return Err(format!("{}: it is another's", rig.name));
                };
                if *first.get_or_insert(said) != said {
                    return Err(format!("{} decides {said:?}, the first {first:?}", rig.name));
                }
            }
        }
        Ok(())
    }
}
