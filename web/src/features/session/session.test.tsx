import { screen, waitFor, within } from "@testing-library/react";
import { http } from "msw";
import { describe, expect, it, vi } from "vitest";
import { putOff } from "@/api/session";
import { leave } from "@/api/workspace";
import { cardServer } from "@/test/cardServer";
import { session, signedIn, viewer } from "@/test/fixtures";
import { openPage } from "@/test/page";
import { on, Refusal, server } from "@/test/server";

/** A server that signs ada in by her password, and by a code if she has a second factor. */
function signsIn({ code }: { code?: string } = {}) {
  const asked: { name: string; password: string; code?: string | null; remember?: boolean }[] = [];
  on("post", "/api/v1/session", ({ body }) => {
    asked.push(body);
    if (body.password !== "correct horse battery") {
      return new Refusal(401, { code: "sign_in_failed", detail: "Name or password is wrong." });
    }
    if (code && !body.code) return new Refusal(401, { code: "code_required", detail: "A code is needed." });
    if (code && body.code !== code) {
      return new Refusal(401, { code: "sign_in_failed", detail: "This code is wrong or was used." });
    }
    on("get", "/api/v1/session", () => ({ body: session() }));
    return { body: signedIn(), status: 201 };
  });
  return asked;
}

describe("signing in", () => {
  it("happens at the address that was asked for, and then shows it", async () => {
    const asked = signsIn();
    const { user, router } = openPage("/nowhere", "nobody");
    await user.type(await screen.findByLabelText("Name or e-mail"), "ada");
    await user.type(screen.getByLabelText("Password"), "wrong");
    await user.click(screen.getByRole("button", { name: "Sign in" }));
    expect(await screen.findByText("Name or password is wrong.")).toBeVisible();
    await user.clear(screen.getByLabelText("Password"));
    await user.type(screen.getByLabelText("Password"), "correct horse battery");
    await user.click(screen.getByLabelText(/Keep me signed in/));
    await user.click(screen.getByRole("button", { name: "Sign in" }));
    expect(await screen.findByRole("heading", { name: "There is no page at this address" })).toBeVisible();
    expect(router.latestLocation.pathname).toBe("/nowhere");
    expect(asked.at(-1)).toEqual({ name: "ada", password: "correct horse battery", remember: true });
    expect(await screen.findByRole("button", { name: /account of ada/ })).toBeVisible();
  });

  it("asks for a code where there is a second factor", async () => {
    const asked = signsIn({ code: "123456" });
    const { user } = openPage("/nowhere", "nobody");
    await user.type(await screen.findByLabelText("Name or e-mail"), "ada");
    await user.type(screen.getByLabelText("Password"), "correct horse battery{Enter}");
    await user.type(await screen.findByLabelText("Code"), "000000{Enter}");
    expect(await screen.findByText("This code is wrong or was used.")).toBeVisible();
    await user.clear(screen.getByLabelText("Code"));
    await user.type(screen.getByLabelText("Code"), "123456{Enter}");
    expect(await screen.findByRole("heading", { name: "There is no page at this address" })).toBeVisible();
    expect(asked.map(({ code }) => code)).toEqual([undefined, "000000", "123456"]);
  });

  it("says when to try again after too many tries", async () => {
    on("post", "/api/v1/session", () => new Refusal(429, { code: "rate_limited", retry_after_s: 41 }));
    const { user } = openPage("/", "nobody");
    await user.type(await screen.findByLabelText("Name or e-mail"), "ada");
    await user.type(screen.getByLabelText("Password"), "correct horse battery{Enter}");
    expect(await screen.findByText(/Too many tries\. Try again in 4\d s\./)).toBeVisible();
    expect(screen.getByRole("button", { name: "Sign in" })).toBeDisabled();
  });

  it("says what the server says of an account that is disabled", async () => {
    on(
      "post",
      "/api/v1/session",
      () => new Refusal(403, { detail: "This account is disabled. Ask an admin." }),
    );
    const { user } = openPage("/", "nobody");
    await user.type(await screen.findByLabelText("Name or e-mail"), "ada");
    await user.type(screen.getByLabelText("Password"), "correct horse battery{Enter}");
    expect(await screen.findByText("This account is disabled. Ask an admin.")).toBeVisible();
  });

  it("leads to the first account on a new server", async () => {
    openPage("/", "nobody");
    on("get", "/api/v1/setup", () => ({ body: { needed: true } }));
    expect(await screen.findByRole("heading", { name: "This server has no account yet" })).toBeVisible();
  });
});

/** From now on the session has ended, until somebody signs in. */
function endSession(asked: object[]) {
  server.use(
    http.all("*/api/v1/*", ({ request }) => {
      const path = new URL(request.url).pathname;
      if (asked.length > 0 || path === "/api/v1/session" || path.endsWith("refresh")) return undefined;
      return new Refusal(401, { code: "sign_in_required", detail: "Sign in." }).response();
    }),
  );
}

describe("a session that ends in the middle of an edit", () => {
  it("keeps the form, and saves it after signing in", async () => {
    const state = cardServer({ card: { title: "Sort" } });
    on("patch", "/api/v1/workspaces/{ws}/cards/{slug}", ({ body }) => {
      state.card = { ...state.card, title: body.title ?? "" };
      return { body: state.card, etag: '"card-2"' };
    });
    const { user, router } = openPage("/cards/grade-school-math/settings");
    const title = await screen.findByLabelText("Title");
    await user.clear(title);
    await user.type(title, "Sort a ticket");
    const asked = signsIn();
    endSession(asked);
    await user.click(screen.getByRole("button", { name: "Save" }));
    const dialog = await screen.findByRole("dialog", { name: "Sign in again" });
    expect(within(dialog).getByLabelText("Name or e-mail")).toHaveValue("ada");
    expect(title).toHaveValue("Sort a ticket");
    await user.type(within(dialog).getByLabelText("Password"), "correct horse battery{Enter}");
    expect(await screen.findByText("Card saved.")).toBeVisible();
    await waitFor(() => expect(screen.queryByRole("dialog", { name: "Sign in again" })).toBeNull());
    expect(state.card.title).toBe("Sort a ticket");
    expect(router.latestLocation.pathname).toBe("/cards/grade-school-math/settings");
  });

  it("may be put off, and says so until somebody signs in", async () => {
    cardServer();
    const { user } = openPage("/cards/grade-school-math/settings");
    const title = await screen.findByLabelText("Title");
    await user.type(title, "!");
    endSession(signsIn());
    await user.click(screen.getByRole("button", { name: "Save" }));
    const dialog = await screen.findByRole("dialog", { name: "Sign in again" });
    await user.click(within(dialog).getByRole("button", { name: "Close" }));
    expect(await screen.findByText("You are signed out.")).toBeVisible();
    expect(title).toHaveValue("Grade-school maths!");
    await waitFor(() => expect(dialog).not.toBeInTheDocument());
    await user.click(screen.getByRole("button", { name: "Sign in" }));
    expect(await screen.findByRole("dialog", { name: "Sign in again" })).toBeVisible();
  });

  it("goes home when somebody else signs in there", async () => {
    const left = vi.spyOn(leave, "to").mockImplementation(() => undefined);
    cardServer();
    const { user } = openPage("/cards/grade-school-math/settings");
    await user.type(await screen.findByLabelText("Title"), "!");
    const asked = signsIn();
    endSession(asked);
    await user.click(screen.getByRole("button", { name: "Save" }));
    const dialog = await screen.findByRole("dialog", { name: "Sign in again" });
    on("post", "/api/v1/session", ({ body }) => {
      asked.push(body);
      on("get", "/api/v1/session", () => ({ body: viewer() }));
      return { body: signedIn(viewer()), status: 201 };
    });
    await user.clear(within(dialog).getByLabelText("Name or e-mail"));
    await user.type(within(dialog).getByLabelText("Name or e-mail"), "mira.lind");
    await user.type(within(dialog).getByLabelText("Password"), "correct horse battery{Enter}");
    await waitFor(() => expect(left).toHaveBeenCalledWith("/"));
    // What waited is nobody's to send.
    putOff();
  });
});

describe("signing out", () => {
  it("leaves the page with nothing of it", async () => {
    const left = vi.spyOn(leave, "to").mockImplementation(() => undefined);
    on("delete", "/api/v1/session", () => ({ body: undefined }));
    const { user } = openPage("/nowhere");
    await user.click(await screen.findByRole("button", { name: /account of ada/ }));
    await user.click(await screen.findByRole("menuitem", { name: "Sign out" }));
    await waitFor(() => expect(left).toHaveBeenCalledWith("/"));
  });
});

describe("a link that works once", () => {
  it("makes the first account and is gone from the address", async () => {
    const left = vi.spyOn(leave, "to").mockImplementation(() => undefined);
    const { user, router } = openPage("/setup#a-secret", "nobody");
    const asked: object[] = [];
    on("post", "/api/v1/setup", ({ body }) => {
      asked.push(body);
      on("get", "/api/v1/session", () => ({ body: session() }));
      return { body: signedIn(), status: 201 };
    });
    const name = await screen.findByLabelText("Name");
    expect(router.latestLocation.hash).toBe("");
    await user.type(name, "a");
    await user.type(screen.getByLabelText("Password"), "short");
    expect(screen.getByText("At least 12 characters, 7 more")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Make the account" }));
    expect(await screen.findByText(/Use 3 to 64 letters/)).toBeVisible();
    expect(asked).toEqual([]);
    await user.type(name, "da");
    await user.clear(screen.getByLabelText("Password"));
    await user.type(screen.getByLabelText("Password"), "correct horse battery");
    await user.click(screen.getByRole("button", { name: "Make the account" }));
    await waitFor(() => expect(left).toHaveBeenCalledWith("/"));
    expect(asked).toEqual([{ secret: "a-secret", name: "ada", password: "correct horse battery" }]);
  });

  it("says where to find it when it is not whole", async () => {
    openPage("/setup", "nobody");
    expect(await screen.findByRole("heading", { name: "The link is not whole" })).toBeVisible();
  });

  it("takes an invitation, with what the server says of the password", async () => {
    const left = vi.spyOn(leave, "to").mockImplementation(() => undefined);
    on("post", "/api/v1/links/look", ({ body }) =>
      body.secret === "inv"
        ? { body: { kind: "invitation" as const, name: "mira.lind", expires_at: session().expires_at } }
        : new Refusal(404),
    );
    const asked: object[] = [];
    on("post", "/api/v1/links/accept", ({ body }) => {
      asked.push(body);
      if (body.password === "password password") {
        return new Refusal(422, { errors: [{ pointer: "/password", detail: "This is easy to guess." }] });
      }
      on("get", "/api/v1/session", () => ({ body: viewer() }));
      return { body: signedIn(viewer()), status: 201 };
    });
    const { user } = openPage("/invitation#inv", "nobody");
    expect(await screen.findByRole("heading", { name: /^Join / })).toBeVisible();
    expect(screen.getByLabelText("Name")).toHaveValue("mira.lind");
    await user.type(screen.getByLabelText("Password"), "password password{Enter}");
    expect(await screen.findByText("This is easy to guess.")).toBeVisible();
    await user.clear(screen.getByLabelText("Password"));
    await user.type(screen.getByLabelText("Password"), "correct horse battery{Enter}");
    await waitFor(() => expect(left).toHaveBeenCalledWith("/"));
    expect(asked.at(-1)).toEqual({ secret: "inv", name: "mira.lind", password: "correct horse battery" });
  });

  it("sets a new password, and signs in with it", async () => {
    const left = vi.spyOn(leave, "to").mockImplementation(() => undefined);
    on("post", "/api/v1/links/look", () => ({
      body: { kind: "reset", name: "ada", expires_at: session().expires_at },
    }));
    const accepted: object[] = [];
    on("post", "/api/v1/links/accept", ({ body }) => {
      accepted.push(body);
      return { body: undefined };
    });
    const asked = signsIn();
    const { user } = openPage("/reset#res", "nobody");
    expect(await screen.findByRole("heading", { name: "New password for ada" })).toBeVisible();
    await user.type(screen.getByLabelText("Password"), "correct horse battery{Enter}");
    await waitFor(() => expect(left).toHaveBeenCalledWith("/"));
    expect(accepted).toEqual([{ secret: "res", password: "correct horse battery" }]);
    expect(asked).toEqual([{ name: "ada", password: "correct horse battery" }]);
  });

  it("says that it was used", async () => {
    on(
      "post",
      "/api/v1/links/look",
      () => new Refusal(403, { code: "invalid_link", detail: "This link was used or has ended." }),
    );
    openPage("/reset#gone", "nobody");
    expect(
      await screen.findByText(/This link was used or has ended\. Ask an admin for another one\./),
    ).toBeVisible();
  });
});
