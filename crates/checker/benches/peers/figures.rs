//! What a process said and took, and what follows from several of them.

/// Who searches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tool {
    /// This checker.
    Ours,
    /// stateright, breadth first.
    Bfs,
    /// stateright, depth first.
    Dfs,
    /// SPIN, exact, depth first.
    Spin,
    /// TLC.
    Tlc,
}

impl Tool {
    /// All of them, in the order of columns.
    pub const ALL: [Self; 5] = [Self::Ours, Self::Bfs, Self::Dfs, Self::Spin, Self::Tlc];

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Bfs => "stateright BFS",
            Self::Dfs => "stateright DFS",
            Self::Spin => "SPIN",
            Self::Tlc => "TLC",
        }
    }
}

/// What a process said of its search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// Distinct states.
    pub distinct: u64,
    /// The most memory that was resident, in bytes; unknown of TLC, whose memory is what it is
    /// given.
    pub peak: Option<u64>,
    /// Bytes of one state; known of models in this language.
    pub state: Option<u64>,
}

impl Said {
    /// The line with which a process of this program tells it.
    pub fn line(self) -> String {
        let [peak, state] = [self.peak, self.state].map(Option::unwrap_or_default);
        format!("distinct {} peak {peak} state {state}", self.distinct)
    }

    /// Reads that line.
    pub fn of_ours(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.lines().last()?.split(' ').collect();
        let &["distinct", distinct, "peak", peak, "state", state] = words.as_slice() else {
            return None;
        };
        let known = |word: &str| word.parse().ok().filter(|bytes| *bytes > 0);
        Some(Self { distinct: distinct.parse().ok()?, peak: known(peak), state: known(state) })
    }

    /// Reads what SPIN prints. A search that had errors, or that its depth cut short, said nothing.
    pub fn of_spin(text: &str) -> Option<Self> {
        if !text.contains("errors: 0") || text.contains("max search depth too small") {
            return None;
        }
        let first = |marker: &str| {
            text.lines().find(|line| line.contains(marker))?.split_whitespace().next()
        };
        let megabytes: f64 = first("total actual memory usage")?.parse().ok()?;
        let peak = Some((megabytes * f64::from(1 << 20)) as u64);
        Some(Self { distinct: first("states, stored")?.parse().ok()?, peak, state: None })
    }

    /// Reads what TLC prints. A search that found an error said nothing.
    pub fn of_tlc(text: &str) -> Option<Self> {
        if !text.contains("No error has been found") {
            return None;
        }
        let line = text.lines().rfind(|line| line.contains("distinct states found"))?;
        let count = line.split(", ").nth(1)?.split(' ').next()?;
        Some(Self { distinct: count.parse().ok()?, peak: None, state: None })
    }

    /// Itself, if it counted what it should have.
    ///
    /// # Errors
    /// If not: what was measured is not the search that was meant.
    pub fn of(self, what: &str, pinned: u64) -> Result<Self, String> {
        if self.distinct == pinned {
            return Ok(self);
        }
        Err(format!("{what}: {} distinct states, and {pinned} are pinned", self.distinct))
    }
}

/// The same process several times.
#[derive(Clone, Debug, Default)]
pub struct Series {
    /// Seconds from start to end of each.
    seconds: Vec<f64>,
    /// The most memory of any, in bytes.
    peak: Option<u64>,
}

impl Series {
    /// Adds what one took and said.
    pub fn add(&mut self, seconds: f64, said: Said) {
        self.seconds.push(seconds);
        self.seconds.sort_by(f64::total_cmp);
        self.peak = self.peak.max(said.peak);
    }

    /// The time in the middle; of an even number the longer one.
    pub fn median(&self) -> f64 {
        self.seconds[self.seconds.len() / 2]
    }

    /// The shortest time.
    pub fn fastest(&self) -> f64 {
        self.seconds[0]
    }

    /// How many.
    pub const fn runs(&self) -> usize {
        self.seconds.len()
    }

    /// The most memory, in bytes.
    pub const fn peak(&self) -> Option<u64> {
        self.peak
    }
}
