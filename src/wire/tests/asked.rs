//! What requests ask for, as steps are told it.

use crate::policy::Environment;
use crate::wallet::kind::Kind;
use crate::wire::*;

fn pay(minor: u64) -> Action {
    let currency = "EUR".parse().unwrap();
    let amount = Amount::new(minor, currency).unwrap();
    let binding = BindingId::from_bytes([7; 16]);
    Action::Pay { binding, amount, payee: "a-shop".parse().unwrap() }
}

//= BIND-098 account, device and what is to be done, and not the moment
#[test]
fn a_request_asks_the_same_whatever_its_environment() {
    let first = OperationRequest {
        operation: OperationId::from_bytes([1; 16]),
        account: Some(AccountId::from_bytes([2; 16])),
        device: DeviceKey::from_bytes([3; 32]),
        environment: Environment::Normal,
        action: pay(5),
    };
    let others = [
        (OperationRequest { environment: Environment::Unknown, ..first }, true),
        (OperationRequest { account: None, ..first }, false),
        (OperationRequest { device: DeviceKey::from_bytes([4; 32]), ..first }, false),
        (OperationRequest { action: pay(6), ..first }, false),
        (OperationRequest { action: Action::CloseAccount, ..first }, false),
    ];
    assert!(first.asks_the_same(&first));
    for (other, same) in others {
        assert_eq!(first.asks_the_same(&other), same, "{other:?}");
    }
}

#[test]
fn an_action_names_a_link_if_its_kind_does_and_pays_if_it_is_a_payment() {
    let (binding, device) = (BindingId::from_bytes([7; 16]), DeviceKey::from_bytes([3; 32]));
    for action in [
        Action::SignIn,
        Action::ApproveBinding(binding),
        Action::DeclineBinding(binding),
        pay(5),
        Action::EndLink(binding),
        Action::AddAuthenticator,
        Action::RevokeDevice(device),
        Action::VerifyIdentity,
        Action::Recover,
        Action::CloseAccount,
    ] {
        let named = action.kind().names_link().then_some(binding);
        assert_eq!(action.binding(), named, "{action:?}");
        let minor = if action.kind() == Kind::Pay { 5 } else { 0 };
        assert_eq!(action.minor(), minor, "{action:?}");
    }
}

#[test]
fn consent_is_given_to_the_binding_and_to_a_registration() {
    for (bind, register) in [(true, true), (true, false), (false, true), (false, false)] {
        assert_eq!(Consent { bind, register }.is_given(), bind && register);
    }
}
