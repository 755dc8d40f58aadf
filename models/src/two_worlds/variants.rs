//! The pairs of worlds that are looked at. Each is a scope; its first operation is the stranger's,
//! and takes each of the kinds in turn. The quiet world is the same scope without the accounts.

use bindproof::wallet::kind::Kind;

/// A variant of the pair.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// Its name: `pair-` and what it is about.
    pub name: &'static str,
    /// The kinds of the stranger's first operation. One that is looked at in the bank client alone
    /// has one kind, which means nothing.
    pub kinds: &'static [Kind],
    /// What must be reachable in it, for every kind for which it is asked at all.
    pub witnesses: &'static [&'static str],
    /// Distinct pairs for each kind, in the order of `kinds`.
    pub distinct: &'static [usize],
    /// Pairs on the longest shortest path for each kind, in the same order.
    pub depth: &'static [u32],
    /// The scope of the world with the account.
    pub text: &'static str,
}

/// The variant of this name.
pub fn find(name: &str) -> Option<&'static Variant> {
    VARIANTS.iter().find(|variant| variant.name == name)
}

/// Every kind that names no link.
const NO_LINK: &[Kind] = &[
    Kind::SignIn,
    Kind::AddAuthenticator,
    Kind::RevokeDevice,
    Kind::CloseAccount,
    Kind::VerifyIdentity,
    Kind::Recover,
];

/// Every kind that names a link.
const LINK: &[Kind] = &[Kind::ApproveBinding, Kind::DeclineBinding, Kind::Pay, Kind::EndLink];

/// Every variant.
pub const VARIANTS: &[Variant] = &[
    Variant {
        name: "pair-account",
        kinds: NO_LINK,
        witnesses: &[
            "decoy-shown-where-a-challenge-is",
            "strangers-path-locked",
            "account-closed-under-a-challenge",
            "somebody-came-in-meanwhile",
        ],
        distinct: &[148_422, 148_422, 148_422, 148_422, 12_003, 12_003],
        depth: &[29, 29, 29, 29, 20, 20],
        text: include_str!("variants/account.toml"),
    },
    Variant {
        name: "pair-new-customer",
        kinds: &[Kind::SignIn, Kind::Pay, Kind::VerifyIdentity, Kind::Recover],
        witnesses: &[
            "decoy-shown-where-a-challenge-is",
            "account-closed-under-a-challenge",
            "somebody-came-in-meanwhile",
        ],
        distinct: &[218_606, 216_878, 69_222, 67_366],
        depth: &[28, 28, 26, 26],
        text: include_str!("variants/new-customer.toml"),
    },
    Variant {
        name: "pair-link",
        kinds: LINK,
        witnesses: &[
            "decoy-shown-where-a-challenge-is",
            "strangers-path-locked",
            "somebody-came-in-meanwhile",
        ],
        distinct: &[178_674, 178_674, 178_674, 178_674],
        depth: &[38, 38, 38, 38],
        text: include_str!("variants/link.toml"),
    },
    Variant {
        name: "pair-recovery",
        kinds: NO_LINK,
        witnesses: &[
            "decoy-shown-where-a-challenge-is",
            "strangers-path-locked",
            "somebody-came-in-meanwhile",
        ],
        distinct: &[22_158, 22_158, 22_158, 22_158, 1_727, 1_615],
        depth: &[27, 27, 27, 27, 16, 16],
        text: include_str!("variants/recovery.toml"),
    },
    Variant {
        name: "pair-claimed-device",
        kinds: &[Kind::SignIn, Kind::RevokeDevice, Kind::CloseAccount, Kind::VerifyIdentity],
        witnesses: &["decoy-shown-where-a-challenge-is", "account-closed-under-a-challenge"],
        distinct: &[1_166, 1_166, 1_166, 1_166],
        depth: &[15, 15, 15, 15],
        text: include_str!("variants/claimed-device.toml"),
    },
    Variant {
        name: "pair-self-asserted",
        kinds: &[Kind::SignIn, Kind::VerifyIdentity, Kind::Recover],
        witnesses: &[
            "decoy-shown-where-a-challenge-is",
            "strangers-path-locked",
            "account-closed-under-a-challenge",
            "somebody-came-in-meanwhile",
        ],
        distinct: &[21_714, 2_009, 2_009],
        depth: &[25, 16, 16],
        text: include_str!("variants/self-asserted.toml"),
    },
    Variant {
        name: "pair-bank-client",
        kinds: &[Kind::SignIn],
        witnesses: &["refused-at-the-bank"],
        distinct: &[35_383],
        depth: &[25],
        text: include_str!("variants/bank-client.toml"),
    },
];
