import { usePage } from "@/components/Page";

export function CardListPage() {
  usePage("Cards");
  return <div className="page">Cards</div>;
}
