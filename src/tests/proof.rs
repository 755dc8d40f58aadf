//! What is demanded, and what meets it, by hand over every proof that there is.

use super::any;
use crate::control::AllOn;
use crate::policy::Requirement;
use crate::wallet::account::Account;
use crate::wallet::kind::Kind;
use crate::wallet::proof::{Demand, Factors, Proof, Tie};

fn met(demand: Demand) -> impl Iterator<Item = Proof> {
    any::proofs().into_iter().filter(move |proof| demand.is_met(AllOn, *proof))
}

fn demands(kind: Kind, account: Account) -> impl Iterator<Item = Demand> {
    Requirement::ALL.iter().map(move |least| Demand::of(AllOn, kind, account, *least))
}

//= BIND-043 recovery and verification rest on identity
#[test]
fn recovery_and_verification_demand_identity_whatever_the_policy_requires() {
    for account in any::accounts() {
        assert!(demands(Kind::Recover, account).all(|demand| demand == Demand::Identity));
        let ready = account.is_open() && !account.awaits_first_authentication();
        if ready {
            assert!(demands(Kind::VerifyIdentity, account).all(|d| d == Demand::Identity));
        }
    }
    assert!(met(Demand::Identity).all(|proof| proof.identity));
}

//= BIND-048 recovery takes no old factor
#[test]
fn identity_is_proved_without_any_factor_code_or_contact() {
    let bare = |proof: &Proof| {
        proof.factors == Factors::None && proof.code == Tie::None && proof.contact == Tie::None
    };
    assert!(met(Demand::Identity).any(|proof| bare(&proof)));
}

//= BIND-044 approval takes code, contact and two factors
#[test]
fn approval_takes_the_code_and_contact_of_that_binding_and_the_accounts_two_factors() {
    for proof in any::proofs() {
        let all = proof.fits
            && proof.code == Tie::Demanded
            && proof.contact == Tie::Demanded
            && proof.factors == Factors::Two;
        assert_eq!(Demand::CodeContactAndFactors.is_met(AllOn, proof), all, "{proof:?}");
    }
    for account in any::accounts() {
        if account.is_open() && !account.awaits_first_authentication() {
            let approval = demands(Kind::ApproveBinding, account);
            assert!(approval.into_iter().all(|d| d == Demand::CodeContactAndFactors));
        }
    }
}

//= BIND-045 the first authentication takes code and contact of `created_for`
#[test]
fn the_first_authentication_takes_code_and_contact_of_the_binding_it_was_created_for() {
    for proof in any::proofs() {
        let both = proof.fits && proof.code == Tie::Demanded && proof.contact == Tie::Demanded;
        assert_eq!(Demand::CodeAndContact.is_met(AllOn, proof), both, "{proof:?}");
    }
    let waiting = Account::REGISTERED_BY_BANK;
    assert!(demands(Kind::SignIn, waiting).all(|demand| demand == Demand::CodeAndContact));
}

//= BIND-046 a proof is for one operation with its content
#[test]
fn a_proof_made_for_something_else_meets_no_demand() {
    for demand in any::DEMANDS {
        assert!(met(demand).all(|proof| proof.fits), "{demand:?}");
    }
}

//= BIND-047 weaker never stands in for stronger
#[test]
fn a_weaker_class_never_stands_in_for_a_stronger_one() {
    for least in [Factors::None, Factors::Possession, Factors::Two] {
        assert!(met(Demand::Factors(least)).all(|proof| proof.factors >= least), "{least:?}");
        let enough = any::proofs().into_iter().filter(|p| p.fits && p.factors >= least);
        assert!(enough.into_iter().all(|proof| Demand::Factors(least).is_met(AllOn, proof)));
    }
}

#[test]
fn nothing_meets_a_decoy_and_anything_that_fits_meets_nothing_demanded() {
    assert_eq!(met(Demand::Decoy).count(), 0);
    assert!(any::proofs().into_iter().all(|p| Demand::Nothing.is_met(AllOn, p) == p.fits));
}

//= BIND-080 before its first authentication an account does nothing else
//= BIND-081 what is not there, or not ready, is challenged like what is
#[test]
fn what_runs_on_no_account_or_on_one_not_ready_is_challenged_in_vain() {
    for account in any::accounts() {
        for kind in Kind::ALL.iter().copied().filter(|kind| *kind != Kind::Recover) {
            let not_ready = account.awaits_first_authentication() && kind != Kind::SignIn;
            let in_vain = !account.is_open() || not_ready;
            for demand in demands(kind, account) {
                assert_eq!(demand == Demand::Decoy, in_vain, "{kind} {account:?}");
            }
        }
    }
}

//= BIND-081 a decoy looks like the two factors that a real one asks for
#[test]
fn a_decoy_shows_the_same_class_as_a_first_authentication_and_as_two_factors() {
    let shown = Demand::Decoy.requirement();
    assert_eq!(shown, Demand::CodeAndContact.requirement());
    assert_eq!(shown, Demand::Factors(Factors::Two).requirement());
}

#[test]
fn what_is_demanded_is_never_less_than_what_is_required_of_an_account_that_is_ready() {
    for account in any::accounts() {
        for kind in Kind::ALL.iter().copied().filter(|kind| !kind.proves_identity()) {
            for least in Requirement::ALL.iter().copied() {
                let demand = Demand::of(AllOn, kind, account, least);
                let two = least.min(Requirement::TwoFactor);
                assert!(demand.requirement() >= two, "{kind} {account:?} {least}");
            }
        }
    }
}
