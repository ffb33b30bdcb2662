export { modelsQuery, providersQuery } from "./queries";
