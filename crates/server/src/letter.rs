//! What servers owe: letters that are sent until they are answered.

use bindproof::message::LinkStatus;
use bindproof::wire::{
    AccountQuery, AccountRegistration, ChallengeId, ContactRef, DebitRequest, Issuer, LinkEnd,
    LinkNotice, LinkRequest, LinkResume, LinkSuspend,
};
use serde::{Deserialize, Serialize};

/// A letter as it lies in the outbox. Each sending makes a request of its own out of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Letter {
    /// To the wallet.
    AccountQuery(AccountQuery),
    /// To the wallet.
    AccountRegistration(Box<AccountRegistration>),
    /// To the wallet.
    LinkRequest(LinkRequest),
    /// To the wallet.
    LinkSuspend(LinkSuspend),
    /// To the wallet.
    LinkResume(LinkResume),
    /// To the wallet; never given up.
    LinkEnd(LinkEnd),
    /// To this bank.
    LinkNotice(Issuer, LinkNotice),
    /// To this bank; never given up.
    DebitRequest(Issuer, DebitRequest),
    /// The one-time code of this challenge, to this contact. The code itself is not in it.
    OneTimeCode(ChallengeId, ContactRef),
}

/// What a bank sends, each with what may become of it in a sending.
pub const OF_BANK: [(&str, &[&str]); 6] = [
    ("account_query", &["stepped", "still_owed", "failed"]),
    ("account_registration", &["stepped", "still_owed", "failed"]),
    ("link_request", &["stepped", "still_owed", "failed"]),
    ("link_suspend", &["stepped", "still_owed", "failed"]),
    ("link_resume", &["stepped", "still_owed", "failed"]),
    ("link_end", &["stepped", "still_owed", "failed"]),
];
/// What a wallet sends, in the same way.
pub const OF_WALLET: [(&str, &[&str]); 3] = [
    ("link_notice", &["delivered", "still_owed", "failed"]),
    ("debit_request", &["stepped", "still_owed", "failed"]),
    ("one_time_code", &["delivered", "over", "still_owed", "failed"]),
];

/// The lane of a bank's letters to its wallet.
pub const TO_WALLET: &str = "to_wallet";
/// The lane of one-time codes.
pub const CODES: &str = "code";

/// What the lane of a wallet's letters to a bank begins with.
const TO_BANK: &str = "bank ";

/// The lane of a wallet's letters to a bank.
pub fn lane_to(bank: Issuer) -> String {
    format!("{TO_BANK}{}", bank.as_str())
}

/// The bank that the letters in a lane go to, if it is one of those.
pub fn bank_of(lane: &str) -> Option<&str> {
    lane.strip_prefix(TO_BANK)
}

impl Letter {
    /// Its name, for logs and pages.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::AccountQuery(_) => "account_query",
            Self::AccountRegistration(_) => "account_registration",
            Self::LinkRequest(_) => "link_request",
            Self::LinkSuspend(_) => "link_suspend",
            Self::LinkResume(_) => "link_resume",
            Self::LinkEnd(_) => "link_end",
            Self::LinkNotice(..) => "link_notice",
            Self::DebitRequest(..) => "debit_request",
            Self::OneTimeCode(..) => "one_time_code",
        }
    }

    /// The lane in which it waits: letters to one peer wait for each other and for nobody else.
    pub fn lane(&self) -> String {
        match self {
            Self::LinkNotice(bank, _) | Self::DebitRequest(bank, _) => lane_to(*bank),
            Self::OneTimeCode(..) => CODES.to_owned(),
            _ => TO_WALLET.to_owned(),
        }
    }

    /// An end is never given up, whoever says it; nor is a payment's debit.
    pub const fn is_never_given_up(&self) -> bool {
        match self {
            //= BIND-150 until the bank has answered
            Self::LinkEnd(_) | Self::DebitRequest(..) => true,
            Self::LinkNotice(_, LinkNotice(report)) => {
                matches!(report.status, LinkStatus::Ended | LinkStatus::Refused { .. })
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_two_sides_send_is_every_letter_by_its_name() {
        // Asked for what there is not, serde lists what there is.
        let error = serde_json::from_str::<Letter>(r#"{"nothing":null}"#).unwrap_err().to_string();
        let listed = error.split_once("expected one of ").unwrap().1;
        let listed: Vec<&str> = listed.split('`').skip(1).step_by(2).collect();
        let sent: Vec<&str> = OF_BANK.iter().chain(&OF_WALLET).map(|(name, _)| *name).collect();
        assert_eq!(listed, sent);
        let challenge = ChallengeId::from_bytes([1; 16]);
        let letter = Letter::OneTimeCode(challenge, "tel:+1-555-0100".parse().unwrap());
        let written = serde_json::to_value(&letter).unwrap();
        assert!(written.get(letter.name()).is_some(), "{written}");
    }
}
