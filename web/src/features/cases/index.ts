export { casesKey, casesQuery } from "./queries";
