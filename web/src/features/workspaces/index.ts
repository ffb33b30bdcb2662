export { OwnersHint } from "./OwnersHint";
export { workspacesQuery } from "./queries";
export { ReadOnly } from "./ReadOnly";
