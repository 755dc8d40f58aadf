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

/// Up to three of the known names that are near to `name`, the nearest first.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut near: Vec<(usize, &str)> = known
        .map(|other| {
            let parts = name.len() >= 3 && (other.contains(name) || name.contains(other));
            (if parts { 1 } else { distance(name, other) }, other)
        })
        .filter(|(far, other)| *far <= name.len().max(other.len()) / 2)
        .collect();
    near.sort();
    near.dedup();
    near.into_iter().take(3).map(|(_, other)| other).collect()
}

/// "there is no scope `x`; did you mean `y`?", or, if nothing is near, what there is.
pub fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    let quoted = |names: &[&str]| {
        names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    };
    let near = nearest(name, known.clone());
    match near.as_slice() {
        [] => {
            let all: Vec<&str> = known.take(70).collect();
            format!("there is no {what} `{name}`; there are {}", quoted(&all))
        }
        near => format!("there is no {what} `{name}`; the nearest known: {}", quoted(near)),
    }
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
    fn the_nearest_comes_first() {
        let known = ["smoke", "approval", "smother"];
        assert_eq!(nearest("smoek", known.into_iter()), ["smoke", "smother"]);
        assert!(nearest("zzz", known.into_iter()).is_empty());
    }
}
