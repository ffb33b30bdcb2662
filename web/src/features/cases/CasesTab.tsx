import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import type { CaseContent, VariableDefinition } from "@/api/types";
import { Button, IconButton } from "@/components/Button";
import { Find } from "@/components/Fields";
import { Icon } from "@/components/Icon";
import { LoadMore } from "@/components/LoadMore";
import { Empty, Failure } from "@/components/States";
import { useDebounced } from "@/lib/useDebounced";
import { CaseDrawer } from "./CaseDrawer";
import { CasesTable } from "./CasesTable";
import type { CaseForm } from "./caseForm";
import { ImportDialog } from "./ImportDialog";
import { casesQuery } from "./queries";
import "./cases.css";
import { useRights } from "@/api/sessionState";

const route = getRouteApi("/cards/$slug/cases");

/** The cases of a card's suite, and beside them the one that is open. */
export function CasesTab({ suiteId, variables }: { suiteId: string; variables: VariableDefinition[] }) {
  const { case: open, import: importing, ...filters } = route.useSearch();
  const navigate = route.useNavigate();
  const cases = useInfiniteQuery({ ...casesQuery(suiteId, filters), placeholderData: (before) => before });
  const items = cases.data?.pages.flatMap((page) => page.items);
  const [unsaved] = useState(() => new Map<string, CaseForm>());
  const [copyOf, setCopyOf] = useState<CaseContent>();

  const [typed, setTyped] = useState(filters.search ?? "");
  const search = useDebounced(typed.trim(), 200) || undefined;
  useEffect(() => {
    void navigate({ search: (before) => ({ ...before, search }), replace: true });
  }, [search, navigate]);

  const { edit } = useRights();
  const filtered = Boolean(filters.search || filters.tag);
  return (
    <div className={`cases-tab${open ? " has-drawer" : ""}`}>
      <div className="cases-tab__list">
        <div className="list__tools">
          <Find label="Find in cases" value={typed} onChange={setTyped} />
          {filters.tag && (
            <span className="chip">
              tag is {filters.tag}
              <IconButton
                icon="x"
                label={`Remove the filter ${filters.tag}`}
                onClick={() => void navigate({ search: (before) => ({ ...before, tag: undefined }) })}
              />
            </span>
          )}
          {edit && (
            <span className="push line">
              <Link className="btn" to="." search={(before) => ({ ...before, import: true })}>
                <Icon name="get" />
                Import
              </Link>
              <AddLink onAdd={() => setCopyOf(undefined)} />
            </span>
          )}
        </div>
        {cases.isError && !items ? (
          <Failure error={cases.error} onRetry={() => void cases.refetch()} />
        ) : items?.length === 0 ? (
          filtered ? (
            <Empty
              title="No case fits"
              actions={
                <Button
                  onClick={() => {
                    setTyped("");
                    void navigate({ search: {} });
                  }}
                >
                  Show all cases
                </Button>
              }
            >
              No description, variable or expected output is like this.
            </Empty>
          ) : (
            <Empty title="No cases yet" actions={edit && <AddLink onAdd={() => setCopyOf(undefined)} />}>
              A case is a set of variables and what the answer must satisfy. Start with the one that went
              wrong last.
            </Empty>
          )
        ) : (
          <>
            <CasesTable cases={items} variables={variables} open={open} />
            <LoadMore pages={cases} />
          </>
        )}
      </div>
      {open && (
        <CaseDrawer
          key={`${open} ${copyOf ? "copy" : ""}`}
          suiteId={suiteId}
          caseId={open}
          variables={variables}
          unsaved={unsaved}
          copyOf={open === "new" ? copyOf : undefined}
          onClose={() => void navigate({ search: (before) => ({ ...before, case: undefined }) })}
          onDuplicate={(content) => {
            setCopyOf(content);
            unsaved.delete("new");
            void navigate({ search: (before) => ({ ...before, case: "new" }) });
          }}
        />
      )}
      <ImportDialog
        suiteId={suiteId}
        open={importing === true && edit}
        onClose={() => void navigate({ search: (before) => ({ ...before, import: undefined }) })}
      />
    </div>
  );
}

function AddLink({ onAdd }: { onAdd: () => void }) {
  return (
    <Link className="btn" to="." search={(before) => ({ ...before, case: "new" })} onClick={onAdd}>
      <Icon name="plus" />
      Add a case
    </Link>
  );
}
