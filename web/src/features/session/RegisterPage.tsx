import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { client, read } from "@/api/client";
import { sendBare } from "@/api/send";
import { AccountForm, type NewAccount } from "./AccountForm";
import { Frame } from "./Frame";
import { registrationQuery } from "./queries";

/** An account for anybody, where the server allows it. */
export function RegisterPage() {
  const registration = useQuery(registrationQuery);
  const [made, setMade] = useState(false);
  if (registration.data && !registration.data.open) return <Closed />;
  async function register({ name, email, password }: NewAccount) {
    const body = { name, password, ...(email ? { email } : {}) };
    await read(client.POST("/api/v1/registration", { body, fetch: sendBare }));
    setMade(true);
  }
  return made ? (
    <Frame title="Account made">
      <h1>Now sign in</h1>
      <p>If the name was free, the account is there. If signing in fails, choose another name.</p>
      <Link className="btn btn--primary" to="/">
        Sign in
      </Link>
    </Frame>
  ) : (
    <Frame title="New account">
      <h1>Make an account on {window.location.host}</h1>
      <AccountForm withEmail action="Make the account" save={register}>
        <p className="hint">
          You have one? <Link to="/">Sign in</Link>.
        </p>
      </AccountForm>
    </Frame>
  );
}

function Closed() {
  return (
    <Frame title="By invitation">
      <h1>Accounts here are by invitation</h1>
      <p>Ask the person who runs this server for a link.</p>
      <Link className="btn" to="/">
        Sign in
      </Link>
    </Frame>
  );
}
