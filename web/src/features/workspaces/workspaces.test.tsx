import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import type { Member, Workspace } from "@/api/types";
import { leave } from "@/api/workspace";
import { account, card, session, viewer } from "@/test/fixtures";
import { openPage } from "@/test/page";
import { on, Refusal } from "@/test/server";

const MEMBERS = "/api/v1/workspaces/{ws}/members";

function member(name: string, over: Partial<Member> = {}): Member {
  return {
    user: name,
    name,
    role: "editor",
    since: "2026-11-20T08:00:00.000Z",
    until: null,
    reason: null,
    ...over,
  };
}

/** Somebody who owns the workspace and is no admin. */
function owner() {
  return session({ user: account({ role: "user" }) });
}

function membersServer() {
  const members = new Map(
    [
      member("ada", { role: "owner" }),
      member("mira"),
      member("root", { role: "viewer", until: "2026-11-27T20:00:00.000Z", reason: "Run 14 waits" }),
    ].map((each) => [each.user, each]),
  );
  on("get", MEMBERS, () => ({ body: { items: [...members.values()], next_cursor: null } }));
  on("post", MEMBERS, ({ body }) => {
    if (body.name === "nobody") return new Refusal(404, { detail: "There is no account `nobody`." });
    if (members.has(body.name))
      return new Refusal(422, {
        errors: [{ pointer: "/name", detail: `${body.name} is a member already.` }],
      });
    const added = member(body.name, { role: body.role });
    members.set(body.name, added);
    return { body: added, status: 201 };
  });
  on("put", `${MEMBERS}/{user}`, ({ params, body }) => {
    const changed = member(params.user, body);
    members.set(params.user, changed);
    return { body: changed };
  });
  on("delete", `${MEMBERS}/{user}`, ({ params }) => {
    members.delete(params.user);
    return { body: undefined };
  });
  return members;
}

describe("members", () => {
  it("are added by name, given another role and removed, which can be taken back", async () => {
    const members = membersServer();
    const { user } = openPage("/members", owner());
    expect(await screen.findByText(/Entered as an admin, until .*Run 14 waits/)).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Add a member" }));
    const dialog = await screen.findByRole("dialog", { name: "Add a member" });
    const name = within(dialog).getByLabelText("Name or e-mail");
    await user.type(name, "nobody{Enter}");
    expect(await within(dialog).findByText("There is no account `nobody`.")).toBeVisible();
    await user.clear(name);
    await user.type(name, "mira{Enter}");
    expect(await within(dialog).findByText("mira is a member already.")).toBeVisible();
    await user.clear(name);
    await user.type(name, " jonas {Enter}");
    expect(await screen.findByLabelText("Role of jonas")).toHaveValue("editor");
    await user.selectOptions(screen.getByLabelText("Role of mira"), "viewer");
    await waitFor(() => expect(members.get("mira")?.role).toBe("viewer"));
    await user.click(screen.getByRole("button", { name: "Remove mira" }));
    await screen.findByText("mira is no member any more");
    expect(members.has("mira")).toBe(false);
    const toast = screen.getByText("mira is no member any more").closest(".toast") as HTMLElement;
    await user.click(within(toast).getByRole("button", { name: /Undo/ }));
    await waitFor(() => expect(members.has("mira")).toBe(true));
  });

  it("are offered to an admin, who sees all accounts", async () => {
    const members = membersServer();
    const people = [
      account({ id: "jonas", name: "jonas" }),
      account({ id: "x", name: "x", disabled_at: "2026" }),
    ];
    on("get", "/api/v1/users", () => ({ body: { items: people, next_cursor: null } }));
    const { user } = openPage("/members");
    await user.click(await screen.findByRole("button", { name: "Add a member" }));
    const dialog = await screen.findByRole("dialog", { name: "Add a member" });
    const name = within(dialog).getByLabelText<HTMLInputElement>("Name or e-mail");
    const offered = () => [...(name.list?.options ?? [])].map(({ value }) => value);
    await waitFor(() => expect(offered()).toEqual(["jonas"]));
    await user.type(name, "jonas");
    await user.selectOptions(within(dialog).getByLabelText("Role"), "viewer");
    await user.click(within(dialog).getByRole("button", { name: "Add" }));
    await waitFor(() => expect(members.get("jonas")?.role).toBe("viewer"));
  });

  it("are only read by who does not own the workspace, who is told whom to ask", async () => {
    membersServer();
    openPage("/members", viewer());
    expect(await screen.findByText("mira")).toBeVisible();
    expect(screen.queryByRole("button", { name: "Add a member" })).toBeNull();
    expect(screen.queryByRole("combobox")).toBeNull();
    expect(await screen.findByText(/takes the role owner\. Ask ada: the owner/)).toBeVisible();
  });
});

describe("a viewer", () => {
  it("sees cards without the buttons that change them", async () => {
    membersServer();
    on("get", "/api/v1/workspaces/{ws}/cards", () => ({ body: { items: [card()], next_cursor: null } }));
    const { user } = openPage("/cards", viewer());
    expect(await screen.findByRole("link", { name: "Grade-school maths" })).toBeVisible();
    expect(screen.queryByRole("link", { name: /New card/ })).toBeNull();
    expect(await screen.findByText(/You are a viewer in this workspace/)).toBeVisible();
    await user.keyboard("c");
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(screen.queryByRole("link", { name: "Health" })).toBeNull();
  });
});

describe("workspaces", () => {
  const workspace = (slug: string, over: Partial<Workspace> = {}): Workspace => ({
    id: slug,
    slug,
    name: slug,
    role: null,
    ...over,
  });

  it("are made, renamed, and entered by an admin with a reason", async () => {
    const left = vi.spyOn(leave, "to").mockImplementation(() => undefined);
    const all = new Map(
      [workspace("default", { role: "owner" }), workspace("support")].map((w) => [w.slug, w]),
    );
    on("get", "/api/v1/workspaces", () => ({ body: { items: [...all.values()], next_cursor: null } }));
    on("post", "/api/v1/workspaces", ({ body }) => {
      all.set(body.slug, workspace(body.slug, { name: body.name, role: "owner" }));
      return { body: workspace(body.slug), status: 201 };
    });
    on("patch", "/api/v1/workspaces/{ws}", ({ params, body }) => {
      all.set(params.ws, workspace(params.ws, body));
      return { body: undefined };
    });
    const reasons: string[] = [];
    on("post", "/api/v1/workspaces/{ws}/entry", ({ body }) => {
      reasons.push(body.reason);
      return { body: member("ada", { role: "viewer" }), status: 201 };
    });
    const { user } = openPage("/workspaces");
    await user.click(await screen.findByRole("button", { name: "New workspace" }));
    let dialog = await screen.findByRole("dialog", { name: "New workspace" });
    await user.type(within(dialog).getByLabelText("Name"), "Sales Team");
    await user.click(within(dialog).getByRole("button", { name: "Make workspace" }));
    expect(await screen.findByRole("link", { name: "Sales Team" })).toHaveAttribute("href", "/w/sales-team/");
    await user.click(screen.getByRole("button", { name: "Rename support" }));
    dialog = await screen.findByRole("dialog", { name: "Rename support" });
    await user.type(within(dialog).getByLabelText("Name"), " desk{Enter}");
    expect(await screen.findByText("support desk")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Enter" }));
    dialog = await screen.findByRole("dialog", { name: "Enter support" });
    await user.type(within(dialog).getByLabelText("Reason"), "Run 14 waits");
    await user.click(within(dialog).getByRole("button", { name: "Enter for an hour" }));
    await waitFor(() => expect(left).toHaveBeenCalledWith("/w/support/"));
    expect(reasons).toEqual(["Run 14 waits"]);
  });

  it("are switched between once there are two", async () => {
    const left = vi.spyOn(leave, "to").mockImplementation(() => undefined);
    const two = session({
      workspaces: [
        { id: "d", slug: "default", name: "Default", role: "owner" },
        { id: "s", slug: "support", name: "Support", role: "viewer" },
      ],
    });
    const { user } = openPage("/nowhere", two);
    await user.selectOptions(await screen.findByRole("combobox", { name: "Workspace" }), "support");
    expect(left).toHaveBeenCalledWith("/w/support/");
  });

  it("lead to one's own from the address that names none", async () => {
    const left = vi.spyOn(leave, "to").mockImplementation(() => undefined);
    openPage(
      "/cards",
      session({ workspaces: [{ id: "s", slug: "support", name: "Support", role: "viewer" }] }),
    );
    await waitFor(() => expect(left).toHaveBeenCalledWith("/w/support/"));
  });

  it("that an admin entered are left when the hour is over", async () => {
    const entered = session({ workspaces: [{ id: "d", slug: "default", name: "Default", role: "viewer" }] });
    on("get", "/api/v1/workspaces/{ws}/cards", () => {
      on("get", "/api/v1/session", () => ({ body: session({ workspaces: [] }) }));
      return new Refusal(403, { code: "entry_required", detail: "Enter the workspace first." });
    });
    on("get", "/api/v1/shared", () => ({ body: { items: [], next_cursor: null } }));
    membersServer();
    openPage("/cards", entered);
    expect(await screen.findByRole("button", { name: "Enter with a reason" })).toBeVisible();
  });

  it("are asked for by who is in none, whose account works all the same", async () => {
    const none = session({ user: account({ role: "user", name: "jonas" }), workspaces: [] });
    on("get", "/api/v1/account", () => ({ body: none.user }));
    on("get", "/api/v1/shared", () => ({ body: { items: [], next_cursor: null } }));
    const { user } = openPage("/cards", none);
    expect(await screen.findByRole("heading", { name: "You are in no workspace yet" })).toBeVisible();
    await user.click(screen.getByRole("link", { name: "Your account" }));
    expect(await screen.findByRole("heading", { name: "Two-factor" })).toBeVisible();
  });
});
