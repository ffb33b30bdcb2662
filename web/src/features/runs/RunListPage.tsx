import { usePage } from "@/components/Page";

export function RunListPage() {
  usePage("Runs");
  return <div className="page">Runs</div>;
}
