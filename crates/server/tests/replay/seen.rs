//! What a server's store holds, in the model's types: the half of the mapping that the comparison
//! rests on. What cannot be said in the model's types is an error, and so is a letter that the
//! model knows nothing of; nothing is left out but what `docs/verification.md` lists.

use std::collections::BTreeSet;

use bindproof::bank::binding::Binding;
use bindproof::journal::Decided;
use bindproof::message::LinkStatus;
use bindproof::wallet::account::Account;
use bindproof::wallet::device::Device;
use bindproof::wallet::link::Link;
use bindproof::wallet::lock::Lock;
use bindproof::wallet::operation::Operation;
use bindproof::wallet::proof::Demand;
use bindproof::wire::{AccountId, BindingId};
use bindproof_models::drive::Key as Number;
use bindproof_models::network::ToWallet;
use bindproof_models::world::NONE;
use bindproof_server::journal::Line;
use bindproof_server::key::{Key, Person};
use bindproof_server::letter::Letter;
use bindproof_server::record::{
    Accounts, Bindings, Devices, Kept, Links, Locks, Operations, RecordKind,
};
use bindproof_server::store::{OwedRow, Shard, Slot, Store};

use crate::expected::key_of;
use crate::names::{CONSENT, Names, contact, device_key, instrument, registration};
use crate::servers::BANK;
use crate::view::{BankView, MOST, WalletView};

/// What is wrong with a store.
pub type Seen<T> = Result<T, String>;

/// What a view leaves out and a server's next step may depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hidden {
    /// The bank has seen the body of the request that began the binding.
    Body(bool),
    /// What the notice says that is owed.
    Notice(Option<LinkStatus>),
}

/// The records of a shard, read as a decision reads them.
pub async fn shard(store: &dyn Store, names: &Names, person: &Person) -> Seen<Shard> {
    let named = names.operations.map(|id| (RecordKind::Operation, Key::from(id)));
    let loaded = store.load(person, &named).await.map_err(|error| error.to_string())?;
    Ok(Shard::new(loaded, &named, names.started_ms))
}

async fn letters(store: &dyn Store, person: &Person) -> Seen<Vec<(OwedRow, Letter)>> {
    let mut letters = Vec::new();
    for owed in read(store.letters(person).await)? {
        let letter: Letter = read(serde_json::from_str(&owed.letter))?;
        letters.push((owed, letter));
    }
    Ok(letters)
}

fn read<T>(result: Result<T, impl std::fmt::Display>) -> Seen<T> {
    result.map_err(|error| error.to_string())
}

/// The bank's records. A binding that has come to be gets its name.
pub async fn bank(store: &dyn Store, names: &mut Names) -> Seen<(BankView, Hidden)> {
    let person = Person::known(names.person);
    let shard = shard(store, names, &person).await?;
    let bindings = read(shard.each::<Bindings>())?;
    let kept = match &bindings[..] {
        [] => None,
        [(key, kept)] => {
            names.binding = BindingId::from(*key);
            if let Some(terms) = &kept.refs.terms {
                names.secret = terms.secret;
            }
            Some(kept)
        }
        more => return Err(format!("{} bindings in place of one", more.len())),
    };
    let mut owed = 0;
    for (row, letter) in letters(store, &person).await? {
        owed |= to_wallet(names, kept, &row, &letter)?.bit();
    }
    let view = BankView {
        binding: kept.map_or(Binding::ABSENT, |kept| kept.state),
        account: names.numbered(kept.and_then(|kept| kept.refs.account))?,
        owed,
    };
    let body = kept.is_some_and(|kept| kept.refs.request_digest.is_some());
    Ok((view, Hidden::Body(body)))
}

/// Which message of the model a letter of the bank is; everything in it has to be as it should.
fn to_wallet(
    names: &Names,
    kept: Option<&Kept<Bindings>>,
    row: &OwedRow,
    letter: &Letter,
) -> Seen<ToWallet> {
    let wrong = || Err(format!("the letter {letter:?} should not be there"));
    if row.slot != Slot::ToWallet || row.key != Key::from(names.binding) || row.dead {
        return wrong();
    }
    let (binding, person) = (names.binding, names.person);
    let account = kept.and_then(|kept| kept.refs.account);
    let (message, fits) = match letter {
        Letter::AccountQuery(query) => (ToWallet::AccountQuery, query.person == person),
        Letter::AccountRegistration(said) => {
            let whose = said.binding == binding && said.person == person;
            let known = said.contact == contact(person) && said.registration == registration();
            let rest = said.secret == names.secret && said.consent == CONSENT;
            (ToWallet::AccountRegistration, whose && known && rest)
        }
        Letter::LinkRequest(said) => {
            let whose = said.binding == binding && said.person == person;
            let known = said.contact == contact(person) && said.instrument == instrument(person);
            let rest = said.secret == names.secret && Some(said.account) == account;
            (ToWallet::LinkRequest, whose && known && rest)
        }
        Letter::LinkEnd(end) => (ToWallet::LinkEnd, end.binding == binding && row.forever),
        _ => return wrong(),
    };
    if fits { Ok(message) } else { wrong() }
}

/// The wallet's records. Accounts that have come to be get their numbers.
pub async fn wallet(store: &dyn Store, names: &mut Names) -> Seen<(WalletView, Hidden)> {
    let mut view = WalletView {
        accounts: [Account::Absent; MOST],
        created_for: [NONE; MOST],
        devices: [[Device::Unknown; MOST]; MOST],
        link: Link::ABSENT,
        link_account: NONE,
        operations: [Operation::Absent; MOST],
        operation_account: [NONE; MOST],
        strangers: Lock::OPEN,
        device_locks: [Lock::OPEN; MOST],
        code_lock: Lock::OPEN,
        notice: false,
    };
    let mut hidden = None;
    for person in names.shards() {
        let mut codes = BTreeSet::new();
        let shard = shard(store, names, &person).await?;
        accounts(&shard, names, &mut view)?;
        link(&shard, names, &mut view)?;
        operations(&shard, names, &mut view)?;
        locks(&shard, names, &mut view)?;
        for (row, letter) in letters(store, &person).await? {
            match (row.slot, &letter) {
                (Slot::Notice, Letter::LinkNotice(bank, notice)) => {
                    let about = notice.0.binding == names.binding && !row.dead;
                    if view.notice || !about || bank.as_str() != BANK {
                        return Err(format!("the letter {letter:?} should not be there"));
                    }
                    view.notice = true;
                    hidden = Some(notice.0.status);
                }
                (Slot::Code, Letter::OneTimeCode(challenge, to))
                    if row.key == Key::from(*challenge) && *to == contact(names.person) =>
                {
                    codes.insert(row.key);
                }
                _ => return Err(format!("the letter {letter:?} should not be there")),
            }
        }
        coded(&shard, names, &mut codes)?;
    }
    Ok((view, Hidden::Notice(hidden)))
}

/// Every code that is on its way belongs to a challenge of these operations, and the challenges
/// that take a code have one.
fn coded(shard: &Shard, names: &Names, codes: &mut BTreeSet<Key>) -> Seen<()> {
    for id in names.operations {
        let Some(kept) = read(shard.find::<Operations>(id.into()))? else { continue };
        let had = kept.refs.challenge.is_some_and(|challenge| codes.remove(&challenge.into()));
        let takes =
            matches!(kept.state, Operation::Challenged { demand, .. } if takes_code(demand));
        if takes && !had {
            return Err(format!("no code was sent for operation {id}"));
        }
    }
    match codes.first() {
        None => Ok(()),
        Some(challenge) => Err(format!("a code for {challenge}, which is no challenge")),
    }
}

/// Whether the challenge of an operation takes a one-time code.
pub const fn takes_code(demand: Demand) -> bool {
    matches!(demand, Demand::CodeAndContact | Demand::CodeContactAndFactors)
}

fn accounts(shard: &Shard, names: &mut Names, view: &mut WalletView) -> Seen<()> {
    for (key, kept) in read(shard.each::<Accounts>())? {
        let account = AccountId::from(key);
        if names.account(account).is_none() {
            names.accounts.push(account);
        }
        let place = usize::from(names.account(account).unwrap_or(NONE));
        let Some(state) = view.accounts.get_mut(place) else {
            return Err(format!("account {account} is one too many"));
        };
        *state = kept.state;
        view.created_for[place] = match kept.refs.created_for {
            None => NONE,
            Some(binding) if binding == names.binding => 0,
            Some(other) => return Err(format!("{account} was created for {other}")),
        };
    }
    for (key, kept) in read(shard.each::<Devices>())? {
        let Some(Number::Device(a, d)) = names.number(key) else {
            return Err(format!("device {} of {} is not known", kept.refs.device, key));
        };
        view.devices[usize::from(a)][usize::from(d)] = kept.state;
    }
    Ok(())
}

fn link(shard: &Shard, names: &Names, view: &mut WalletView) -> Seen<()> {
    for (key, kept) in read(shard.each::<Links>())? {
        if key != Key::from(names.binding) || view.link != Link::ABSENT {
            return Err(format!("link {key} should not be there"));
        }
        if kept.refs.bank.as_str() != BANK {
            return Err(format!("link {key} is another bank's"));
        }
        view.link = kept.state;
        view.link_account = names.numbered(kept.refs.account)?;
    }
    Ok(())
}

fn operations(shard: &Shard, names: &Names, view: &mut WalletView) -> Seen<()> {
    for (key, kept) in read(shard.each::<Operations>())? {
        let Some(Number::Operation(o)) = names.number(key) else {
            return Err(format!("operation {key} is not known"));
        };
        view.operations[usize::from(o)] = kept.state;
        view.operation_account[usize::from(o)] = names.numbered(kept.refs.account)?;
    }
    Ok(())
}

/// The locks of a shard. In the model all strangers share one lock; at a server it is that of the
/// shard in which an operation runs, and in these scopes there is one in which strangers count.
fn locks(shard: &Shard, names: &Names, view: &mut WalletView) -> Seen<()> {
    for (key, kept) in read(shard.each::<Locks>())? {
        let place = if key == Key::of_strangers() {
            &mut view.strangers
        } else if key == Key::from(names.binding) {
            &mut view.code_lock
        } else {
            let device = (0..MOST).find(|d| Key::of_device_path(&device_key(*d)) == key);
            let device = device.ok_or_else(|| format!("lock {key} is of no path"))?;
            &mut view.device_locks[device]
        };
        if *place != Lock::OPEN {
            return Err(format!("lock {key} is kept twice"));
        }
        *place = kept.state;
    }
    Ok(())
}

/// Every decision in the journals of a run from these places on, in order.
pub async fn steps(
    store: &dyn Store,
    names: &Names,
    from: &[(Person, i64)],
) -> Seen<Vec<(Number, Decided)>> {
    let mut steps = Vec::new();
    for (person, sequence) in from {
        let journal = read(store.journal(person).await)?;
        for row in journal.iter().filter(|row| row.sequence >= *sequence) {
            let line: Line = read(serde_json::from_str(&row.line))?;
            let Some(entry) = line.entry else { continue };
            let key = key_of(&entry.event);
            let number = names.number(key).ok_or_else(|| format!("{key} is not known"))?;
            steps.push((number, entry.decided));
        }
    }
    Ok(steps)
}
