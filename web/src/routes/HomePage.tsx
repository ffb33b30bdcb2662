import { usePage } from "@/components/Page";

export function HomePage() {
  usePage("Home");
  return <div className="page">Home</div>;
}
