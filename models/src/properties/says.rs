//! What each property says, in the words of the specification.

/// Names of properties, each with a requirement that it establishes and the sentence of that, in
/// the order of the specification. A test keeps the sentences to the specification's own.
pub const SAYS: &[(&str, &str, &str)] = &[
    (
        "never-bound-without-registered-account",
        "BIND-101",
        "Whenever a binding is active or suspended, the wallet MUST have made that very link \
         active on that very account in a step in which the account was open.",
    ),
    (
        "always-authenticated-when-condition-met",
        "BIND-102",
        "An operation that is executed, or for a payment sent for debit, while the condition \
         is met MUST have a passed and matching challenge spent on it in that step.",
    ),
    (
        "one-account-per-person",
        "BIND-103",
        "There MUST NOT ever be two verified accounts of one person that are not closed.",
    ),
    (
        "same-person-on-both-sides",
        "BIND-104",
        "The holder of the instrument, the holder of the account and whoever truly gave the \
         proof MUST be one person.",
    ),
    (
        "every-binding-was-asked-for",
        "BIND-105",
        "Every binding that is not closed MUST be one that the instrument's holder asked for, \
         with consent and with fresh authentication.",
    ),
    (
        "link-and-binding-agree",
        "BIND-106",
        "An active or suspended link MUST have a binding that is linking or later and names \
         the same account, an active binding a link that is past approval, and an instrument \
         at most one live link.",
    ),
    (
        "existing-account-needs-approval",
        "BIND-107",
        "A link MUST NOT become active on an account that was not created for it without its \
         true holder's approval.",
    ),
    (
        "pre-registered-account-captures-nothing",
        "BIND-108",
        "What an attacker set up before the person came MUST NOT get a link of hers, nor keep \
         a trusted device on her account.",
    ),
    ("proof-spent-once", "BIND-109", "An authentication MUST NOT be spent more than once."),
    (
        "proof-fits-its-operation",
        "BIND-110",
        "An answer MUST count only for the operation it was made for, and only from that \
         operation's device.",
    ),
    (
        "no-weaker-proof-accepted",
        "BIND-111",
        "What passes a challenge MUST be of at least the class that was demanded.",
    ),
    (
        "tries-bounded",
        "BIND-112",
        "A path MUST NOT take more wrong answers in a row, or in a day, than its limits, \
         whatever happens in between.",
    ),
    (
        "no-live-challenge-after-the-end",
        "BIND-113",
        "A challenge that could be met or a proof that could be spent MUST NOT outlive the \
         account, the device or the link that it was made for, but that a recovery outlives \
         all three.",
    ),
    (
        "closed-account-and-locked-path-do-nothing",
        "BIND-114",
        "The wallet MUST NOT compare an answer or execute an operation with a revoked key, \
         nor on a closed path unless the operation rests on identity, nor execute any but a \
         recovery on a closed account.",
    ),
    (
        "no-debit-unless-active-on-both-sides",
        "BIND-115",
        "The bank MUST accept only a debit that the wallet sent while the link was active, \
         and only while the binding is active.",
    ),
    (
        "running-total-counts",
        "BIND-116",
        "A payment that is sent without authentication MUST leave the sum of everything sent \
         small.",
    ),
    (
        "bank-touches-only-its-own",
        "BIND-117",
        "A bank's message MUST NOT change another bank's link, whatever the bank says.",
    ),
    (
        "only-its-parties-see-or-end-it",
        "BIND-118",
        "A client whose binding it is not MUST neither change it nor learn of it.",
    ),
    (
        "acknowledged-is-durable",
        "BIND-119",
        "What was answered as done MUST be in the durable state, whatever crashed and \
         whenever.",
    ),
    (
        "ended-stays-ended",
        "BIND-120",
        "A binding, link, operation, debit or account that is over MUST stay over.",
    ),
    (
        "identity-never-changes",
        "BIND-121",
        "The account of a binding, the account of a link and the binding for which an account \
         was created MUST NOT change once they are set.",
    ),
    (
        "refusal-changes-nothing",
        "BIND-122",
        "A refusal MUST NOT change any binding, debit, account, device, link or operation, \
         but that a binding code that was presented is spent.",
    ),
    (
        "same-key-same-answer",
        "BIND-123",
        "The same key with another body MUST be refused and change nothing, and with the same \
         body it changes nothing more; the answers to one registration name one account.",
    ),
    (
        "order-cannot-be-skipped",
        "BIND-124",
        "No record MUST skip a state of its chain beyond the pairs that section 4 permits.",
    ),
    (
        "quiescent-agreement",
        "BIND-126",
        "When nothing is left to happen, bank and wallet MUST say the same of every binding.",
    ),
    (
        "quiescent-agreement",
        "BIND-127",
        "When nothing is left to happen, a bank-registered account that was never \
         authenticated MUST hold a link that is live or matched.",
    ),
    (
        "quiescent-agreement",
        "BIND-128",
        "When nothing is left to happen, every end MUST have reached both sides.",
    ),
    (
        "every-request-settles",
        "BIND-125",
        "Every request that its sender repeats MUST come to be settled.",
    ),
    (
        "ledgers-come-to-agree",
        "BIND-147",
        "Bank and wallet MUST come to say the same of every binding and of every payment, and \
         stay so once nobody asks for anything new.",
    ),
    (
        "no-half-stays-alone",
        "BIND-148",
        "A binding without its link, a link without its binding and an account that was \
         registered for nothing MUST NOT stay for ever.",
    ),
    (
        "an-end-reaches-both-sides",
        "BIND-149",
        "An end on either side MUST be followed by the end on the other.",
    ),
    (
        "every-challenge-settles",
        "BIND-129",
        "A challenge that was issued MUST come to be passed, to fail or to expire, and no \
         operation stays under way for ever.",
    ),
    (
        "holder-can-always-leave",
        "BIND-130",
        "From every reachable state the holder MUST have a way to leave all her bindings, \
         although the adversary may move after each of her moves.",
    ),
    (
        "can-bind-again",
        "BIND-131",
        "From every reachable state in which an id is unused the holder MUST have a way to a \
         binding that is active or waits for her approval.",
    ),
    (
        "not-locked-out-for-ever",
        "BIND-132",
        "From every reachable state in which she has an account and an operation left to try, \
         the holder MUST have a way into it, although the adversary may move after each of \
         her moves.",
    ),
    (
        "existence-not-disclosed",
        "BIND-133",
        "Whatever a client that has not authenticated is told MUST be the same, whatever \
         happens unseen on an account, as where there is no account and nothing happens.",
    ),
];

/// What a property says: a sentence or several. Nothing for a name that is not one of a property.
pub fn says(name: &str) -> Option<String> {
    let of = SAYS.iter().filter(|(known, ..)| *known == name);
    let sentences: Vec<&str> = of.map(|(_, _, sentence)| *sentence).collect();
    (!sentences.is_empty()).then(|| sentences.join(" "))
}
