//! What fires, in every default scope, is the same and leads to the same world whichever way it is
//! asked for: handed back, into a place, or by `next_state`.

use bindproof::policy::Policy;
use bindproof_checker::audit;
use bindproof_models::capacity::{Job, in_capacity};
use bindproof_models::model::{Protocol, Without};
use bindproof_models::scope::Scope;
use bindproof_models::scopes::{DEFAULT, find};

/// How many states of a scope are looked at.
const MOST: usize = 2_000;

struct Fires;

impl Job for Fires {
    type Output = Result<usize, String>;

    fn run<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        self,
        scope: &Scope,
    ) -> Self::Output {
        let without = Without::default();
        audit::firing(
            &Protocol::<B, O, A, D, S>::new(scope.clone(), Policy::DEFAULT, without),
            MOST,
        )
    }
}

#[test]
fn what_fires_leads_where_next_state_leads() {
    for name in DEFAULT {
        let built_in = find(name).expect("built in");
        let scope = Scope::parse(built_in.file, built_in.text).expect("parses");
        let looked = in_capacity(name, &scope, Fires).expect("fits");
        let looked = looked.unwrap_or_else(|why| panic!("{name}: {why}"));
        let all = scope.pinned.map_or(0, |pinned| pinned.distinct);
        assert!(looked as u64 >= all.min(MOST as u64), "{name}: only {looked} states of {all}");
    }
}
