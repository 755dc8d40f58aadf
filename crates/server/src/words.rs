//! What a person is asked to approve, in words. Only the request itself is in it, so that the words
//! are the same whether or not there is anything behind it.

use bindproof::wire::{Action, Amount, OperationRequest, Words};
use iso_currency::Currency;

/// What an operation is, for the person who is to approve it.
///
/// # Panics
/// Never: every text below is short and plain.
pub fn to_approve(request: &OperationRequest) -> Words<256> {
    let text = match request.action {
        Action::SignIn => "Sign in on this device".to_owned(),
        Action::ApproveBinding(binding) => {
            format!("Let the bank's binding {binding} into your wallet")
        }
        Action::DeclineBinding(binding) => {
            format!("Keep the bank's binding {binding} out of your wallet")
        }
        Action::Pay { amount, payee, .. } => {
            format!("Pay {} to {}", sum(amount), payee.as_str())
        }
        Action::EndLink(binding) => format!("End the binding {binding}"),
        Action::AddAuthenticator => "Add an authenticator on this device".to_owned(),
        Action::RevokeDevice(_) => "Revoke another device".to_owned(),
        Action::VerifyIdentity => "Verify your identity".to_owned(),
        Action::Recover => "Get back into your account on this device".to_owned(),
        Action::CloseAccount => "Close your account and end every binding".to_owned(),
    };
    text.parse().expect("short and plain words")
}

/// A sum as it is written: with as many decimals as ISO 4217 gives its currency, be it none or
/// three. One that the list does not have is said in minor units, for nobody knows how many make a
/// whole.
fn sum(amount: Amount) -> String {
    let (minor, code) = (amount.minor(), amount.currency());
    let code = code.as_str();
    let Some(listed) = Currency::from_code(code) else {
        return format!("{minor} minor units of {code}");
    };
    match u32::from(listed.exponent().unwrap_or(0)) {
        0 => format!("{minor} {code}"),
        decimals => {
            let unit = 10u64.pow(decimals);
            let width = decimals as usize;
            format!("{}.{:0width$} {code}", minor / unit, minor % unit)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_has_the_decimals_of_its_currency() {
        for (minor, currency, words) in [
            (2_500, "EUR", "25.00 EUR"),
            (5, "USD", "0.05 USD"),
            (2_500, "JPY", "2500 JPY"),
            (2_500, "KWD", "2.500 KWD"),
            (2_500, "QQQ", "2500 minor units of QQQ"),
        ] {
            let amount = Amount::new(minor, currency.parse().unwrap()).unwrap();
            assert_eq!(sum(amount), words);
        }
    }
}
