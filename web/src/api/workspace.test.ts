import { describe, expect, it } from "vitest";
import { homeOf, placeOf } from "./workspace";

describe("the workspace of an address", () => {
  it("stands behind /w/, and is default where none does", () => {
    expect(placeOf("/w/support/cards")).toEqual({ ws: "support", base: "/w/support" });
    expect(placeOf("/w/support")).toEqual({ ws: "support", base: "/w/support" });
    expect(placeOf("/cards")).toEqual({ ws: "default", base: "/" });
    expect(placeOf("/words/w/x")).toEqual({ ws: "default", base: "/" });
  });

  it("leads back to it", () => {
    for (const slug of ["support", "default"]) expect(placeOf(homeOf(slug)).ws).toBe(slug);
  });
});
