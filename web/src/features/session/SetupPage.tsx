import { client, read } from "@/api/client";
import { sendBare } from "@/api/send";
import { entered } from "@/api/session";
import { leave } from "@/api/workspace";
import { AccountForm, type NewAccount } from "./AccountForm";
import { Frame } from "./Frame";
import { NotWhole } from "./NotWhole";
import { useSecret } from "./useSecret";

/** The first account of a server: a name and a password, and nothing else. */
export function SetupPage() {
  const secret = useSecret();
  if (!secret) return <NotWhole kind="setup" />;
  async function make({ name, password }: NewAccount) {
    await read(client.POST("/api/v1/setup", { body: { secret, name, password }, fetch: sendBare }));
    await entered();
    leave.to("/");
  }
  return (
    <Frame title="First account">
      <h1>Make the first account</h1>
      <p className="dim">It will run this server: invite people, and see what is done.</p>
      <AccountForm action="Make the account" save={make} />
    </Frame>
  );
}
