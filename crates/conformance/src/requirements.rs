//! Which requirements of the specification a decision rests on, by the numbers in their ids.

use bindproof::journal::Decided;
use bindproof::refusal::Refusal;
use bindproof::rule::Rule;

/// "BIND-012".
pub fn id(number: u16) -> String {
    format!("BIND-{number:03}")
}

/// The requirements that a decision rests on, the nearest first.
pub const fn of(decided: Decided) -> &'static [u16] {
    match decided {
        Decided::Applied(rule) | Decided::Replayed(rule) => of_rule(rule),
        Decided::Refused(refusal) => of_refusal(refusal),
    }
}

/// The requirements that a move rests on, the nearest first.
pub const fn of_rule(rule: Rule) -> &'static [u16] {
    use Rule::*;
    match rule {
        ClientAsks | ClientLeaves | ClientSettled => &[35],
        ClientWaits => &[35, 125],
        BindingAsked => &[10, 1],
        BindingAskedAgain => &[23],
        BindingStatusTold => &[18],
        AccountFound | AccountMissing => &[2],
        AccountRegistered => &[5],
        RegistrationRefused => &[53],
        LinkActiveHeard => &[106, 101],
        LinkAwaitsHeard => &[7],
        LinkEndedHeard | LinkRefusedHeard | EndAcknowledged => &[28],
        LinkNotFound => &[26],
        RevisionAcknowledged => &[30],
        AnswerTooLate => &[29, 30],
        NoticeToClosed => &[27],
        Suspended | Resumed | BlockedLooking => &[24],
        BlockedWaiting => &[24, 31],
        CancelOvertook => &[19],
        CancelledLooking | Cancelled | EndedByHolder | LeaveAskedAgain => &[31],
        ExpiredLooking | DeadlineMeantNothing => &[25],
        Expired => &[25, 31],
        DebitAccepted | DebitRefused => &[34],
        DebitAskedAgain => &[32],
        AccountCreated => &[3, 4, 52],
        AccountExists | RegistrationAskedAgain => &[95],
        RegistrationAfterEnd => &[51],
        LinkActivated => &[6],
        LinkAwaits => &[7],
        LinkRefused => &[53],
        LinkAskedAgain => &[50, 21],
        LinkApproved => &[107, 44],
        LinkSuspended | LinkResumed | DecisionAskedAgain => &[54],
        LinkEndedByBank => &[55],
        EndOvertook => &[56],
        EndAskedAgain => &[55, 51],
        ApprovalExpired | LinkEndedByHolder => &[128],
        LinkEndedByAccount => &[57],
        LinkStatusTold => &[49],
        CodeSpent | CodeRenewed => &[58],
        DeviceRevoked | OtherDeviceRevoked => &[36],
        DeviceLeft => &[37],
        SessionEnded | DeviceAged => &[84],
        Challenged => &[8],
        OperationAskedAgain => &[20],
        Authenticated => &[46, 47],
        AnsweredWrong => &[40, 89],
        AnsweredTooOften => &[89],
        AnsweredAgain => &[9],
        ExecutionRefused => &[12, 14, 15],
        SignedIn => &[9, 45],
        BindingApproved => &[44, 9],
        BindingDeclined | LinkEnded => &[9],
        PaymentSent => &[90, 15],
        PaymentExecuted | PaymentRefused => &[94],
        DebitDecidedAgain => &[94, 20],
        AuthenticatorAdded => &[68],
        IdentityVerified => &[91, 92],
        Recovered => &[91, 43],
        AccountClosed => &[57, 37],
        OperationTargetEnded => &[82],
        ChallengeEmptied => &[146],
        OperationExpired => &[83],
        LockEnded | DayEnded => &[42],
        ClientStarts | ClientChallenged | ClientTold => &[125],
    }
}

/// The requirements that a refusal rests on, the nearest first.
pub const fn of_refusal(refusal: Refusal) -> &'static [u16] {
    match refusal {
        Refusal::RequestMalformed => &[71],
        Refusal::SignatureInvalid => &[86],
        Refusal::NotFound => &[17, 18, 49],
        Refusal::IdempotencyConflict => &[23, 98, 21],
        Refusal::IdempotencyInProgress => &[20],
        Refusal::RequestStale => &[22, 10, 99],
        Refusal::OriginNotAllowed => &[17],
        Refusal::ConsentMissing
        | Refusal::HolderNotAuthenticated
        | Refusal::HolderMismatch
        | Refusal::InstrumentUnavailable => &[10],
        Refusal::AlreadyBound => &[11],
        Refusal::BindingLimitReached => &[7],
        Refusal::AccountUnavailable => &[14],
        Refusal::AccountExistsApprovalRequired => &[7],
        Refusal::DeviceUnknown => &[144, 36],
        Refusal::StepUpLocked => &[87],
        Refusal::ChallengeLimitReached => &[89],
        Refusal::ChallengeExpired => &[20],
        Refusal::ChallengeInvalid => &[89],
        Refusal::StepUpRequired => &[12],
        Refusal::LimitExceeded => &[99],
        Refusal::BindingPending => &[33],
        Refusal::StateTimeout => &[25],
        Refusal::InvalidState => &[54],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_requirement_that_is_named_is_in_the_specification() {
        let text = include_str!("../../../docs/specification.md");
        let rules = Rule::ALL.iter().flat_map(|rule| of_rule(*rule));
        let refusals = Refusal::ALL.iter().flat_map(|refusal| of_refusal(*refusal));
        let mut named = 0;
        for number in rules.chain(refusals) {
            let id = id(*number);
            assert!(text.contains(&format!("- [{id}]")), "there is no {id}");
            named += 1;
        }
        assert!(named > Rule::ALL.len() + Refusal::ALL.len());
    }
}
