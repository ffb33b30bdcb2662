export { isActive, runQuery, runsQuery } from "./queries";
