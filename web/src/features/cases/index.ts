export { assertionsSummary } from "./assertionForm";
export { caseTitle } from "./caseTitle";
export { casesKey, casesQuery } from "./queries";
