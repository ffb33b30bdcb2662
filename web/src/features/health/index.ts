export { ChecksList } from "./ChecksList";
export { healthQuery } from "./queries";
