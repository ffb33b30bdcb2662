//! A backtracking matcher with ECMAScript's rules: groups emptied on each pass of a loop,
//! references to groups that took no part, look-behind from right to left. Its work is counted.
//!
//! `fancy-regex` follows other rules for these, and its limit counts retries, not work: with a
//! limit of 1,000,000 it took 13 s for `(?=(a+))\1b` on 100,000 letters, growing with the square.

use super::class::{line_ends, words};
use super::program::{Instruction, Program};
use super::units::{UnitSet, canonical};

/// Most units that the searches of a subject may look at, instructions included. In a release build that takes
/// about a tenth of a second.
const STEP_LIMIT: usize = 10_000_000;
/// Most places to go back to that are kept at a time: 32 MiB.
const STACK_LIMIT: usize = 1_000_000;

/// The search took more steps or memory than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMuchWork;

#[derive(Debug, Clone, Copy)]
enum Entry {
    /// A place to go back to.
    Retry {
        at: usize,
        position: usize,
    },
    /// A run at instruction `at` that may still end `left` units earlier or later than at `position`.
    Run {
        at: usize,
        position: usize,
        left: usize,
    },
    /// A value to put back on the way.
    Slot {
        slot: usize,
        old: usize,
    },
    Register {
        register: usize,
        old: (u32, usize),
    },
}

/// No position: the group took no part.
const NOWHERE: usize = usize::MAX;

/// Searches of one program in one subject. The limit of work is theirs together.
pub(super) struct Search<'a> {
    program: &'a Program,
    subject: &'a [u16],
    slots: Vec<usize>,
    /// For each loop the number of passes begun, and where the last one began.
    registers: Vec<(u32, usize)>,
    stack: Vec<Entry>,
    steps: usize,
    words: UnitSet,
    line_ends: UnitSet,
}

impl<'a> Search<'a> {
    pub(super) fn new(program: &'a Program, subject: &'a [u16]) -> Self {
        Self {
            program,
            subject,
            slots: vec![NOWHERE; program.slots],
            registers: vec![(0, 0); program.loops],
            stack: Vec::new(),
            steps: 0,
            words: words(),
            line_ends: line_ends(),
        }
    }

    /// The slots of the first match that starts at `from` or after it.
    pub(super) fn find(&mut self, from: usize) -> Result<Option<Vec<usize>>, TooMuchWork> {
        self.stack.clear();
        self.slots.fill(NOWHERE);
        for start in from..=self.subject.len() {
            if let Some(end) = self.run(0, start)? {
                self.slots[0] = start;
                self.slots[1] = end;
                return Ok(Some(self.slots.clone()));
            }
        }
        Ok(None)
    }

    /// Runs from an instruction to `Match`, and says where that was reached. Without a match
    /// everything is as before.
    fn run(&mut self, mut at: usize, mut position: usize) -> Result<Option<usize>, TooMuchWork> {
        let base = self.stack.len();
        loop {
            self.work(1)?;
            match self.step(at, position)? {
                Step::To(next, place) => (at, position) = (next, place),
                Step::Done => return Ok(Some(position)),
                Step::Fail => match self.back(base) {
                    Some((next, place)) => (at, position) = (next, place),
                    None => return Ok(None),
                },
            }
        }
    }

    fn work(&mut self, steps: usize) -> Result<(), TooMuchWork> {
        self.steps += steps;
        if self.steps > STEP_LIMIT || self.stack.len() > STACK_LIMIT { Err(TooMuchWork) } else { Ok(()) }
    }

    fn step(&mut self, at: usize, position: usize) -> Result<Step, TooMuchWork> {
        let program = self.program;
        let next = at + 1;
        Ok(match &program.instructions[at] {
            Instruction::Match => Step::Done,
            Instruction::Set { set, behind } => match self.unit(position, *behind) {
                Some((unit, place)) if set.contains(unit) => Step::To(next, place),
                _ => Step::Fail,
            },
            Instruction::Run { set, behind, min, max, greedy } => {
                let wanted = if *greedy { *max } else { *min };
                let count = self.count(set, *behind, position, wanted)?;
                if count < *min {
                    return Ok(Step::Fail);
                }
                let place = if *behind { position - count } else { position + count };
                let left = if *greedy { count - min } else { max - min };
                if left > 0 {
                    self.stack.push(Entry::Run { at, position: place, left });
                }
                Step::To(next, place)
            }
            Instruction::Start { of_line } => self.when(
                position == 0 || (*of_line && self.line_ends.contains(self.subject[position - 1])),
                at,
                position,
            ),
            Instruction::End { of_line } => {
                let after = self.subject.get(position);
                let ends = after.is_none_or(|unit| *of_line && self.line_ends.contains(*unit));
                self.when(ends, at, position)
            }
            Instruction::Boundary { inverted } => {
                let is_word =
                    |unit: Option<(u16, usize)>| unit.is_some_and(|(unit, _)| self.words.contains(unit));
                let boundary = is_word(self.unit(position, true)) != is_word(self.unit(position, false));
                self.when(boundary != *inverted, at, position)
            }
            Instruction::Save(slot) => {
                self.set_slot(*slot, position);
                Step::To(next, position)
            }
            Instruction::Back { groups, behind, ignore_case } => {
                match self.repeated(groups, *behind, *ignore_case, position)? {
                    Some(place) => Step::To(next, place),
                    None => Step::Fail,
                }
            }
            Instruction::Split(second) => {
                self.stack.push(Entry::Retry { at: *second, position });
                Step::To(next, position)
            }
            Instruction::Jump(target) => Step::To(*target, position),
            Instruction::Look { inverted, next: after } => {
                let base = self.stack.len();
                let found = self.run(next, position)?.is_some();
                if found && !inverted {
                    // What it captured stays until something before it is retried; its own
                    // choices are forgotten.
                    let inner = self.stack.split_off(base);
                    let kept = |entry: &Entry| matches!(entry, Entry::Slot { .. } | Entry::Register { .. });
                    self.stack.extend(inner.into_iter().filter(kept));
                } else if found {
                    self.undo(base);
                }
                if found == *inverted { Step::Fail } else { Step::To(*after, position) }
            }
            Instruction::LoopStart { register } => {
                self.set_register(*register, (0, NOWHERE));
                Step::To(next, position)
            }
            Instruction::LoopHead { register, min, max, greedy, exit } => {
                let passes = self.registers[*register].0;
                if passes < *min {
                    Step::To(next, position)
                } else if max.is_some_and(|max| passes >= max) {
                    Step::To(*exit, position)
                } else if *greedy {
                    self.stack.push(Entry::Retry { at: *exit, position });
                    Step::To(next, position)
                } else {
                    self.stack.push(Entry::Retry { at: next, position });
                    Step::To(*exit, position)
                }
            }
            Instruction::LoopPass { register, captures } => {
                let passes = self.registers[*register].0.saturating_add(1);
                self.set_register(*register, (passes, position));
                for slot in captures.start * 2..captures.end * 2 {
                    self.set_slot(slot, NOWHERE);
                }
                self.work(captures.len())?;
                Step::To(next, position)
            }
            Instruction::LoopEnd { register, min, head } => {
                let (passes, began) = self.registers[*register];
                self.when_to(passes <= *min || began != position, *head, position)
            }
        })
    }

    fn when(&self, holds: bool, at: usize, position: usize) -> Step {
        self.when_to(holds, at + 1, position)
    }

    #[expect(clippy::unused_self, reason = "reads like its neighbours")]
    fn when_to(&self, holds: bool, to: usize, position: usize) -> Step {
        if holds { Step::To(to, position) } else { Step::Fail }
    }

    /// The unit beside a position, and the position beyond it.
    fn unit(&self, position: usize, behind: bool) -> Option<(u16, usize)> {
        let place = if behind { position.checked_sub(1)? } else { position };
        let unit = *self.subject.get(place)?;
        Some((unit, if behind { place } else { place + 1 }))
    }

    /// How many units of the set stand beside a position, `max` at most.
    fn count(
        &mut self,
        set: &UnitSet,
        behind: bool,
        position: usize,
        max: usize,
    ) -> Result<usize, TooMuchWork> {
        let belongs = |unit: &&u16| set.contains(**unit);
        let count = if behind {
            self.subject[..position].iter().rev().take(max).take_while(belongs).count()
        } else {
            self.subject[position..].iter().take(max).take_while(belongs).count()
        };
        self.work(count)?;
        Ok(count)
    }

    /// Where the position is beyond what a group matched, if that stands here again.
    fn repeated(
        &mut self,
        groups: &[usize],
        behind: bool,
        ignore_case: bool,
        position: usize,
    ) -> Result<Option<usize>, TooMuchWork> {
        let slots = &self.slots;
        let taken = groups.iter().map(|group| (slots[group * 2], slots[group * 2 + 1]));
        let Some((start, end)) = taken.clone().find(|(start, end)| *start != NOWHERE && *end != NOWHERE)
        else {
            return Ok(Some(position));
        };
        let length = end - start;
        let place = if behind { position.checked_sub(length) } else { Some(position) };
        let Some(here) = place.and_then(|place| self.subject.get(place..place + length)) else {
            return Ok(None);
        };
        let there = &self.subject[start..end];
        let equal = if ignore_case {
            here.iter().zip(there).all(|(here, there)| canonical(*here) == canonical(*there))
        } else {
            here == there
        };
        self.work(length)?;
        Ok(equal.then_some(if behind { position - length } else { position + length }))
    }

    fn set_slot(&mut self, slot: usize, value: usize) {
        let old = std::mem::replace(&mut self.slots[slot], value);
        if old != value {
            self.stack.push(Entry::Slot { slot, old });
        }
    }

    fn set_register(&mut self, register: usize, value: (u32, usize)) {
        let old = std::mem::replace(&mut self.registers[register], value);
        self.stack.push(Entry::Register { register, old });
    }

    /// Goes back to the last choice above `base`, putting back what was changed since.
    fn back(&mut self, base: usize) -> Option<(usize, usize)> {
        while self.stack.len() > base {
            match self.stack.pop()? {
                Entry::Retry { at, position } => return Some((at, position)),
                Entry::Run { at, position, left } => {
                    if let Some(place) = self.retry_run(at, position, left) {
                        return Some((at + 1, place));
                    }
                }
                Entry::Slot { slot, old } => self.slots[slot] = old,
                Entry::Register { register, old } => self.registers[register] = old,
            }
        }
        None
    }

    fn retry_run(&mut self, at: usize, position: usize, left: usize) -> Option<usize> {
        let Instruction::Run { set, behind, greedy, .. } = &self.program.instructions[at] else {
            return None;
        };
        let place = if *greedy {
            if *behind { position + 1 } else { position - 1 }
        } else {
            self.unit(position, *behind).filter(|(unit, _)| set.contains(*unit))?.1
        };
        if left > 1 {
            self.stack.push(Entry::Run { at, position: place, left: left - 1 });
        }
        Some(place)
    }

    fn undo(&mut self, base: usize) {
        while self.stack.len() > base {
            match self.stack.pop() {
                Some(Entry::Slot { slot, old }) => self.slots[slot] = old,
                Some(Entry::Register { register, old }) => self.registers[register] = old,
                _ => {}
            }
        }
    }
}

enum Step {
    To(usize, usize),
    Fail,
    Done,
}
