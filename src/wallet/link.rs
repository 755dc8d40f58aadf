//! The wallet's half of a binding, under the bank's `binding_id`, and the account it hangs on.

use crate::control::{AllOn, Control, Controls};
use crate::message::{LinkStatus, Reason};
use crate::refusal::Refusal;
use crate::rule::Rule;
use crate::verdict::Verdict;
use crate::wallet::account::Account;

/// Where a link stands, in the order of its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum State {
    /// Never heard of.
    Absent,
    /// A registration was answered with an account that was there; nothing hangs on it yet.
    Matched,
    /// Made together with its account; the bank has not asked to link yet.
    Registered,
    /// The account's holder has to approve it.
    AwaitingApproval,
    /// Payable.
    Active,
    /// Not payable, because of the bank.
    Suspended,
    /// Over; whatever arrives late finds the door shut.
    Ended,
    /// Decided against; over as well.
    Refused(Reason),
}

/// The link's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Link {
    /// Where it stands.
    pub state: State,
    /// The last of the bank's decisions to suspend or resume that is in force; 0 for none.
    pub bank_revision: u8,
    /// The current binding code has been presented, right or wrong.
    pub code_spent: bool,
}

impl Link {
    /// No link.
    pub const ABSENT: Self = Self { state: State::Absent, bank_revision: 0, code_spent: false };

    //= BIND-058 a code that was presented is no current one any more
    /// Whether a genuine code of it counts: it is live, and the current one is not spent.
    pub const fn takes_code(self) -> bool {
        self.state.is_live() && !self.code_spent
    }

    /// What the wallet says of it; nothing for an id never seen.
    pub const fn status(self) -> Option<LinkStatus> {
        let bank_revision = self.bank_revision;
        Some(match self.state {
            State::Absent | State::Matched => return None,
            State::Registered => LinkStatus::Registered,
            State::AwaitingApproval => LinkStatus::AwaitingApproval,
            State::Active => LinkStatus::Active { bank_revision },
            State::Suspended => LinkStatus::Suspended { bank_revision },
            State::Ended => LinkStatus::Ended,
            State::Refused(reason) => LinkStatus::Refused { reason },
        })
    }
}

impl State {
    /// Neither absent nor over.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Registered | Self::AwaitingApproval | Self::Active | Self::Suspended)
    }

    /// Keeps an account open that waits for its first authentication: a link that is live, or a
    /// registration that was answered with the account.
    pub const fn keeps_account(self) -> bool {
        self.is_live() || matches!(self, Self::Matched)
    }

    /// Over.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Ended | Self::Refused(_))
    }
}

/// What a step on a link sees: the link and one account of the same person.
///
/// For a registration the account is the person's open verified one, or the absent record under
/// which a new one would be made; for everything else it is the account that the link hangs on or
/// that the request names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct View {
    /// The link.
    pub link: Link,
    /// The account.
    pub account: Account,
}

/// What a bank's request about a link says, as verified at the edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Request {
    /// The id lies in the namespace of the bank that signed the request.
    pub own: bool,
    /// Issued within the freshness window.
    pub fresh: bool,
    /// The account named is the one that the link hangs on (true as long as it hangs on none).
    pub same_account: bool,
    /// Consent to the registration came with it (registrations only).
    pub consent: bool,
    /// The account named is the person's (link requests only).
    pub account_matches: bool,
    /// The account that the link hangs on, or that is named, was created for this very binding.
    pub created_for: bool,
    /// The account was created for *some* binding of this bank (link requests only).
    pub created_for_bank: bool,
    /// Fewer approvals than the limit wait for this bank on this account, and fewer links than the
    /// limit hang on it (link requests only).
    pub may_wait: bool,
}

/// What can happen to a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Input {
    /// A bank asks for an account to be registered for this binding.
    RegistrationAsked(Request),
    /// A bank asks to link this binding to the account.
    LinkAsked(Request),
    /// A bank suspends the link by its decision number `revision`.
    SuspendAsked {
        /// What the edge verified.
        request: Request,
        /// The bank's revision.
        revision: u8,
    },
    /// A bank resumes the link by its decision number `revision`.
    ResumeAsked {
        /// What the edge verified.
        request: Request,
        /// The bank's revision.
        revision: u8,
    },
    /// A bank says that the binding is over; `last` if no other link of the account is live.
    EndAsked {
        /// What the edge verified.
        request: Request,
        /// No other link of the account is live.
        last: bool,
    },
    /// A bank asks where the link stands.
    StatusAsked(Request),
    /// The holder approved it.
    Approved,
    /// The holder declined it.
    Declined,
    /// The holder ended it.
    EndedByHolder,
    /// Its account closed, or the person recovered.
    AccountLeft,
    /// The wallet's deadline for approval passed; `last` if no other link of the account is live.
    Expired {
        /// No other link of the account is live.
        last: bool,
    },
    /// The binding code was presented, right or wrong.
    CodePresented,
    /// The bank client shows the next binding code.
    CodeRenewed,
}

/// What the wallet server does because of a step on a link, and what it does to the person's other
/// records in the same transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Order {
    /// Answer the bank with a `RegistrationAnswer`: created, and the account that the link hangs
    /// on, which was made for this binding.
    AnswerCreated,
    /// Answer the bank with a `RegistrationAnswer`: existing, and the account that the link hangs
    /// on, which was there.
    AnswerExisting,
    /// Answer the bank with a `RegistrationAnswer`: refused, for the reason that the order carries.
    AnswerRegistrationRefused(Reason),
    /// Answer the bank with a `LinkAnswer`: refused, for the reason that the order carries.
    AnswerLinkRefused(Reason),
    /// Answer the bank with a `LinkAnswer`: where the link stands after this step, read from its
    /// record.
    AnswerLink,
    /// Owe the bank a `LinkNotice` of where the link stands after this step. Only a receipt settles
    /// it; a problem leaves it owed. The next notice of the link takes its place.
    OweNotice,
    /// Arm the link's deadline: `approval_wallet_ms` from now. When the time has passed the input
    /// is `expired`. A link that does not await approval has none.
    ArmApprovalDeadline,
    /// Make the account under a new id, in the same transaction: for this bank and this binding,
    /// which it notes as the one it was created for. The person's key is claimed for it, so that
    /// nobody makes her another verified account.
    ClaimPerson,
    /// Note in the link, for good, which account it hangs on: the one just made, or the one that
    /// the step was given.
    HangOnAccount,
    /// End, in the same transaction, whatever else is on the account, which this step has closed:
    /// each live link is given `account_left`, each device `account_closed`, each operation under
    /// way `target_ended`. A recovery goes on.
    LeaveAccount,
    /// Give each operation under way that names this link `target_ended`, in the same transaction.
    RefuseOperations,
}

/// What a step on a link decides.
pub type Decided = Verdict<View, Order>;

/// The protocol's step.
pub fn step(view: View, input: Input) -> Decided {
    step_with(AllOn, view, input)
}

/// The step with chosen controls; only models call it with anything but [`AllOn`].
pub fn step_with(controls: impl Controls, view: View, input: Input) -> Decided {
    match input {
        //= BIND-017 a bank reaches only what lies in its own namespace
        Input::RegistrationAsked(request)
        | Input::LinkAsked(request)
        | Input::StatusAsked(request)
        | Input::SuspendAsked { request, .. }
        | Input::ResumeAsked { request, .. }
        | Input::EndAsked { request, .. }
            if !request.own && controls.on(Control::BankNamespace) =>
        {
            Verdict::Refuse(Refusal::NotFound)
        }
        Input::RegistrationAsked(request) => on_registration(controls, view, request),
        Input::LinkAsked(request) => on_link_asked(controls, view, request),
        Input::SuspendAsked { revision, .. } => {
            on_decision(controls, view, State::Suspended, revision)
        }
        Input::ResumeAsked { revision, .. } => on_decision(controls, view, State::Active, revision),
        Input::EndAsked { request, last } => on_end(controls, view, request, last),
        Input::StatusAsked(_) => match view.link.state {
            //= BIND-049 "not found" to a query ends nothing and leaves nothing
            State::Absent | State::Matched => Verdict::Refuse(Refusal::NotFound),
            _ => Verdict::replay(Rule::LinkStatusTold).order(Order::AnswerLink),
        },
        _ => on_holder(controls, view, input),
    }
}

/// A bank asks for an account: element C3.
fn on_registration(controls: impl Controls, view: View, request: Request) -> Decided {
    //= BIND-050 ids are looked up before age: a known id is answered from the record
    let answered_by_age = !request.fresh
        && (view.link.state == State::Absent || controls.off(Control::LookupBeforeAge));
    if answered_by_age {
        let answer = Order::AnswerRegistrationRefused(Reason::AccountUnavailable);
        return stale(controls, view, answer);
    }
    match (view.link.state, view.account) {
        (State::Registered, _) => {
            Verdict::replay(Rule::RegistrationAskedAgain).order(Order::AnswerCreated)
        }
        //= BIND-095 a registration keeps its answer for its repetitions
        (State::Matched | State::AwaitingApproval | State::Active | State::Suspended, _) => {
            let answer =
                if request.created_for { Order::AnswerCreated } else { Order::AnswerExisting };
            Verdict::replay(Rule::RegistrationAskedAgain).order(answer)
        }
        //= BIND-051 whatever arrives after an end or a refusal finds the door shut
        (State::Refused(reason), _) => Verdict::replay(Rule::RegistrationAfterEnd)
            .order(Order::AnswerRegistrationRefused(reason)),
        (State::Ended, _) => Verdict::replay(Rule::RegistrationAfterEnd)
            .order(Order::AnswerRegistrationRefused(Reason::AccountUnavailable)),
        (State::Absent, _) if !request.consent && controls.on(Control::ConsentRequired) => {
            refuse(controls, view, Reason::ConsentMissing)
                .order(Order::AnswerRegistrationRefused(Reason::ConsentMissing))
        }
        (State::Absent, Account::Closed) if controls.off(Control::ClosedFreesPerson) => {
            refuse(controls, view, Reason::AccountUnavailable)
                .order(Order::AnswerRegistrationRefused(Reason::AccountUnavailable))
        }
        //= BIND-003 the wallet registers the account from the registration information
        //= BIND-052 a person has at most one verified account that is not closed
        //= BIND-095 what a registration was answered with is remembered under its binding
        (State::Absent, Account::Open { .. }) if controls.off(Control::RegistrationAnswerKept) => {
            Verdict::replay(Rule::AccountExists).order(Order::AnswerExisting)
        }
        //= BIND-095 a registration answered with an account keeps that answer for its repetitions
        (State::Absent, Account::Open { .. }) => {
            let link = Link { state: State::Matched, ..view.link };
            Verdict::apply(Rule::AccountExists, View { link, ..view })
                .order(Order::HangOnAccount)
                .order(Order::AnswerExisting)
        }
        (State::Absent, Account::Absent | Account::Closed) => {
            let link = Link { state: State::Registered, ..view.link };
            let account = Account::REGISTERED_BY_BANK;
            Verdict::apply(Rule::AccountCreated, View { link, account })
                .order(Order::ClaimPerson)
                .order(Order::HangOnAccount)
                //= BIND-004 the wallet sends the account identification to the bank
                .order(Order::AnswerCreated)
        }
    }
}

/// A bank asks for the link: elements C4 and C5 from the wallet's side.
fn on_link_asked(controls: impl Controls, view: View, request: Request) -> Decided {
    let answered_by_age = !request.fresh
        && (view.link.state == State::Absent || controls.off(Control::LookupBeforeAge));
    if answered_by_age {
        return stale(controls, view, Order::AnswerLinkRefused(Reason::AccountUnavailable));
    }
    //= BIND-021 a link never changes its account, whatever account a repeated request names
    if !request.same_account && controls.on(Control::AccountFixed) {
        return Verdict::Refuse(Refusal::IdempotencyConflict);
    }
    //= BIND-006 spared is the binding that the account was created for
    //= BIND-007 and no other: a link on an account that was there waits for its holder
    let spared = match controls.on(Control::CreatedForOneBinding) {
        true => request.created_for,
        false => request.created_for_bank,
    } || controls.off(Control::ExistingAccountWaits);
    match view.link.state {
        //= BIND-006 only the binding that the account was created for is spared approval
        State::Registered if view.account.is_open() => activate(view, Rule::LinkActivated),
        State::Absent | State::Matched
            if controls.off(Control::AccountOpenAtActivation)
                && !may_hang(controls, view, request) =>
        {
            activate(view, Rule::LinkActivated).order(Order::HangOnAccount)
        }
        //= BIND-053 a decided refusal leaves an ended link behind
        State::Absent | State::Matched if !may_hang(controls, view, request) => {
            refuse(controls, view, Reason::AccountUnavailable)
                .order(Order::AnswerLinkRefused(Reason::AccountUnavailable))
        }
        State::Absent | State::Matched if spared => {
            activate(view, Rule::LinkActivated).order(Order::HangOnAccount)
        }
        State::Absent | State::Matched if !request.may_wait => {
            refuse(controls, view, Reason::BindingLimitReached)
                .order(Order::AnswerLinkRefused(Reason::BindingLimitReached))
        }
        //= BIND-007 a link on an account that was there waits for its holder
        State::Absent | State::Matched => {
            let link = Link { state: State::AwaitingApproval, ..view.link };
            Verdict::apply(Rule::LinkAwaits, View { link, ..view })
                .order(Order::HangOnAccount)
                .order(Order::ArmApprovalDeadline)
                .order(Order::AnswerLink)
        }
        _ => Verdict::replay(Rule::LinkAskedAgain)
            .order(Order::AnswerLink)
            .order_if(controls.off(Control::AccountFixed), Order::HangOnAccount),
    }
}

/// The account named is the person's own, open and verified.
fn may_hang(controls: impl Controls, view: View, request: Request) -> bool {
    let counts = view.account.is_verified()
        || (view.account.is_open() && controls.off(Control::OnlyVerifiedCount));
    counts && request.account_matches
}

/// A bank's decision to suspend or resume.
fn on_decision(controls: impl Controls, view: View, to: State, revision: u8) -> Decided {
    //= BIND-054 the bank's decisions count by revision: a lower one changes nothing
    let newer = revision > view.link.bank_revision || controls.off(Control::RevisionOrdered);
    match view.link.state {
        State::Absent | State::Matched => Verdict::Refuse(Refusal::NotFound),
        State::Registered | State::AwaitingApproval => Verdict::Refuse(Refusal::InvalidState),
        State::Active | State::Suspended if newer => {
            let rule = match to {
                State::Suspended => Rule::LinkSuspended,
                _ => Rule::LinkResumed,
            };
            let link = Link { state: to, bank_revision: revision, ..view.link };
            Verdict::apply(rule, View { link, ..view }).order(Order::AnswerLink)
        }
        _ => Verdict::replay(Rule::DecisionAskedAgain).order(Order::AnswerLink),
    }
}

/// A bank's end, for a link in whatever state.
fn on_end(controls: impl Controls, view: View, request: Request, last: bool) -> Decided {
    //= BIND-055 ends are exempt from the window and are never refused
    if !request.fresh && controls.off(Control::EndsExemptFromWindow) {
        return Verdict::Refuse(Refusal::RequestStale);
    }
    match view.link.state {
        //= BIND-056 an end for an id never seen leaves an ended link behind
        State::Absent if controls.off(Control::UnknownEndRemembered) => {
            Verdict::replay(Rule::EndOvertook).order(Order::AnswerLink)
        }
        State::Absent => {
            let link = Link { state: State::Ended, ..view.link };
            Verdict::apply(Rule::EndOvertook, View { link, ..view }).order(Order::AnswerLink)
        }
        state if state.is_over() => Verdict::replay(Rule::EndAskedAgain).order(Order::AnswerLink),
        _ => end(controls, view, Rule::LinkEndedByBank, last).order(Order::AnswerLink),
    }
}

/// What the holder, time and the account do to a link.
fn on_holder(controls: impl Controls, view: View, input: Input) -> Decided {
    let notice = controls.on(Control::EndOwesNotice);
    match (view.link.state, input) {
        (State::AwaitingApproval, Input::Approved) => {
            let link = Link { state: State::Active, ..view.link };
            Verdict::apply(Rule::LinkApproved, View { link, ..view }).order(Order::OweNotice)
        }
        (State::AwaitingApproval, Input::Declined) => refuse(controls, view, Reason::Declined)
            .order_if(notice, Order::OweNotice)
            .order(Order::RefuseOperations),
        (State::AwaitingApproval, Input::Expired { last }) => {
            end(controls, view, Rule::ApprovalExpired, last).order_if(notice, Order::OweNotice)
        }
        (state, Input::EndedByHolder) if state.is_live() => {
            end(controls, view, Rule::LinkEndedByHolder, false).order_if(notice, Order::OweNotice)
        }
        //= BIND-057 closing an account or recovering ends every link, and the notices are owed
        (state, Input::AccountLeft) if state.is_live() => {
            end(controls, view, Rule::LinkEndedByAccount, false).order_if(notice, Order::OweNotice)
        }
        //= BIND-058 a binding code is spent when first presented, right or wrong
        (state, Input::CodePresented) if state.is_live() => {
            let code_spent = controls.on(Control::CodeSpentOnPresentation);
            let link = Link { code_spent, ..view.link };
            Verdict::apply(Rule::CodeSpent, View { link, ..view })
        }
        (state, Input::CodeRenewed) if state.is_live() && view.link.code_spent => {
            let link = Link { code_spent: false, ..view.link };
            Verdict::apply(Rule::CodeRenewed, View { link, ..view })
        }
        (_, Input::Expired { .. } | Input::AccountLeft | Input::CodePresented) => {
            Verdict::replay(Rule::DeadlineMeantNothing)
        }
        _ => Verdict::Refuse(Refusal::InvalidState),
    }
}

fn activate(view: View, rule: Rule) -> Decided {
    let link = Link { state: State::Active, ..view.link };
    Verdict::apply(rule, View { link, ..view }).order(Order::AnswerLink)
}

/// Decides against a link for good.
fn refuse(controls: impl Controls, view: View, reason: Reason) -> Decided {
    //= BIND-053 a decided refusal is remembered
    if controls.off(Control::RefusalRemembered) {
        return Verdict::replay(Rule::LinkRefused);
    }
    let link = Link { state: State::Refused(reason), ..view.link };
    Verdict::apply(Rule::LinkRefused, View { link, ..view })
}

/// Ends a live link; the account that waits for its first authentication goes with its last one.
fn end(controls: impl Controls, view: View, rule: Rule, last: bool) -> Decided {
    let link = Link { state: State::Ended, ..view.link };
    //= BIND-059 a bank-registered account that was never authenticated closes with its last link
    let closes =
        last && view.account.awaits_first_authentication() && controls.on(Control::LastLinkCloses);
    let account = if closes { Account::Closed } else { view.account };
    Verdict::apply(rule, View { link, account })
        .order(Order::RefuseOperations)
        .order_if(closes, Order::LeaveAccount)
}

/// A request that is too old to begin something new: a problem that leaves nothing behind.
fn stale(controls: impl Controls, view: View, refused: Order) -> Decided {
    //= BIND-022 a refusal changes nothing
    if controls.off(Control::ProblemWritesNothing) {
        let link = Link { state: State::Ended, ..view.link };
        return Verdict::apply(Rule::LinkRefused, View { link, ..view });
    }
    if controls.off(Control::LookupBeforeAge) {
        // The defect that this control is for: a decided refusal in place of a problem.
        return Verdict::replay(Rule::LinkRefused).order(refused);
    }
    Verdict::Refuse(Refusal::RequestStale)
}
