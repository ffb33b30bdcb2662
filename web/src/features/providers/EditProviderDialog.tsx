import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { client, ifMatch, read, WORKSPACE } from "@/api/client";
import { ProblemError, sentence } from "@/api/problem";
import type { Provider } from "@/api/types";
import { Button } from "@/components/Button";
import { TextField } from "@/components/Fields";
import { Dialog } from "@/components/Layers";
import { toast } from "@/components/toasts";
import { providersQuery } from "@/features/models";
import { KeyField } from "./AddProviderDialog";
import { AddressField } from "./AddressField";

/** Another address, other calls at once, another key. A key goes with the endpoint that it was given for. */
export function EditProviderDialog({ provider, onClose }: { provider: Provider; onClose: () => void }) {
  const form = useId();
  const queryClient = useQueryClient();
  // What it was when this was opened: somebody else's change is not overwritten.
  const [before] = useState(provider);
  const [address, setAddress] = useState(before.base_url ?? "");
  const [calls, setCalls] = useState(String(before.concurrency));
  const [key, setKey] = useState("");
  const path = { ...WORKSPACE, provider: before.id };
  const changed = () => void queryClient.invalidateQueries({ queryKey: providersQuery.queryKey });
  const save = useMutation({
    mutationFn: async () => {
      let after = before;
      if (address.trim() !== before.base_url || Number(calls) !== before.concurrency) {
        after = await read(
          client.PATCH("/api/v1/workspaces/{ws}/providers/{provider}", {
            params: { path, header: ifMatch(`"${before.revision}"`) },
            body: { base_url: address.trim(), concurrency: Number(calls) },
          }),
        );
      }
      if (key.trim() !== "") {
        after = await read(
          client.PUT("/api/v1/workspaces/{ws}/providers/{provider}/key", {
            params: { path },
            body: { key: key.trim() },
          }),
        );
      }
      return after;
    },
    onSuccess: (after) => {
      const lost = before.has_key && !after.has_key;
      toast(lost ? `${after.name} was changed and has no key now` : `${after.name} was changed`);
      onClose();
    },
    onSettled: changed,
  });
  const clear = useMutation({
    mutationFn: () =>
      read(client.DELETE("/api/v1/workspaces/{ws}/providers/{provider}/key", { params: { path } })),
    onSuccess: ({ name }) => {
      toast(`${name} has no key now`);
      onClose();
    },
    onSettled: changed,
  });
  const failure = save.error ?? clear.error;
  const refused = failure instanceof ProblemError ? failure : undefined;
  const at = (pointer: string) => refused?.at(pointer);
  const placed = at("/base_url") ?? at("/concurrency") ?? at("/key");
  const moves = endpointOf(address) !== endpointOf(before.base_url ?? "");
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Change ${before.name}`}
      actions={
        <>
          {before.has_key && (
            <Button kind="danger" busy={clear.isPending} onClick={() => clear.mutate()}>
              Take the key away
            </Button>
          )}
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={form} busy={save.isPending}>
            Save
          </Button>
        </>
      }
    >
      <form
        id={form}
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (!save.isPending) save.mutate();
        }}
      >
        <AddressField
          value={address}
          onChange={setAddress}
          error={at("/base_url")}
          note={
            before.has_key && moves
              ? "Its key was given for another endpoint, and goes. Type it again."
              : undefined
          }
          placeholder={before.base_url ?? ""}
        />
        <TextField
          label="Calls at once"
          hint="1 to 50"
          type="number"
          min={1}
          max={50}
          required
          value={calls}
          onChange={(event) => setCalls(event.target.value)}
          error={at("/concurrency")}
        />
        <KeyField
          value={key}
          onChange={setKey}
          note={
            before.has_key && !moves
              ? "It has a key, which stays unless you type another one."
              : "It has no key."
          }
          error={at("/key")}
        />
        {failure && !placed && (
          <p className="field__error" role="alert">
            {sentence(failure)}
          </p>
        )}
      </form>
    </Dialog>
  );
}

/** Scheme, host and port of an address. */
function endpointOf(address: string): string {
  try {
    const { protocol, hostname, port } = new URL(address.includes("://") ? address : `http://${address}`);
    return `${protocol}//${hostname}:${port || (protocol === "https:" ? "443" : "80")}`;
  } catch {
    return address;
  }
}
