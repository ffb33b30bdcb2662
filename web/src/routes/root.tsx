import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, type ErrorComponentProps, Link } from "@tanstack/react-router";
import { buttonClass } from "@/components/Button";
import { usePage } from "@/components/Page";
import { Empty, Failure } from "@/components/States";
import { Shell } from "@/features/shell/Shell";

export interface RouterContext {
  queryClient: QueryClient;
}

export const rootRoute = createRootRouteWithContext<RouterContext>()({
  component: Shell,
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
