//! Why a step says no. A refusal changes nothing, and it is the code of the problem that is
//! answered.
//!
//! The order of the variants is their precedence: when several apply, the first one listed is the
//! answer, so that every implementation gives the same one. What would let a stranger in stands
//! above what concerns the record, so that nobody learns of a record that is not theirs. Only what
//! cannot be read at all stands above that: nothing is known of who sent it.

use crate::named::named;

named! {
    /// Why a request is refused, the strongest first.
    pub enum Refusal {
        /// It cannot be read, or is not of a shape that the protocol has.
        RequestMalformed = "request_malformed",
        /// The signature is not by the key that the sender is known by.
        SignatureInvalid = "signature_invalid",
        /// No such thing; also the answer for what belongs to another.
        NotFound = "not_found",
        /// The key was used before with another body.
        IdempotencyConflict = "idempotency_conflict",
        /// A request under the same key is being worked on.
        IdempotencyInProgress = "idempotency_in_progress",
        /// It would begin something new and was issued too long ago.
        RequestStale = "request_stale",
        /// The sender may not ask this.
        OriginNotAllowed = "origin_not_allowed",
        /// The person has not consented.
        ConsentMissing = "consent_missing",
        /// The holder has not freshly authenticated for this binding.
        HolderNotAuthenticated = "holder_not_authenticated",
        /// The person is not the holder.
        HolderMismatch = "holder_mismatch",
        /// The instrument is blocked or closed.
        InstrumentUnavailable = "instrument_unavailable",
        /// The instrument has a binding that is not closed.
        AlreadyBound = "already_bound",
        /// Too many bindings, links or waiting approvals.
        BindingLimitReached = "binding_limit_reached",
        /// The account cannot be used.
        AccountUnavailable = "account_unavailable",
        /// The binding has to be approved in the wallet.
        AccountExistsApprovalRequired = "account_exists_approval_required",
        /// The device may not do this.
        DeviceUnknown = "device_unknown",
        /// The path is closed for now after too many wrong answers.
        StepUpLocked = "step_up_locked",
        /// The challenge has no tries left.
        ChallengeLimitReached = "challenge_limit_reached",
        /// The challenge is over.
        ChallengeExpired = "challenge_expired",
        /// The answer to the challenge is not accepted.
        ChallengeInvalid = "challenge_invalid",
        /// More authentication is needed than was given.
        StepUpRequired = "step_up_required",
        /// More than is allowed: of an amount, or of one thing at a time.
        LimitExceeded = "limit_exceeded",
        /// The bank has not heard yet that the link is active; the notice is on its way.
        BindingPending = "binding_pending",
        /// A deadline has passed.
        StateTimeout = "state_timeout",
        /// The record is not in a state in which this can be done.
        InvalidState = "invalid_state",
    }
}

named! {
    /// Whether to send a refused request again.
    pub enum Retry {
        /// Not again by itself: the answer may change when something else does.
        Never = "never",
        /// Again under the same idempotency key, with a new time of issue. Nothing was decided.
        SameKey = "same_key",
        /// Again as a new request under a new key, once what `next_action` names has been done.
        NewKey = "new_key",
    }
}

impl Refusal {
    /// The number in binary records. Written out, so that a variant put in later moves no other
    /// one's number; a number that was given once is never given again.
    pub const fn number(self) -> u16 {
        match self {
            Self::SignatureInvalid => 1,
            Self::NotFound => 2,
            Self::IdempotencyConflict => 3,
            Self::IdempotencyInProgress => 4,
            Self::RequestStale => 5,
            Self::OriginNotAllowed => 6,
            Self::ConsentMissing => 7,
            Self::HolderNotAuthenticated => 8,
            Self::HolderMismatch => 9,
            Self::InstrumentUnavailable => 10,
            Self::AlreadyBound => 11,
            Self::BindingLimitReached => 12,
            Self::AccountUnavailable => 13,
            Self::AccountExistsApprovalRequired => 14,
            Self::DeviceUnknown => 15,
            Self::StepUpLocked => 16,
            Self::ChallengeLimitReached => 17,
            Self::ChallengeExpired => 18,
            Self::ChallengeInvalid => 19,
            Self::StepUpRequired => 20,
            Self::LimitExceeded => 21,
            Self::BindingPending => 22,
            Self::StateTimeout => 23,
            Self::InvalidState => 24,
            Self::RequestMalformed => 25,
        }
    }

    /// The HTTP status of the problem, always 4xx: a refusal is a decision, not a fault.
    pub const fn status(self) -> u16 {
        match self {
            Self::RequestMalformed => 400,
            Self::SignatureInvalid | Self::HolderNotAuthenticated => 401,
            Self::OriginNotAllowed
            | Self::ConsentMissing
            | Self::HolderMismatch
            | Self::DeviceUnknown
            | Self::ChallengeInvalid
            | Self::StepUpRequired => 403,
            Self::NotFound => 404,
            Self::IdempotencyInProgress
            | Self::InstrumentUnavailable
            | Self::AlreadyBound
            | Self::AccountUnavailable
            | Self::AccountExistsApprovalRequired
            | Self::BindingPending
            | Self::StateTimeout
            | Self::InvalidState => 409,
            Self::ChallengeExpired => 410,
            Self::IdempotencyConflict | Self::RequestStale | Self::LimitExceeded => 422,
            Self::BindingLimitReached | Self::StepUpLocked | Self::ChallengeLimitReached => 429,
        }
    }

    /// Whether to send it again, and under which key.
    pub const fn retry(self) -> Retry {
        match self {
            Self::IdempotencyInProgress | Self::RequestStale | Self::BindingPending => {
                Retry::SameKey
            }
            Self::IdempotencyConflict
            | Self::ConsentMissing
            | Self::HolderNotAuthenticated
            | Self::BindingLimitReached
            | Self::AccountExistsApprovalRequired
            | Self::DeviceUnknown
            | Self::StepUpLocked
            | Self::ChallengeLimitReached
            | Self::ChallengeExpired
            | Self::ChallengeInvalid
            | Self::StepUpRequired
            | Self::LimitExceeded
            | Self::StateTimeout => Retry::NewKey,
            Self::RequestMalformed
            | Self::SignatureInvalid
            | Self::NotFound
            | Self::OriginNotAllowed
            | Self::HolderMismatch
            | Self::InstrumentUnavailable
            | Self::AlreadyBound
            | Self::AccountUnavailable
            | Self::InvalidState => Retry::Never,
        }
    }

    //= BIND-076 no problem tells which factor was wrong or whether an account exists
    /// The same sentence each time, for people. It names no factor and tells of no account.
    pub const fn title(self) -> &'static str {
        match self {
            Self::RequestMalformed => "The request cannot be read.",
            Self::SignatureInvalid => "The signature is not valid.",
            Self::NotFound => "There is no such thing here.",
            Self::IdempotencyConflict => "The idempotency key was used with another body.",
            Self::IdempotencyInProgress => "A request under this key is being worked on.",
            Self::RequestStale => "The request was issued too long ago.",
            Self::OriginNotAllowed => "The sender may not ask this.",
            Self::ConsentMissing => "The consent that this needs was not given.",
            Self::HolderNotAuthenticated => "The holder has not authenticated for this binding.",
            Self::HolderMismatch => "The person is not the one this is for.",
            Self::InstrumentUnavailable => "The instrument cannot be used.",
            Self::AlreadyBound => "The instrument has a binding that is not closed.",
            Self::BindingLimitReached => "Too many bindings are open or waiting.",
            Self::AccountUnavailable => "This cannot be done.",
            Self::AccountExistsApprovalRequired => "The binding needs approval in the wallet.",
            Self::DeviceUnknown => "This cannot be done from this device.",
            Self::StepUpLocked => "Authentication is closed for now.",
            Self::ChallengeLimitReached => "The challenge has no tries left.",
            Self::ChallengeExpired => "The challenge is over.",
            Self::ChallengeInvalid => "The answer was not accepted.",
            Self::StepUpRequired => "More authentication is needed.",
            Self::LimitExceeded => "This exceeds what is allowed.",
            Self::BindingPending => "The binding is not active yet.",
            Self::StateTimeout => "The deadline has passed.",
            Self::InvalidState => "This cannot be done in the present state.",
        }
    }

    /// What the caller does next, as a plain sentence.
    pub const fn next_action(self) -> &'static str {
        match self {
            Self::RequestMalformed => "Mend the request; do not repeat it as it is.",
            Self::SignatureInvalid => "Sign with the registered key; do not repeat this request.",
            Self::NotFound => "Check the id and who you are signed in as.",
            Self::IdempotencyConflict => "Send the changed request under a new key.",
            Self::IdempotencyInProgress => "Wait, then repeat under the same key.",
            Self::RequestStale => "Repeat under the same key with the present time of issue.",
            Self::OriginNotAllowed => "Do not repeat; ask the operator for the permission.",
            Self::ConsentMissing => "Obtain the consent, then ask again under a new key.",
            Self::HolderNotAuthenticated => "Authenticate the holder, then ask under a new key.",
            Self::HolderMismatch => "Do not repeat; the holder has to ask.",
            Self::InstrumentUnavailable => "Choose another instrument.",
            Self::AlreadyBound => "Use the binding that is there, or end it first.",
            Self::BindingLimitReached => "Let one be settled or end one, then ask under a new key.",
            Self::AccountUnavailable => "Do not repeat; the person goes on in the wallet.",
            Self::AccountExistsApprovalRequired => "Let the person approve it in the wallet.",
            Self::DeviceUnknown => "Sign in on this device, then ask under a new key.",
            Self::StepUpLocked => "Wait until the path opens again, then ask under a new key.",
            Self::ChallengeLimitReached => "Begin the operation anew.",
            Self::ChallengeExpired => "Begin the operation anew.",
            Self::ChallengeInvalid => "Answer again with the tries that are left.",
            Self::StepUpRequired => "Begin the operation anew and answer its challenge.",
            Self::LimitExceeded => "Ask for less, or later, under a new key.",
            Self::BindingPending => "Wait, then repeat under the same key.",
            Self::StateTimeout => "Begin anew with a new request.",
            Self::InvalidState => "Query where it stands and go on from there.",
        }
    }
}

impl core::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_refusal_has_its_own_number_and_name() {
        let numbers: BTreeSet<u16> = Refusal::ALL.iter().map(|r| r.number()).collect();
        let names: BTreeSet<&str> = Refusal::ALL.iter().map(|r| r.name()).collect();
        assert_eq!(numbers.len(), Refusal::ALL.len());
        assert_eq!(names.len(), Refusal::ALL.len());
        assert!(!numbers.contains(&0), "0 stands for no refusal");
    }

    #[test]
    fn a_number_that_was_given_once_stays_and_no_later_one_takes_it() {
        let later = [Refusal::RequestMalformed];
        let first = Refusal::ALL.iter().filter(|refusal| !later.contains(refusal));
        assert!(first.map(|refusal| refusal.number()).eq(1..=24));
        assert_eq!(Refusal::RequestMalformed.number(), 25);
    }

    #[test]
    fn what_cannot_be_read_is_refused_before_all_else_and_never_repeated_as_it_is() {
        assert_eq!(Refusal::ALL.first(), Some(&Refusal::RequestMalformed));
        assert_eq!(Refusal::RequestMalformed.status(), 400);
        assert_eq!(Refusal::RequestMalformed.retry(), Retry::Never);
    }

    #[test]
    fn every_refusal_is_a_client_error_with_a_title_and_a_next_action() {
        for refusal in Refusal::ALL {
            assert!((400..500).contains(&refusal.status()), "{refusal}");
            assert!(refusal.title().ends_with('.'), "{refusal}");
            assert!(refusal.next_action().ends_with('.'), "{refusal}");
        }
    }

    //= BIND-076 no factor, no account
    #[test]
    fn no_text_tells_which_factor_was_wrong_or_whether_an_account_exists() {
        let telling = ["account", "password", "pin", "code", "contact", "factor", "biometric"];
        for refusal in Refusal::ALL {
            for text in [refusal.title(), refusal.next_action()] {
                let text = text.to_lowercase();
                let words: BTreeSet<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
                for word in telling {
                    assert!(!words.contains(word), "{refusal} says {word:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_retried_under_the_same_key_was_not_decided() {
        for refusal in Refusal::ALL {
            if refusal.retry() == Retry::SameKey {
                assert!(refusal.next_action().contains("same key"), "{refusal}");
            }
        }
    }
}
