//! Jobs on several threads, with results in the jobs' order.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use crate::failure::Failure;
use crate::stop;

/// As many threads as were asked for, or as the machine runs at once.
pub fn threads(asked: Option<NonZeroUsize>) -> usize {
    asked.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get)
}

/// Carries out `job` for each item, on `threads` threads, and hands each result to `each` as soon
/// as those of all items before it have been handed over.
///
/// # Errors
/// The first that `each` gives; the jobs under way are told to stop.
pub fn in_order<T: Sync, R: Send>(
    items: &[T],
    threads: usize,
    job: impl Fn(&T) -> R + Sync,
    mut each: impl FnMut(R) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let next = AtomicUsize::new(0);
    let (sender, results) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..threads.min(items.len()) {
            let (sender, next, job) = (sender.clone(), &next, &job);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    if sender.send((index, job(item))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut early = BTreeMap::new();
        let mut due = 0;
        for (index, result) in results {
            early.insert(index, result);
            while let Some(result) = early.remove(&due) {
                due += 1;
                each(result).inspect_err(|_| stop::stop())?;
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let items: Vec<u64> = (0..40).rev().collect();
        for threads in [1, 2, 7, 100] {
            let mut seen = Vec::new();
            let each = |item| {
                seen.push(item);
                Ok(())
            };
            let job = |item: &u64| {
                (0..item * 2_000).for_each(|_| std::hint::spin_loop());
                *item
            };
            assert!(in_order(&items, threads, job, each).is_ok());
            assert_eq!(seen, items);
        }
    }
}
