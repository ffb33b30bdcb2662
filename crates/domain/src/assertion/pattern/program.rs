//! A pattern as instructions for the backtracking matcher.

use super::syntax::{Node, Syntax};
use super::units::UnitSet;

/// One instruction. Targets are indices into the program.
#[derive(Debug)]
pub(super) enum Instruction {
    /// One unit of the set, before the position where `behind`.
    Set {
        set: UnitSet,
        behind: bool,
    },
    /// Units of the set, as many as may be and one less on each retry; the reverse where not `greedy`.
    Run {
        set: UnitSet,
        behind: bool,
        min: usize,
        max: usize,
        greedy: bool,
    },
    Start {
        of_line: bool,
    },
    End {
        of_line: bool,
    },
    Boundary {
        inverted: bool,
    },
    /// Notes the position in a slot.
    Save(usize),
    /// What a group matched, or nothing where none took part.
    Back {
        groups: Vec<usize>,
        behind: bool,
        ignore_case: bool,
    },
    /// Goes on here, and there if that leads to no match.
    Split(usize),
    Jump(usize),
    /// The next instruction begins the body of a look-around that ends in `Match`; `next` follows it.
    Look {
        inverted: bool,
        next: usize,
    },
    LoopStart {
        register: usize,
    },
    /// Decides whether to pass once more.
    LoopHead {
        register: usize,
        min: u32,
        max: Option<u32>,
        greedy: bool,
        exit: usize,
    },
    /// Begins a pass: groups `captures` are empty again. It follows its `LoopHead`.
    LoopPass {
        register: usize,
        captures: std::ops::Range<usize>,
    },
    /// Ends a pass; one that was not needed and matched nothing is refused.
    LoopEnd {
        register: usize,
        min: u32,
        head: usize,
    },
    Match,
}

/// A program with what it needs of memory.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) instructions: Vec<Instruction>,
    /// Slots of captures: two for each group, group 0 is the whole match.
    pub(super) slots: usize,
    /// Loops, of which each has two registers.
    pub(super) loops: usize,
}

/// Compiles a pattern.
pub(super) fn compile(syntax: &Syntax) -> Program {
    let mut program = Program { instructions: Vec::new(), slots: (syntax.captures + 1) * 2, loops: 0 };
    program.push_node(&syntax.root, false);
    program.instructions.push(Instruction::Match);
    program
}

impl Program {
    fn push(&mut self, instruction: Instruction) -> usize {
        self.instructions.push(instruction);
        self.instructions.len() - 1
    }

    fn push_node(&mut self, node: &Node, behind: bool) {
        match node {
            Node::Set(set) => {
                self.push(Instruction::Set { set: set.clone(), behind });
            }
            Node::Start { of_line } => {
                self.push(Instruction::Start { of_line: *of_line });
            }
            Node::End { of_line } => {
                self.push(Instruction::End { of_line: *of_line });
            }
            Node::Boundary { inverted } => {
                self.push(Instruction::Boundary { inverted: *inverted });
            }
            Node::Back { groups, ignore_case } => {
                self.push(Instruction::Back { groups: groups.clone(), behind, ignore_case: *ignore_case });
            }
            Node::Capture { index, body } => {
                self.push(Instruction::Save(index * 2 + usize::from(behind)));
                self.push_node(body, behind);
                self.push(Instruction::Save(index * 2 + usize::from(!behind)));
            }
            Node::Sequence(nodes) if behind => nodes.iter().rev().for_each(|node| self.push_node(node, true)),
            Node::Sequence(nodes) => nodes.iter().for_each(|node| self.push_node(node, false)),
            Node::Choice(nodes) => self.push_choice(nodes, behind),
            Node::Look { behind, inverted, body } => {
                let look = self.push(Instruction::Look { inverted: *inverted, next: 0 });
                self.push_node(body, *behind);
                self.push(Instruction::Match);
                let next = self.instructions.len();
                self.instructions[look] = Instruction::Look { inverted: *inverted, next };
            }
            Node::Repeat { body, min, max, greedy } => self.push_loop(body, (*min, *max), *greedy, behind),
        }
    }

    fn push_choice(&mut self, nodes: &[Node], behind: bool) {
        let mut jumps = Vec::new();
        for (position, node) in nodes.iter().enumerate() {
            if position + 1 == nodes.len() {
                self.push_node(node, behind);
                break;
            }
            let split = self.push(Instruction::Split(0));
            self.push_node(node, behind);
            jumps.push(self.push(Instruction::Jump(0)));
            self.instructions[split] = Instruction::Split(self.instructions.len());
        }
        let end = self.instructions.len();
        for jump in jumps {
            self.instructions[jump] = Instruction::Jump(end);
        }
    }

    fn push_loop(&mut self, body: &Node, (min, max): (u32, Option<u32>), greedy: bool, behind: bool) {
        if let Node::Set(set) = body {
            let [min, max] = [min, max.unwrap_or(u32::MAX)].map(|n| usize::try_from(n).unwrap_or(usize::MAX));
            self.push(Instruction::Run { set: set.clone(), behind, min, max, greedy });
            return;
        }
        let register = self.loops;
        self.loops += 1;
        self.push(Instruction::LoopStart { register });
        let head = self.push(Instruction::Match);
        let captures = body.captures();
        self.push(Instruction::LoopPass { register, captures });
        self.push_node(body, behind);
        self.push(Instruction::LoopEnd { register, min, head });
        let exit = self.instructions.len();
        self.instructions[head] = Instruction::LoopHead { register, min, max, greedy, exit };
    }
}
