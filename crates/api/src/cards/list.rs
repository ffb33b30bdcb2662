//! `GET …/cards`.

use axum::extract::State;
use domain::clock::Millis;
use domain::ids::CardId;
use engine::cards::{Card, CardFilter};
use garde::Validate;
use http::Uri;
use serde::Deserialize;
use utoipa::IntoParams;

use super::answers::Answer;
use crate::extract::{Cursor, PageLimit, Path, Query};
use crate::problem::Result;
use crate::reply::Page;
use crate::state::ApiState;

/// Which cards to list.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CardListQuery {
    /// Beginnings of words in title, slug, description, tags or template.
    #[garde(inner(length(chars, max = 200)))]
    search: Option<String>,
    /// Only cards in this folder or below it.
    #[garde(inner(length(chars, max = 200)))]
    folder: Option<String>,
    /// Only cards with this tag.
    #[garde(inner(length(chars, max = 50)))]
    tag: Option<String>,
    /// Only cards with this label; empty: only cards without any.
    #[garde(inner(length(chars, max = 100)))]
    label: Option<String>,
    /// Archived cards instead of the others.
    #[serde(default)]
    #[garde(skip)]
    archived: bool,
    /// `next_cursor` of the page before.
    #[param(inline)]
    #[garde(skip)]
    cursor: Option<Cursor>,
    /// Most cards of a page.
    #[serde(default)]
    #[param(inline)]
    #[garde(skip)]
    limit: PageLimit,
}

/// List cards, the last changed first
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/cards", tag = "cards", params(CardListQuery),
    responses((status = 200, body = Page<Card>)))]
pub(crate) async fn list_cards(
    State(state): State<ApiState>,
    Path(ws): Path<String>,
    Query(query): Query<CardListQuery>,
    address: Uri,
) -> Result<Answer> {
    let workspace = state.workspace(&ws).await?;
    let before: Option<(Millis, CardId)> = query.cursor.map(|cursor| cursor.decode()).transpose()?;
    let query = CardFilter {
        search: query.search,
        folder: query.folder,
        tag: query.tag,
        label: query.label,
        archived: query.archived,
        before,
        limit: query.limit.get().into(),
    };
    let read = async {
        let list = state.engine.cards(workspace, query).await?;
        let next_cursor = list.next.map(|next| Cursor::encode(&next)).transpose()?;
        Answer::of(&Page { items: list.cards, next_cursor })
    };
    state.card_answers.at(&address, state.engine.card_state(), read).await
}
