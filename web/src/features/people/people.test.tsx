import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { Account } from "@/api/types";
import { account, viewer } from "@/test/fixtures";
import { openPage } from "@/test/page";
import { on, Refusal } from "@/test/server";

const USERS = "/api/v1/users";

function user(id: string, over: Partial<Account> = {}): Account {
  return account({ id, name: id, email: null, role: "user", ...over });
}

function peopleServer() {
  const people = new Map([user("ada", { role: "admin" }), user("mira")].map((each) => [each.id, each]));
  // In pages of one, as a server with many accounts.
  on("get", USERS, ({ url }) => {
    const all = [...people.values()];
    const at = Number(url.searchParams.get("cursor") ?? 0);
    return { body: { items: all.slice(at, at + 1), next_cursor: at + 1 < all.length ? `${at + 1}` : null } };
  });
  const one = (id: string) => people.get(id) ?? user(id);
  on("get", `${USERS}/{user}`, ({ params }) => ({ body: one(params.user) }));
  on("patch", `${USERS}/{user}`, ({ params, body }) => {
    if (params.user === "ada" && body.role) return new Refusal(409, { detail: "ada is the last admin." });
    const before = one(params.user);
    const changed = {
      ...before,
      role: body.role ?? before.role,
      disabled_at: body.disabled ? "2026-11-27T08:00:00.000Z" : null,
    };
    people.set(params.user, changed);
    return { body: changed };
  });
  on("get", `${USERS}/{user}/api-keys`, () => ({ body: { items: [], next_cursor: null } }));
  on("get", "/api/v1/workspaces", () => ({ body: { items: [], next_cursor: null } }));
  return people;
}

describe("people", () => {
  it("are invited by a link that is shown once", async () => {
    peopleServer();
    const asked: object[] = [];
    on("post", `${USERS}/invitations`, ({ body }) => {
      asked.push(body);
      return {
        body: { link: "/invitation#x", expires_at: "2026-11-30T08:00:00.000Z" },
        status: 201,
      };
    });
    const { user } = openPage("/people");
    await user.click(await screen.findByRole("button", { name: "Invite" }));
    const form = await screen.findByRole("dialog", { name: "Invite" });
    await user.type(within(form).getByLabelText(/^Name/), "jonas");
    await user.click(within(form).getByRole("button", { name: "Make a link" }));
    const link = await screen.findByRole("dialog", { name: "Invitation" });
    expect(within(link).getByLabelText("Link")).toHaveValue(`${window.location.origin}/invitation#x`);
    expect(asked).toEqual([{ role: "user", name: "jonas", workspace: "default", workspace_role: "editor" }]);
  });

  it("are found by a part of the name", async () => {
    peopleServer();
    const { user } = openPage("/people");
    expect(await screen.findByRole("link", { name: "mira" })).toBeVisible();
    await user.type(screen.getByLabelText("Find by name or e-mail"), "AD");
    await waitFor(() => expect(screen.queryByRole("link", { name: "mira" })).toBeNull());
    expect(screen.getByRole("link", { name: "ada" })).toBeVisible();
  });

  it("are disabled at once, which can be taken back", async () => {
    const people = peopleServer();
    const { user } = openPage("/people");
    await user.click(await screen.findByRole("link", { name: "mira" }));
    await user.click(await screen.findByRole("button", { name: "Disable the account" }));
    await screen.findByText("mira is disabled and signed out everywhere");
    expect(people.get("mira")?.disabled_at).not.toBeNull();
    expect(await screen.findByText("disabled")).toBeVisible();
    await user.click(screen.getByRole("button", { name: /Undo/ }));
    await waitFor(() => expect(people.get("mira")?.disabled_at).toBeNull());
  });

  it("keep their role where the server does not allow another", async () => {
    peopleServer();
    const { user } = openPage("/people?user=ada");
    await user.selectOptions(await screen.findByLabelText("Role on the server"), "user");
    const [said] = await screen.findAllByText("ada stays as it is. ada is the last admin.");
    expect(said).toBeVisible();
    expect(screen.getByLabelText("Role on the server")).toHaveValue("admin");
  });

  it("get a link for a new password", async () => {
    peopleServer();
    on("post", `${USERS}/{user}/reset-link`, () => ({
      body: { link: "/reset#y", expires_at: "2026-11-30T08:00:00.000Z" },
      status: 201,
    }));
    const { user } = openPage("/people?user=mira");
    await user.click(await screen.findByRole("button", { name: "Link for a new password" }));
    const dialog = await screen.findByRole("dialog", { name: "New password for mira" });
    expect(within(dialog).getByLabelText("Link")).toHaveValue(`${window.location.origin}/reset#y`);
  });

  it("are erased once their name is typed, and stay so", async () => {
    const people = peopleServer();
    let refused = true;
    on("delete", `${USERS}/{user}`, ({ params }) => {
      if (refused) return new Refusal(409, { detail: "mira is the only owner of lab." });
      const name = "erased-000000000000";
      people.set(params.user, user(params.user, { name, role: "guest", disabled_at: "2026", erased: true }));
      return { body: undefined };
    });
    const { user: person } = openPage("/people?user=mira");
    await person.click(await screen.findByRole("button", { name: "Erase the person" }));
    const dialog = await screen.findByRole("dialog", { name: "Erase mira?" });
    await person.type(within(dialog).getByLabelText(/^Type mira/), "mir{Enter}");
    expect(within(dialog).getByText("This is another name")).toBeVisible();
    await person.type(within(dialog).getByLabelText(/^Type mira/), "a{Enter}");
    expect(await within(dialog).findByText("mira is the only owner of lab.")).toBeVisible();
    refused = false;
    await person.click(within(dialog).getByRole("button", { name: "Erase for ever" }));
    expect(await screen.findByText(/The person was erased/)).toBeVisible();
    expect(screen.queryByRole("button", { name: /Erase the person|Enable the account/ })).toBeNull();
    expect(await screen.findByText("erased")).toBeVisible();
    expect(screen.queryByText("mira")).toBeNull();
  });

  it("do not erase themselves", async () => {
    peopleServer();
    openPage(`/people?user=${account().id}`);
    expect(await screen.findByRole("button", { name: "Erase the person" })).toBeDisabled();
  });

  it("are nobody else's to see", async () => {
    on("get", USERS, () => new Refusal(403, { code: "forbidden", detail: "That takes the role admin." }));
    openPage("/people", viewer());
    expect(await screen.findByRole("heading", { name: "You may not see this" })).toBeVisible();
    expect(screen.getByText(/That takes the role admin\. An admin of this server can help\./)).toBeVisible();
    expect(screen.queryByRole("link", { name: "People" })).toBeNull();
  });
});
