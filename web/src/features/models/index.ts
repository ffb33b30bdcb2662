export { modelsQuery, providersQuery, refreshModels } from "./queries";
