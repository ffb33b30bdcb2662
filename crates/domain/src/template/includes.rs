//! Cards taken into other cards: finding the tags, and pinning each to a version.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use minijinja::machinery::ast::{self, Expr, Stmt};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::problem::TemplateProblem;
use super::prompt::texts_of;
use super::syntax::{Source, bytes};
use crate::card::{CardContent, PinnedInclude, Role, TEMPLATE_LIMIT};

/// How deep cards may include cards that include cards.
pub const INCLUDE_DEPTH_LIMIT: usize = 8;
/// Most bytes that all included texts have together: as many as one template.
const INCLUDED_BYTES_LIMIT: usize = TEMPLATE_LIMIT;
/// Most tags that are looked up for one card.
const TAGS_LIMIT: usize = 200;

/// One `{% include "card:slug@label" %}` of a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IncludeReference {
    /// The card that is taken in.
    pub slug: String,
    /// The label that says which version.
    pub label: String,
    /// Where the text with the tag stands in the card, such as `/messages/0/content/0/text`.
    pub pointer: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

/// Which version of a card is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// The version that a label points to now.
    Label(&'a str),
    /// The version of this number, whatever became of the card since.
    Version(i64),
}

/// What is known of a card that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Lookup {
    /// The version, and what it contains.
    Found {
        /// Its number.
        version: i64,
        /// What it contains, with its own pins.
        content: Box<CardContent>,
    },
    /// The card is archived. It is only an answer to a label: what was pinned stays.
    Archived,
    /// There is no such card, or no such label on it.
    Unknown,
}

/// The texts of the cards that a card includes, each of the version it is pinned to. A run keeps them as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Includes {
    /// By `slug@number`.
    texts: BTreeMap<String, String>,
    /// By the text that has the tag (`slug@number`, or empty for the card itself), then by the tag's
    /// `card:slug@label`: the name of the text to take in. Two cards may have pinned one label to
    /// different versions.
    links: BTreeMap<String, BTreeMap<String, String>>,
    depth: usize,
}

/// A card's includes, pinned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResolvedIncludes {
    /// What to keep in [`CardContent::includes`] of the saved version.
    pub pins: Vec<PinnedInclude>,
    /// The texts, to compile the card with.
    pub includes: Includes,
}

impl Includes {
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    pub(super) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(id, text)| (id.as_str(), text.as_str()))
    }

    /// The name and text that a tag in `parent` takes in. A name that begins with `/` is a part of
    /// the card itself.
    pub(super) fn target(&self, parent: &str, tag: &str) -> Option<(&str, &str)> {
        let parent = if parent.starts_with('/') { "" } else { parent };
        let id = self.links.get(parent)?.get(tag)?;
        self.texts.get_key_value(id).map(|(id, text)| (id.as_str(), text.as_str()))
    }
}

/// The slug and the label of `card:slug@label`.
pub(super) fn parse_tag(tag: &str) -> Option<(&str, &str)> {
    let (slug, label) = tag.strip_prefix("card:")?.split_once('@')?;
    let sound =
        |name: &str| !name.is_empty() && !name.contains(|sign: char| sign.is_whitespace() || sign == '@');
    (sound(slug) && sound(label)).then_some((slug, label))
}

/// Finds the includes of a card, in the order of the text. A text that does not parse, or a tag that
/// names no card, has its problem from [`PromptTemplate::compile`](super::PromptTemplate::compile)
/// and is passed over here.
pub fn find_includes(content: &CardContent) -> Vec<IncludeReference> {
    let mut found = Vec::new();
    for (_, pointer, text) in texts_of(content) {
        let source = Source { pointer: &pointer, text };
        let Ok(tree) = source.parse() else { continue };
        for (tag, range) in tags(&tree) {
            let Some((slug, label)) = parse_tag(&tag) else { continue };
            let at = source.problem(range, "");
            found.push(IncludeReference {
                slug: slug.to_owned(),
                label: label.to_owned(),
                pointer: at.pointer,
                line: at.line,
                column: at.column,
            });
        }
    }
    found
}

/// Finds the version of each card that a card includes, and of those that they include.
///
/// A tag that [`CardContent::includes`] has a pin for keeps its version; the others follow their
/// label. So clear the pins before a new version is saved, and keep them to render a stored one.
/// `own_slug` is the card's own slug, so that it cannot include itself. `lookup` gives what a slug
/// and a label or a number stand for; it is asked once for each tag of each text.
///
/// Only a text can be included: a text card, or a chat card of one message of the role `user`.
pub fn resolve_includes(
    own_slug: Option<&str>,
    content: &CardContent,
    lookup: impl FnMut(&str, Wanted) -> Lookup,
) -> Result<ResolvedIncludes, Vec<TemplateProblem>> {
    let includes = Includes::default();
    let mut resolver = Resolver { lookup, includes, bytes: 0, tags: 0, resolved: BTreeMap::new() };
    let mut pins = Vec::new();
    let mut problems = Vec::new();
    for IncludeReference { slug, label, pointer, line, column } in find_includes(content) {
        // The card itself, even if it has no slug yet, so that each path begins with it.
        let mut path = vec![own_slug.unwrap_or_default().to_owned()];
        let tag = Tag { parent: "", pins: &content.includes, slug: &slug, label: &label };
        match resolver.resolve(&tag, &mut path) {
            Ok((version, below)) => {
                resolver.includes.depth = resolver.includes.depth.max(below.levels);
                let pin = PinnedInclude { slug, label, version };
                if !pins.contains(&pin) {
                    pins.push(pin);
                }
            }
            Err(message) => {
                problems.push(TemplateProblem { pointer, line, column, end_column: None, message });
            }
        }
    }
    if problems.is_empty() {
        Ok(ResolvedIncludes { pins, includes: resolver.includes })
    } else {
        Err(problems)
    }
}

struct Resolver<L> {
    lookup: L,
    includes: Includes,
    bytes: usize,
    tags: usize,
    resolved: BTreeMap<String, Below>,
}

/// What a resolved text takes in, itself included.
#[derive(Clone)]
struct Below {
    levels: usize,
    slugs: BTreeSet<String>,
}

/// A tag that is being resolved.
struct Tag<'a> {
    /// The text that has it.
    parent: &'a str,
    /// The pins of that text's card.
    pins: &'a [PinnedInclude],
    slug: &'a str,
    label: &'a str,
}

impl<L: FnMut(&str, Wanted) -> Lookup> Resolver<L> {
    /// Resolves a tag and all below it. `path` holds the slugs above it. Answers the version's number
    /// and what it takes in, or the sentence that says what is wrong.
    fn resolve(&mut self, tag: &Tag, path: &mut Vec<String>) -> Result<(i64, Below), String> {
        let Tag { slug, label, .. } = *tag;
        self.tags += 1;
        if self.tags > TAGS_LIMIT {
            return Err(format!("More than {TAGS_LIMIT} includes are needed for this card."));
        }
        if path.iter().any(|above| above == slug) {
            return Err(cycle(slug));
        }
        let pin = tag.pins.iter().find(|pin| pin.slug == slug && pin.label == label);
        let wanted = pin.map_or(Wanted::Label(label), |pin| Wanted::Version(pin.version));
        let (version, content) = match (self.lookup)(slug, wanted) {
            Lookup::Found { version, content } => (version, content),
            Lookup::Archived => {
                return Err(format!("The card `{slug}` is archived. Restore it, or take the include out."));
            }
            Lookup::Unknown => {
                return Err(format!("There is no card `{slug}` with the label `{label}` in this workspace."));
            }
        };
        let id = format!("{slug}@{version}");
        let links = self.includes.links.entry(tag.parent.to_owned()).or_default();
        links.insert(format!("card:{slug}@{label}"), id.clone());
        let depth = path.len();
        path.push(slug.to_owned());
        let below = self.text(&id, slug, version, &content, path)?;
        path.pop();
        if let Some(above) = path.iter().find(|above| below.slugs.contains(*above)) {
            return Err(cycle(above));
        }
        if depth + below.levels > INCLUDE_DEPTH_LIMIT + 1 {
            return Err(too_deep());
        }
        Ok((version, below))
    }

    fn text(
        &mut self,
        id: &str,
        slug: &str,
        version: i64,
        content: &CardContent,
        path: &mut Vec<String>,
    ) -> Result<Below, String> {
        if let Some(below) = self.resolved.get(id) {
            return Ok(below.clone());
        }
        if path.len() > INCLUDE_DEPTH_LIMIT + 1 {
            return Err(too_deep());
        }
        let text = includable_text(content)
            .ok_or_else(|| format!("The card `{slug}` has several messages. Only a text can be included."))?;
        self.bytes += text.len();
        if self.bytes > INCLUDED_BYTES_LIMIT {
            return Err(format!("The included cards are longer than {INCLUDED_BYTES_LIMIT} bytes together."));
        }
        let tree = Source { pointer: "", text: &text }
            .parse()
            .map_err(|_| format!("Version {version} of the included card `{slug}` does not parse."))?;
        let mut below = Below { levels: 1, slugs: BTreeSet::from([slug.to_owned()]) };
        for (name, _) in tags(&tree) {
            let Some((slug, label)) = parse_tag(&name) else { continue };
            let (_, inner) = self.resolve(&Tag { parent: id, pins: &content.includes, slug, label }, path)?;
            below.levels = below.levels.max(inner.levels + 1);
            below.slugs.extend(inner.slugs);
        }
        self.includes.texts.insert(id.to_owned(), text);
        self.resolved.insert(id.to_owned(), below.clone());
        Ok(below)
    }
}

fn cycle(slug: &str) -> String {
    format!("The card `{slug}` includes itself, by way of the cards between.")
}

fn too_deep() -> String {
    format!("Cards include cards more than {INCLUDE_DEPTH_LIMIT} deep here.")
}

fn includable_text(content: &CardContent) -> Option<String> {
    match content.messages.as_slice() {
        [only] if only.role == Role::User => Some(only.joined_text()),
        _ => None,
    }
}

/// The include tags of a tree whose names are written out, with the bytes of the name.
fn tags(tree: &Stmt) -> Vec<(String, Range<usize>)> {
    let mut found = Vec::new();
    collect(tree, &mut found);
    found
}

fn collect(statement: &Stmt, found: &mut Vec<(String, Range<usize>)>) {
    let bodies: [&[Stmt]; 2] = match statement {
        Stmt::Include(include) => {
            if let Some(tag) = literal(include) {
                found.push((tag, bytes(include.name.span())));
            }
            return;
        }
        Stmt::Template(stmt) => [&stmt.children, &[]],
        Stmt::ForLoop(stmt) => [&stmt.body, &stmt.else_body],
        Stmt::IfCond(stmt) => [&stmt.true_body, &stmt.false_body],
        Stmt::WithBlock(stmt) => [&stmt.body, &[]],
        Stmt::SetBlock(stmt) => [&stmt.body, &[]],
        Stmt::FilterBlock(stmt) => [&stmt.body, &[]],
        Stmt::Macro(stmt) => [&stmt.body, &[]],
        Stmt::CallBlock(stmt) => [&stmt.macro_decl.body, &[]],
        _ => return,
    };
    for statement in bodies.into_iter().flatten() {
        collect(statement, found);
    }
}

/// The name of an include where it is written out.
pub(super) fn literal(include: &ast::Include) -> Option<String> {
    match &include.name {
        Expr::Const(constant) => constant.value.as_str().map(str::to_owned),
        _ => None,
    }
}
