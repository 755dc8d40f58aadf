//! The order in which states were found, and from which of them each was: a byte for most.
//!
//! The states of a shard are numbered as they are found, so of each state only the shard has to be
//! known; and the queue is worked off from its head, so the state that one was found from is that
//! of the one before, or one a little further on.

use super::shard::{Id, SHARD_BITS, SHARDS};

/// States to a block. It begins with a mark, so that no more than these are read to find one.
const BLOCK: usize = 1 << 13;
/// How far the parent lies behind that of the state before, where the byte has no room for it: the
/// bytes that follow say so.
const FAR: u32 = (1 << (8 - SHARD_BITS)) - 1;
/// The bits that a byte that follows has for it; the highest one says that there are more.
const FOLLOWING: u32 = 7;

/// What is known of all states before one.
#[derive(Clone, Debug)]
struct Mark {
    /// How many there are of each shard.
    locals: [u32; SHARDS],
    /// The place of the parent of the last one.
    parent: u32,
}

impl Default for Mark {
    fn default() -> Self {
        Self { locals: [0; SHARDS], parent: 0 }
    }
}

/// Some states that were found one after the other.
#[derive(Default)]
struct Block {
    before: Mark,
    bytes: Vec<u8>,
}

/// Where one reads on.
#[derive(Default)]
pub(super) struct Reader {
    /// The place of the state that comes next.
    place: u32,
    at: usize,
    before: Mark,
}

impl Reader {
    /// The place of the state that comes next.
    pub(super) const fn place(&self) -> u32 {
        self.place
    }
}

/// All states, in the order in which they were found: that of an ordinary queue.
#[derive(Default)]
pub(crate) struct Order {
    blocks: Vec<Block>,
    /// How many there are.
    len: u32,
    /// How many of them were not found from another one, and so come first.
    initial: u32,
    /// All of them.
    end: Mark,
}

impl Order {
    /// How many there are.
    pub(crate) const fn len(&self) -> u32 {
        self.len
    }

    /// Bytes on the heap.
    pub(crate) fn bytes(&self) -> usize {
        let bytes = self.blocks.iter().map(|block| block.bytes.capacity()).sum::<usize>();
        bytes + self.blocks.capacity() * size_of::<Block>()
    }

    /// The next state was found, from the one at this place or from none. What was found from none
    /// comes first; then no parent lies before that of the state before; and the numbers in each
    /// shard have no gap.
    pub(super) fn push(&mut self, id: Id, parent: Option<u32>) {
        if (self.len as usize).is_multiple_of(BLOCK) {
            if let Some(full) = self.blocks.last_mut() {
                full.bytes.shrink_to_fit();
            }
            self.blocks.push(Block { before: self.end.clone(), bytes: Vec::new() });
        }
        let parent = parent.unwrap_or_else(|| {
            self.initial += 1;
            0
        });
        let further = parent - self.end.parent;
        if let Some(block) = self.blocks.last_mut() {
            write(&mut block.bytes, id.shard(), further);
        }
        assert_eq!(self.end.locals[id.shard()], id.local(), "in the order of the shard");
        self.end.locals[id.shard()] += 1;
        self.end.parent = parent;
        self.len += 1;
    }

    /// The state that comes next, and the place of its parent, if it has one.
    pub(super) fn read(&self, reader: &mut Reader) -> Option<(Id, Option<u32>)> {
        if reader.place == self.len {
            return None;
        }
        let block = &self.blocks[reader.place as usize / BLOCK];
        if (reader.place as usize).is_multiple_of(BLOCK) {
            reader.at = 0;
        }
        let (shard, further) = read(&block.bytes, &mut reader.at);
        reader.before.parent += further;
        let local = &mut reader.before.locals[shard];
        let id = Id::new(shard, *local);
        *local += 1;
        let parent = (reader.place >= self.initial).then_some(reader.before.parent);
        reader.place += 1;
        Some((id, parent))
    }

    /// All of them, each with the place of its parent.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Id, Option<u32>)> {
        let mut reader = Reader::default();
        std::iter::from_fn(move || self.read(&mut reader))
    }

    /// The states on the first path that was found to a state, the beginning first. Of one that is
    /// not there it is the state alone.
    pub(crate) fn chain(&self, end: Id) -> Vec<Id> {
        let mut ids = vec![end];
        let mut parent = self.parent(end);
        while let Some((id, before)) = parent.and_then(|place| self.at(place)) {
            ids.push(id);
            parent = before;
        }
        ids.reverse();
        ids
    }

    /// Reads from the beginning of a block.
    fn from(&self, block: usize) -> impl Iterator<Item = (Id, Option<u32>)> {
        let before = self.blocks.get(block).map(|block| block.before.clone()).unwrap_or_default();
        let mut reader = Reader { place: (block * BLOCK) as u32, at: 0, before };
        std::iter::from_fn(move || self.read(&mut reader)).take(BLOCK)
    }

    /// The state at a place, and the place of its parent.
    fn at(&self, place: u32) -> Option<(Id, Option<u32>)> {
        self.from(place as usize / BLOCK).nth(place as usize % BLOCK)
    }

    /// The place of the parent of a state.
    fn parent(&self, id: Id) -> Option<u32> {
        let begun =
            self.blocks.partition_point(|block| block.before.locals[id.shard()] <= id.local());
        self.from(begun.checked_sub(1)?).find(|(found, _)| *found == id)?.1
    }
}

/// Writes the shard of a state, and how far its parent lies behind that of the one before.
#[inline]
fn write(bytes: &mut Vec<u8>, shard: usize, further: u32) {
    let near = further.min(FAR);
    bytes.push((near << SHARD_BITS) as u8 | shard as u8);
    if near < FAR {
        return;
    }
    let mut rest = further - FAR;
    while rest >> FOLLOWING != 0 {
        bytes.push(1 << FOLLOWING | rest as u8);
        rest >>= FOLLOWING;
    }
    bytes.push(rest as u8);
}

/// Reads the same.
#[inline]
fn read(bytes: &[u8], at: &mut usize) -> (usize, u32) {
    let mut next = || {
        let byte = bytes[*at];
        *at += 1;
        u32::from(byte)
    };
    let byte = next();
    let (shard, mut further) = (byte as usize % SHARDS, byte >> SHARD_BITS);
    if further == FAR {
        let mut shift = 0;
        loop {
            let byte = next();
            further += (byte & ((1 << FOLLOWING) - 1)) << shift;
            if byte >> FOLLOWING == 0 {
                break;
            }
            shift += FOLLOWING;
        }
    }
    (shard, further)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Some thousand states, of all shards, with parents near and far.
    fn found() -> Vec<(Id, Option<u32>)> {
        let mut locals = [0; SHARDS];
        let mut parent = 0;
        let far = [0, 0, 1, 0, 2, 3, 4, 130, 0, 131, 132, 0, 0, 20_000];
        (0..3 * BLOCK as u32 + 77)
            .map(|place| {
                let shard = crate::hash::hash(0, &place) as usize % SHARDS;
                let id = Id::new(shard, locals[shard]);
                locals[shard] += 1;
                let further = far[place as usize % far.len()];
                if place >= 3 && parent + further < place {
                    parent += further;
                }
                (id, (place >= 3).then_some(parent))
            })
            .collect()
    }

    fn order(found: &[(Id, Option<u32>)]) -> Order {
        let mut order = Order::default();
        found.iter().for_each(|(id, parent)| order.push(*id, *parent));
        order
    }

    #[test]
    fn what_is_read_is_what_was_written() {
        let found = found();
        let order = order(&found);
        assert_eq!(order.len() as usize, found.len());
        assert!(order.iter().eq(found.iter().copied()));
        assert!(found.iter().any(|(_, parent)| parent.is_some_and(|parent| parent > 10_000)));
        for place in (0..found.len()).step_by(997).chain([BLOCK - 1, BLOCK, found.len() - 1]) {
            assert_eq!(order.at(place as u32), Some(found[place]));
            assert_eq!(order.parent(found[place].0), found[place].1);
        }
        assert_eq!(order.at(found.len() as u32), None);
    }

    #[test]
    fn one_reads_on_while_others_are_found() {
        let found = found();
        let mut order = Order::default();
        let mut reader = Reader::default();
        let mut read = Vec::new();
        for (id, parent) in &found {
            order.push(*id, *parent);
            if id.shard() < 7 {
                read.extend(std::iter::from_fn(|| order.read(&mut reader)));
            }
        }
        read.extend(std::iter::from_fn(|| order.read(&mut reader)));
        assert_eq!(read, found);
    }

    #[test]
    fn a_chain_goes_back_to_the_beginning() {
        let found = found();
        let order = order(&found);
        let (end, mut parent) = found[found.len() - 1];
        let mut chain = vec![end];
        while let Some(place) = parent {
            let (id, before) = found[place as usize];
            chain.push(id);
            parent = before;
        }
        chain.reverse();
        assert!(chain.len() > 2);
        assert_eq!(order.chain(end), chain);
        // What was never found has no way to it.
        let unknown = Id::new(0, 1 << 20);
        assert_eq!(order.chain(unknown), [unknown]);
    }

    #[test]
    fn a_state_takes_little_more_than_a_byte() {
        let mut locals = [0; SHARDS];
        let mut order = Order::default();
        for place in 0..20 * BLOCK {
            let shard = place * 7 % SHARDS;
            order.push(Id::new(shard, locals[shard]), Some(place as u32 / 3));
            locals[shard] += 1;
        }
        assert!(order.bytes() < 21 * BLOCK + 20 * 300, "{} bytes", order.bytes());
    }
}
