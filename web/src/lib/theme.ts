import { useState } from "react";

export type Theme = "system" | "light" | "dark";

function remembered(): Theme {
  const theme = document.documentElement.dataset.theme;
  return theme === "light" || theme === "dark" ? theme : "system";
}

function apply(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    if (theme === "system") localStorage.removeItem("theme");
    else localStorage.setItem("theme", theme);
  } catch {
    // Storage is off: the choice holds until the page is left.
  }
}

/** The theme and how to change it. `public/theme.js` sets the remembered one before the first paint. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState(remembered);
  return [
    theme,
    (next) => {
      apply(next);
      setTheme(next);
    },
  ];
}
