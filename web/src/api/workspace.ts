// A page is of one workspace from its load to its end. Its address begins with `/w/SLUG`, or names none, which is
// `default`. Going to another one loads the page anew, so that nothing of one workspace is ever seen in another.

const DEFAULT = "default";

/** The workspace that an address is in, and what stands before the rest of the address. */
export function placeOf(path: string): { ws: string; base: string } {
  const slug = /^\/w\/([^/]+)(?:\/|$)/.exec(path)?.[1];
  return slug ? { ws: decodeURIComponent(slug), base: `/w/${slug}` } : { ws: DEFAULT, base: "/" };
}

const place = placeOf(window.location.pathname);

/** The workspace of this page, as the addresses of the API want it. */
export const WORKSPACE = { ws: place.ws } as const;

/** What every address of this page begins with. */
export const BASE = place.base;

/** The address of another workspace's home. */
export function homeOf(slug: string): string {
  return slug === DEFAULT ? "/" : `/w/${encodeURIComponent(slug)}/`;
}

/** Leaves for an address with a load of the page. In an object, so that tests may stand in for it. */
export const leave = {
  to(address: string): void {
    window.location.assign(address);
  },
};
