//! `POST /api/v1/audit/verify`.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::{By, Json};
use crate::problem::Result;
use crate::state::ApiState;

/// What verifying the audit log found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditVerified {
    /// Whether it is what was written.
    sound: bool,
    /// The number of the first line that is there. Lines before it were removed by age; 0: the log is empty.
    first: i64,
    /// The number of the last line that is as it was written.
    last: i64,
    /// The hash of that line. Who keeps it elsewhere can see later that the log up to there is the same.
    hash: String,
    /// How many signed checkpoints it has.
    checkpoints: usize,
    /// The first line that is not as it was written.
    fault: Option<AuditFault>,
}

/// A line of the audit log that is not what was written.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditFault {
    /// Its number.
    seq: i64,
    /// What is wrong with it.
    detail: String,
}

/// Verify that the audit log is what was written
///
/// The chain of hashes is followed from the first line to the last, past every signed checkpoint.
#[utoipa::path(post, path = "/api/v1/audit/verify", tag = "audit", responses((status = 200, body = AuditVerified)))]
pub(crate) async fn verify_audit(
    State(state): State<ApiState>,
    By(caller): By,
) -> Result<Json<AuditVerified>> {
    let verified = state.engine.verify_audit(&caller, None).await?;
    Ok(Json(AuditVerified {
        sound: verified.fault.is_none(),
        first: verified.first,
        last: verified.last,
        hash: verified.hash,
        checkpoints: verified.checkpoints,
        fault: verified.fault.map(|fault| AuditFault { seq: fault.seq, detail: format!("{}.", fault.flaw) }),
    }))
}
