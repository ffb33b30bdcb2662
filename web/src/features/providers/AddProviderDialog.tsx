import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { client, read, WORKSPACE } from "@/api/client";
import { ProblemError, sentence } from "@/api/problem";
import { Button } from "@/components/Button";
import { SelectField, TextField } from "@/components/Fields";
import { Dialog } from "@/components/Layers";
import { toast } from "@/components/toasts";
import { providersQuery } from "@/features/models";
import { AddressField } from "./AddressField";

const KINDS = [
  { value: "ollama", label: "Ollama", example: "http://127.0.0.1:11434" },
  { value: "openai", label: "OpenAI's protocol", example: "http://127.0.0.1:8000/v1" },
] as const;

/** Adds a model server to the workspace. Its key is sent once and can be seen by nobody after that. */
export function AddProviderDialog({ onClose }: { onClose: () => void }) {
  const form = useId();
  const queryClient = useQueryClient();
  const [kind, setKind] = useState<string>("ollama");
  const [name, setName] = useState("");
  const [address, setAddress] = useState("");
  const [key, setKey] = useState("");
  const add = useMutation({
    mutationFn: () =>
      read(
        client.POST("/api/v1/workspaces/{ws}/providers", {
          params: { path: WORKSPACE },
          body: {
            name: name.trim(),
            kind,
            base_url: address.trim(),
            ...(key.trim() === "" ? {} : { key: key.trim() }),
          },
        }),
      ),
    onSuccess: (provider) => {
      toast(`${provider.name} was added`);
      void queryClient.invalidateQueries({ queryKey: providersQuery.queryKey });
      onClose();
    },
  });
  const refused = add.error instanceof ProblemError ? add.error : undefined;
  const at = (pointer: string) => refused?.at(pointer);
  const nameError = at("/name") ?? (refused?.code === "name_taken" ? sentence(refused) : undefined);
  const placed = nameError ?? at("/base_url") ?? at("/key");
  return (
    <Dialog
      open
      onClose={onClose}
      title="Add a provider"
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={form} busy={add.isPending}>
            Add
          </Button>
        </>
      }
    >
      <form
        id={form}
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (!add.isPending) add.mutate();
        }}
      >
        <SelectField
          label="It speaks"
          value={kind}
          onChange={(event) => setKind(event.target.value)}
          autoFocus
        >
          {KINDS.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </SelectField>
        <TextField
          label="Name"
          note="Runs name it, so it never changes."
          className="input mono"
          autoCapitalize="none"
          spellCheck={false}
          required
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={nameError}
        />
        <AddressField
          value={address}
          onChange={setAddress}
          error={at("/base_url")}
          placeholder={KINDS.find(({ value }) => value === kind)?.example ?? ""}
        />
        <KeyField value={key} onChange={setKey} error={at("/key")} />
        {add.error && !placed && (
          <p className="field__error" role="alert">
            {sentence(add.error)}
          </p>
        )}
      </form>
    </Dialog>
  );
}

interface KeyProps {
  value: string;
  onChange: (value: string) => void;
  note?: string;
  error?: string | undefined;
}

/** A key as it is typed: the browser neither shows nor keeps it. */
export function KeyField({ value, onChange, note, error }: KeyProps) {
  return (
    <TextField
      label="Key"
      hint="optional"
      note={note ?? "Kept sealed, and sent to this address alone. Nobody can read it again."}
      type="password"
      autoComplete="new-password"
      maxLength={4000}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      error={error}
    />
  );
}
