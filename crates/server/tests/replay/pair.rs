//! A bank and a wallet on the loopback, on which behaviours are replayed one after the other, each
//! with a person of its own. What arrives when, the replay says: towards the wallet it is the bank,
//! towards the bank it is the wallet, and it is the clients of both. Only a notice that is
//! receipted goes from the one to the other.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use bindproof::message::Message;
use bindproof::wire::{
    self, AccountAnswer, AccountQuery, AccountRegistration, LinkAnswer, LinkEnd, LinkReport,
    LinkRequest, RegistrationAnswer,
};
use bindproof_kit::exchange::Transcript;
use bindproof_kit::listen::{Back, Desk, Listener, Post};
use bindproof_models::action::{Action, Delivery};
use bindproof_models::network::ToBank;
use bindproof_models::views::LocalView;
use bindproof_server::clock::{Clock, SystemClock};
use bindproof_server::drive::bank::Heard;
use bindproof_server::http::accept::serve;
use bindproof_server::http::{bank, wallet};
use bindproof_server::key::Person;
use bindproof_server::letter::Letter;
use bindproof_server::outbox::Work;
use bindproof_server::store::{Due, Slot, Store};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::behaviours::{Run, at_once};
use crate::deliver::{BankSide, heard};
use crate::deliver_wallet::WalletSide;
use crate::expected::{Expected, of_bank, of_wallet};
use crate::line::Wire;
use crate::names::Names;
use crate::party::begin;
use crate::seen::{self, Hidden, Seen, steps};
use crate::servers::{self, BANK, Hand, WALLET, public, signer};
use crate::transitions::{Stores, compared};
use crate::view::{Input, Model, ToTheBank, ToTheWallet, World, inputs};

/// The wallet's desk: gives the bank's outbox the answer that the behaviour has.
#[derive(Default)]
struct Answering {
    next: Mutex<Option<Heard>>,
    wrong: Mutex<Vec<String>>,
}

impl Answering {
    fn note(&self, wrong: String) -> Back {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).push(wrong);
        Back::Fault
    }

    fn answer(&self, post: &Post, heard: Heard) -> Result<Back, String> {
        let issuer: wire::Issuer = WALLET.parse().unwrap();
        let link = |request, binding, status| {
            Back::answer(issuer, request, LinkAnswer(LinkReport { binding, status }))
        };
        Ok(match (post.path.as_str(), heard) {
            ("/v1/account_query", Heard::Account(found)) => {
                let asked: wire::Envelope<AccountQuery> = post.message()?;
                Back::answer(issuer, asked.request_id, AccountAnswer { found })
            }
            ("/v1/account_registration", Heard::Registered(registered)) => {
                let asked: wire::Envelope<AccountRegistration> = post.message()?;
                let binding = asked.message.binding;
                Back::answer(issuer, asked.request_id, RegistrationAnswer { binding, registered })
            }
            ("/v1/link_request", Heard::Link(status)) => {
                let asked: wire::Envelope<LinkRequest> = post.message()?;
                link(asked.request_id, asked.message.binding, status)
            }
            ("/v1/link_end", Heard::Link(status)) => {
                let asked: wire::Envelope<LinkEnd> = post.message()?;
                link(asked.request_id, asked.message.binding, status)
            }
            (path, heard) => return Err(format!("{path} cannot be answered with {heard:?}")),
        })
    }
}

impl Desk for Answering {
    fn take(&self, post: &Post) -> Back {
        let next = self.next.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(heard) = next else { return self.note(format!("{} comes unasked", post.path)) };
        self.answer(post, heard).unwrap_or_else(|wrong| self.note(wrong))
    }

    fn untrusted(&self, post: &Post) {
        self.note(format!("{} is not to be trusted: {:?}", post.path, post.signature));
    }
}

/// A bank and a wallet that run.
pub struct Pair {
    model: Arc<Model>,
    clock: Arc<Hand>,
    bank: BankSide,
    wallet: WalletSide,
    desk: Listener<Answering>,
    stop: watch::Sender<bool>,
    running: JoinSet<()>,
}

/// What was seen of the steps of one behaviour.
#[derive(Clone, Debug, Default)]
pub struct Walked {
    /// Over HTTP.
    pub over_http: Vec<LocalView>,
    /// Otherwise: what no other party sends.
    pub otherwise: Vec<LocalView>,
    /// How many inputs there were.
    pub inputs: u64,
}

/// A behaviour under way.
struct Behaviour {
    names: Names,
    world: World,
    /// Letters that the bank has ever owed, by their names: one may be under way for long.
    sent: BTreeMap<&'static str, Due>,
    /// The wallet's own outbox has brought its notice to the bank.
    carried: bool,
    walked: Walked,
}

/// Where journals end.
type Ends = Vec<(Person, i64)>;

async fn ends(store: &dyn Store, names: &Names) -> Seen<Ends> {
    let mut ends = Vec::new();
    let persons = names.shards().into_iter().chain([Person::known(names.stranger)]);
    for person in persons {
        let loaded = store.load(&person, &[]).await.map_err(|error| error.to_string())?;
        ends.push((person, loaded.head.sequence));
    }
    Ok(ends)
}

impl Pair {
    /// Starts both.
    ///
    /// # Panics
    /// If the loopback gives no port.
    pub async fn start(model: &Arc<Model>, stores: Stores, seed: u64) -> Self {
        let (clock, world) = servers::world(SystemClock.now_ms(), seed);
        let (stop, stopping) = watch::channel(false);
        let keys = vec![(signer(BANK).key_id().to_owned(), public(signer(BANK)))];
        let (own, desk) = (signer(WALLET).clone(), Arc::new(Answering::default()));
        // By the servers' own clock, which stands still while a behaviour is replayed.
        let (kept, by) = (Transcript::default(), world.clone());
        let desk = Listener::start("127.0.0.1:0", own, keys, desk, kept, by).await.unwrap();
        let wallet_url = format!("http://{}", desk.address);
        let mut running = JoinSet::new();
        let of_bank = Arc::new(servers::bank(stores(), &world, model.limits, &wallet_url));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let bank_url = format!("http://{}", listener.local_addr().unwrap());
        let router = bank::router(Arc::clone(&of_bank));
        running.spawn(serve(listener, router, of_bank.node.door(), stopping.clone()));
        let of_wallet = Arc::new(servers::wallet(stores(), &world, model.limits, &bank_url));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = wallet::router(Arc::clone(&of_wallet));
        running.spawn(serve(listener, router, of_wallet.node.door(), stopping));
        let bank = BankSide { bank: of_bank, wire: Wire::to(BANK, &bank_url, &world) };
        let wallet = WalletSide { wallet: of_wallet, wire: Wire::to(WALLET, &url, &world) };
        Self { model: Arc::clone(model), clock, bank, wallet, desk, stop, running }
    }

    /// Stops both.
    pub async fn stop(mut self) {
        // Nobody listening any more is what is wanted.
        let _ = self.stop.send(true);
        self.running.abort_all();
        while self.running.join_next().await.is_some() {}
    }

    /// Replays a behaviour; `number` is its own.
    pub async fn replay(&self, number: u64, run: &Run) -> Seen<Walked> {
        let now_ms = SystemClock.now_ms();
        self.clock.set(now_ms);
        let mut names = Names::new(number, now_ms);
        begin(&*self.wallet.wallet.node.store, &self.model, &mut names).await?;
        let (world, sent) = (self.model.initial(), BTreeMap::new());
        let walked = Walked::default();
        let mut behaviour = Behaviour { names, world, sent, carried: false, walked };
        for (place, action) in run.iter().enumerate() {
            let done = self.act(&mut behaviour, *action).await;
            done.map_err(|error| format!("{action:?}, number {place} of {run:?}: {error}"))?;
        }
        let wrong = self.desk.desk.wrong.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match wrong {
            None => Ok(behaviour.walked),
            Some(wrong) => Err(format!("at the wallet's desk, in {run:?}: {wrong}")),
        }
    }

    async fn act(&self, behaviour: &mut Behaviour, action: Action) -> Seen<()> {
        let (after, views) = at_once(&self.model, &behaviour.world, action);
        let mut otherwise = false;
        for input in inputs(&behaviour.world, action) {
            behaviour.walked.inputs += 1;
            match input {
                Input::Bank(input) => {
                    let nobody = ToTheBank::Hear(ToBank::NotFound);
                    otherwise |= input == ToTheBank::Deadline || input == nobody;
                    self.at_the_bank(behaviour, action, input).await?;
                }
                Input::Wallet(input) => {
                    otherwise |= matches!(
                        input,
                        ToTheWallet::ApprovalDeadline | ToTheWallet::OperationDeadline(_)
                    );
                    self.at_the_wallet(behaviour, action, input).await?;
                }
            }
        }
        behaviour.world = after;
        let walked = &mut behaviour.walked;
        if otherwise { &mut walked.otherwise } else { &mut walked.over_http }.extend(views);
        Ok(())
    }

    async fn at_the_bank(
        &self,
        behaviour: &mut Behaviour,
        action: Action,
        input: ToTheBank,
    ) -> Seen<()> {
        let store = &*self.bank.bank.node.store;
        let (before, hidden) = seen::bank(store, &mut behaviour.names).await?;
        // Of a binding that its cancel alone has begun there is no body that could differ.
        let as_in_the_model = match (input, hidden) {
            (ToTheBank::Ask { same_body: false }, Hidden::Body(false)) => {
                Action::Deliver { delivery: Delivery::Ask(0), heard: true }
            }
            _ => action,
        };
        let said = of_bank(&self.model, &behaviour.world, as_in_the_model);
        let from = ends(store, &behaviour.names).await?;
        let due = match (input, action) {
            (ToTheBank::Notice(status), Action::Notice { receipted: true, .. }) => {
                self.says(behaviour, status).await?
            }
            _ => None,
        };
        let told = match (input, due) {
            (ToTheBank::Hear(answer), _) if answer != ToBank::NotFound => {
                self.answer(behaviour, answer).await?;
                said.told
            }
            (_, Some(due)) => {
                self.wallet.wallet.carry(due).await;
                behaviour.carried = true;
                said.told
            }
            (_, None) => self.bank.deliver(&behaviour.names, input, before.has_settled()).await?,
        };
        let (view, _) = seen::bank(store, &mut behaviour.names).await?;
        let steps = steps(store, &behaviour.names, &from).await?;
        compared(&said, &Expected { view, steps, told, between: said.between })?;
        let person = Person::known(behaviour.names.person);
        for owed in store.letters(&person).await.map_err(|error| error.to_string())? {
            let letter: Letter =
                serde_json::from_str(&owed.letter).map_err(|error| error.to_string())?;
            behaviour.sent.insert(letter.name(), Due { person: person.clone(), owed });
        }
        Ok(())
    }

    /// Has the bank send the letter that this answers, and answers it.
    async fn answer(&self, behaviour: &Behaviour, answer: ToBank) -> Seen<()> {
        let names: &[Message] = match answer {
            ToBank::Unregistered | ToBank::Registered(_) => &[Message::AccountQuery],
            ToBank::Created(_) | ToBank::Existing(_) | ToBank::RegistrationRefused(_) => {
                &[Message::AccountRegistration]
            }
            ToBank::Link(_) => &[Message::LinkRequest, Message::LinkEnd],
            ToBank::NotFound => &[],
        };
        let mut sent = names.iter().filter_map(|name| behaviour.sent.get(name.name()));
        let due = sent.next().cloned().ok_or_else(|| format!("nobody asked for {answer:?}"))?;
        let heard = heard(&behaviour.names, answer)?;
        *self.desk.desk.next.lock().unwrap_or_else(PoisonError::into_inner) = Some(heard);
        self.bank.bank.carry(due).await;
        match self.desk.desk.next.lock().unwrap_or_else(PoisonError::into_inner).take() {
            None => Ok(()),
            Some(_) => Err(format!("the bank does not send what {answer:?} answers")),
        }
    }

    /// The notice that is owed, if it says that the link stands there.
    async fn says(
        &self,
        behaviour: &Behaviour,
        status: bindproof::message::LinkStatus,
    ) -> Seen<Option<Due>> {
        for person in behaviour.names.shards() {
            let letters = self.wallet.wallet.node.store.letters(&person).await;
            for owed in letters.map_err(|error| error.to_string())? {
                let letter: Letter =
                    serde_json::from_str(&owed.letter).map_err(|error| error.to_string())?;
                if let (Slot::Notice, Letter::LinkNotice(_, notice)) = (owed.slot, letter)
                    && notice.0.status == status
                {
                    return Ok(Some(Due { person, owed }));
                }
            }
        }
        Ok(None)
    }

    async fn at_the_wallet(
        &self,
        behaviour: &mut Behaviour,
        action: Action,
        input: ToTheWallet,
    ) -> Seen<()> {
        let store = &*self.wallet.wallet.node.store;
        let said = of_wallet(&self.model, &behaviour.world, action, input);
        let from = ends(store, &behaviour.names).await?;
        let told = match input {
            // The notice that went to the bank has brought its receipt.
            ToTheWallet::Receipt if std::mem::take(&mut behaviour.carried) => said.told,
            _ => self.wallet.deliver(&self.model, &behaviour.names, input).await?,
        };
        let (view, _) = seen::wallet(store, &mut behaviour.names).await?;
        let steps = steps(store, &behaviour.names, &from).await?;
        compared(&said, &Expected { view, steps, told, between: said.between })
    }
}
