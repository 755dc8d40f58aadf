//! What a bank's request says beside the records of a person's links and accounts.

use crate::limits::Limits;
use crate::wallet::link::{Request, State};

/// A link among those of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hanging<K, B, A> {
    /// Its binding.
    pub binding: K,
    /// The bank in whose namespace the binding lies.
    pub bank: B,
    /// The account that it hangs on, if it hangs on one.
    pub account: Option<A>,
    /// Where it stands.
    pub state: State,
}

impl<K, B, A: PartialEq> Hanging<K, B, A> {
    //= BIND-057 closing an account or recovering ends every link on it that is live
    /// Whether the link ends when this account closes or its holder starts afresh on it.
    #[inline]
    pub fn ends_with(&self, account: A) -> bool {
        self.account == Some(account) && self.state.is_live()
    }
}

/// For whose sake a bank had an account made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made<K, B> {
    /// The binding.
    pub binding: K,
    /// The bank in whose namespace that binding lies.
    pub bank: B,
}

/// A bank's request about a link, as the edge has verified it, and what its id is known for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asking<K, B, A> {
    /// The binding that it is about.
    pub binding: K,
    /// The bank that signed it.
    pub bank: B,
    /// The bank in whose namespace the binding lies; none for an id never seen.
    pub begun_by: Option<B>,
    /// The account that the link hangs on, if it hangs on one.
    pub hangs_on: Option<A>,
    /// The account that it names (link requests only).
    pub named: Option<A>,
    /// The account that is the person's whom it names, if one is (link requests only).
    pub hers: Option<A>,
    /// Issued within the freshness window.
    pub fresh: bool,
    /// Consent to the registration came with it (registrations only).
    pub consent: bool,
}

impl<K: Copy + PartialEq, B: Copy + PartialEq, A: Copy + PartialEq> Asking<K, B, A> {
    /// The account that the request is about: what the link hangs on, before what is named.
    #[inline]
    pub fn account(&self) -> Option<A> {
        self.hangs_on.or(self.named)
    }

    /// The id lies in the namespace of the bank that signed. One never seen is whoever's uses it.
    #[inline]
    pub fn is_own(&self) -> bool {
        //= BIND-017 a bank reaches only what lies in its own namespace
        self.begun_by.is_none_or(|bank| bank == self.bank)
    }

    /// The account named is the one that the link hangs on; so it is where either is not there.
    #[inline]
    pub fn is_same_account(&self) -> bool {
        //= BIND-021 a link never changes its account
        self.hangs_on.is_none() || self.named.is_none() || self.hangs_on == self.named
    }

    /// The account named is the person's whom the request names.
    #[inline]
    pub fn account_matches(&self) -> bool {
        //= BIND-013 only the person's own account gets her links
        self.named.is_some() && self.hers == self.named
    }

    /// The account was made for this very binding. `made` is of the request's [`Self::account`].
    #[inline]
    pub fn is_created_for(&self, made: Option<Made<K, B>>) -> bool {
        //= BIND-006 spared is the binding that the account was created for
        made.is_some_and(|made| made.binding == self.binding)
    }

    /// The account was made for some binding of this bank.
    #[inline]
    pub fn is_created_for_bank(&self, made: Option<Made<K, B>>) -> bool {
        made.is_some_and(|made| made.bank == self.bank)
    }

    /// Fewer of this bank's links than the limit wait for approval on the account named, and fewer
    /// than the limit are live on it; the link itself is none of them. What is only matched counts
    /// against its own bank, and against no other. Without an account nothing waits.
    #[inline]
    pub fn may_wait(&self, limits: &Limits, links: impl Iterator<Item = Hanging<K, B, A>>) -> bool {
        let Some(account) = self.named else { return false };
        let (mut waiting, mut hanging) = (0_usize, 0_usize);
        for link in others_on(account, self.binding, links) {
            let own = link.bank == self.bank;
            waiting += usize::from(link.state == State::AwaitingApproval && own);
            // A bank makes those by itself, as many as it likes: they are in nobody else's way.
            hanging += usize::from(link.state.is_live() || link.state == State::Matched && own);
        }
        //= BIND-007 what waits for the holder is bounded, per bank and account
        waiting < usize::from(limits.approvals_waiting)
            && hanging < usize::from(limits.links_per_account_max)
    }

    /// All facts of the request.
    #[inline]
    pub fn request(
        &self,
        limits: &Limits,
        made: Option<Made<K, B>>,
        links: impl Iterator<Item = Hanging<K, B, A>>,
    ) -> Request {
        Request {
            own: self.is_own(),
            fresh: self.fresh,
            same_account: self.is_same_account(),
            consent: self.consent,
            account_matches: self.account_matches(),
            created_for: self.is_created_for(made),
            created_for_bank: self.is_created_for_bank(made),
            may_wait: self.may_wait(limits, links),
        }
    }
}

/// No other link keeps the account that this one hangs on. One that hangs on none is not the last.
#[inline]
pub fn is_last<K: PartialEq, B, A: PartialEq + Copy>(
    binding: K,
    account: Option<A>,
    links: impl Iterator<Item = Hanging<K, B, A>>,
) -> bool {
    //= BIND-059 the last of the links that are live or matched
    account.is_some_and(|account| {
        !others_on(account, binding, links).any(|link| link.state.keeps_account())
    })
}

/// The links on an account but this one.
#[inline]
fn others_on<K: PartialEq, B, A: PartialEq>(
    account: A,
    but: K,
    links: impl Iterator<Item = Hanging<K, B, A>>,
) -> impl Iterator<Item = Hanging<K, B, A>> {
    let account = Some(account);
    links.filter(move |link| link.binding != but && link.account == account)
}
