import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client, read } from "@/api/client";
import { ProblemError, sentence } from "@/api/problem";
import type { AllowedEndpoint } from "@/api/types";
import { Button, IconButton } from "@/components/Button";
import { TextField } from "@/components/Fields";
import { Failure, SkeletonRows } from "@/components/States";
import { toast, toastFailure } from "@/components/toasts";
import { When } from "@/components/When";
import { endpointsQuery } from "./queries";

/** Adds an endpoint or takes one away; either can be taken back. */
function useChange() {
  const queryClient = useQueryClient();
  const onSettled = () => void queryClient.invalidateQueries({ queryKey: ["endpoints"] });
  const add = useMutation({
    mutationFn: (endpoint: string) => read(client.POST("/api/v1/outbound/endpoints", { body: { endpoint } })),
    onSettled,
  });
  const remove = useMutation({
    mutationFn: (id: string) =>
      read(client.DELETE("/api/v1/outbound/endpoints/{endpoint}", { params: { path: { endpoint: id } } })),
    onError: (error) => toastFailure(sentence(error)),
    onSettled,
  });
  return { add, remove };
}

/** The list of what may be called, and the form that adds to it. */
export function EndpointsPart() {
  const endpoints = useQuery(endpointsQuery);
  const { add, remove } = useChange();
  const [typed, setTyped] = useState("");
  const error =
    add.error instanceof ProblemError
      ? (add.error.at("/endpoint") ?? sentence(add.error))
      : add.error && sentence(add.error);
  return (
    <section className="section" aria-label="May be called">
      <div className="section__head">
        <h2>May be called</h2>
      </div>
      {endpoints.isError && !endpoints.data ? (
        <Failure error={endpoints.error} onRetry={() => void endpoints.refetch()} />
      ) : (
        <div className="scroll-x">
          <table className="table" aria-busy={endpoints.data === undefined}>
            <thead>
              <tr>
                <th scope="col">Endpoint</th>
                <th scope="col">From</th>
                <th scope="col" className="only-wide">
                  Since
                </th>
                <th scope="col">
                  <span className="sr">Remove</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {endpoints.data ? (
                endpoints.data.map((entry) => (
                  <EndpointRow
                    key={entry.endpoint}
                    entry={entry}
                    onRemove={(id) =>
                      remove.mutate(id, {
                        onSuccess: () =>
                          toast(`${entry.endpoint} is called no more`, {
                            undo: () =>
                              add.mutate(entry.endpoint, {
                                onError: (failed) => toastFailure(sentence(failed)),
                              }),
                          }),
                      })
                    }
                  />
                ))
              ) : (
                <SkeletonRows rows={3} columns={4} />
              )}
            </tbody>
          </table>
        </div>
      )}
      <form
        className="endpoints__form"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed.trim() === "" || add.isPending) return;
          add.mutate(typed.trim(), {
            onSuccess: ({ endpoint }) => {
              setTyped("");
              toast(`${endpoint} may be called now`);
            },
          });
        }}
      >
        <TextField
          label="Allow another one"
          note="Scheme, host or network, and port: http://gpu-box:11434, http://10.0.0.0/8:11434"
          className="input mono"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={300}
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            add.reset();
          }}
          error={error ?? undefined}
        />
        <Button type="submit" icon="plus" busy={add.isPending}>
          Allow
        </Button>
      </form>
      <p className="hint">
        A name may stand for any machine but this one. Never called, whatever is listed: link-local addresses,
        metadata of clouds, multicast, this server itself, and the ports of databases.
      </p>
    </section>
  );
}

function EndpointRow({ entry, onRemove }: { entry: AllowedEndpoint; onRemove: (id: string) => void }) {
  const { id, endpoint, added_by, added_at } = entry;
  return (
    <tr>
      <td className="grow mono wrap">{endpoint}</td>
      <td>{added_by ?? <span className="dim">configuration</span>}</td>
      <td className="only-wide">{added_at ? <When at={added_at} /> : <span className="hint">start</span>}</td>
      <td className="r">
        {id && <IconButton icon="x" label={`Remove ${endpoint}`} onClick={() => onRemove(id)} />}
      </td>
    </tr>
  );
}
