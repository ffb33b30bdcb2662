export { RUNS, runQuery, runsQuery } from "./queries";
