import { useTheme } from "@/lib/theme";
import { ChoiceMenu } from "./Layers";

/** Light, dark, or what the system says. */
export function ThemeMenu() {
  const [theme, setTheme] = useTheme();
  return (
    <ChoiceMenu
      label="Theme"
      icon="theme"
      value={theme}
      onChange={setTheme}
      options={[
        { value: "system", label: "Like the system" },
        { value: "light", label: "Light" },
        { value: "dark", label: "Dark" },
      ]}
    />
  );
}
