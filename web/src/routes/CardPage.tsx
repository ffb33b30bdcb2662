import { Outlet } from "@tanstack/react-router";
import { usePage } from "@/components/Page";

export function CardPage() {
  usePage("Card");
  return <Outlet />;
}
export const CardEditorTab = () => null;
export const CardCasesTab = () => null;
export const CardVersionsTab = () => null;
export const CardRunsTab = () => null;
export const CardSettingsTab = () => null;
