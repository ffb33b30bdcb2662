import { type ReactNode, useEffect } from "react";
import { Icon } from "@/components/Icon";
import { ChoiceMenu } from "@/components/Layers";
import { useTheme } from "@/lib/theme";
import "./session.css";

/** What stands around a page for somebody who is not signed in. */
export function Frame({ title, children }: { title: string; children: ReactNode }) {
  const [theme, setTheme] = useTheme();
  useEffect(() => {
    document.title = `${title} · Promptcards`;
  }, [title]);
  return (
    <div className="signin">
      <main className="signin__form" id="main">
        <div className="signin__mark">
          <Icon name="mark" />
          <span className="medium">Promptcards</span>
          <span className="push">
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
          </span>
        </div>
        {children}
      </main>
      <footer className="signin__foot hint">
        <span>Nothing leaves this server but calls to your model servers.</span>
      </footer>
    </div>
  );
}

/** Why a form was not taken, where it is about no single field. */
export function Alert({ children }: { children: ReactNode }) {
  return (
    <p className="alert t-fail small" role="alert">
      <Icon name="error" small />
      <span>{children}</span>
    </p>
  );
}
