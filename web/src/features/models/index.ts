export { PullMissing } from "./PullMissing";
export { modelsQuery, providersQuery } from "./queries";
