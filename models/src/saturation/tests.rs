use super::{CHAINS, Chain, new_in_last};

fn chain(name: &str) -> Chain {
    *CHAINS.iter().find(|chain| chain.name == name).expect("a chain")
}

#[test]
fn every_chain_says_of_itself_what_its_scopes_show() {
    for chain in CHAINS {
        let sizes = chain.run().expect("fits");
        assert_eq!(chain.faults(&sizes), Vec::<String>::new());
    }
}

#[test]
fn every_scope_of_a_chain_has_more_than_the_one_before() {
    for chain in CHAINS {
        let sizes = chain.run().expect("fits");
        assert!(sizes.is_sorted_by(|a, b| a.states < b.states), "{}", chain.name);
        assert!(sizes.len() > 2, "{}", chain.name);
    }
}

#[test]
fn a_chain_that_is_broken_off_too_early_shows_new_views_at_its_end() {
    for chain in CHAINS {
        let short = Chain { more: &chain.more[..1], grows: None, ..*chain };
        let sizes = short.run().expect("fits");
        assert_eq!(short.faults(&sizes).len(), 1, "{}", chain.name);
        assert!(!new_in_last(&sizes).is_empty(), "{}", chain.name);
    }
}

#[test]
fn a_chain_that_is_said_to_grow_and_does_not_is_a_fault() {
    let chain = Chain { grows: Some("it was thought to"), ..chain("banks") };
    let sizes = chain.run().expect("fits");
    assert_eq!(chain.faults(&sizes), ["banks: nothing new at the end"]);
}

#[test]
fn a_chain_that_was_not_looked_at_whole_is_a_fault() {
    let chain = chain("banks");
    let mut sizes = chain.run().expect("fits");
    sizes[1].cut = true;
    assert_eq!(chain.faults(&sizes), ["banks: not everything was looked at"]);
}
