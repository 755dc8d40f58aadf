//! The mutants that a property of progress must kill: what goes in circles for ever, or stays where
//! it is.

use bindproof::control::Control::*;

use super::{Mutant, off};

/// Every mutant of progress. Each property of progress is expected at least once.
pub const PROGRESS: &[Mutant] = &[
    off(
        &[NoticeAlwaysReceipted],
        "approval",
        "every-request-settles",
        "A notice to a closed binding is owed for ever.",
    ),
    off(
        &[EndsExemptFromWindow],
        "registration",
        "every-request-settles",
        "An end that outlives the window is asked for for ever, and for ever refused.",
    ),
    off(
        &[EndOwesNotice],
        "end",
        "ledgers-come-to-agree",
        "The bank goes on with a binding whose link has ended in the wallet.",
    ),
    off(
        &[CloseEndsLinks],
        "end",
        "ledgers-come-to-agree",
        "Closing an account leaves a binding active for ever.",
    ),
    off(
        &[CommitBeforeAnswer],
        "crash",
        "ledgers-come-to-agree",
        "The wallet acknowledges an end and crashes before it has written it down.",
    ),
    off(
        &[LastLinkCloses],
        "suspend",
        "no-half-stays-alone",
        "An account that nobody ever used stays open without a link.",
    ),
    off(
        &[ExitsThroughEnding],
        "registration",
        "no-half-stays-alone",
        "The deadline passes while a registration is under way: a link stays without its binding.",
    ),
    off(
        &[UnknownEndRemembered],
        "registration",
        "no-half-stays-alone",
        "An end overtakes its registration, and an account stays for nobody.",
    ),
    off(
        &[EndingNeverGivesUp],
        "smoke",
        "an-end-reaches-both-sides",
        "The bank stops telling the wallet that it is over.",
    ),
    off(
        &[NoticeOwedUntilReceipt],
        "end",
        "an-end-reaches-both-sides",
        "The wallet's outbox gives up, and the bank never hears of the end.",
    ),
    off(
        &[ChallengeExpires],
        "closing",
        "every-challenge-settles",
        "A challenge that nobody answers stays open for ever.",
    ),
    off(
        &[DebitOwedUntilAnswer],
        "hostile-debit",
        "every-challenge-settles",
        "The wallet's outbox gives up on a debit, and the payment stays under way.",
    ),
];
