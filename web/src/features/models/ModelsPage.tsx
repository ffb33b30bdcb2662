import { usePage } from "@/components/Page";

export function ModelsPage() {
  usePage("Models");
  return <div className="page">Models</div>;
}
