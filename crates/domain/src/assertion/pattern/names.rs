//! The names and the number of a pattern's capturing groups, which its back-references need
//! before the groups are parsed.

use super::parse::digit_of;

/// Capturing groups of a pattern.
#[derive(Debug, Default)]
pub(super) struct GroupNames {
    named: Vec<NamedGroup>,
    captures: usize,
}

#[derive(Debug)]
struct NamedGroup {
    name: String,
    index: usize,
    /// The alternative in which it stands, of each group around it.
    alternatives: Vec<(usize, usize)>,
}

impl NamedGroup {
    /// Whether both can take part in one match. Then they may not have the same name.
    fn meets(&self, other: &Self) -> bool {
        self.alternatives
            .iter()
            .zip(&other.alternatives)
            .all(|(mine, other)| mine.0 != other.0 || mine == other)
    }
}

impl GroupNames {
    /// Finds the groups of a pattern, stepping over classes and escapes.
    pub(super) fn find(units: &[u16]) -> Result<Self, String> {
        let mut found = Self::default();
        let mut alternatives = vec![(0, 0)];
        let (mut groups, mut in_class, mut position) = (0, false, 0);
        while let Some(&unit) = units.get(position) {
            position += 1;
            match unit.to_le_bytes() {
                [b'\\', 0] => position += 1,
                [b'[', 0] => in_class = true,
                [b']', 0] => in_class = false,
                _ if in_class => {}
                [b'|', 0] => {
                    if let Some(innermost) = alternatives.last_mut() {
                        innermost.1 += 1;
                    }
                }
                [b')', 0] => {
                    alternatives.pop();
                }
                [b'(', 0] => {
                    groups += 1;
                    found.open(units, position, &alternatives)?;
                    alternatives.push((groups, 0));
                }
                _ => {}
            }
        }
        Ok(found)
    }

    fn open(
        &mut self,
        units: &[u16],
        position: usize,
        alternatives: &[(usize, usize)],
    ) -> Result<(), String> {
        let after: Vec<u16> = units[position..].iter().copied().take(3).collect();
        let starts = |text: &str| text.encode_utf16().eq(after.iter().copied().take(text.len()));
        let named = starts("?<") && !starts("?<=") && !starts("?<!");
        if starts("?") && !named {
            return Ok(());
        }
        self.captures += 1;
        if named {
            let (name, _) = read_name(&units[position + 2..]).ok_or("a group has no valid name")?;
            let group = NamedGroup { name, index: self.captures, alternatives: alternatives.to_vec() };
            if self.named.iter().any(|other| other.name == group.name && other.meets(&group)) {
                return Err(format!("two groups have the name `{}`", group.name));
            }
            self.named.push(group);
        }
        Ok(())
    }

    /// How many groups capture.
    pub(super) fn captures(&self) -> usize {
        self.captures
    }

    /// Whether any has a name. Then `\k` is a reference, otherwise the letter.
    pub(super) fn any(&self) -> bool {
        !self.named.is_empty()
    }

    /// The groups of a name: several, where they stand in different alternatives.
    pub(super) fn of(&self, name: &str) -> Vec<usize> {
        self.named.iter().filter(|group| group.name == name).map(|group| group.index).collect()
    }
}

/// Reads `name>`: the name, and how many units both take.
pub(super) fn read_name(units: &[u16]) -> Option<(String, usize)> {
    let end = units.iter().position(|unit| *unit == u16::from(b'>'))?;
    let mut name = String::new();
    let mut rest =
        char::decode_utf16(units[..end].iter().copied()).map(Result::ok).collect::<Option<Vec<_>>>()?;
    rest.reverse();
    while let Some(mut character) = rest.pop() {
        if character == '\\' {
            character = escaped(&mut rest)?;
        }
        let allowed = character.is_alphabetic()
            || matches!(character, '$' | '_')
            || (!name.is_empty() && (character.is_numeric() || matches!(character, '\u{200C}' | '\u{200D}')));
        if !allowed {
            return None;
        }
        name.push(character);
    }
    (!name.is_empty()).then_some((name, end + 1))
}

/// What follows a backslash in a name: `u0061` or `u{61}`. The last character comes first.
fn escaped(reversed: &mut Vec<char>) -> Option<char> {
    if reversed.pop()? != 'u' {
        return None;
    }
    let braces = reversed.pop_if(|next| *next == '{').is_some();
    let (mut code, mut digits) = (0_u32, 0);
    while braces || digits < 4 {
        let next = reversed.pop()?;
        if braces && next == '}' && digits > 0 {
            break;
        }
        code = code.checked_mul(16)?.checked_add(digit_of(u16::try_from(u32::from(next)).ok()?, 16)?)?;
        digits += 1;
    }
    char::from_u32(code)
}
