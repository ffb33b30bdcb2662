//! `GET …/cards/{slug}/labels/{label}`: where an application fetches its prompt.

use std::pin::pin;
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use domain::ids::WorkspaceId;
use engine::cards::LabelledVersion;
use garde::Validate;
use http::{StatusCode, Uri};
use serde::Deserialize;
use tokio::time::sleep;
use utoipa::{IntoParams, ToSchema};

use crate::cards::answers::Answer;
use crate::extract::{IfNoneMatch, Path, Query};
use crate::problem::Result;
use crate::state::ApiState;

/// How long one who waits hears nothing before it reads the label again: a move that another instance made is
/// not told here.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Whether to wait.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LabelQuery {
    /// Seconds to wait for a change while the reader has what there is. Absent: the answer comes at once.
    #[param(inline)]
    #[garde(skip)]
    wait: Option<WaitSeconds>,
}

/// How long to wait: 1 to 60 seconds. Many a proxy ends a request that is silent for longer.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = u32, minimum = 1, maximum = 60)]
struct WaitSeconds(u64);

impl TryFrom<String> for WaitSeconds {
    type Error = &'static str;

    fn try_from(text: String) -> std::result::Result<Self, &'static str> {
        match text.parse() {
            Ok(seconds @ 1..=60) => Ok(Self(seconds)),
            _ => Err("expected a whole number of seconds from 1 to 60"),
        }
    }
}

/// Fetch the version that a label points to
///
/// Keep the ETag and send it as `If-None-Match`: while nothing has changed the answer is 304 without a body. With
/// `wait` that answer comes when the time is over, or earlier if the server stops; a change is answered when it
/// happens. Without `If-None-Match` there is nothing to wait for.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/cards/{slug}/labels/{label}", tag = "cards",
    params(LabelQuery, IfNoneMatch),
    responses((status = 200, body = LabelledVersion, headers(("ETag" = String))),
              (status = 304, description = "The reader has it already.")))]
pub(crate) async fn get_label(
    State(state): State<ApiState>,
    Path((ws, slug, label)): Path<(String, String, String)>,
    Query(query): Query<LabelQuery>,
    known: IfNoneMatch,
    address: Uri,
) -> Result<Response> {
    let workspace = state.workspace(&ws).await?;
    let fetch = Fetch { state: &state, workspace, slug, label, known, address };
    match query.wait {
        None => fetch.now().await,
        Some(WaitSeconds(seconds)) => fetch.when_changed(Duration::from_secs(seconds)).await,
    }
}

/// What is fetched, and by whom.
struct Fetch<'a> {
    state: &'a ApiState,
    workspace: WorkspaceId,
    slug: String,
    label: String,
    known: IfNoneMatch,
    address: Uri,
}

impl Fetch<'_> {
    /// What the label points to, or 304 if the reader has it.
    async fn now(&self) -> Result<Response> {
        let engine = &self.state.engine;
        let read = async {
            let found =
                engine.labelled_version(self.workspace, self.slug.clone(), self.label.clone()).await?;
            Ok(Answer::of(&found.value)?.hashed())
        };
        let answer = self.state.card_answers.at(&self.address, engine.card_state(), read).await?;
        Ok(answer.unless_known(&self.known))
    }

    /// What the label points to as soon as the reader does not have it, or 304 when the time is over.
    async fn when_changed(&self, time: Duration) -> Result<Response> {
        let mut over = pin!(sleep(time));
        // Listened to before the label is read: a move in between is heard.
        let mut moves = self.state.engine.label_moves();
        loop {
            let response = self.now().await?;
            if response.status() != StatusCode::NOT_MODIFIED {
                return Ok(response);
            }
            tokio::select! {
                () = moves.of_card(self.workspace, &self.slug) => {}
                () = sleep(LOOK_EVERY) => {}
                () = &mut over => return Ok(response),
                () = self.state.closing.cancelled() => return Ok(response),
            }
        }
    }
}
