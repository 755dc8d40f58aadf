//! Which known names are nearest to one that is not known.

/// How many letters must be put in, taken out or changed to make one of the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (j, to) in b.iter().enumerate() {
            let above = row.get(j + 1).copied().unwrap_or(usize::MAX);
            let changed = diagonal + usize::from(from != *to);
            let best = changed.min(above.saturating_add(1)).min(left + 1);
            if let Some(slot) = row.get_mut(j) {
                *slot = left;
            }
            diagonal = above;
            left = best;
        }
        if let Some(slot) = row.get_mut(b.len()) {
            *slot = left;
        }
    }
    row.last().copied().unwrap_or(0)
}

/// The most names that are suggested.
const SUGGESTED: usize = 3;

/// Whether `part` is made of whole words of `name`, which hyphens part.
fn has_words(name: &str, part: &str) -> bool {
    name.match_indices(part).any(|(at, _)| {
        let (before, after) = (&name[..at], &name[at + part.len()..]);
        let begins = before.is_empty() || before.ends_with('-');
        begins && (after.is_empty() || after.starts_with('-'))
    })
}

/// How far a known name is from `name`, if it is close: it differs in few letters, in no more than
/// one of four and one more; or one is a part of the other that somebody may have meant.
fn closeness(name: &str, known: &str) -> Option<usize> {
    let letters = name.chars().count();
    let far = distance(name, known);
    let few = far <= (1 + letters / 4).min(4);
    let begun = letters >= 3 && (known.starts_with(name) || has_words(known, name));
    let most = letters >= 3 && known.contains(name) && 2 * letters >= known.chars().count();
    let more = known.len() >= 3 && has_words(name, known);
    if begun || most || more { Some(far.min(1)) } else { few.then_some(far) }
}

/// The known names that are close to `name`, if none is closer.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut near: Vec<(usize, &str)> =
        known.filter_map(|other| Some((closeness(name, other)?, other))).collect();
    near.sort_unstable();
    near.dedup();
    let least = near.first().map(|(far, _)| *far);
    near.retain(|(far, _)| Some(*far) == least);
    near.into_iter().take(SUGGESTED).map(|(_, other)| other).collect()
}

/// "there is no scope `x`; the nearest known: `y`".
pub fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let near = nearest(name, known);
    if near.is_empty() {
        return format!("there is no {what} `{name}`, and none of a name like it");
    }
    let quoted: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
    format!("there is no {what} `{name}`; the nearest known: {}", quoted.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_letters() {
        let pairs = [("", ""), ("a", ""), ("", "ab"), ("smoke", "smoke"), ("smok", "smoke")];
        assert_eq!(pairs.map(|(a, b)| distance(a, b)), [0, 1, 2, 0, 1]);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn only_the_nearest_come_and_what_is_far_does_not_come_at_all() {
        let known = ["approval", "end", "hostile-approval", "smother", "smoke"];
        let near = |name: &str| nearest(name, known.into_iter());
        assert_eq!(near("smoek"), ["smoke"]);
        assert_eq!(near("smothe"), ["smother"]);
        assert_eq!(near("aproval"), ["approval"]);
        assert_eq!(near("prov"), ["approval"]);
        assert_eq!(near("approval-2"), ["approval"]);
        assert_eq!(near("hostile"), ["hostile-approval"]);
        for name in ["friend", "x", "quiescence", "e"] {
            assert_eq!(near(name), Vec::<&str>::new(), "{name}");
        }
        let says = unknown("scope", "friend", known.into_iter());
        assert_eq!(says, "there is no scope `friend`, and none of a name like it");
    }
}
