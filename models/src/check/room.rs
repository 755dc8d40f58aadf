//! That a world ran out of room for accounts is no finding about the protocol.

use super::tell::PANIC;
use crate::drive::NO_ROOM;
use crate::report::{PropertyReport, PropertyVerdict, Report};
use crate::scope::ScopeError;

/// The report, if the world that it is of had room enough, or has shown something before it had
/// not: then the search was cut short there.
///
/// # Errors
/// If it had not, and nothing else was found; `file` is where the scope came from.
pub fn enough(file: &str, mut report: Report) -> Result<Report, ScopeError> {
    let full = |property: &PropertyReport| {
        let said = property.run.as_ref().and_then(|run| run.panic.as_deref());
        property.name == PANIC && said == Some(NO_ROOM)
    };
    let Some(at) = report.properties.iter().position(full) else { return Ok(report) };
    report.properties.remove(at);
    let violated = |property: &PropertyReport| property.verdict == PropertyVerdict::Violated;
    if report.properties.iter().any(violated) {
        report.cut_by = Some("the model, which has no room for another account".to_owned());
        return Ok(report);
    }
    let off = match report.without.as_slice() {
        [] => String::new(),
        off => format!(" with {} off", off.join(" and ")),
    };
    Err(ScopeError::Invalid {
        file: file.to_owned(),
        field: "account".into(),
        message: format!("more accounts come to be{off} than the model has room for"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bindproof::control::Control;
    use bindproof::policy::Policy;

    use crate::capacity::Job as _;
    use crate::check::{Options, check};
    use crate::report::Verdict;
    use crate::scope::Scope;
    use crate::scopes::find;

    fn parse(name: &str) -> Scope {
        let built_in = find(name).expect("built in");
        Scope::parse(built_in.file, built_in.text).expect("parses")
    }

    const OFF: Options<'static> = Options {
        without: &[Control::OneAccountPerPerson],
        ..Options::under(("default", &Policy::DEFAULT))
    };

    #[test]
    fn with_a_control_off_there_is_room_for_the_accounts_that_come_to_be_by_that() {
        let report = check("limits", &parse("limits"), &OFF).expect("fits");
        assert_eq!((report.verdict, report.cut_by), (Verdict::Violated, None));
        let violated = |name: &str| {
            let property = report.properties.iter().find(|property| property.name == name);
            property.map(|property| property.verdict) == Some(PropertyVerdict::Violated)
        };
        assert!(violated("one-account-per-person") && !violated(PANIC));
        let mut scope = parse("limits");
        scope.binding.push(scope.binding[0]);
        let refused = check("mine", &scope, &OFF).expect_err("four accounts").to_string();
        let says = "mine: account: 4 is more than the largest compiled model holds, which is 3";
        assert_eq!(refused, says);
    }

    #[test]
    fn a_world_that_is_full_is_refused_unless_it_has_shown_something_before() {
        // In too small a world: what comes to be by that is not known to whoever runs it.
        let tight = |property: Option<&'static str>| {
            let options = Options { property, ..OFF };
            enough("tight", (&options).run::<2, 3, 1, 2, 0>(&parse("limits")))
        };
        let refused = tight(Some("tries-bounded")).expect_err("nothing was found").to_string();
        let says = "tight: account: more accounts come to be with one-account-per-person off than \
                    the model has room for";
        assert_eq!(refused, says);
        let shown = (&OFF).run::<2, 3, 2, 2, 0>(&parse("limits"));
        let shown = enough("tight", shown).expect("two verified accounts were found");
        assert_eq!(shown.verdict, Verdict::Violated);
        assert!(shown.cut_by.is_some_and(|cut_by| cut_by.contains("no room for another account")));
        assert!(shown.properties.iter().all(|property| property.name != PANIC));
    }
}
