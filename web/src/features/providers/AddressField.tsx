import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useId } from "react";
import { useRights } from "@/api/sessionState";
import { Field } from "@/components/Fields";
import { choicesQuery } from "./queries";

interface Props {
  value: string;
  onChange: (value: string) => void;
  note?: string | undefined;
  error?: string | undefined;
  placeholder: string;
}

/** The address of a model server: typed, or begun with one of the endpoints that may be called. */
export function AddressField({ value, onChange, note, error, placeholder }: Props) {
  const list = useId();
  const { admin } = useRights();
  const choices = useQuery(choicesQuery);
  // A network is no address.
  const hosts = choices.data?.map(({ endpoint }) => endpoint).filter((text) => text.split("/").length === 3);
  const others = admin ? <Link to="/outbound">Allow another one</Link> : "Admins allow others.";
  return (
    <Field
      label="Address"
      error={
        error && (
          <span>
            {error} {admin && others}
          </span>
        )
      }
      note={
        note ?? (
          <>
            At an endpoint that the server may call
            {hosts && hosts.length > 0 && <>, such as {hosts[hosts.length - 1]}</>}. {others}
          </>
        )
      }
    >
      {(ids) => (
        <>
          <input
            className="input mono"
            type="text"
            inputMode="url"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            required
            maxLength={2000}
            list={list}
            placeholder={placeholder}
            value={value}
            onChange={(event) => onChange(event.target.value)}
            {...ids}
          />
          <datalist id={list}>
            {hosts?.map((host) => (
              <option key={host} value={host} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}
