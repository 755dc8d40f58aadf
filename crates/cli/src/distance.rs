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

/// Three of the known names, the nearest to `name` first. One that is part of the other is near.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut near: Vec<(usize, &str)> = known
        .map(|other| {
            let parts = name.len() >= 3 && (other.contains(name) || name.contains(other));
            (if parts { 1 } else { distance(name, other) }, other)
        })
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(3).map(|(_, other)| other).collect()
}

/// "there is no scope `x`; the nearest known: `y`".
pub fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let quoted = |names: &[&str]| {
        names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    };
    format!("there is no {what} `{name}`; the nearest known: {}", quoted(&nearest(name, known)))
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
        let known = ["approval", "smother", "smoke"];
        assert_eq!(nearest("smoek", known.into_iter()), ["smoke", "smother", "approval"]);
        assert_eq!(nearest("prov", known.into_iter()).first(), Some(&"approval"));
    }
}
