//! What names of cards, folders, tags and labels may look like.
#![expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "garde passes references to the value and its context"
)]

/// A slug: 1 to 100 lower-case letters, digits and single hyphens, with a letter or digit at both ends.
pub(crate) fn slug(slug: &str, (): &()) -> garde::Result {
    let sound = (1..=100).contains(&slug.len())
        && slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !slug.starts_with('-')
        && !slug.ends_with('-')
        && !slug.contains("--");
    sound
        .then_some(())
        .ok_or_else(|| garde::Error::new("use lower case, digits and hyphens, for example grade-school"))
}

/// A folder path: parts separated by `/`, each written like a slug; empty for the top.
pub(crate) fn folder(folder: &str, (): &()) -> garde::Result {
    if folder.is_empty() {
        return Ok(());
    }
    if folder.len() > 200 || folder.split('/').any(|part| slug(part, &()).is_err()) {
        return Err(garde::Error::new(
            "use lower case, digits and hyphens, with / between folders, for example math/word-problems",
        ));
    }
    Ok(())
}

/// A tag: not empty, at most 50 characters, no control characters and no space at its ends.
pub(crate) fn tag(tag: &str, (): &()) -> garde::Result {
    let sound = (1..=50).contains(&tag.chars().count())
        && tag.trim() == tag
        && !tag.chars().any(|letter| letter.is_control() || letter == ',');
    sound.then_some(()).ok_or_else(|| garde::Error::new("a tag has 1 to 50 characters and no comma"))
}

/// A label, written like a slug. Called with a name from an address.
pub(crate) fn is_label(name: &str) -> bool {
    slug(name, &()).is_ok()
}

/// [`tag`] for a list of owned texts.
#[expect(clippy::ptr_arg, reason = "garde passes a reference to the item")]
pub(crate) fn tag_of(text: &String, context: &()) -> garde::Result {
    tag(text, context)
}
