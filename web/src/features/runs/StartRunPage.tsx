import { usePage } from "@/components/Page";

export function StartRunPage() {
  usePage("New run");
  return <div className="page">New run</div>;
}
