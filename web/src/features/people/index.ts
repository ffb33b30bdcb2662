export { usersQuery } from "./queries";
