-- The instance whose import is made in the workspace, to be moved into another one; NULL: it is one that is used.
ALTER TABLE workspaces ADD COLUMN prepared_by TEXT COLLATE "C";
