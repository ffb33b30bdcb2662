export { ShareDialog } from "./ShareDialog";
export { SharedList } from "./SharedList";
