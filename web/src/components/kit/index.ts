// What is drawn with the component kit. It is large and nothing of it is seen at first: `../useKit` brings it later.
export { Dialog } from "./Dialog";
export { ChoiceMenu, Menu } from "./Menus";
export { showToast, Toasts } from "./Toasts";
