//! Both halves of every binding: the bank's and the wallet's, by the id that they share.

use std::collections::{BTreeMap, BTreeSet};

use bindproof::bank::binding::{Binding, State as Bank};
use bindproof::wallet::link::{Link, State};

use super::finding::Wrong;
use super::report::REST;
use crate::key::Key;

/// The bank's half.
#[derive(Clone, Copy, Debug)]
pub struct BankHalf {
    /// The number of the chain that it stands in.
    pub chain: usize,
    /// The binding.
    pub binding: Binding,
    /// The account that the wallet named.
    pub account: Option<Key>,
    /// The number of the bank's server.
    pub server: u16,
    /// The instrument that it is of, as the bank's client named it.
    pub instrument: Option<Key>,
    /// Something is owed to the wallet.
    pub owes: bool,
}

/// The wallet's half.
#[derive(Clone, Copy, Debug)]
pub struct WalletHalf {
    /// The number of the chain that it stands in.
    pub chain: usize,
    /// The link.
    pub link: Link,
    /// The account that it hangs on.
    pub account: Option<Key>,
    /// The account, open at that moment, on which it became active.
    pub activated_on: Option<Key>,
    /// The number of the name of the bank whose binding it is.
    pub bank: Option<u16>,
    /// A notice is owed to the bank.
    pub owes: bool,
}

/// A binding as both sides have it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pair {
    /// The bank's half.
    pub bank: Option<BankHalf>,
    /// The wallet's half.
    pub wallet: Option<WalletHalf>,
    /// Something is wrong with the journal of one of them.
    pub broken: bool,
}

/// Every binding.
pub type Pairs = BTreeMap<Key, Pair>;

/// The links of each instrument of each bank's server that are live.
#[derive(Debug, Default)]
pub struct Live(BTreeMap<(u16, Key), BTreeSet<Key>>);

impl Live {
    /// Whether no other link of the instrument is live, if this one is. Nobody but the bank knows
    /// which instrument a link is of. Others count only if they are `known` to be live still.
    pub fn one_link(
        &mut self,
        id: Key,
        pair: &Pair,
        known: impl Fn(&Key) -> bool,
    ) -> Result<(), Wrong> {
        let of = pair.bank.and_then(|bank| Some((bank.server, bank.instrument?)));
        let Some(of) = of else { return Ok(()) };
        let links = self.0.entry(of).or_default();
        if !pair.wallet.is_some_and(|wallet| wallet.link.state.is_live()) {
            links.remove(&id);
            return Ok(());
        }
        links.insert(id);
        match links.iter().find(|other| **other != id && known(other)) {
            None => Ok(()),
            Some(other) => {
                let what = format!("instrument {}", of.1);
                let found = format!("{id} and {other}");
                Err(Wrong::property(AGREE, what, "at most one live link", found))
            }
        }
    }
}

/// The name of the property that an active binding has its link.
pub const BOUND: &str = "never-bound-without-registered-account";
/// The name of the property that both halves fit each other.
pub const AGREE: &str = "link-and-binding-agree";
/// The name of the property that a bank began every link.
pub const ASKED: &str = "every-binding-was-asked-for";

impl Pair {
    /// Whether an active binding was made active by the wallet, on the account that it named.
    pub fn bound(&self, id: Key) -> Result<(), Wrong> {
        let Some(bank) = self.bank else { return Ok(()) };
        let active = matches!(bank.binding.state, Bank::Active | Bank::Suspended);
        let on = self.wallet.and_then(|wallet| wallet.activated_on);
        if !active || (on.is_some() && on == bank.account) {
            return Ok(());
        }
        let what = format!("binding {id} is {:?}", bank.binding.state);
        let expected = match bank.account {
            Some(account) => format!("its link was made active on the open account {account}"),
            None => "the wallet named an account".into(),
        };
        let found = match on {
            Some(account) => format!("it was made active on {account}"),
            None => "it was not made active".into(),
        };
        Err(Wrong::property(BOUND, what, expected, found))
    }

    /// Whether a live link has a binding that was asked for.
    pub fn asked(&self, id: Key) -> Result<(), Wrong> {
        let Some(wallet) = self.wallet else { return Ok(()) };
        let begun = self.bank.is_some_and(|bank| bank.binding.state != Bank::Absent);
        if begun || !wallet.link.state.is_live() {
            return Ok(());
        }
        let what = format!("link {id} is {:?}", wallet.link.state);
        Err(Wrong::property(ASKED, what, "its bank has a binding", "its bank has none"))
    }

    /// Whether link and binding fit each other.
    pub fn agree(&self, id: Key) -> Result<(), Wrong> {
        let bank = self.bank.map_or(Bank::Absent, |bank| bank.binding.state);
        let link = self.wallet.map_or(State::Absent, |wallet| wallet.link.state);
        let known = matches!(
            bank,
            Bank::Linking
                | Bank::AwaitingApproval
                | Bank::Active
                | Bank::Suspended
                | Bank::Ending(_)
        );
        let account = self.wallet.and_then(|wallet| wallet.account);
        let same = account == self.bank.and_then(|bank| bank.account);
        let linked = matches!(link, State::Active | State::Suspended);
        let bound = matches!(bank, Bank::Active | Bank::Suspended);
        let unlinked = matches!(
            link,
            State::Absent | State::Matched | State::Registered | State::AwaitingApproval
        );
        if (!linked || (known && same)) && !(bound && unlinked) {
            return Ok(());
        }
        let expected = "an active link has a binding that is linking or later and names the same \
                        account; an active binding a link that is past approval";
        let accounts = if same { "" } else { ", on another account" };
        let found = format!("binding {bank:?}, link {link:?}{accounts}");
        Err(Wrong::property(AGREE, format!("binding {id}"), expected, found))
    }

    /// Whether both sides say the same, if nothing is owed and the bank waits for nothing.
    pub fn at_rest(&self, id: Key) -> Result<bool, Wrong> {
        let owes = self.bank.is_some_and(|bank| bank.owes)
            || self.wallet.is_some_and(|wallet| wallet.owes);
        let binding = self.bank.map_or(Binding::ABSENT, |bank| bank.binding);
        let link = self.wallet.map_or(Link::ABSENT, |wallet| wallet.link);
        let revision = link.bank_revision == binding.revision;
        let agree = match binding.state {
            _ if owes => return Ok(false),
            Bank::Absent => link.state == State::Absent,
            Bank::Active => link.state == State::Active && revision,
            Bank::Suspended => link.state == State::Suspended && revision,
            Bank::Closed(_) => link.state == State::Absent || link.state.is_over(),
            _ => return Ok(false),
        };
        if agree {
            return Ok(true);
        }
        let found = format!("binding {binding:?}, link {link:?}");
        let what = format!("binding {id}, when nothing is owed any more");
        Err(Wrong::property(REST, what, "both sides say the same", found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn key(number: u8) -> Key {
        Key::from_bytes([number; 16])
    }

    fn pair(server: u16, instrument: Option<Key>, state: State) -> Pair {
        let bank = BankHalf {
            chain: 0,
            binding: Binding { state: Bank::Linking, ..Binding::ABSENT },
            account: None,
            server,
            instrument,
            owes: false,
        };
        let wallet = WalletHalf {
            chain: 1,
            link: Link { state, ..Link::ABSENT },
            account: None,
            activated_on: None,
            bank: Some(0),
            owes: false,
        };
        Pair { bank: Some(bank), wallet: Some(wallet), broken: false }
    }

    #[test]
    fn an_instrument_has_one_live_link_at_its_bank() {
        let card = Some(key(9));
        let mut of_all = Live::default();
        let mut one_link =
            |id: Key, pair: &Pair| of_all.one_link(id, pair, |other| *other != key(6));
        let first = pair(0, card, State::Active);
        assert_eq!(one_link(key(1), &first), Ok(()));
        assert_eq!(one_link(key(1), &first), Ok(()));
        // The same name at another bank is another instrument, and an end makes room.
        assert_eq!(one_link(key(2), &pair(1, card, State::Registered)), Ok(()));
        assert_eq!(one_link(key(3), &pair(0, card, State::Ended)), Ok(()));
        assert_eq!(one_link(key(4), &pair(0, None, State::Active)), Ok(()));
        let wrong = one_link(key(5), &pair(0, card, State::Registered)).expect_err("two");
        assert_eq!((wrong.property, wrong.requirement), (Some(AGREE), 106));
        assert_eq!(one_link(key(1), &pair(0, card, State::Ended)), Ok(()));
        assert_eq!(one_link(key(5), &pair(0, card, State::Registered)), Ok(()));
        // Nobody knows whether one still is that was before lines were missing.
        assert_eq!(one_link(key(5), &pair(0, card, State::Ended)), Ok(()));
        assert_eq!(one_link(key(6), &pair(0, card, State::Active)), Ok(()));
        assert_eq!(one_link(key(5), &pair(0, card, State::Registered)), Ok(()));
    }
}
