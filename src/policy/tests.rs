extern crate std;

#[cfg(feature = "serde")]
mod form;

use std::println;
use std::string::ToString;
use std::vec::Vec;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::*;

/// Where chance begins, so that it is the same in every run.
const SEED: u64 = 0x706f_6c69_6379;
/// How many cases are drawn for one statement.
const CASES: u32 = 100;

/// Chance from the fixed seed, which is printed: the output of a test is shown when it fails.
fn chance(cases: u32) -> ProptestConfig {
    println!("{cases} cases from seed {SEED:#x}");
    ProptestConfig {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(SEED),
        ..ProptestConfig::default()
    }
}

/// The facts that differ from `facts` by one step up in one dimension. Whatever is at least as
/// risky is reached by such steps, so that looking at these pairs looks at all comparable ones.
fn one_step_riskier(facts: Facts) -> impl Iterator<Item = Facts> {
    fn next<T: Copy + PartialEq>(values: &[T], value: T) -> Option<T> {
        values.iter().copied().skip_while(|other| *other != value).nth(1)
    }
    [
        next(Origin::ALL, facts.origin).map(|origin| Facts { origin, ..facts }),
        next(&[true, false], facts.authenticated)
            .map(|authenticated| Facts { authenticated, ..facts }),
        next(DeviceStanding::ALL, facts.device).map(|device| Facts { device, ..facts }),
        next(TrustAge::ALL, facts.trust_age).map(|trust_age| Facts { trust_age, ..facts }),
        next(Environment::ALL, facts.environment).map(|environment| Facts { environment, ..facts }),
        next(&[false, true], facts.first_payment)
            .map(|first_payment| Facts { first_payment, ..facts }),
        next(Band::ALL, facts.amount).map(|amount| Facts { amount, ..facts }),
        next(Band::ALL, facts.total).map(|total| Facts { total, ..facts }),
    ]
    .into_iter()
    .flatten()
}

/// The first facts at which a policy asks less than at calmer ones, or less than the floor.
fn first_fault(policy: &Policy) -> Option<Facts> {
    Facts::all().find(|facts| {
        let here = required(policy, *facts);
        here < floor(*facts)
            || one_step_riskier(*facts).any(|riskier| required(policy, riskier) < here)
    })
}

/// The least that any operation asks which gives trust to a device that has none. A revoked one
/// never gets any.
fn cheapest_trust(policy: &Policy) -> Requirement {
    Facts::all()
        .filter(|facts| facts.kind.gives_trust() && facts.device == DeviceStanding::Unknown)
        .map(|facts| required(policy, facts))
        .min()
        .expect("some operation gives trust")
}

/// The most that any operation asks where it would ask less if the device were trusted, and had
/// been for long.
fn dearest_waived(policy: &Policy) -> Requirement {
    Facts::all()
        .filter(|facts| {
            let trusted =
                Facts { device: DeviceStanding::Trusted, trust_age: TrustAge::Aged, ..*facts };
            required(policy, trusted) < required(policy, *facts)
        })
        .map(|facts| required(policy, facts))
        .max()
        .unwrap_or(Requirement::None)
}

/// The default, in which the rules that `drop` names are no longer for `kind`.
fn default_without(kind: Kind, drop: impl Fn(&Rule) -> bool) -> Result<Policy, PolicyError> {
    let mut rules = Policy::DEFAULT.rules().to_vec();
    for rule in rules.iter_mut().filter(|rule| drop(rule)) {
        let others: Vec<Kind> = rule.when.kinds.iter().filter(|other| *other != kind).collect();
        rule.when.kinds = Kinds::of(&others);
    }
    rules.retain(|rule| rule.when.kinds != Kinds::NONE);
    Policy::new(&rules, Bands::DEFAULT)
}

fn default_and(rule: Rule) -> Result<Policy, PolicyError> {
    let mut rules = Policy::DEFAULT.rules().to_vec();
    rules.push(rule);
    Policy::new(&rules, Bands::DEFAULT)
}

#[test]
fn the_domain_holds_every_facts_once() {
    let mut all: Vec<Facts> = Facts::all().collect();
    assert_eq!(all.len(), 12_960);
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), Facts::COUNT);
}

#[test]
fn a_step_up_in_one_dimension_is_riskier_and_never_calmer() {
    let mut pairs = 0;
    for facts in Facts::all() {
        assert!(facts.at_least_as_risky_as(facts));
        for riskier in one_step_riskier(facts) {
            assert!(riskier.at_least_as_risky_as(facts) && !facts.at_least_as_risky_as(riskier));
            pairs += 1;
        }
    }
    // Per dimension: all facts, times the share of its values that have one above them.
    assert_eq!(pairs, 4 * Facts::COUNT / 2 + 4 * Facts::COUNT * 2 / 3);
}

#[test]
fn facts_of_two_kinds_are_never_compared() {
    let risky = Facts { authenticated: false, ..Facts::calmest(Kind::Pay) };
    assert!(!risky.at_least_as_risky_as(Facts::calmest(Kind::SignIn)));
}

#[test]
//= BIND-060 the same facts always give the same requirement, whatever they are
fn every_facts_have_a_requirement_and_always_the_same() {
    let policy = Policy::DEFAULT;
    let mut seen = [false; Requirement::ALL.len()];
    for facts in Facts::all() {
        let first = required(&policy, facts);
        assert_eq!(first, required(&policy.clone(), facts));
        seen[first as usize] = true;
    }
    assert_eq!(seen, [true; Requirement::ALL.len()], "each requirement is asked somewhere");
}

#[test]
//= BIND-061 more risk never needs less, over all comparable pairs
//= BIND-062 never below the floor, over all facts
fn the_default_policy_is_monotone_and_never_below_the_floor() {
    assert_eq!(Policy::new(Policy::DEFAULT.rules(), Bands::DEFAULT), Ok(Policy::DEFAULT));
    assert_eq!(first_fault(&Policy::DEFAULT), None);
}

#[test]
//= BIND-061 the floor itself asks no less of more risk
fn the_floor_is_itself_monotone() {
    for facts in Facts::all() {
        for riskier in one_step_riskier(facts) {
            assert!(floor(riskier) >= floor(facts), "{facts} / {riskier}");
        }
    }
}

#[test]
//= BIND-063 unknown means require
fn whatever_is_unknown_needs_two_factors_in_every_policy() {
    for facts in Facts::all() {
        if facts.device != DeviceStanding::Trusted
            || facts.environment == Environment::Unknown
            || !facts.authenticated
        {
            assert!(floor(facts) >= Requirement::TwoFactor, "{facts}");
        }
    }
}

#[test]
//= BIND-062 the floor, said once more and in another way than by its table
fn the_floor_is_this_and_nothing_else() {
    for facts in Facts::all() {
        let guarded = matches!(
            facts.kind,
            Kind::ApproveBinding | Kind::AddAuthenticator | Kind::RevokeDevice | Kind::CloseAccount
        );
        let doubtful = !facts.authenticated
            || facts.device != DeviceStanding::Trusted
            || facts.environment == Environment::Unknown;
        let costly =
            facts.first_payment || facts.amount == Band::Large || facts.total == Band::Large;
        let expected = match facts.kind {
            Kind::VerifyIdentity | Kind::Recover => Requirement::TwoFactorAndIdentity,
            Kind::Pay if costly => Requirement::TwoFactor,
            _ if guarded || doubtful => Requirement::TwoFactor,
            _ => Requirement::None,
        };
        assert_eq!(floor(facts), expected, "{facts}");
    }
}

#[test]
//= BIND-062 no row of the floor is there for nothing
fn no_row_of_the_floor_follows_from_the_others() {
    for (index, row) in FLOOR.iter().enumerate() {
        let others: Vec<Rule> = FLOOR
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != index)
            .map(|(_, row)| *row)
            .collect();
        let needed = row
            .when
            .kinds
            .iter()
            .any(|kind| floor::join(&others, row.when.calmest(kind)) < row.require);
        assert!(needed, "row {} follows from the others", index + 1);
    }
}

#[test]
//= BIND-064 each row of the floor, for each of its kinds, keeps a policy from loading
fn a_default_without_what_carries_a_row_of_the_floor_does_not_load() {
    for row in FLOOR {
        for kind in row.when.kinds.iter() {
            let facts = row.when.calmest(kind);
            let carries = |rule: &Rule| rule.when.is_met(facts) && rule.require >= row.require;
            assert!(Policy::DEFAULT.rules().iter().any(carries), "{facts} is carried");
            let Err(PolicyError::BelowFloor { facts: at, floor, policy }) =
                default_without(kind, carries)
            else {
                panic!("loads without what carries {facts}");
            };
            assert!(policy < floor && at.kind == kind, "{at} instead of {facts}");
            // A kind with a row of its own misses that too, and the first row is named.
            let own = FLOOR.iter().any(|row| row.when == When::kinds(&[kind]));
            assert!(own || at == facts, "{at} instead of {facts}");
        }
    }
}

#[test]
fn no_rule_of_the_default_is_there_for_nothing() {
    for (index, rule) in Policy::DEFAULT.rules().iter().enumerate() {
        let others: Vec<Rule> =
            Policy::DEFAULT.rules().iter().copied().filter(|other| other != rule).collect();
        let counts = Facts::all()
            .any(|facts| floor::join(&others, facts) < required(&Policy::DEFAULT, facts));
        assert!(counts, "rule {} changes nothing", index + 1);
    }
}

#[test]
fn the_floor_alone_is_a_policy() {
    let policy = Policy::new(FLOOR, Bands::DEFAULT).expect("the floor reaches itself");
    assert!(Facts::all().all(|facts| required(&policy, facts) == floor(facts)));
}

#[test]
fn the_default_lets_small_repeated_payments_pass_and_steps_up_from_there() {
    let ask = |facts| required(&Policy::DEFAULT, facts);
    let pay = Facts::calmest(Kind::Pay);
    assert_eq!(ask(pay), Requirement::None);
    assert_eq!(ask(Facts::calmest(Kind::DeclineBinding)), Requirement::None);
    assert_eq!(ask(Facts::calmest(Kind::EndLink)), Requirement::Possession);
    assert_eq!(ask(Facts::calmest(Kind::SignIn)), Requirement::Possession);
    assert_eq!(ask(Facts::calmest(Kind::ApproveBinding)), Requirement::TwoFactor);
    assert_eq!(ask(Facts::calmest(Kind::Recover)), Requirement::TwoFactorAndIdentity);

    assert_eq!(ask(Facts { amount: Band::Medium, ..pay }), Requirement::Possession);
    assert_eq!(ask(Facts { trust_age: TrustAge::Recent, ..pay }), Requirement::Possession);
    assert_eq!(ask(Facts { environment: Environment::Changed, ..pay }), Requirement::Possession);
    assert_eq!(ask(Facts { total: Band::Medium, ..pay }), Requirement::TwoFactor);
    assert_eq!(ask(Facts { first_payment: true, ..pay }), Requirement::TwoFactor);
    let bank_registered = Facts { origin: Origin::BankRegistered, ..pay };
    assert_eq!(ask(bank_registered), Requirement::None);
    let recent = Facts { trust_age: TrustAge::Recent, ..bank_registered };
    assert_eq!(ask(recent), Requirement::TwoFactor);
}

#[test]
fn a_border_belongs_to_the_band_above_it() {
    let bands = Bands::DEFAULT;
    assert_eq!(bands.amount(0), Band::Small);
    assert_eq!(bands.amount(2_999), Band::Small);
    assert_eq!(bands.amount(3_000), Band::Medium);
    assert_eq!(bands.amount(14_999), Band::Medium);
    assert_eq!(bands.amount(15_000), Band::Large);
    assert_eq!(bands.amount(u64::MAX), Band::Large);
    assert_eq!(bands.total(9_999), Band::Small);
    assert_eq!(bands.total(10_000), Band::Medium);
    assert_eq!(bands.total(29_999), Band::Medium);
    assert_eq!(bands.total(30_000), Band::Large);
    assert_eq!(bands.total(u64::MAX), Band::Large);
}

#[test]
//= BIND-064 below the floor is said with the facts, what is needed and what is asked
fn below_the_floor_is_said_with_the_first_facts() {
    let mut rules = Policy::DEFAULT.rules().to_vec();
    rules[1].when.kinds = Kinds::of(&[Kind::SignIn]);
    rules.push(Rule::new(
        When { device: DeviceStanding::Unknown, ..When::ALWAYS },
        Requirement::Possession,
    ));
    assert_eq!(
        Policy::new(&rules, Bands::DEFAULT).map_err(|error| error.to_string()),
        Err("below the floor: decline_binding on an unknown device needs two_factor, the policy \
             asks possession"
            .to_string())
    );
}

#[test]
//= BIND-066 a rule that asks identity of any other operation does not load, whatever else it says
fn identity_is_asked_for_recovery_and_verification_and_by_no_rule_of_anything_else() {
    let identity = |kinds: &[Kind]| {
        default_and(Rule::new(
            When { device: DeviceStanding::Unknown, ..When::kinds(kinds) },
            Requirement::TwoFactorAndIdentity,
        ))
    };
    let rule = Policy::DEFAULT.rules().len() + 1;
    for &kind in Kind::ALL {
        let refused = Err(PolicyError::IdentityNotAsked { rule, kind });
        let alone = identity(&[kind]);
        let beside_recovery = identity(&[Kind::Recover, kind]);
        if kind.proves_identity() {
            assert!(alone.is_ok() && beside_recovery.is_ok(), "{kind}");
        } else {
            assert_eq!(alone, refused);
            assert_eq!(beside_recovery, refused);
        }
    }
    assert_eq!(
        identity(Kind::ALL).map_err(|error| error.to_string()),
        Err("rule 14: requires two_factor_and_identity, but sign_in cannot ask for identity"
            .to_string())
    );
}

#[test]
//= BIND-067 gaining trust needs at least what trust waives, over all facts
fn trust_is_not_had_for_less_than_what_it_waives() {
    assert_eq!(cheapest_trust(&Policy::DEFAULT), Requirement::TwoFactor);
    assert_eq!(dearest_waived(&Policy::DEFAULT), Requirement::TwoFactor);
    // Under the floor alone both are the same: what has no rule of its own waives all of it.
    let floor = Policy::new(FLOOR, Bands::DEFAULT).expect("the floor reaches itself");
    assert_eq!(cheapest_trust(&floor), Requirement::TwoFactor);
    assert_eq!(dearest_waived(&floor), Requirement::TwoFactor);
}

#[test]
//= BIND-067 without the cap, what trust waives could be more than what gaining it needs
fn a_rule_that_the_cap_keeps_out_would_make_trust_cheaper_than_what_it_waives() {
    let mut rules = Policy::DEFAULT.rules().to_vec();
    rules.push(Rule::new(
        When { device: DeviceStanding::Unknown, ..When::kinds(&[Kind::Pay]) },
        Requirement::TwoFactorAndIdentity,
    ));
    assert!(Policy::new(&rules, Bands::DEFAULT).is_err());
    let mut list = Rules::EMPTY;
    assert!(rules.iter().all(|rule| list.push(*rule)));
    let unchecked = Policy { rules: list, bands: Bands::DEFAULT };
    assert!(cheapest_trust(&unchecked) < dearest_waived(&unchecked));
}

#[test]
fn too_many_rules_and_none_are_refused() {
    let many = [FLOOR[0]; RULES_MAX + 1];
    assert_eq!(
        Policy::new(&many, Bands::DEFAULT),
        Err(PolicyError::TooManyRules { count: RULES_MAX + 1 })
    );
    assert_eq!(Policy::new(&[], Bands::DEFAULT), Err(PolicyError::Empty));
}

fn any_of<T: Copy + core::fmt::Debug + 'static>(values: &'static [T]) -> impl Strategy<Value = T> {
    // The calmest value in half of the cases, else hardly any rule would be met.
    prop_oneof![Just(values[0]), proptest::sample::select(values)]
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let kinds = prop_oneof![
        Just(Kinds::ALL),
        Just(Kinds::of(&[Kind::Pay])),
        proptest::collection::vec(proptest::sample::select(Kind::ALL), 0..4)
            .prop_map(|kinds| Kinds::of(&kinds)),
    ];
    let account = (any_of(Origin::ALL), any_of(&[true, false]));
    let device = (any_of(DeviceStanding::ALL), any_of(TrustAge::ALL), any_of(Environment::ALL));
    let payment = (any_of(&[false, true]), any_of(Band::ALL), any_of(Band::ALL), any::<bool>());
    let require = (proptest::sample::select(Requirement::ALL), proptest::bool::weighted(0.2));
    (kinds, account, device, payment, require).prop_map(
        |(kinds, (origin, authenticated), (device, trust_age, environment), payment, require)| {
            let mut when = When {
                kinds,
                origin,
                authenticated,
                device,
                trust_age,
                environment,
                ..When::ALWAYS
            };
            // Mostly thresholds on payments only where they belong, so that much else is reached.
            if kinds == Kinds::of(&[Kind::Pay]) || payment.3 && payment.0 {
                (when.first_payment, when.amount, when.total) = (payment.0, payment.1, payment.2);
            }
            // So is identity, and nothing is required mostly nowhere.
            let proves = kinds.iter().all(Kind::proves_identity);
            let most =
                if proves { Requirement::TwoFactorAndIdentity } else { Requirement::TwoFactor };
            let (drawn, anything) = require;
            let require = if anything { drawn } else { drawn.clamp(Requirement::Possession, most) };
            Rule::new(when, require)
        },
    )
}

/// Some rules of the default, mostly all, and some others.
fn any_rules() -> impl Strategy<Value = Vec<Rule>> {
    let all = Policy::DEFAULT.rules().to_vec();
    let some = prop_oneof![
        3 => Just(all.clone()),
        1 => proptest::sample::subsequence(all.clone(), 0..=all.len()),
    ];
    (some, proptest::collection::vec(any_rule(), 0..6))
        .prop_map(|(some, others)| some.into_iter().chain(others).collect())
}

proptest! {
    #![proptest_config(chance(CASES))]

    #[test]
    //= BIND-061 any policy that loads is monotone
    //= BIND-064 any policy that loads is at or above the floor, any other is refused
    //= BIND-067 under any policy that loads gaining trust needs at least what trust waives
    fn arbitrary_rules_are_refused_or_monotone_and_at_or_above_the_floor(rules in any_rules()) {
        match Policy::new(&rules, Bands::DEFAULT) {
            Ok(policy) => {
                prop_assert_eq!(policy.rules(), rules.as_slice());
                prop_assert_eq!(first_fault(&policy), None);
                prop_assert!(dearest_waived(&policy) <= cheapest_trust(&policy));
            }
            Err(PolicyError::BelowFloor { facts, floor: needed, policy }) => {
                prop_assert_eq!(needed, floor(facts));
                prop_assert_eq!(policy, floor::join(&rules, facts));
                prop_assert!(policy < needed);
            }
            Err(
                PolicyError::NoKinds { rule }
                | PolicyError::IdentityNotAsked { rule, .. }
                | PolicyError::RequiresNothing { rule }
                | PolicyError::NotAPayment { rule, .. },
            ) => prop_assert!(check_rule(rule, &rules[rule - 1]).is_err()),
            Err(other) => prop_assert!(rules.is_empty() && other == PolicyError::Empty),
        }
    }

    #[test]
    fn arbitrary_borders_are_refused_or_in_order(
        amounts in (0_u64..60_000, 0_u64..60_000),
        totals in (0_u64..60_000, 0_u64..60_000),
        window_days in 0_u16..400,
        minor in 0_u64..60_000,
    ) {
        let bands = Bands {
            amount_medium_from: amounts.0,
            amount_large_from: amounts.1,
            total_medium_from: totals.0,
            total_large_from: totals.1,
            window_days,
        };
        if Policy::new(Policy::DEFAULT.rules(), bands).is_ok() {
            prop_assert!(bands.amount(minor) <= bands.amount(minor + 1));
            prop_assert!(bands.total(minor) <= bands.total(minor + 1));
            prop_assert_eq!(bands.amount(0), Band::Small);
            prop_assert_eq!(bands.total(50_000), Band::Large);
            prop_assert!((7..=366).contains(&window_days));
        }
    }
}
