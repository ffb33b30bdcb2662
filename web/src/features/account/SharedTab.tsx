import { usePage } from "@/components/Page";
import { Empty } from "@/components/States";
import { SharedList } from "./SharedList";

/** What others gave this account to read. */
export function SharedTab() {
  usePage("Shared");
  return (
    <SharedList
      nothing={
        <Empty title="Nothing is shared with you">
          Who shares a card or a run with your account lets you read it here, without adding you to a
          workspace.
        </Empty>
      }
    />
  );
}
