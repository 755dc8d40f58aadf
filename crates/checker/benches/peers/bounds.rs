//! Bounds, and whether they are met.

/// What is asked of a figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wanted {
    /// Not less than this.
    AtLeast(f64),
    /// Not more than this.
    AtMost(f64),
}

/// A bound.
#[derive(Clone, Debug)]
pub struct Bound {
    /// Of what.
    pub what: String,
    /// What is asked.
    pub wanted: Wanted,
    /// The unit, or the sign behind a ratio.
    pub unit: &'static str,
    /// What was measured, if it was.
    pub measured: Option<f64>,
}

impl Bound {
    /// Whether it is met; unknown if nothing was measured.
    pub fn met(&self) -> Option<bool> {
        self.measured.map(|measured| match self.wanted {
            Wanted::AtLeast(bound) => measured >= bound,
            Wanted::AtMost(bound) => measured <= bound,
        })
    }

    /// Its row in the table.
    pub fn row(&self) -> String {
        let Self { what, unit, .. } = self;
        let (words, bound) = match self.wanted {
            Wanted::AtLeast(bound) => ("at least", bound),
            Wanted::AtMost(bound) => ("at most", bound),
        };
        let measured =
            self.measured.map_or_else(|| "–".into(), |measured| format!("{measured:.2}{unit}"));
        let word = match self.met() {
            Some(true) => "met",
            Some(false) => "**MISSED**",
            None => "not measured",
        };
        format!("| {what} | {words} {bound}{unit} | {measured} | {word} |\n")
    }
}
