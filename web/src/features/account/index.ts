export { KeysTable } from "./KeysTable";
export { RevokeDialog } from "./RevokeDialog";
export { SharedList } from "./SharedList";
