import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { CardContent } from "@/api/types";
import { Segments } from "@/components/Fields";
import { plural } from "@/lib/format";
import { changedSections } from "../content";
import { versionQuery } from "../queries";
import { Changes } from "../versions/Changes";

/** What the draft changes of the latest version; not shown while it changes nothing. */
export function ChangesPart({
  slug,
  latest,
  content,
}: {
  slug: string;
  latest: number;
  content: CardContent;
}) {
  const version = useQuery(versionQuery(slug, latest));
  const [layout, setLayout] = useState<"inline" | "split">("inline");
  if (!version.data) return null;
  const parts = changedSections(version.data.content, content).length;
  if (parts === 0) return null;
  return (
    <section>
      <div className="section__head">
        <h2>Changes since v{latest}</h2>
        <span className="count">in {plural(parts, "part")}</span>
        <span className="push only-wide">
          <Segments
            label="Layout"
            value={layout}
            onChange={setLayout}
            options={[
              { value: "inline", label: "Inline" },
              { value: "split", label: "Side by side" },
            ]}
          />
        </span>
      </div>
      <Changes before={version.data.content} after={content} split={layout === "split"} />
    </section>
  );
}
