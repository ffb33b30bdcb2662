import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { WORKSPACE } from "@/api/client";
import { useRights } from "@/api/sessionState";
import type { Provider } from "@/api/types";
import { Button, IconButton } from "@/components/Button";
import { Icon } from "@/components/Icon";
import { usePage } from "@/components/Page";
import { Empty, Failure, SkeletonRows } from "@/components/States";
import { providersQuery } from "@/features/models";
import { ReadOnly } from "@/features/workspaces";
import { plural } from "@/lib/format";
import { AddProviderDialog } from "./AddProviderDialog";
import { EditProviderDialog } from "./EditProviderDialog";
import { RemoveProvider } from "./RemoveProvider";
import "./providers.css";

/** The model servers of the workspace, and the way to others. */
export function ProvidersPage() {
  usePage("Providers");
  const providers = useQuery(providersQuery);
  const { own } = useRights();
  const [adding, setAdding] = useState(false);
  const [edited, setEdited] = useState<string>();
  const open = providers.data?.find(({ id }) => id === edited);
  return (
    <div className="page">
      <div className="page__head">
        <div>
          <h1>Providers</h1>
          <p>
            {providers.data ? plural(providers.data.length, "model server") : "Model servers"} of the
            workspace <span className="mono">{WORKSPACE.ws}</span>
          </p>
        </div>
        {own && (
          <div className="page__acts">
            <Button kind="primary" icon="plus" onClick={() => setAdding(true)}>
              Add a provider
            </Button>
          </div>
        )}
      </div>
      <ReadOnly cannot="add or change providers" needs="owner" />
      {providers.isError && !providers.data ? (
        <Failure error={providers.error} onRetry={() => void providers.refetch()} />
      ) : providers.data?.length === 0 ? (
        <Empty title="No model server">
          {own ? "Add one at an address that an admin has allowed." : "An owner of the workspace adds one."}
        </Empty>
      ) : (
        <ProvidersTable providers={providers.data} onEdit={setEdited} />
      )}
      {adding && <AddProviderDialog onClose={() => setAdding(false)} />}
      {open && <EditProviderDialog key={open.id} provider={open} onClose={() => setEdited(undefined)} />}
    </div>
  );
}

interface TableProps {
  providers: Provider[] | undefined;
  onEdit: (id: string) => void;
}

function ProvidersTable({ providers, onEdit }: TableProps) {
  const { own } = useRights();
  return (
    <div className="scroll-x">
      <table className="table" aria-busy={providers === undefined}>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col" className="only-wide">
              Kind
            </th>
            <th scope="col">Address</th>
            <th scope="col" className="only-wide">
              Key
            </th>
            <th scope="col" className="r only-wide">
              Calls at once
            </th>
            <th scope="col" className="only-wide opt">
              From
            </th>
            {own && (
              <th scope="col">
                <span className="sr">Change</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {providers ? (
            providers.map((provider) => (
              <ProviderRow key={provider.id} provider={provider} onEdit={() => onEdit(provider.id)} />
            ))
          ) : (
            <SkeletonRows rows={3} columns={own ? 7 : 6} />
          )}
        </tbody>
      </table>
    </div>
  );
}

function ProviderRow({ provider, onEdit }: { provider: Provider; onEdit: () => void }) {
  const { own } = useRights();
  const { name, kind, base_url, has_key, concurrency, configured, refused, simulated } = provider;
  return (
    <tr>
      <td>
        <span className="name cut">{name}</span>
      </td>
      <td className="only-wide">{kind}</td>
      <td className="grow">
        {simulated ? (
          <span className="hint">none: its answers are made up</span>
        ) : (
          <span className="mono wrap">{base_url}</span>
        )}
        {refused && (
          <span className="provider__refused small wrap">
            <Icon name="error" small />
            {refused}
          </span>
        )}
      </td>
      <td className="only-wide">{has_key ? "kept" : <span className="hint">none</span>}</td>
      <td className="r num only-wide">{concurrency}</td>
      <td className="only-wide opt">
        {configured ? <span className="dim">configuration</span> : "this page"}
      </td>
      {own && (
        <td className="r">
          <span className="line provider__acts">
            {!simulated && (
              <Link
                className="btn btn--quiet"
                to="/models"
                search={{ diagnose: name }}
                aria-label={`Test ${name}`}
              >
                Test
              </Link>
            )}
            {!configured && (
              <>
                <IconButton icon="pencil" label={`Change ${name}`} onClick={onEdit} />
                <RemoveProvider provider={provider} />
              </>
            )}
          </span>
        </td>
      )}
    </tr>
  );
}
