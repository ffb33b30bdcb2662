import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, type ErrorComponentProps, Link } from "@tanstack/react-router";
import { buttonClass } from "@/components/Button";
import { usePage } from "@/components/Page";
import { Empty, Failure } from "@/components/States";
import { Gate } from "./Gate";

export interface RouterContext {
  queryClient: QueryClient;
}

declare module "@tanstack/react-router" {
  interface StaticDataRouteOption {
    /** Whose page it is: of nobody, so that it needs no session; or of the whole server. Absent: of a workspace. */
    of?: "nobody" | "server";
  }
}

export const rootRoute = createRootRouteWithContext<RouterContext>()({
  component: Gate,
  notFoundComponent: NotFoundPage,
});

export function NotFoundPage() {
  usePage("Not found");
  return (
    <div className="page">
      <h1 className="sr">Not found</h1>
      <Empty
        title="There is no page at this address"
        actions={
          <>
            <Link className={buttonClass("primary")} to="/">
              Home
            </Link>
            <Link className={buttonClass()} to="/cards">
              Cards
            </Link>
          </>
        }
      >
        It may have been moved or deleted, or the address is not complete.
      </Empty>
    </div>
  );
}

export function ErrorPage({ error, reset }: ErrorComponentProps) {
  usePage("Error");
  return (
    <div className="page">
      <h1 className="sr">Error</h1>
      <Failure error={error} onRetry={reset} />
    </div>
  );
}
