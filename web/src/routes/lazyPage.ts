import { lazyRouteComponent, type RouteComponent } from "@tanstack/react-router";
import { part } from "@/lib/code";

/** The page of this name, whose code comes when somebody goes there. */
export function lazyPage<N extends string>(name: N, load: () => Promise<Record<N, RouteComponent>>) {
  return lazyRouteComponent(() => part(name, load), name);
}
