import { usePage } from "@/components/Page";

export function RunPage() {
  usePage("Run");
  return <div className="page">Run</div>;
}
