export { KeysTable } from "./KeysTable";
export { RevokeDialog } from "./RevokeDialog";
