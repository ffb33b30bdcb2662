//! Workspaces: seeing, making and renaming them.

use domain::audit::Action;
use domain::caller::Caller;
use domain::ids::WorkspaceId;
use domain::permission::{ServerRole, WorkspaceRole};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::People;
use super::account::{Workspace, own};
use crate::cards;
use crate::error::{Conflict, Error, Result};

/// A workspace to be made. Who makes it owns it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct NewWorkspace {
    /// Its name in addresses, which never changes: lower case, digits and hyphens.
    #[garde(custom(cards::slug))]
    pub slug: String,
    /// Its name for people.
    #[garde(length(chars, min = 1, max = 200))]
    pub name: String,
}

/// What is to be changed of a workspace.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct EditWorkspace {
    /// Its name for people.
    #[garde(length(chars, min = 1, max = 200))]
    pub name: String,
}

impl People {
    /// The workspaces that are open to who asks; for an admin, all there are.
    pub async fn workspaces(&self, caller: &Caller) -> Result<Vec<Workspace>> {
        let (user, all, now) = (own(caller)?, caller.role == ServerRole::Admin, self.clock.now());
        let rows = self.store.read(move |conn| store::workspaces::of_user(conn, user, all, now)).await?;
        Ok(rows.into_iter().map(Workspace::from).collect())
    }

    /// Makes a workspace, owned by who asks.
    pub async fn create_workspace(&self, caller: &Caller, new: NewWorkspace) -> Result<Workspace> {
        let (user, id, at) = (own(caller)?, WorkspaceId::new(&*self.ids), self.clock.now());
        let entry = self.audit.entry(caller, Action::WorkspaceCreate).in_workspace(id);
        self.store
            .try_write(move |conn| {
                if !store::workspaces::insert(conn, id, &new.slug, &new.name, at)? {
                    return Err(Error::conflict(
                        Conflict::SlugTaken,
                        format!("There is already a workspace `{}`. Choose another slug.", new.slug),
                    ));
                }
                store::members::set(conn, id, user, WorkspaceRole::Owner, at)?;
                store::audit::append(conn, &entry)?;
                Ok(Workspace {
                    id,
                    slug: new.slug.clone(),
                    name: new.name.clone(),
                    role: Some(WorkspaceRole::Owner),
                })
            })
            .await
    }

    /// Gives a workspace another name for people.
    pub async fn rename_workspace(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        edit: EditWorkspace,
    ) -> Result<()> {
        let entry = self.audit.entry(caller, Action::WorkspaceEdit).in_workspace(workspace);
        let renamed = self
            .store
            .write(move |conn| {
                let renamed = store::workspaces::rename(conn, workspace, &edit.name)?;
                if renamed {
                    store::audit::append(conn, &entry)?;
                }
                Ok(renamed)
            })
            .await?;
        if renamed { Ok(()) } else { Err(Error::not_found("such workspace")) }
    }
}
