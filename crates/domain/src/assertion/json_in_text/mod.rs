//! JSON objects within prose, found as promptfoo finds them: whatever stands in braces and reads as a flow
//! mapping of YAML 1.2, which JSON is and much else, such as `{a: 1}` and `{ not json }`.

mod flow;
mod scalar;
mod slashes;

#[cfg(test)]
mod tests;

use serde_json::Value;

/// Longest object, in UTF-16 units.
const OBJECT_LIMIT: usize = 100_000;
/// Most units that are looked at. Braces within braces that do not read are looked at again for each of them.
const WORK_LIMIT: usize = 20_000_000;

const OPENING: u16 = b'{' as u16;
const CLOSING: u16 = b'}' as u16;

/// The search was given up after [`WORK_LIMIT`].
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooMuchWork;

impl TooMuchWork {
    pub(super) const SENTENCE: &str =
        "The output has too many braces within braces that are not JSON; the search was given up.";
}

/// The objects of a text, in their order. Those within an object are not counted again.
pub(super) fn objects(text: &str) -> Objects {
    Objects { units: text.encode_utf16().collect(), position: 0, work: 0 }
}

/// The search for objects; it goes as far as it is asked to.
pub(super) struct Objects {
    units: Vec<u16>,
    position: usize,
    work: usize,
}

impl Iterator for Objects {
    type Item = Result<Value, TooMuchWork>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.position < self.units.len() {
            let begin = self.position;
            self.position += 1;
            if self.units[begin] != OPENING {
                continue;
            }
            let Some((end, unclosed)) = self.candidate(begin) else { continue };
            self.work += end - begin;
            if self.work > WORK_LIMIT {
                self.position = self.units.len();
                return Some(Err(TooMuchWork));
            }
            let mut candidate = slashes::to_hashes(&self.units[begin..end]);
            candidate.resize(candidate.len() + unclosed, CLOSING);
            if let Some(object) = flow::read(&candidate) {
                self.position = end;
                return Some(Ok(object));
            }
        }
        None
    }
}

impl Objects {
    /// Where the object ends whose brace stands at `begin`, and how many braces it lacks there. Braces in texts
    /// are counted, too.
    fn candidate(&self, begin: usize) -> Option<(usize, usize)> {
        let last = self.units.len().min(begin + OBJECT_LIMIT);
        let mut open = 1_usize;
        for (offset, unit) in self.units[begin + 1..last].iter().enumerate() {
            match *unit {
                OPENING => open += 1,
                CLOSING => open -= 1,
                _ => {}
            }
            if open == 0 {
                return Some((begin + offset + 2, 0));
            }
        }
        (last > begin + 1).then_some((last, open))
    }
}
