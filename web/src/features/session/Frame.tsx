import { type ReactNode, useEffect } from "react";
import { Icon } from "@/components/Icon";
import { ThemeMenu } from "@/components/ThemeMenu";
import "./session.css";

/** What stands around a page for somebody who is not signed in. */
export function Frame({ title, children }: { title: string; children: ReactNode }) {
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
            <ThemeMenu />
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
