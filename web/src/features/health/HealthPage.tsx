import { usePage } from "@/components/Page";

export function HealthPage() {
  usePage("Health");
  return <div className="page">Health</div>;
}
