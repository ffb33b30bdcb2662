export { ChecksList } from "./ChecksList";
export { checksOf, healthQuery } from "./queries";
