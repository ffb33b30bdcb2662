export { Alert } from "./Frame";
export { isAcceptable, NewPasswordField, PasswordField } from "./PasswordField";
