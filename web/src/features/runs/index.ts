export { isActive, runQuery, runsQuery } from "./queries";
export { readRunAhead } from "./readAhead";
