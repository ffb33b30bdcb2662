//! What is written down, by name.

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $text:literal),* $(,)?) => {
        /// What somebody did. The name of each stays for ever: it is in the chain.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Action {
            $($(#[$doc])* $name,)*
        }

        impl Action {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its name.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

actions! {
    /// The first account was made with the secret of the set-up.
    Setup = "auth.setup",
    /// Somebody signed in, or tried to.
    SignIn = "auth.sign_in",
    /// Somebody signed out.
    SignOut = "auth.sign_out",
    /// A refresh token came that was used before: all tokens of its session are void.
    RefreshReuse = "auth.refresh_reuse",
    /// A password was given again for something dangerous, or a wrong one.
    Confirm = "auth.confirm",
    /// A request was refused, because its caller may not do that.
    Forbidden = "auth.forbidden",
    /// A request was refused, because too many came before it.
    RateLimited = "auth.rate_limited",
    /// An account changed its own name or address.
    AccountEdit = "account.edit",
    /// A password was changed.
    PasswordChange = "account.password",
    /// A second factor was set up.
    TwoFactorAdd = "account.two_factor_add",
    /// A second factor was taken away.
    TwoFactorRemove = "account.two_factor_remove",
    /// A recovery code was used in place of the second factor.
    RecoveryCodeUse = "account.recovery_code_use",
    /// New recovery codes were made.
    RecoveryCodesRenew = "account.recovery_codes_renew",
    /// Sessions were ended by somebody.
    SessionRevoke = "session.revoke",
    /// An account was made.
    UserCreate = "user.create",
    /// Somebody was invited.
    UserInvite = "user.invite",
    /// The role of an account was changed.
    UserRole = "user.role",
    /// An account was disabled.
    UserDisable = "user.disable",
    /// An account was enabled again.
    UserEnable = "user.enable",
    /// The person of an account was erased.
    UserErase = "user.erase",
    /// A link to set a new password was made.
    ResetLink = "user.reset_link",
    /// A link was used: of an invitation or for a new password.
    LinkAccept = "link.accept",
    /// Somebody became a member of a workspace, or got another role in it.
    MemberSet = "member.set",
    /// Somebody is no member of a workspace any more.
    MemberRemove = "member.remove",
    /// An admin who is no member entered a workspace.
    WorkspaceEnter = "workspace.enter",
    /// A workspace was made.
    WorkspaceCreate = "workspace.create",
    /// A workspace was changed.
    WorkspaceEdit = "workspace.edit",
    /// An API key was made.
    ApiKeyCreate = "api_key.create",
    /// An API key was used for the first time.
    ApiKeyFirstUse = "api_key.first_use",
    /// An API key was revoked.
    ApiKeyRevoke = "api_key.revoke",
    /// The keys that sign access tokens were rotated.
    SigningKeyRotate = "signing_key.rotate",
    /// The keys of the database were sealed under a new master key.
    MasterKeyRewrap = "master_key.rewrap",
    /// A card was made.
    CardCreate = "card.create",
    /// Title, folder, tags, suite or slug of a card were changed.
    CardEdit = "card.edit",
    /// A card was archived.
    CardArchive = "card.archive",
    /// An archived card was brought back.
    CardRestore = "card.restore",
    /// A draft was saved as a version.
    VersionSave = "version.save",
    /// A label was pointed to a version.
    LabelMove = "label.move",
    /// A label was removed.
    LabelRemove = "label.remove",
    /// A suite was renamed.
    SuiteEdit = "suite.edit",
    /// A case was added.
    CaseCreate = "case.create",
    /// A case was changed.
    CaseEdit = "case.edit",
    /// A case was deleted.
    CaseDelete = "case.delete",
    /// A deleted case was brought back.
    CaseRestore = "case.restore",
    /// Cases were imported.
    CasesImport = "case.import",
    /// Cards were imported.
    CardsImport = "card.import",
    /// Cards were exported.
    CardsExport = "card.export",
    /// The sample cards were loaded.
    SamplesLoad = "card.samples",
    /// A run was started.
    RunStart = "run.start",
    /// A run was paused.
    RunPause = "run.pause",
    /// A paused run was resumed.
    RunResume = "run.resume",
    /// A run was cancelled.
    RunCancel = "run.cancel",
    /// Cells of a run that had ended in an error were put back.
    RunRetry = "run.retry",
    /// A run is kept, or is not any more.
    RunKeep = "run.keep",
    /// A run was deleted.
    RunDelete = "run.delete",
    /// A card or a run was shared.
    ShareCreate = "share.create",
    /// A share was revoked.
    ShareRevoke = "share.revoke",
    /// A model is pulled onto its server.
    ModelPull = "model.pull",
    /// A pull was cancelled.
    ModelPullCancel = "model.pull_cancel",
    /// A model was deleted from its server.
    ModelDelete = "model.delete",
    /// A model server was added.
    ProviderCreate = "provider.create",
    /// A model server was changed.
    ProviderEdit = "provider.edit",
    /// A model server was removed.
    ProviderDelete = "provider.delete",
    /// The key of a model server was set or cleared.
    ProviderKey = "provider.key",
    /// The addresses that may be called were changed.
    HostsEdit = "hosts.edit",
    /// All calls to a model server were stopped.
    BreakerOpen = "breaker.open",
    /// Calls to a model server may pass again.
    BreakerClose = "breaker.close",
    /// The daily budget of a workspace or of an API key was set.
    BudgetSet = "budget.set",
    /// A server was started.
    ServerStart = "server.start",
    /// A server was started with other settings than the one before.
    ConfigChange = "server.config",
    /// An instance begins a backup of a database that others use too.
    BackupBegin = "backup.begin",
    /// A backup was made.
    BackupCreate = "backup.create",
    /// A backup could not be made.
    BackupFailed = "backup.failed",
    /// The newest backup was restored into a temporary folder, to see whether that works.
    BackupDrill = "backup.drill",
    /// The newest backup could not be restored into a temporary folder.
    BackupDrillFailed = "backup.drill_failed",
    /// The database was restored from a backup; what follows was done in it.
    BackupRestore = "backup.restore",
    /// The oldest part of this log was removed, as the settings say.
    AuditRemove = "audit.remove",
    /// This log was exported.
    AuditExport = "audit.export",
    /// This log was found to be altered.
    AuditVerifyFailed = "audit.verify_failed",
}

impl std::str::FromStr for Action {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|action| action.as_str() == text);
        found.copied().ok_or_else(|| format!("`{}` is no action", text.chars().take(64).collect::<String>()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_found_again() {
        let names: BTreeSet<_> = Action::ALL.iter().map(|action| action.as_str()).collect();
        assert_eq!(names.len(), Action::ALL.len());
        for action in Action::ALL {
            assert_eq!(action.as_str().parse(), Ok(*action));
        }
    }
}
